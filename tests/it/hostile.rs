//! More than the log can take, and rows that somebody changed behind its back: told to whom it
//! concerns, and nothing else stops.

use crate::support::client::{Served, example};
use crate::support::{Broker, Postgres, ProcessUnderTest};
use futures::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::json;
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_is_a_503_that_says_when_to_come_back_and_loses_nothing() {
    let (database, vhost) = (Postgres::database().await, Broker::vhost().await);
    let small = [("RFA_QUEUE_COMMANDS_MAX", "1".to_owned())];
    let served = Served::over_by(&database.url, &vhost.url, &small).await;
    let mut owner = database.connect().await;
    let held = owner.transaction().await.unwrap();
    held.batch_execute("select pg_advisory_xact_lock(7740263, 1)")
        .await
        .unwrap();
    let send = |key: usize| {
        served
            .call(Method::POST, "/requests", "head.girvan")
            .key(&format!("crowd-{key}"))
            .json(json!({ "data": example("send") }))
            .send()
    };
    let answers = join_all((0..12).map(send)).await;
    let mut refused = 0;
    for answer in &answers {
        assert_eq!(
            answer.status,
            StatusCode::SERVICE_UNAVAILABLE,
            "{}",
            answer.text
        );
        let seconds: u64 = answer.headers["retry-after"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!((1..=60).contains(&seconds), "{seconds}");
        refused += 1;
    }
    assert_eq!(refused, 12, "nobody waits for a log that is held");
    held.commit().await.unwrap();
    for key in 0..12 {
        let (first, again) = (send(key).await, send(key).await);
        assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
        assert_eq!(first.body["position"], again.body["position"]);
    }
    let count = "select count(*) from event_log.events where stream_kind = 'request'";
    let count: i64 = owner.query_one(count, &[]).await.unwrap().get(0);
    assert_eq!(count, 12);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ciphertext_that_was_moved_is_not_shown_and_stops_nobody_else() {
    let served = Served::start().await;
    let [one, other, third] = [
        served.sent().await,
        served.sent().await,
        served.sent().await,
    ];
    let owner = served.database().connect().await;
    let swap = "set session_replication_role = replica;
        update event_log.events e set sealed = o.sealed, key_ids = o.key_ids
        from event_log.events o
        where (e.stream, o.stream) in (($1, $2), ($2, $1))";
    let swap = swap
        .replace("$1", &format!("'{one}'"))
        .replace("$2", &format!("'{other}'"));
    owner.batch_execute(&swap).await.unwrap();
    for moved in [one, other] {
        let answer = served
            .get(&format!("/requests/{moved}"), "head.girvan")
            .await;
        assert!(answer.status.is_server_error(), "{}", answer.text);
        assert!(!answer.text.contains("Robin"), "{}", answer.text);
    }
    let answer = served
        .get(&format!("/requests/{third}"), "head.girvan")
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    served.sent().await;

    let first = "select min(position) from event_log.events where stream in ($1, $2)";
    let row = owner.query_one(first, &[&one, &other]).await.unwrap();
    let position: i64 = row.get(0);
    let memory = std::env::temp_dir().join(format!("rfa-{}", Uuid::new_v4()));
    let arguments = ["verify", "--checkpoint", memory.to_str().unwrap()];
    let url = served.database().url.clone();
    let mut verify = ProcessUnderTest::spawn(&arguments, &[("DATABASE_URL", &url)]);
    assert!(!verify.wait().await.success());
    let said = verify.output();
    assert!(said.contains(&format!("position {position}:")), "{said}");
    if memory.exists() {
        std::fs::remove_file(&memory).unwrap();
    }
}
