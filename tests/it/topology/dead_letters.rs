//! What a receiver gave back too often: it is seen, says where it came from, and is sent again.

use crate::relay::stage::{DEADLINE, connect, consume_all, reject};
use crate::support::client::{Served, example};
use crate::support::until;
use lapin::options::QueuePurgeOptions;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const DEAD_LETTERS: &str = "rfa.dead-letters";
const AGENCY: &str = "example-primary-girvan";
const QUEUE: &str = "rfa.agency.south-ayrshire.example-primary-girvan";

async fn ready(served: &Served, what: &str, condition: impl Fn(&Value) -> bool) -> Value {
    let url = format!("{}/readyz", served.process.http);
    until(what, DEADLINE, || async {
        let ready: Value = reqwest::get(&url).await.ok()?.json().await.ok()?;
        condition(&ready).then_some(ready)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_degrades_readiness_is_counted_and_what_is_advised_helps() {
    let served = Served::start().await;
    let sent = served
        .call(Method::POST, "/requests", "head.girvan")
        .key("dead")
        .json(json!({ "data": example("send") }));
    assert_eq!(sent.send().await.status, StatusCode::CREATED);
    let (_connection, channel) = connect(served.broker_url()).await;
    reject(&channel, QUEUE, 21).await;

    // Each lane looks for itself.
    let both = json!(["relay", "relay-restricted"]);
    let told = ready(&served, "the dead letter", |ready| ready["down"] == both).await;
    assert_eq!(told["status"], json!("degraded"));
    let advice = told["relay"][0]["dead_letters"].as_str().unwrap();
    assert!(
        advice.contains("`rfa.dead-letters` holds 1,") && advice.contains("rfa topology redrive"),
        "{advice}"
    );
    let metrics = format!("{}/metrics", served.process.metrics);
    let metrics = reqwest::get(metrics).await.unwrap().text().await.unwrap();
    let gauge = "rfa_relay_dead_letters{lane=\"relay/ordinary\"} 1";
    assert!(metrics.contains(gauge), "{metrics}");
    let (went_well, said) = served.run(&["topology", "check"]).await;
    assert!(went_well && said.contains(advice), "{said}");

    let dead = consume_all(&channel, DEAD_LETTERS).await.pop().unwrap();
    let from = dead.position.unwrap();
    let redrive = ["topology", "redrive", "--agency", AGENCY, "--from", &from];
    let (went_well, said) = served.run(&redrive).await;
    assert!(went_well && said.contains("sent again: 1"), "{said}");
    let again = consume_all(&channel, QUEUE).await.pop().unwrap();
    assert_eq!((again.id, again.body), (dead.id, dead.body));
    let emptied = channel.queue_purge(DEAD_LETTERS.into(), QueuePurgeOptions::default());
    emptied.await.unwrap();
    let told = ready(&served, "all is well", |ready| ready["down"] == json!([])).await;
    assert_eq!(told["relay"][0]["dead_letters"], Value::Null);
}
