//! Coming in, being kept out, and what every page promises to browsers.

use super::Visitor;
use crate::support::client::Served;
use crate::support::{Broker, Postgres, ProcessUnderTest};
use reqwest::{Method, StatusCode};

const PAGES: [&str; 6] = [
    "/app/sign-in",
    "/app/new",
    "/app/mine",
    "/app/accessibility",
    "/app/danger",
    "/app/nothing-here",
];

#[tokio::test(flavor = "multi_thread")]
async fn pages_ask_for_a_sign_in_and_it_leads_back_to_them() {
    let served = Served::start().await;
    let mut visitor = Visitor::new(&served.process.http);
    let start = visitor.get("/").await;
    assert_eq!(start.location(), "/app");
    for (page, back) in [
        ("/app", "%2Fapp"),
        ("/app/mine", "%2Fapp%2Fmine"),
        (
            "/app/requests/x/moves/ask?a=b",
            "%2Fapp%2Frequests%2Fx%2Fmoves%2Fask%3Fa%3Db",
        ),
    ] {
        let asked = visitor.get(page).await;
        assert_eq!(asked.status, StatusCode::SEE_OTHER, "{page}");
        assert_eq!(asked.location(), format!("/app/sign-in?back={back}"));
    }
    let choice = visitor.get("/app/sign-in?back=/app/mine").await;
    choice.says("Head teacher of an invented primary in Girvan");
    choice.says_not("A school&#39;s own system");
    assert_eq!(choice.hidden("back"), "/app/mine");
    let back = visitor.sign_in("head.girvan", &choice.hidden("back")).await;
    let page = visitor.get(&back).await;
    assert_eq!(page.status, StatusCode::OK);
    page.says("Nobody here is real");
    page.says("Signed in as");
    let abroad = visitor.sign_in("head.girvan", "//example.org/app").await;
    assert_eq!(abroad, "/app");
    let stranger = [("person", "south-ayrshire nobody"), ("back", "/app")];
    let refused = visitor.post("/app/sign-in", &stranger).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let out = visitor.post("/app/sign-out", &[]).await;
    let cookie = out.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("Max-Age=0"), "{cookie}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_holds_code_or_style_of_its_own_and_browsers_are_told_so() {
    let served = Served::start().await;
    let visitor = Visitor::signed_in(&served.process.http, "head.girvan").await;
    for page in PAGES {
        let seen = visitor.get(page).await;
        let policy = seen.headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.contains("default-src 'none'") && !policy.contains("unsafe"),
            "{page}: {policy}"
        );
        for inline in [
            "<style",
            " style=",
            "<script>",
            " onclick=",
            "javascript:",
            "http://",
            "https://",
        ] {
            assert!(!seen.text.contains(inline), "{page}: {inline}");
        }
        assert_eq!(seen.headers["cache-control"], "no-store", "{page}");
        assert!(
            seen.headers["content-type"]
                .to_str()
                .unwrap()
                .starts_with("text/html"),
            "{page}"
        );
    }
    let lost = visitor.get("/app/nothing-here").await;
    assert_eq!(lost.status, StatusCode::NOT_FOUND);
    lost.says("There is nothing here for you");
}

#[tokio::test(flavor = "multi_thread")]
async fn style_and_scripts_are_kept_by_browsers_under_an_address_of_their_content() {
    let served = Served::start().await;
    let visitor = Visitor::new(&served.process.http);
    let page = visitor.get("/app/sign-in").await;
    let (_, rest) = page.text.split_once("rel=\"stylesheet\" href=\"").unwrap();
    let address = rest.split('"').next().unwrap();
    let call = visitor
        .call(Method::GET, address)
        .header("Accept-Encoding", "gzip");
    let style = call.send().await.unwrap();
    assert_eq!(style.status(), StatusCode::OK, "{address}");
    assert_eq!(
        style.headers()["cache-control"],
        "public, max-age=31536000, immutable"
    );
    assert_eq!(style.headers()["content-encoding"], "gzip");
    let version = address.split('/').nth(3).unwrap();
    let other = visitor
        .get(&address.replace(version, "0123456789abcdef"))
        .await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_from_other_sites_are_not_taken() {
    let served = Served::start().await;
    let visitor = Visitor::signed_in(&served.process.http, "duty.carrick").await;
    let request = served.sent().await;
    let claim = format!("/app/requests/{request}/claim");
    for origin in [
        None,
        Some("null"),
        Some("https://example.org"),
        Some("http://127.0.0.1:1"),
    ] {
        let refused = visitor.post_from(origin, &claim, &[("key", "a")]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{origin:?}");
        refused.says("came from another site");
    }
    let named = visitor
        .call(Method::GET, "/app/sign-in")
        .header("Host", "example.org");
    let refused = visitor.send(named).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    refused.says("open on this computer only");
    let taken = visitor.post(&claim, &[("key", "a")]).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demonstration_does_not_start_where_others_could_reach_it() {
    let database = Postgres::database().await;
    for (address, public) in [("0.0.0.0:1", "true"), ("127.0.0.1:1", "true")] {
        let environment = [
            ("DATABASE_URL", database.url.as_str()),
            ("RFA_HTTP", address),
            ("RFA_HTTP_PUBLIC", public),
        ];
        let mut process = ProcessUnderTest::spawn(&["serve", "--demo"], &environment);
        let status = process.wait().await;
        assert!(!status.success(), "{address}");
        let said = process.output();
        assert!(said.contains("serves loopback only"), "{said}");
        assert!(!said.contains("rfa_"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_demonstration_nobody_signs_in() {
    let (database, vhost) = (Postgres::database().await, Broker::vhost().await);
    let environment = [
        ("DATABASE_URL", database.url.as_str()),
        ("AMQP_URL", vhost.url.as_str()),
    ];
    let process = ProcessUnderTest::serve(&environment).await;
    let visitor = Visitor::new(&process.http);
    let closed = visitor.get("/app/sign-in").await;
    assert_eq!(closed.status, StatusCode::NOT_FOUND);
    let fields = [("person", "south-ayrshire head.girvan"), ("back", "/app")];
    let refused = visitor.post("/app/sign-in", &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!refused.headers.contains_key("set-cookie"));
}
