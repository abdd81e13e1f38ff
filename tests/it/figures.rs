//! Flow, measures and the monthly pack.

use crate::projections::{AUTHORITY, worked};
use crate::support::client::{Served, example};
use crate::support::engine::{Engine, now};
use crate::support::until;
use jiff::Timestamp;
use rfa::commands::{NoteError, write_note};
use rfa::domain::ids::{Authority, PrincipalId, WorkflowName};
use rfa::domain::measures::note::{NoteRefusal, Says, Step};
use rfa::log::Position;
use rfa::projections::acts::{Reach, Story, stories};
use rfa::projections::work;
use rfa::report::{Ask, Pack, build};
use rfa::statistics::disclosure::Policy;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;
use uuid::Uuid;

const WORKFLOW: &str = "request-for-assistance";

async fn told(engine: &Engine, as_of: Timestamp) -> Vec<Story> {
    let reach = Reach {
        authority: AUTHORITY.to_owned(),
        workflow: WORKFLOW.to_owned(),
        as_of,
        position: i64::MAX,
    };
    stories(engine.log.pool(), &reach).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_there_and_came_in_is_what_went_out_and_is_there() {
    let engine = worked(120).await;
    engine.runner.run_until_idle().await.unwrap();
    let stories = told(&engine, now()).await;
    let months = [
        "2025-10-01T00:00:00Z",
        "2026-01-01T00:00:00Z",
        "2026-04-01T00:00:00Z",
        "2026-08-01T00:00:00Z",
    ];
    let mut passed_on = 0;
    for pair in months.windows(2) {
        let (from, to) = (pair[0].parse().unwrap(), pair[1].parse().unwrap());
        for team in work::flow(&stories, from, to) {
            let came = team.open_at_start + team.new + team.taken_over + team.reopened;
            assert_eq!(
                came,
                team.ended + team.passed_on + team.open_at_end,
                "{team:?}"
            );
            passed_on += team.passed_on;
        }
    }
    let all: Vec<&Story> = stories.iter().collect();
    let whole = &work::effort(&all, None)[0];
    assert_eq!(whole.requests, 120);
    assert!(whole.touches_mean > 1.0 && whole.handed_off > 0 && passed_on > 0);
    assert!(whole.hand_offs_most >= 1 && whole.questions_most >= 1);
    let by_team: usize = work::effort(&all, Some("team"))
        .iter()
        .map(|e| e.requests)
        .sum();
    assert_eq!(by_team, 120);
}

fn ask(engine_position: Position) -> Ask {
    Ask {
        authority: AUTHORITY.to_owned(),
        workflow: WorkflowName::parse(WORKFLOW).unwrap(),
        month: "2026-07".to_owned(),
        position: engine_position,
        policy: Policy::DEFAULT,
    }
}

async fn pack(engine: &Engine, position: Position) -> Pack {
    build(engine.log.pool(), &engine.log, &ask(position))
        .await
        .unwrap()
}

async fn note(engine: &Engine, key: &str, says: Says) -> Result<Position, NoteError> {
    let authority = Authority::parse(AUTHORITY).unwrap();
    let by = PrincipalId::parse("manager.service").unwrap();
    write_note(&engine.commands, &authority, (&by, key), says, now()).await
}

fn narrative(text: &str) -> Says {
    Says::Narrative {
        measure: None,
        period: "2026-07".to_owned(),
        text: text.to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pack_has_twelve_parts_no_small_count_and_comes_out_again_byte_for_byte() {
    let engine = worked(300).await;
    engine.runner.run_until_idle().await.unwrap();
    note(&engine, "words", narrative("Invented words to July."))
        .await
        .unwrap();
    try_something(&engine).await;
    quoted(&engine).await;
    engine.runner.run_until_idle().await.unwrap();
    let position = engine.log.head().await.unwrap();
    let first = pack(&engine, position).await;
    shows_what_was_tried(&first.html);
    assert!(first.html.contains("<p>“Invented: I sleep again.”</p>"));
    assert!(!first.html.contains("nobody has looked at"));
    for_children(&first.children_html);
    assert_eq!(first.html.matches("<section ").count(), 12);
    assert!(
        first
            .html
            .contains("Invented words to July. (manager.service")
    );
    assert!(
        first.html.contains("from 19") || first.html.contains(">19<"),
        "balance of care"
    );
    assert!(first.html.contains("Not enough points to say: 2 of 13"));
    assert!(first.html.contains("lang=\"en-GB\"") && first.html.contains("@media print"));
    assert_eq!(
        first.html.matches("<svg ").count(),
        first.html.matches("The same as a table").count()
    );
    let mut rows = csv::Reader::from_reader(first.csv.as_bytes());
    let mut parts = BTreeSet::new();
    for row in rows.records().map(Result::unwrap) {
        parts.insert(row[0].to_owned());
        let counts = ["Requests", "Hopes", "Families", "Times"].contains(&&row[3])
            || row[1].starts_with("Requests by locality and age");
        if let Ok(count) = row[4].parse::<u64>() {
            assert!(!counts || !Policy::DEFAULT.is_small(count), "{row:?}");
        }
    }
    assert_eq!(parts.len(), 12);

    let issued = Says::PackIssued {
        month: "2026-07".to_owned(),
        position: position.0,
        html_sha256: String::new(),
        csv_sha256: String::new(),
    };
    note(&engine, "issue", issued.clone()).await.unwrap();
    assert_eq!(
        note(&engine, "issue", issued.clone()).await.unwrap(),
        note(&engine, "issue", issued.clone()).await.unwrap()
    );
    let twice = note(&engine, "issue-2", issued).await;
    assert!(matches!(
        twice,
        Err(NoteError::Refused(NoteRefusal::Issued))
    ));
    let late = note(&engine, "late", narrative("Too late.")).await;
    assert!(matches!(late, Err(NoteError::Refused(NoteRefusal::Issued))));
    let other = note(&engine, "words", narrative("Other words.")).await;
    assert!(matches!(other, Err(NoteError::KeyReused)));
    engine.runner.run_until_idle().await.unwrap();
    assert_eq!(pack(&engine, position).await, first);
}

/// Two quotes; one was looked at by somebody else.
async fn quoted(engine: &Engine) {
    let authority = Authority::parse(AUTHORITY).unwrap();
    for (id, text) in [
        ("one", "Invented: I sleep again."),
        ("two", "Invented: words that nobody has looked at."),
    ] {
        let quote = Says::Quote {
            id: id.to_owned(),
            period: "2026-07".to_owned(),
            text: text.to_owned(),
        };
        note(engine, id, quote).await.unwrap();
    }
    let checked = Says::QuoteChecked {
        id: "one".to_owned(),
    };
    let own = note(engine, "own", checked.clone()).await;
    assert!(matches!(
        own,
        Err(NoteError::Refused(NoteRefusal::OwnQuote))
    ));
    let other = PrincipalId::parse("lead.carrick").unwrap();
    let by = (&other, "checked");
    let commands = &engine.commands;
    let written = write_note(commands, &authority, by, checked, now()).await;
    written.unwrap();
}

/// Two steps of a test of change; one falls into a period that has a value.
async fn try_something(engine: &Engine) {
    for (key, step, on) in [
        ("plan", Step::Plan, "2016-03-01"),
        ("do", Step::Do, "2017-03-01"),
    ] {
        let tried = Says::TestOfChange {
            id: "early-calls".to_owned(),
            title: "Invented: ring on the first day".to_owned(),
            measure: Some("away-from-home-11-15".to_owned()),
            step,
            on: on.parse().unwrap(),
            text: "Invented.".to_owned(),
        };
        note(engine, key, tried).await.unwrap();
    }
}

fn shows_what_was_tried(html: &str) {
    // There is no value of 2016, so one step alone is drawn.
    let tried = "Test 1: Invented: ring on the first day: do, on 1 March 2017.";
    assert!(html.contains(tried) && !html.contains("Test 2:"));
    assert!(html.contains(">test 1<"));
    for caption in [
        "Requests of the month for 1,000 children",
        "Resource group (GARF): decided",
        "Days from one child protection concern",
    ] {
        assert!(html.contains(caption), "{caption}");
    }
    assert!(html.contains("Numbers of children: invented example"));
}

/// Few words, no numbers that point at somebody, whom to ring, and nothing that a browser would run.
fn for_children(page: &str) {
    assert!(
        page.contains("<h1>How we helped in July 2026</h1>"),
        "{page}"
    );
    assert!(
        page.contains("lang=\"en-GB\"") && page.contains(": 999</p>"),
        "{page}"
    );
    assert!(
        page.contains("ring on the first day"),
        "what is being tried out"
    );
    let asked = page.split_once(" children and families were put forward");
    let count = asked
        .and_then(|(before, _)| before.rsplit_once("<p>"))
        .unwrap()
        .1;
    assert!(!Policy::DEFAULT.is_small(count.parse().unwrap()), "{count}");
    assert!(!page.contains("<script") && !page.contains('%'), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn measures_and_notes_are_open_to_those_who_may() {
    let served = Served::start().await;
    let measures = served.get("/measures", "lead.carrick").await;
    assert_eq!(measures.status, 200, "{}", measures.text);
    assert_eq!(measures.body["caseload_weights"]["usual"], 1.0);
    assert_eq!(served.get("/measures", "head.girvan").await.status, 403);
    let path = "/measures/away-from-home-11-15";
    let balance = until(
        "figures have caught up",
        Duration::from_secs(20),
        async || {
            let answer = served.get(path, "manager.service").await;
            (answer.status == 200).then_some(answer)
        },
    )
    .await;
    assert_eq!(balance.body["points"][0]["value"], 19.0);
    assert_eq!(balance.body["points"][1]["value"], 11.0);
    assert_eq!(balance.body["too_few"], "Not enough points to say: 2 of 13");
    let value = json!({ "kind": "value", "measure": "away-from-home-11-15", "period": "2019", "value": 12, "source": "Invented return" });
    let written = served
        .post("/measures/notes", "manager.service", value)
        .await;
    assert_eq!(written.status, 200, "{}", written.text);
    let later = served.get(path, "manager.service").await;
    assert_eq!(later.body["points"][2]["value"], 12.0, "{}", later.text);
    let chart = served
        .get(&format!("{path}/chart"), "manager.service")
        .await;
    assert!(chart.text.starts_with("<svg ") && chart.text.contains("<title>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_that_points_at_somebody_or_at_nothing_is_refused() {
    let served = Served::start().await;
    for (body, allowed) in [
        (
            json!({ "kind": "value", "measure": "nothing", "period": "2019", "value": 1, "source": "x" }),
            true,
        ),
        (
            json!({ "kind": "narrative", "period": "2019", "text": "Ring 01292 288645 12" }),
            false,
        ),
        (json!({ "kind": "gossip" }), false),
    ] {
        let refused = served
            .post("/measures/notes", "manager.service", body)
            .await;
        assert_eq!(refused.status, 422, "{}", refused.text);
        assert_eq!(
            refused.body["allowed"].is_array(),
            allowed,
            "{}",
            refused.text
        );
    }
}

async fn nobody_asked(served: &Served) {
    let path = "/reports/monthly/2026-07/for-children";
    let page = served.get(path, "lead.carrick").await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(
        page.text.contains("Nobody asked for help this month."),
        "{}",
        page.text
    );
    let outside = served.get(path, "head.girvan").await;
    assert_eq!(outside.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pack_is_issued_once_by_those_who_may() {
    let served = Served::start().await;
    until(
        "figures have caught up",
        Duration::from_secs(20),
        async || {
            let page = served
                .get("/reports/monthly/2026-07", "manager.service")
                .await;
            (page.status == 200).then_some(())
        },
    )
    .await;
    assert_eq!(
        served
            .get("/reports/monthly/2099-01", "manager.service")
            .await
            .status,
        409
    );
    assert_eq!(
        served
            .get("/reports/monthly/July", "manager.service")
            .await
            .status,
        404
    );
    nobody_asked(&served).await;
    let page = served
        .get("/reports/monthly/2026-07", "analyst.partnership")
        .await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert_eq!(page.text.matches("<section ").count(), 12);
    let empty = json!({});
    let issue = "/reports/monthly/2026-07/issue";
    assert_eq!(
        served
            .post(issue, "analyst.partnership", empty.clone())
            .await
            .status,
        403
    );
    let issued = served.post(issue, "manager.service", empty.clone()).await;
    assert_eq!(issued.status, 200, "{}", issued.text);
    assert_eq!(issued.body["html_sha256"].as_str().unwrap().len(), 64);
    assert_eq!(
        served.post(issue, "manager.service", empty).await.status,
        409
    );
    let again = served
        .get("/reports/monthly/2026-07", "manager.service")
        .await;
    let once_more = served
        .get("/reports/monthly/2026-07", "manager.service")
        .await;
    assert_eq!(again.text, once_more.text);
    let flow = served
        .get(
            "/caseloads/flow?from=2026-01-01&to=2026-06-01",
            "manager.service",
        )
        .await;
    assert_eq!(flow.status, 200, "{}", flow.text);
    assert_eq!(
        served
            .get("/caseloads/flow?from=2026-01-01", "manager.service")
            .await
            .status,
        400
    );
}

/// Help that came to its end, with words of the family.
async fn ended(served: &Served, may_be_quoted: bool) -> Uuid {
    let request = served.sent().await;
    let mut agreed = example("agree-to-help");
    agreed["worker"] = json!("duty.carrick");
    let mut end = example("end");
    end["may_be_quoted"] = json!(may_be_quoted);
    served.claimed(request, "duty.carrick").await;
    for (name, data) in [
        ("agree-to-help", agreed),
        (
            "spoke-with-family",
            json!({ "with": "both", "how": "visit" }),
        ),
        ("start-help", example("start-help")),
        ("end", end),
    ] {
        let made = served.make(request, name, "duty.carrick", data).await;
        assert_eq!(made.status, 200, "{name}: {}", made.text);
    }
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn only_words_that_were_said_and_may_be_read_are_quoted_and_by_two_people() {
    let served = Served::start().await;
    let request = ended(&served, true).await;
    let path = format!("/requests/{request}/quotes");
    let words = |text: &str| json!({ "text": text });
    let quoted = served
        .post(&path, "duty.carrick", words("mornings are  better now"))
        .await;
    assert_eq!(quoted.status, 200, "{}", quoted.text);
    assert!(!quoted.text.contains(&request.to_string()));
    let invented = served
        .post(&path, "duty.carrick", words("everything is better"))
        .await;
    assert_eq!(invented.status, 422, "{}", invented.text);
    let outside = served
        .post(&path, "lead.ayr-north", words("mornings"))
        .await;
    assert_eq!(outside.status, 404, "{}", outside.text);
    let silent = ended(&served, false).await;
    let silent = format!("/requests/{silent}/quotes");
    let refused = served
        .post(&silent, "duty.carrick", words("mornings"))
        .await;
    assert_eq!(refused.status, 409, "{}", refused.text);

    let id = &quoted.body["id"];
    let waiting = served.get("/measures", "lead.carrick").await;
    assert_eq!(waiting.body["quotes_to_check"][0]["id"], *id);
    let checked = json!({ "kind": "quote-checked", "id": id });
    let checked = served
        .post("/measures/notes", "lead.carrick", checked)
        .await;
    assert_eq!(checked.status, 200, "{}", checked.text);
    let free = json!({ "kind": "quote", "id": "x", "period": "2026-07", "text": "Invented." });
    let free = served.post("/measures/notes", "lead.carrick", free).await;
    assert_eq!(free.status, 422, "{}", free.text);
}
