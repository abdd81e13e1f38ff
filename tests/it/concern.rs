//! A child protection concern that was passed on: what others may see of it.

use crate::support::client::{Answer, Served, consume, example};
use crate::support::engine::workflows;
use crate::support::until;
use reqwest::StatusCode;
use rfa::domain::organisation::Organisation;
use rfa::domain::request::entitle::moves_from;
use rfa::domain::time::calendar::Calendars;
use rfa::domain::workflow::definition::HandOver;
use rfa::domain::workflow::parse::{parse, parse_calendar, parse_organisation};
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;

/// A concern about a fresh request, passed on by the head teacher.
async fn passed_on(served: &Served) -> (Uuid, String) {
    passed_on_by(served, "head.girvan").await
}

async fn passed_on_by(served: &Served, person: &str) -> (Uuid, String) {
    let request = served.sent().await;
    let concern = json!({
        "risk": "neglect", "number_rung": "initial-response", "concern": "Invented concern"
    });
    let path = format!("/requests/{request}/moves/pass-on-child-protection-concern");
    let answer = served.post(&path, person, json!({ "data": concern })).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    (
        request,
        answer.body["position"].as_str().unwrap().to_owned(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_beside_a_hidden_concern_is_hidden_too() {
    let served = Served::start().await;
    let (request, _) = passed_on(&served).await;
    let path = format!("/requests/{request}/claim");
    for (path, version) in [(path.clone(), 3), (path.replace("claim", "release"), 4)] {
        let answer = served.post(&path, "duty.carrick", json!({})).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        assert_eq!(answer.body["version"], version);
    }

    let queue = "rfa.team.south-ayrshire.carrick-team";
    let sent = consume(served.broker_url(), queue).await;
    assert_eq!(sent["type"], "scot.rfa.request-sent.v1");
    for version in 2..=4 {
        let stub = consume(served.broker_url(), queue).await;
        assert_eq!(
            stub["type"], "scot.rfa.moved-to-another-process.v1",
            "{stub}"
        );
        assert_eq!(stub["data"]["version"], version);
    }
    let restricted = "rfa.restricted.south-ayrshire";
    for name in ["child-protection-concern-passed-on", "claimed", "released"] {
        let whole = consume(served.broker_url(), restricted).await;
        assert_eq!(whole["type"], format!("scot.rfa.{name}.v1"));
    }
}

/// The gauge as the server shows it now; 0 before it was ever shown.
async fn gauge(served: &Served, name: &str) -> f64 {
    let page = format!("{}/metrics", served.process.metrics);
    let page = reqwest::get(page).await.unwrap().text().await.unwrap();
    let line = page
        .lines()
        .find(|line| line.starts_with(&format!("{name}{{authority=\"south-ayrshire\"}}")));
    line.map_or(0.0, |line| {
        line.rsplit(' ').next().unwrap().parse().unwrap()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_concern_is_red_until_it_is_written_down_who_answered() {
    let served = Served::start().await;
    let none = served.get("/concerns", "social.work").await;
    assert_eq!(none.body["unanswered_count"], 0, "{}", none.text);
    let (request, position) = passed_on(&served).await;

    let red = format!("/concerns?min_position={position}");
    let red = served.get(&red, "social.work").await;
    assert_eq!(red.body["unanswered_count"], 1, "{}", red.text);
    assert_eq!(red.body["concerns"][0]["request_id"], request.to_string());
    // A manager knows how many, not which.
    let counted = served.get("/concerns", "manager.service").await;
    assert_eq!(counted.body["unanswered_count"], 1);
    assert!(counted.body["oldest_at"].is_string());
    assert!(counted.body.get("concerns").is_none(), "{}", counted.text);
    for outsider in ["head.girvan", "duty.carrick", "lead.carrick"] {
        let answer = served.get("/concerns", outsider).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{outsider}");
    }
    until("the gauge is red", Duration::from_secs(20), || async {
        (gauge(&served, "rfa_concerns_unanswered").await == 1.0).then_some(())
    })
    .await;
    assert!(gauge(&served, "rfa_concern_oldest_timestamp_seconds").await > 1.7e9);

    let path = format!("/requests/{request}/moves/answered-by");
    let mut data = example("answered-by");
    data["result"] = json!("being-looked-at");
    let answer = served.post(&path, "social.work", json!({ "data": data }));
    let answer = answer.await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let position = answer.body["position"].as_str().unwrap();
    let path = format!("/concerns?min_position={position}");
    let green = served.get(&path, "social.work").await;
    assert_eq!(green.body["unanswered_count"], 0, "{}", green.text);
    until("the gauge is green", Duration::from_secs(20), || async {
        (gauge(&served, "rfa_concerns_unanswered").await == 0.0).then_some(())
    })
    .await;
}

async fn unanswered(served: &Served, receipt: &Answer) -> Answer {
    let position = receipt.body["position"].as_str().unwrap();
    let path = format!("/concerns?min_position={position}");
    served.get(&path, "social.work").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_concern_hides_neither_the_first_nor_how_long_it_waits() {
    let served = Served::start().await;
    let (request, position) = passed_on(&served).await;
    let first = format!("/concerns?min_position={position}");
    let first = served.get(&first, "social.work").await.body["oldest_at"].clone();
    let path = format!("/requests/{request}/moves/pass-on-child-protection-concern");
    let concern = example("pass-on-child-protection-concern");
    let second = served
        .post(&path, "duty.carrick", json!({ "data": concern }))
        .await;
    assert_eq!(second.status, StatusCode::OK, "{}", second.text);
    let both = unanswered(&served, &second).await;
    assert_eq!(both.body["oldest_at"], first, "{}", both.text);

    let path = format!("/requests/{request}/moves/answered-by");
    let mut data = example("answered-by");
    data["result"] = json!("being-looked-at");
    for left in [1, 0] {
        let answer = served
            .post(&path, "social.work", json!({ "data": data }))
            .await;
        let open = unanswered(&served, &answer).await;
        assert_eq!(open.body["unanswered_count"], left, "{}", open.text);
        assert_ne!(open.body["oldest_at"], first, "the older one was answered");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_outside_hears_of_another_process_and_of_no_concern() {
    let served = Served::start().await;
    let (request, position) = passed_on_by(&served, "duty.carrick").await;
    for (state, count) in [
        ("with-child-protection", 0),
        ("moved-to-another-process", 1),
    ] {
        for person in ["head.girvan", "school.system"] {
            let path = format!("/requests?state={state}&min_position={position}");
            let list = served.get(&path, person).await;
            let rows = list.body["requests"].as_array().unwrap().len();
            assert_eq!(rows, count, "{person}, {state}: {}", list.text);
        }
    }
    let withdrawn = served
        .make(
            request,
            "withdraw",
            "head.girvan",
            json!({ "reason": "Invented." }),
        )
        .await;
    assert_eq!(withdrawn.status, StatusCode::CONFLICT, "{}", withdrawn.text);
    let path = format!("/caseloads?min_position={position}");
    let caseloads = served.get(&path, "manager.service").await;
    assert_eq!(
        caseloads.body["caseloads"][0]["state"],
        "moved-to-another-process"
    );
    for told in [withdrawn.text, caseloads.text] {
        assert!(!told.contains("child-protection"), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_pass_a_concern_on_is_told_what_to_ring_at_this_hour() {
    let served = Served::start().await;
    let numbers = served.get("/concern-numbers", "head.girvan").await;
    let numbers = numbers.body["numbers"].as_array().unwrap();
    assert_eq!(numbers[0]["number"], "999");
    // Initial response in office hours, out of hours else; never both, never neither.
    let told: Vec<&str> = numbers
        .iter()
        .filter_map(|n| n["number"].as_str())
        .collect();
    let office = told.contains(&"01292 288645, option 1");
    assert_ne!(office, told.contains(&"0800 328 7758"), "{told:?}");

    let request = served.sent().await;
    let seen = served
        .get(&format!("/requests/{request}"), "head.girvan")
        .await;
    let moves = seen.body["moves"].as_array().unwrap();
    let pass_on = moves
        .iter()
        .find(|open| open["move"] == "pass-on-child-protection-concern")
        .unwrap();
    assert_eq!(pass_on["ring_first"][0]["number"], "999");
    assert_eq!(pass_on["any_version"], true);
}

/// What the shipped files of South Ayrshire say to ring at a local time.
fn numbers_at(local: &str) -> Vec<String> {
    let text = |file: &str| std::fs::read_to_string(workflows().join(file)).unwrap();
    let calendar = "calendars/south-ayrshire-council.yaml";
    let calendar = parse_calendar(calendar, &text(calendar)).unwrap();
    let organisation = "organisation/south-ayrshire.yaml";
    let organisation = parse_organisation(organisation, &text(organisation)).unwrap();
    let organisation = Organisation::new(organisation, []);
    let calendars = Calendars::build([calendar]).unwrap();
    let local: jiff::civil::DateTime = local.parse().unwrap();
    let at = local.in_tz("Europe/London").unwrap().timestamp();
    let numbers = organisation.numbers_at(&calendars, at);
    numbers.map(|number| number.number.clone()).collect()
}

#[test]
fn from_four_on_a_friday_the_numbers_are_those_of_out_of_hours() {
    let (office, closed) = ("01292 288645, option 1", "0800 328 7758");
    for (local, rings) in [
        ("2026-11-27T15:50", office),
        ("2026-11-27T16:10", closed),
        ("2026-11-26T16:10", office),
        ("2026-11-28T11:00", closed),
        // In summer the same hours by the clock on the wall.
        ("2026-07-03T15:50", office),
        ("2026-07-03T16:10", closed),
    ] {
        assert_eq!(numbers_at(local), ["999", rings, "101"], "{local}");
    }
}

#[test]
fn a_concern_can_be_passed_on_and_answered_in_every_state() {
    let file = "workflows/request-for-assistance/v1.yaml";
    let text = std::fs::read_to_string(workflows().join("request-for-assistance/v1.yaml")).unwrap();
    let definition = parse(file, &text).unwrap();
    for state in definition.states.keys() {
        for wanted in [HandOver::Opens, HandOver::Closes] {
            let mut open = moves_from(&definition, Some(state));
            let found = open.find(|(_, rule)| rule.hand_over == Some(wanted));
            let (_, rule) = found.unwrap_or_else(|| panic!("{state}: {wanted:?}"));
            assert!(rule.any_version && rule.restricted, "{state}");
        }
    }
}
