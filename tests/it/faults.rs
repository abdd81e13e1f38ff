//! Faults in the middle: nothing acknowledged is lost, nothing is doubled, and it heals by itself.

use crate::history::{expected_figures, find_data};
use crate::support::client::{Served, example};
use crate::support::{Broker, Postgres, PrivateBroker, PrivatePostgres, ProcessUnderTest, until};
use reqwest::{Method, StatusCode};
use rfa::commands::Registry;
use rfa::log::Log;
use rfa::log::connect::LogConfig;
use rfa::projections::wait_for;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;
use tokio_postgres::NoTls;
use uuid::Uuid;

const SOON: Duration = Duration::from_secs(60);
const ALL: i64 = 8_577;

async fn count(postgres: &PrivatePostgres) -> Option<i64> {
    let (client, connection) = tokio_postgres::connect(&postgres.url(), NoTls).await.ok()?;
    let driver = tokio::spawn(connection);
    let count = "select count(*) from event_log.events where stream_kind = 'request'";
    let count = client.query_one(count, &[]).await.ok()?.get(0);
    drop(client);
    driver.await.ok()?.ok()?;
    Some(count)
}

async fn run(arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let mut process = ProcessUnderTest::spawn(arguments, environment);
    let status = process.wait().await;
    assert!(status.success(), "{arguments:?}: {}", process.output());
    process.output()
}

fn import_arguments(data: &Path) -> Vec<String> {
    let file = data.join("permit-receipt.csv");
    let words = [
        "history",
        "import",
        "--json",
        "--workflow",
        "permit-receipt@1",
        "--authority",
        "permit-office",
        "--mapping",
        "workflows/permit-receipt/mapping.yaml",
    ];
    words
        .iter()
        .map(|word| (*word).to_owned())
        .chain([file.display().to_string()])
        .collect()
}

/// Waits until some rows are in, then says how many; not all may be.
async fn in_the_middle(postgres: &PrivatePostgres, at_least: i64) -> i64 {
    until("some rows are in", SOON, || async {
        count(postgres).await.filter(|count| *count >= at_least)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn importer_server_and_postgres_are_killed_and_nothing_is_lost_or_doubled() {
    let Some(data) = find_data() else { return };
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let (postgres, broker) = (PrivatePostgres::start().await, PrivateBroker::start().await);
    let (database, amqp) = (postgres.url(), broker.url());
    let environment = [
        ("DATABASE_URL", database.as_str()),
        ("AMQP_URL", amqp.as_str()),
        ("RFA_AUTHORITY", "permit-office"),
    ];
    run(&["migrate"], &environment).await;
    let arguments = import_arguments(&data);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut server = ProcessUnderTest::serve(&environment).await;

    // The importer, in the middle.
    let mut importer = ProcessUnderTest::spawn(&arguments, &environment);
    let some = in_the_middle(&postgres, i64::try_from(200 + seed % 1_500).unwrap()).await;
    assert!(importer.is_running(), "the importer still runs");
    importer.kill();
    assert!(some < ALL, "{some}");

    // The server, while another importer works.
    let mut importer = ProcessUnderTest::spawn(&arguments, &environment);
    let some = in_the_middle(&postgres, some + 300).await;
    server.kill();
    assert!(some < ALL && importer.is_running(), "{some}");

    // Postgres, at once.
    let some = in_the_middle(&postgres, some + 300).await;
    assert!(some < ALL && importer.is_running(), "{some}");
    postgres.kill().await;
    assert!(
        !importer.wait().await.success(),
        "the importer says that it did not end"
    );
    postgres.start_again().await;
    let mut again = ProcessUnderTest::serve(&environment).await;

    let report = run(&arguments, &environment).await;
    let report: Value = serde_json::from_str(&report[report.find('{').unwrap()..]).unwrap();
    let (appended, known) = (
        report["appended"].as_i64().unwrap(),
        report["known"].as_i64().unwrap(),
    );
    assert_eq!(appended + known, ALL);
    assert!(known >= some, "{known} of {some} were known");
    assert_eq!(count(&postgres).await, Some(ALL));

    let versions = drain(&broker, "rfa.team.permit-office.permit-desk").await;
    for (request, versions) in &versions {
        let expected: BTreeSet<i64> = (1..=i64::try_from(versions.len()).unwrap()).collect();
        assert_eq!(*versions, expected, "{request}");
    }
    let checkpoint = std::env::temp_dir().join(format!("rfa-{}", Uuid::new_v4()));
    let checkpoint = checkpoint.display().to_string();
    let said = run(&["verify", "--checkpoint", &checkpoint], &environment).await;
    assert!(said.contains("clean:"), "{said}");
    std::fs::remove_file(&checkpoint).unwrap();
    assert!(again.is_running());
    same_figures(&postgres, &data).await;
}

/// Every message of a queue, taken out by the broker's own HTTP interface: versions by request.
async fn drain(broker: &PrivateBroker, queue: &str) -> BTreeMap<String, BTreeSet<i64>> {
    let url = format!("{}/queues/%2F/{queue}/get", broker.management_url());
    let ask = json!({ "count": 20_000, "ackmode": "ack_requeue_false", "encoding": "auto" });
    let seen: Mutex<BTreeMap<String, BTreeSet<i64>>> = Mutex::default();
    until("every event reached its queue", SOON, || async {
        let answer = reqwest::Client::new()
            .post(&url)
            .body(ask.to_string())
            .send()
            .await
            .ok()?;
        let messages: Vec<Value> = answer.json().await.ok()?;
        let mut seen = seen.lock().unwrap();
        for message in messages {
            let body: Value = serde_json::from_str(message["payload"].as_str().unwrap()).unwrap();
            let request = body["data"]["request_id"].as_str().unwrap().to_owned();
            seen.entry(request)
                .or_default()
                .insert(body["data"]["version"].as_i64().unwrap());
        }
        let count: usize = seen.values().map(BTreeSet::len).sum();
        (count == usize::try_from(ALL).unwrap()).then_some(())
    })
    .await;
    seen.into_inner().unwrap()
}

async fn same_figures(postgres: &PrivatePostgres, data: &Path) {
    let config = LogConfig {
        database_url: postgres.url(),
        queue_commands_max: 10,
        pool_max: 2,
    };
    let log = Log::connect(&config).await.unwrap();
    let head = log.head().await.unwrap();
    let reached = wait_for(log.pool(), "response_times", head, 30_000).await;
    assert!(reached.is_ok(), "{reached:?}");
    let registry = Registry::open(log.clone()).await.unwrap();
    expected_figures(&log, &registry.of("permit-office"), data).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_taken_while_the_broker_is_away_and_reach_it_afterwards() {
    let (postgres, broker) = (PrivatePostgres::start().await, PrivateBroker::start().await);
    run(&["migrate"], &[("DATABASE_URL", &postgres.url())]).await;
    let served = Served::over(&postgres.url(), &broker.url()).await;
    broker.kill().await;
    let mut sent = BTreeSet::new();
    for _ in 0..20 {
        sent.insert(served.sent().await.to_string());
    }
    let ready = format!("{}/readyz", served.process.http);
    until("the backlog is shown", SOON, || async {
        let ready: Value = reqwest::get(&ready).await.ok()?.json().await.ok()?;
        let all = json!(["broker", "relay", "relay-restricted", "intake"]);
        let is_down = ready["down"] == all && ready["status"] == "degraded";
        (is_down && ready["relay_lag"].as_i64()? >= 20).then_some(())
    })
    .await;
    broker.start_again().await;
    let url = format!(
        "{}/queues/%2F/rfa.team.south-ayrshire.carrick-team",
        broker.management_url()
    );
    until("the backlog drained", SOON, || async {
        let queue: Value = reqwest::get(&url).await.ok()?.json().await.ok()?;
        (queue["messages"].as_i64()? >= 20).then_some(())
    })
    .await;
}

/// Cancels the append whose commit waits for a standby that never comes.
async fn cancel_the_append(owner: &tokio_postgres::Client) {
    let cancel = "select pg_cancel_backend(pid) from pg_stat_activity \
                  where wait_event = 'SyncRep' and query like '%log_append%'";
    until("an append that waits", SOON, || async {
        let cancelled = owner.query(cancel, &[]).await.unwrap();
        (!cancelled.is_empty()).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_standby_has_confirmed_is_called_unknown_until_the_same_key_asks_again() {
    let (postgres, vhost) = (PrivatePostgres::start().await, Broker::vhost().await);
    run(&["migrate"], &[("DATABASE_URL", &postgres.url())]).await;
    let served = Served::over(&postgres.url(), &vhost.url).await;
    let (owner, connection) = tokio_postgres::connect(&postgres.url(), NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    let settings = |standby: &str| {
        let set = format!("alter system set synchronous_standby_names = '{standby}'");
        [
            "set synchronous_commit = local".to_owned(),
            set,
            "select pg_reload_conf()".to_owned(),
        ]
    };
    for statement in settings("nobody") {
        owner.batch_execute(&statement).await.unwrap();
    }
    let body = json!({ "data": example("send") });
    let send = || {
        served
            .call(Method::POST, "/requests", "head.girvan")
            .key("not-confirmed")
            .json(body.clone())
            .send()
    };
    let (answer, ()) = tokio::join!(send(), cancel_the_append(&owner));
    assert_eq!(
        answer.status,
        StatusCode::SERVICE_UNAVAILABLE,
        "{}",
        answer.text
    );
    let kind = answer.body["type"].as_str().unwrap();
    assert!(kind.ends_with("outcome-unknown"), "{}", answer.text);
    for statement in settings("") {
        owner.batch_execute(&statement).await.unwrap();
    }
    let again = until("it is confirmed", SOON, || async {
        let answer = send().await;
        (answer.status == StatusCode::CREATED).then_some(answer)
    })
    .await;
    assert_eq!(again.body["duplicate"], true, "{}", again.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_postgres_there_is_a_503_and_with_it_the_same_process_goes_on() {
    let (postgres, broker) = (PrivatePostgres::start().await, PrivateBroker::start().await);
    run(&["migrate"], &[("DATABASE_URL", &postgres.url())]).await;
    let served = Served::over(&postgres.url(), &broker.url()).await;
    let request = served.sent().await;
    postgres.kill().await;
    let body = json!({ "data": example("send") });
    let send = || {
        served
            .call(Method::POST, "/requests", "head.girvan")
            .key("in-doubt")
            .json(body.clone())
            .send()
    };
    let answer = send().await;
    assert_eq!(
        answer.status,
        StatusCode::SERVICE_UNAVAILABLE,
        "{}",
        answer.text
    );
    assert!(
        answer.headers.contains_key("retry-after"),
        "{:?}",
        answer.headers
    );
    let read = served
        .get(&format!("/requests/{request}"), "head.girvan")
        .await;
    assert_eq!(
        read.status,
        StatusCode::SERVICE_UNAVAILABLE,
        "{}",
        read.text
    );
    postgres.start_again().await;
    let first = until("it heals", SOON, || async {
        let answer = send().await;
        (answer.status == StatusCode::CREATED).then_some(answer)
    })
    .await;
    let second = send().await;
    assert_eq!(first.body["request_id"], second.body["request_id"]);
    assert_eq!(count(&postgres).await, Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_of_child_protection_that_is_wrong_degrades_readiness_by_name() {
    let (database, vhost) = (Postgres::database().await, Broker::vhost().await);
    let wrong = "rfa.restricted.south-ayrshire";
    vhost.declare_classic(wrong).await;
    let served = Served::over(&database.url, &vhost.url).await;
    let ready = format!("{}/readyz", served.process.http);
    until("the queue is named", SOON, || async {
        let ready: Value = reqwest::get(&ready).await.ok()?.json().await.ok()?;
        let lane = ready["relay"].as_array()?.get(1)?.clone();
        let named = lane["lane"] == "relay-restricted" && lane["wrong_queues"] == json!([wrong]);
        let down = ready["down"]
            .as_array()?
            .contains(&json!("relay-restricted"));
        (named && down && ready["status"] == "degraded").then_some(())
    })
    .await;
}
