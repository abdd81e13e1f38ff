//! Why a clock is due when it is, over HTTP.

use crate::support::client::Served;
use reqwest::StatusCode;

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
