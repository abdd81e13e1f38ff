//! Numbers of other systems: sealed, found by an exact look-up by those who may, and shown nowhere.

use crate::support::client::{Answer, Served, consume, example};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

/// Invented, with check digits that fit.
const CHI: &str = "1405181230";
const SEEMIS: &str = "990017";
const SWIS: &str = "880026";

async fn sent(served: &Served, by: &str, numbers: &[(&str, &str)], given_name: &str) -> Answer {
    let mut data = example("send");
    data["child"]["given_name"] = json!(given_name);
    for (kind, number) in numbers {
        data["child"][kind] = json!(number);
    }
    served.post("/requests", by, json!({ "data": data })).await
}

fn id(answer: &Answer) -> Uuid {
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    serde_json::from_value(answer.body["request_id"].clone()).unwrap()
}

async fn find(served: &Served, by: &str, kind: &str, number: &str) -> Answer {
    served
        .call(Method::POST, "/requests/find", by)
        .json(json!({ "kind": kind, "number": number, "reason": "colleague-asks" }))
        .send()
        .await
}

fn ids(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let found = answer.body["requests"].as_array().unwrap();
    found
        .iter()
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_of_another_system_finds_its_request_for_those_who_may_and_stands_nowhere() {
    let served = Served::start().await;
    let numbers = [("chi", CHI), ("seemis", SEEMIS), ("swis", SWIS)];
    let request = id(&sent(&served, "head.girvan", &numbers, "Robin").await);
    for (kind, number) in numbers {
        for by in ["duty.carrick", "head.girvan"] {
            assert_eq!(
                ids(&find(&served, by, kind, number).await),
                [request.to_string()]
            );
        }
        // Neither another team, nor another agency, nor a system that did not send it.
        for by in ["duty.ayr-north", "hv.ayr", "school.system"] {
            assert!(
                ids(&find(&served, by, kind, number).await).is_empty(),
                "{by}"
            );
        }
        // Exactly that number of exactly that system.
        let part = find(&served, "duty.carrick", "seemis", &number[..4]).await;
        assert!(ids(&part).is_empty());
    }
    let spaced = find(&served, "duty.carrick", "seemis", &format!(" {SEEMIS} ")).await;
    assert_eq!(ids(&spaced), [request.to_string()]);
    assert!(!spaced.text.contains(SEEMIS));

    let message = consume(served.broker_url(), "rfa.team.south-ayrshire.carrick-team").await;
    let told = [
        message.to_string(),
        served.get("/requests", "duty.carrick").await.text,
        served
            .get("/teams/carrick-team/queue", "duty.carrick")
            .await
            .text,
        served
            .get(&format!("/requests/{request}"), "duty.carrick")
            .await
            .text,
        reqwest::get(format!("{}/metrics", served.process.metrics))
            .await
            .unwrap()
            .text()
            .await
            .unwrap(),
        served.process.output(),
    ];
    for text in told {
        for (_, number) in numbers {
            assert!(!text.contains(number), "{text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_cannot_be_one_is_refused_where_it_stands_and_not_repeated() {
    let served = Served::start().await;
    let swapped = "1405182130";
    for (number, what) in [(swapped, "check digit"), ("3199991234", "date")] {
        let refused = sent(&served, "head.girvan", &[("chi", number)], "Robin").await;
        assert_eq!(
            refused.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{}",
            refused.text
        );
        let errors = refused.body["errors"].as_array().unwrap();
        let told = |error: &&Value| error["what"].as_str().unwrap().contains(what);
        let error = errors
            .iter()
            .find(told)
            .unwrap_or_else(|| panic!("{}", refused.text));
        assert_eq!(error["pointer"], "/data/child/chi");
        assert!(!refused.text.contains(number));
        let asked = find(&served, "duty.carrick", "chi", number).await;
        assert_eq!(
            asked.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{}",
            asked.text
        );
        assert!(!asked.text.contains(number));
    }
    let unknown = find(&served, "duty.carrick", "child-name-and-birth-date", "x").await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(unknown.body["allowed"], json!(["chi", "seemis", "swis"]));
    for body in [
        json!({}),
        json!({ "kind": 1, "number": [], "reason": 2 }),
        json!([]),
    ] {
        let call = served.call(Method::POST, "/requests/find", "duty.carrick");
        let refused = call.json(body).send().await;
        assert_eq!(
            refused.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{}",
            refused.text
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_number_under_another_name_prompts_and_merges_nothing() {
    let served = Served::start().await;
    for (kind, number) in [("chi", CHI), ("seemis", SEEMIS), ("swis", SWIS)] {
        let first = id(&sent(
            &served,
            "head.girvan",
            &[(kind, number)],
            &format!("{kind}-a"),
        )
        .await);
        let second = id(&sent(&served, "hv.ayr", &[(kind, number)], &format!("{kind}-b")).await);
        assert_ne!(first, second);
        served.settled().await;
        let seen = served
            .get(&format!("/requests/{second}"), "duty.carrick")
            .await;
        let prompt = &seen.body["possible_same_child"];
        assert_eq!(prompt["requests"], json!([first]), "{kind}: {}", seen.text);
        let both = ids(&find(&served, "duty.carrick", kind, number).await);
        assert_eq!(both.len(), 2);
        assert_eq!(seen.body["version"], 1);
    }
}
