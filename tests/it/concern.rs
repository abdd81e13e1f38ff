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

/// A step about a concern of a request, with the data of its example.
async fn step(served: &Served, request: Uuid, (name, number): (&str, u32), by: &str) -> Answer {
    let mut data = example(name);
    data["concern"] = json!(number);
    let path = format!("/requests/{request}/moves/{name}");
    served.post(&path, by, json!({ "data": data })).await
}

async fn taken(served: &Served, request: Uuid, (name, number): (&str, u32), by: &str) -> Answer {
    let answer = step(served, request, (name, number), by).await;
    assert_eq!(answer.status, StatusCode::OK, "{name}: {}", answer.text);
    answer
}

/// The list of those that take concerns over, once it knows of a receipt.
async fn concerns_after(served: &Served, receipt: &Answer) -> Answer {
    let position = receipt.body["position"].as_str().unwrap();
    let path = format!("/concerns?min_position={position}");
    served.get(&path, "social.work").await
}

const HANDED_OVER: &str = "concern-handed-over";
const TAKE_OVER: &str = "take-over-concern";
const RESULT: &str = "concern-result";
const NOT_REACHED: &str = "could-not-get-through";

#[tokio::test(flavor = "multi_thread")]
async fn a_concern_is_red_until_whoever_rang_writes_down_who_answered() {
    let served = Served::start().await;
    let none = served.get("/concerns", "social.work").await;
    assert_eq!(none.body["unanswered_count"], 0, "{}", none.text);
    let (request, position) = passed_on(&served).await;

    let red = format!("/concerns?min_position={position}");
    let red = served.get(&red, "social.work").await;
    assert_eq!(red.body["unanswered_count"], 1, "{}", red.text);
    assert_eq!(red.body["concerns"][0]["request_id"], request.to_string());
    assert_eq!(red.body["concerns"][0]["standing"], "unanswered");
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

    // An attempt leaves the alarm on; a named person who answered ends it, and nothing else.
    let tried = taken(&served, request, (NOT_REACHED, 1), "head.girvan").await;
    let red = concerns_after(&served, &tried).await;
    assert_eq!(red.body["unanswered_count"], 1, "{}", red.text);
    assert_eq!(red.body["concerns"][0]["attempt_count"], 1);
    let answered = taken(&served, request, (HANDED_OVER, 1), "head.girvan").await;
    let green = concerns_after(&served, &answered).await;
    assert_eq!(green.body["unanswered_count"], 0, "{}", green.text);
    assert_eq!(green.body["not_taken_over_count"], 1, "{}", green.text);
    assert_eq!(green.body["concerns"][0]["standing"], "answered");
    until("the gauge is green", Duration::from_secs(20), || async {
        (gauge(&served, "rfa_concerns_unanswered").await == 0.0).then_some(())
    })
    .await;
    let lead = served
        .get(&format!("/requests/{request}"), "lead.carrick")
        .await;
    assert_eq!(lead.body["state"]["name"], "with-child-protection");

    let held = taken(&served, request, (TAKE_OVER, 1), "social.work").await;
    let held = concerns_after(&served, &held).await;
    assert_eq!(held.body["not_taken_over_count"], 0, "{}", held.text);
    assert_eq!(held.body["concerns"][0]["held_by"], "social.work");
    let closed = taken(&served, request, (RESULT, 1), "social.work").await;
    let closed = concerns_after(&served, &closed).await;
    assert_eq!(closed.body["concerns"], json!([]), "{}", closed.text);
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
    let both = concerns_after(&served, &second).await;
    assert_eq!(both.body["unanswered_count"], 2, "{}", both.text);
    assert_eq!(both.body["oldest_at"], first, "{}", both.text);

    // Each by its own number: an answer for the second is none for the first.
    let answer = taken(&served, request, (HANDED_OVER, 2), "duty.carrick").await;
    let open = concerns_after(&served, &answer).await;
    assert_eq!(open.body["unanswered_count"], 1, "{}", open.text);
    assert_eq!(open.body["oldest_at"], first, "the older one waits");
    let answer = taken(&served, request, (HANDED_OVER, 1), "head.girvan").await;
    let open = concerns_after(&served, &answer).await;
    assert_eq!(open.body["unanswered_count"], 0, "{}", open.text);
    assert!(open.body.get("oldest_at").is_none(), "{}", open.text);
}

/// S1: whoever asked for help ended a concern that was hidden from them, and with `child-protection`
/// ended the clocks of a request about which nobody had a concern.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_asked_ends_no_concern_of_others_and_gives_no_result() {
    let served = Served::start().await;
    let (request, _) = passed_on_by(&served, "duty.carrick").await;
    for name in [HANDED_OVER, NOT_REACHED, TAKE_OVER, RESULT] {
        let mut told = Vec::new();
        for number in [1, 2] {
            let refused = step(&served, request, (name, number), "head.girvan").await;
            assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
            told.push((
                refused.body["detail"].clone(),
                refused.body["allowed"].clone(),
            ));
            let mut data = example(name);
            data["concern"] = json!(number);
            let path = format!("/requests/{request}/moves/{name}");
            let body = json!({ "data": data, "on_behalf_of": "head.girvan" });
            let refused = served.post(&path, "school.system", body).await;
            assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
        }
        assert_eq!(
            told[0], told[1],
            "a concern that is there and one that is not"
        );
    }
    for (person, status) in [
        ("duty.carrick", StatusCode::FORBIDDEN),
        ("lead.carrick", StatusCode::FORBIDDEN),
        ("school.system", StatusCode::CONFLICT),
    ] {
        let refused = step(&served, request, (RESULT, 1), person).await;
        assert_eq!(refused.status, status, "{person}: {}", refused.text);
    }
    let seen = served
        .get(&format!("/requests/{request}"), "lead.carrick")
        .await;
    assert_eq!(seen.body["version"], 2, "{}", seen.text);
    assert_eq!(seen.body["concerns"][0]["standing"], "unanswered");

    // About a request without a concern nobody says what became of one.
    let quiet = served.sent().await;
    for (person, status) in [
        ("head.girvan", StatusCode::CONFLICT),
        ("duty.carrick", StatusCode::FORBIDDEN),
        ("social.work", StatusCode::NOT_FOUND),
    ] {
        let refused = step(&served, quiet, (RESULT, 1), person).await;
        assert_eq!(refused.status, status, "{person}: {}", refused.text);
    }
    let clocks = served
        .get(&format!("/requests/{quiet}/clocks"), "head.girvan")
        .await;
    let clocks = clocks.body["clocks"].as_array().unwrap();
    assert!(clocks.iter().all(|clock| clock["status"] == "running"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_about_a_concern_says_what_to_do_first() {
    let served = Served::start().await;
    let (request, _) = passed_on(&served).await;
    let refused = step(&served, request, (RESULT, 1), "social.work").await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
    assert!(
        refused.text.contains("Take over concern 1 first"),
        "{}",
        refused.text
    );
    let unknown = step(&served, request, (TAKE_OVER, 7), "social.work").await;
    assert_eq!(unknown.status, StatusCode::CONFLICT, "{}", unknown.text);
    assert_eq!(unknown.body["allowed"], json!(["1"]), "{}", unknown.text);
    taken(&served, request, (HANDED_OVER, 1), "head.girvan").await;
    let again = step(&served, request, (HANDED_OVER, 1), "head.girvan").await;
    assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.text);
    assert!(
        again.text.contains("nobody needs to be rung"),
        "{}",
        again.text
    );
    taken(&served, request, (TAKE_OVER, 1), "social.work").await;
    let again = step(&served, request, (TAKE_OVER, 1), "social.work").await;
    assert!(
        again.text.contains("taken over concern 1 already"),
        "{}",
        again.text
    );
    // From the responder of the day to the one of the night.
    taken(&served, request, (TAKE_OVER, 1), "social.work-night").await;
    let not_hers = step(&served, request, (RESULT, 1), "social.work").await;
    assert_eq!(not_hers.status, StatusCode::CONFLICT, "{}", not_hers.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_did_what_is_told_to_whoever_passed_it_on_the_leader_and_responders_alone() {
    let served = Served::start().await;
    let (request, _) = passed_on(&served).await;
    let path = format!("/requests/{request}");
    taken(&served, request, (HANDED_OVER, 1), "head.girvan").await;
    taken(&served, request, (TAKE_OVER, 1), "social.work").await;
    let mut result = example(RESULT);
    result["result"] = json!("being-looked-at");
    result["discussion"] = json!("joint");
    let done = served
        .post(
            &format!("{path}/moves/{RESULT}"),
            "social.work",
            json!({ "data": result }),
        )
        .await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    for person in [
        "head.girvan",
        "lead.carrick",
        "social.work",
        "social.work-night",
    ] {
        let seen = served.get(&path, person).await;
        let concern = &seen.body["concerns"][0];
        let steps: Vec<&str> = concern["steps"]
            .as_array()
            .unwrap()
            .iter()
            .map(|s| s["step"].as_str().unwrap())
            .collect();
        assert_eq!(
            steps,
            ["opens", "hands-over", "takes-over", "closes"],
            "{person}"
        );
        assert_eq!(concern["steps"][0]["by"], "head.girvan");
        let answered = &concern["steps"][1]["data"];
        assert_eq!(
            answered["answered_by"],
            example(HANDED_OVER)["answered_by"],
            "{person}"
        );
        assert_eq!(concern["held_by"], "social.work");
        assert_eq!(concern["result"], "being-looked-at");
        assert!(
            !concern.to_string().contains("joint"),
            "{person}: {concern}"
        );
        assert!(
            !concern.to_string().contains("Invented concern"),
            "{person}: {concern}"
        );
    }
    let member = served.get(&path, "duty.carrick").await;
    for told in ["concerns", "concern_open"] {
        assert!(member.body.get(told).is_none(), "{}", member.text);
    }
    let clocks = served.get(&format!("{path}/clocks"), "duty.carrick").await;
    assert!(!clocks.text.contains("handover"), "{}", clocks.text);
    assert!(!clocks.text.contains("take_over"), "{}", clocks.text);
}

async fn sent_with_a_private_address(served: &Served) -> Uuid {
    let mut data = example("send");
    data["child"]["address"] = json!("1 Invented Street");
    data["child"]["keep_address_private"] = json!(true);
    data["child"]["parents_carers"] = json!([
        { "name": "Invented Parent", "relationship": "father", "may_be_contacted": false }
    ]);
    let body = json!({ "data": data });
    let sent = served.post("/requests", "head.girvan", body).await;
    sent.body["request_id"].as_str().unwrap().parse().unwrap()
}

/// R2: the fields of a concern have neither name nor address.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_takes_a_concern_over_reads_who_and_where_and_the_rest_with_a_reason() {
    let served = Served::start().await;
    let request = sent_with_a_private_address(&served).await;
    let path = format!("/requests/{request}");
    let before = served.get(&path, "social.work").await;
    assert_eq!(before.status, StatusCode::NOT_FOUND, "{}", before.text);
    let concern = example("pass-on-child-protection-concern");
    served
        .make(
            request,
            "pass-on-child-protection-concern",
            "head.girvan",
            concern,
        )
        .await;
    let outline = served.get(&path, "social.work").await;
    assert_eq!(outline.body["content"], "summary", "{}", outline.text);
    assert!(!outline.text.contains("Robin"), "{}", outline.text);
    let member = served.get(&path, "duty.carrick").await;
    assert_eq!(
        member.body["content"], "summary",
        "the team gains nothing by it"
    );

    taken(&served, request, (TAKE_OVER, 1), "social.work").await;
    let known = served.get(&path, "social.work").await;
    assert_eq!(known.body["content"], "identity", "{}", known.text);
    for word in [
        "Robin",
        "1 Invented Street",
        "Invented Parent",
        "may_be_contacted",
        "a concern in brief",
    ] {
        assert!(known.text.contains(word), "{word}: {}", known.text);
    }
    for word in ["enjoys art", "breakfast club", "mornings are hard"] {
        assert!(!known.text.contains(word), "{word}: {}", known.text);
    }
    let other = served.get(&path, "social.work-night").await;
    assert_eq!(other.body["content"], "summary", "{}", other.text);

    for (person, reason, status) in [
        ("social.work", "curious", StatusCode::BAD_REQUEST),
        ("social.work-night", "safe-now", StatusCode::FORBIDDEN),
        ("lead.carrick", "safe-now", StatusCode::FORBIDDEN),
    ] {
        let refused = served
            .get(&format!("{path}?narrative={reason}"), person)
            .await;
        assert_eq!(refused.status, status, "{person}: {}", refused.text);
    }
    let whole = served
        .get(&format!("{path}?narrative=safe-now"), "social.work")
        .await;
    assert_eq!(whole.body["content"], "open", "{}", whole.text);
    assert!(whole.text.contains("enjoys art"), "{}", whole.text);
    let readings = served
        .get(&format!("{path}/readings"), "lead.carrick")
        .await;
    let readings = readings.body["readings"].as_array().unwrap();
    let of = |opened: &str| {
        readings
            .iter()
            .find(|row| row["principal"] == "social.work" && row["opened"] == opened)
    };
    assert_eq!(of("content").unwrap()["reason"], "safe-now");
    assert!(of("identity").unwrap().get("reason").is_none());

    // It ends with the concern.
    taken(&served, request, (RESULT, 1), "social.work").await;
    let after = served.get(&path, "social.work").await;
    assert_eq!(after.status, StatusCode::NOT_FOUND, "{}", after.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_takes_a_concern_over_learns_of_earlier_ones_about_the_same_child() {
    let served = Served::start().await;
    let (earlier, _) = passed_on(&served).await;
    taken(&served, earlier, (TAKE_OVER, 1), "social.work").await;
    taken(&served, earlier, (RESULT, 1), "social.work").await;
    let (request, _) = passed_on(&served).await;
    let path = format!("/requests/{request}");
    let before = served.get(&path, "social.work").await;
    assert!(
        before.body.get("earlier_concerns").is_none(),
        "{}",
        before.text
    );
    taken(&served, request, (TAKE_OVER, 1), "social.work").await;
    let known = served.get(&path, "social.work").await;
    let told = known.body["earlier_concerns"].as_array().unwrap();
    assert_eq!(told.len(), 1, "{}", known.text);
    assert_eq!(told[0]["result"], "not-child-protection");
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
    assert_eq!(numbers[0]["code"], "police-999");
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
fn every_step_of_a_concern_can_be_taken_in_every_state() {
    let file = "workflows/request-for-assistance/v1.yaml";
    let text = std::fs::read_to_string(workflows().join("request-for-assistance/v1.yaml")).unwrap();
    let definition = parse(file, &text).unwrap();
    for state in definition.states.keys() {
        for wanted in [
            HandOver::Opens,
            HandOver::Attempts,
            HandOver::HandsOver,
            HandOver::TakesOver,
            HandOver::Closes,
        ] {
            let mut open = moves_from(&definition, Some(state));
            let found = open.find(|(_, rule)| rule.hand_over == Some(wanted));
            let (_, rule) = found.unwrap_or_else(|| panic!("{state}: {wanted:?}"));
            assert!(rule.any_version && rule.restricted, "{state}");
        }
    }
}

/// The file as it was when whoever asked could end a concern that was hidden from them.
#[test]
fn the_lint_finds_a_concern_that_can_be_closed_without_being_held() {
    let file = "tests/workflows/before/request-for-assistance/v1.yaml";
    let checkout = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(checkout.join(file)).unwrap();
    let problems = parse(file, &text).unwrap_err();
    let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let found = "without being held, by `social-work`, `team`, `team-lead`, `worker`, `requester`";
    assert!(said.iter().any(|one| one.contains(found)), "{said:#?}");
    let nameless = "a step that does not say which concern it is about";
    assert!(said.iter().any(|one| one.contains(nameless)), "{said:#?}");
}
