//! Why a clock is due when it is, over HTTP.

use crate::support::client::Served;
use crate::support::engine::now;
use crate::support::{WorkflowFiles, until};
use reqwest::StatusCode;
use rfa::commands::{publish, read_folder};
use rfa::domain::ids::Authority;
use serde_json::Value;
use std::time::Duration;
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asked_reads_day_by_day_why_the_decision_is_due() {
    let served = Served::start().await;
    let request = served.sent().await;
    let path = format!("/requests/{request}/clocks/decide");
    let answer = served.get(&path, "head.girvan").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let sentence = answer.body["sentence"].as_str().unwrap();
    assert!(sentence.starts_with("Due at the end of "), "{sentence}");
    let days = answer.body["days"].as_array().unwrap();
    let counted = days.iter().filter(|day| day["counted"] == true).count();
    assert_eq!(counted, 5, "{}", answer.text);
    assert_eq!(days.last().unwrap()["why"], "due, day 5 of 5");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_or_a_run_that_is_not_there_is_not_found() {
    let served = Served::start().await;
    let request = served.sent().await;
    for (tail, status) in [
        ("nonesuch", StatusCode::NOT_FOUND),
        ("decide?spell=2", StatusCode::NOT_FOUND),
        ("decide?as_of=2020-01-01T00:00:00Z", StatusCode::NOT_FOUND),
        ("decide?as_of=yesterday", StatusCode::BAD_REQUEST),
        ("decide?spell=-1", StatusCode::BAD_REQUEST),
    ] {
        let path = format!("/requests/{request}/clocks/{tail}");
        let answer = served.get(&path, "head.girvan").await;
        assert_eq!(answer.status, status, "{tail}: {}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_goes_on_by_the_calendar_that_it_started_with() {
    let served = Served::start().await;
    let calendars = async |request: Uuid| {
        let path = format!("/requests/{request}/clocks");
        let answer = served.get(&path, "head.girvan").await;
        let clocks = answer.body["clocks"].as_array().unwrap().clone();
        let calendar = |clock: &Value| clock["calendar"].as_str().unwrap().to_owned();
        clocks.iter().map(calendar).collect::<Vec<_>>()
    };
    let before = served.sent().await;
    let started_with = calendars(before).await;
    assert!(started_with.contains(&"south-ayrshire-council".to_owned()));

    let files = WorkflowFiles::copied("calendar-of-a-clock");
    let organisation = "organisation/south-ayrshire.yaml";
    let from = "default_calendar: south-ayrshire-council";
    files.change(organisation, from, "default_calendar: all-hours");
    let authority = Authority::parse("south-ayrshire").unwrap();
    let changed = read_folder(files.folder(), &authority).unwrap();
    let registry = served.other_replica().await;
    publish(&registry, &authority, changed, "test", now())
        .await
        .unwrap();
    until("the server knows", Duration::from_secs(30), || async {
        let later = calendars(served.sent().await).await;
        later.contains(&"all-hours".to_owned()).then_some(())
    })
    .await;
    assert_eq!(calendars(before).await, started_with);
}
