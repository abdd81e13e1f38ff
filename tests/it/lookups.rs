//! Looking a child up by a number tells nothing about requests that the caller may not see: neither by
//! the answer, nor by what the database does for it.

use crate::support::client::{Answer, Served, example};
use crate::support::{Broker, Postgres, PrivatePostgres, ProcessUnderTest};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

/// Enough that what the program does by itself meanwhile is called less often.
const LOOK_UPS: i64 = 100;
/// Times that a cost is measured.
const ROUNDS: usize = 4;

pub(crate) async fn sent_with(served: &Served, by: &str, number: &str) -> Uuid {
    let mut data = example("send");
    data["child"]["seemis"] = json!(number);
    data["child"]["given_name"] = json!(format!("Child-{number}"));
    let sent = served.post("/requests", by, json!({ "data": data })).await;
    assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.text);
    serde_json::from_value(sent.body["request_id"].clone()).unwrap()
}

pub(crate) fn question(kind: &str, number: &str) -> Value {
    json!({ "kind": kind, "number": number, "reason": "new-request" })
}

pub(crate) async fn find(served: &Served, by: &str, kind: &str, number: &str) -> Answer {
    let call = served.call(Method::POST, "/requests/find", by);
    call.json(question(kind, number)).send().await
}

/// A cluster that counts statements, migrated.
async fn counting_postgres() -> (PrivatePostgres, Client) {
    let postgres = PrivatePostgres::start().await;
    let preload = "alter system set shared_preload_libraries = 'pg_stat_statements'";
    owner(&postgres).await.batch_execute(preload).await.unwrap();
    postgres.stop().await;
    postgres.start_again().await;
    let client = owner(&postgres).await;
    let extension = "create extension pg_stat_statements";
    client.batch_execute(extension).await.unwrap();
    let url = postgres.url();
    let mut migrated = ProcessUnderTest::spawn(&["migrate"], &[("DATABASE_URL", &url)]);
    assert!(migrated.wait().await.success(), "{}", migrated.output());
    (postgres, client)
}

async fn owner(postgres: &PrivatePostgres) -> Client {
    let (client, connection) = tokio_postgres::connect(&postgres.url(), NoTls)
        .await
        .expect("the private cluster");
    tokio::spawn(connection);
    client
}

/// What the database did for one statement.
#[derive(Debug, PartialEq, Eq)]
struct StatementCost {
    calls: i64,
    rows: i64,
    /// Pages touched; only where nothing is written, for a table that grows takes new ones.
    pages: Option<i64>,
}

/// What the database does for so many look-ups of one number that finds nothing.
async fn cost_of(
    served: &Served,
    statistics: &Client,
    number: &str,
) -> BTreeMap<String, StatementCost> {
    let reset = "select pg_stat_statements_reset()";
    statistics.execute(reset, &[]).await.unwrap();
    for _ in 0..LOOK_UPS {
        let answer = find(served, "duty.ayr-north", "seemis", number).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        assert_eq!(answer.body, json!({ "requests": [] }));
    }
    costs(statistics).await
}

/// The least that it does in some rounds: a connection that was opened meanwhile reads a few pages once.
async fn least_cost_of(
    served: &Served,
    statistics: &Client,
    number: &str,
) -> BTreeMap<String, StatementCost> {
    let mut least = cost_of(served, statistics, number).await;
    for _ in 1..ROUNDS {
        for (query, cost) in cost_of(served, statistics, number).await {
            let known = least
                .get_mut(&query)
                .expect("the same statements each time");
            assert_eq!(
                (known.calls, known.rows),
                (cost.calls, cost.rows),
                "{query}"
            );
            known.pages = known.pages.min(cost.pages);
        }
    }
    least
}

/// The statements that were called for each look-up.
async fn costs(statistics: &Client) -> BTreeMap<String, StatementCost> {
    let counted = "select query, calls, rows, shared_blks_hit + shared_blks_read
        from pg_stat_statements where calls >= $1";
    let rows = statistics.query(counted, &[&LOOK_UPS]).await.unwrap();
    rows.iter()
        .map(|row| {
            let query: String = row.get(0);
            let pages = query.contains("vault.").then(|| row.get(3));
            let cost = StatementCost {
                calls: row.get(1),
                rows: row.get(2),
                pages,
            };
            (query, cost)
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_child_costs_the_database_what_an_unknown_one_does() {
    let (postgres, statistics) = counting_postgres().await;
    let vhost = Broker::vhost().await;
    let served = Served::over(&postgres.url(), &vhost.url).await;
    sent_with(&served, "head.girvan", "990017").await;
    // Connections, plans and caches are as they will be.
    cost_of(&served, &statistics, "990018").await;
    let unknown = least_cost_of(&served, &statistics, "990019").await;
    let hidden = least_cost_of(&served, &statistics, "990017").await;
    assert!(!unknown.is_empty());
    assert!(
        unknown.keys().any(|query| query.contains("vault.")),
        "{unknown:#?}"
    );
    assert_eq!(hidden, unknown);
}

/// What reading a request costs whoever asked for it.
async fn cost_of_reading(
    served: &Served,
    statistics: &Client,
    request: Uuid,
) -> BTreeMap<String, StatementCost> {
    let reset = "select pg_stat_statements_reset()";
    statistics.execute(reset, &[]).await.unwrap();
    for _ in 0..LOOK_UPS {
        let seen = served
            .get(&format!("/requests/{request}"), "head.girvan")
            .await;
        assert_eq!(
            seen.body["possible_same_child"]["count"], 0,
            "{}",
            seen.text
        );
    }
    costs(statistics).await
}

#[tokio::test(flavor = "multi_thread")]
async fn hidden_requests_for_the_same_child_cost_its_requester_nothing() {
    let (postgres, statistics) = counting_postgres().await;
    let vhost = Broker::vhost().await;
    let served = Served::over(&postgres.url(), &vhost.url).await;
    let alone = sent_with(&served, "head.girvan", "990020").await;
    let one_of_three = sent_with(&served, "head.girvan", "990021").await;
    for _ in 0..2 {
        sent_with(&served, "hv.ayr", "990021").await;
    }
    served.settled().await;
    cost_of_reading(&served, &statistics, alone).await;
    let without = cost_of_reading(&served, &statistics, alone).await;
    let with = cost_of_reading(&served, &statistics, one_of_three).await;
    let rows = |costs: &BTreeMap<String, StatementCost>| -> Vec<(String, i64, i64)> {
        let costs = costs.iter();
        costs
            .map(|(query, cost)| (query.clone(), cost.calls, cost.rows))
            .collect()
    };
    assert_eq!(rows(&with), rows(&without));
}

fn ids(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let found = answer.body["requests"].as_array().unwrap();
    found
        .iter()
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect()
}

async fn searches(client: &Client, principal: &str) -> Vec<String> {
    let statement = "select s.kind || ' ' || s.reason || ' ' || count(f.request_id)
        from access.searches s left join access.searches_shown f on f.search_id = s.id
        where s.principal = $1 group by s.id order by s.id";
    let rows = client.query(statement, &[&principal]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_is_written_down_with_its_reason_and_what_it_showed_and_never_its_number() {
    let served = Served::start().await;
    let request = sent_with(&served, "head.girvan", "990017").await;
    let client = served.database().connect().await;
    let shown = find(&served, "duty.carrick", "seemis", "990017").await;
    assert_eq!(ids(&shown), [request.to_string()]);
    assert!(ids(&find(&served, "duty.carrick", "seemis", "990018").await).is_empty());
    assert!(ids(&find(&served, "duty.ayr-north", "seemis", "990017").await).is_empty());
    let written = ["seemis new-request 1", "seemis new-request 0"];
    assert_eq!(searches(&client, "duty.carrick").await, written);
    assert_eq!(searches(&client, "duty.ayr-north").await, written[1..]);
    let readings = served
        .get(&format!("/requests/{request}/readings"), "lead.carrick")
        .await;
    assert!(readings.text.contains("duty.carrick"), "{}", readings.text);
    assert!(
        !readings.text.contains("duty.ayr-north"),
        "{}",
        readings.text
    );
    for table in [
        "access.searches",
        "access.searches_shown",
        "vault.viewer_index",
    ] {
        let all = format!("select coalesce(string_agg(t::text, ''), '') from {table} t");
        let text: String = client.query_one(&all, &[]).await.unwrap().get(0);
        assert!(
            !text.is_empty() && !text.contains("99001"),
            "{table}: {text}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_that_cannot_be_written_down_shows_nothing_and_what_is_written_stays() {
    let served = Served::start().await;
    sent_with(&served, "head.girvan", "990017").await;
    let client = served.database().connect().await;
    assert_eq!(
        ids(&find(&served, "duty.carrick", "seemis", "990017").await).len(),
        1
    );
    for table in ["searches", "searches_shown", "readings"] {
        let hide = format!("alter table access.{table} rename to hidden");
        client.batch_execute(&hide).await.unwrap();
        let refused = find(&served, "duty.carrick", "seemis", "990017").await;
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{table}");
        assert!(!refused.text.contains("reference"), "{}", refused.text);
        let back = format!("alter table access.hidden rename to {table}");
        client.batch_execute(&back).await.unwrap();
    }
    assert_eq!(
        ids(&find(&served, "duty.carrick", "seemis", "990017").await).len(),
        1
    );
    let changes = [
        "update access.searches set principal = 'nobody'",
        "delete from access.searches_shown",
        "truncate access.searches_shown",
    ];
    let chosen = "insert into access.searches (authority, principal, kind, reason, over_budget, at)
        values ('south-ayrshire', 'lead.carrick', 'chi', 'concern', false, '2001-01-01')";
    for change in changes {
        let refused = client.batch_execute(change).await.unwrap_err();
        assert_eq!(refused.code().unwrap().code(), "42501", "{change}");
    }
    client.batch_execute("set role rfa_app").await.unwrap();
    for change in changes.into_iter().chain([chosen]) {
        let refused = client.batch_execute(change).await.unwrap_err();
        assert_eq!(refused.code().unwrap().code(), "42501", "{change}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_counts_or_manages_looks_nobody_up_and_everybody_says_why() {
    let served = Served::start().await;
    sent_with(&served, "head.girvan", "990017").await;
    for by in ["analyst.partnership", "manager.service"] {
        let refused = find(&served, by, "seemis", "990017").await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{by}");
    }
    for reason in [json!(null), json!("curious"), json!(""), json!(7)] {
        let body = json!({ "kind": "seemis", "number": "990017", "reason": reason });
        let call = served.call(Method::POST, "/requests/find", "duty.carrick");
        let refused = call.json(body).send().await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        let error = &refused.body["errors"][0];
        assert_eq!(error["pointer"], "/reason", "{}", refused.text);
    }
    let unsaid = served.call(Method::POST, "/requests/find", "duty.carrick");
    let body = json!({ "kind": "seemis", "number": "990017" });
    let refused = unsaid.json(body).send().await;
    let allowed = refused.body["errors"][0]["allowed"].as_str().unwrap();
    assert!(allowed.contains("new-request, family-asks"), "{allowed}");
    let client = served.database().connect().await;
    let rows = client
        .query("select 1 from access.searches", &[])
        .await
        .unwrap();
    assert!(rows.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_found_by_whoever_has_it_now_and_by_the_system_that_sent_it() {
    let served = Served::start().await;
    let request = sent_with(&served, "head.girvan", "990017").await;
    let mut data = example("send");
    data["child"]["seemis"] = json!("990018");
    let body = json!({ "on_behalf_of": "head.girvan", "data": data });
    let sent = served.post("/requests", "school.system", body).await;
    assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.text);
    let brought = find(&served, "school.system", "seemis", "990018").await;
    assert_eq!(ids(&brought), [sent.body["request_id"].as_str().unwrap()]);
    assert!(ids(&find(&served, "school.system", "seemis", "990017").await).is_empty());

    let elsewhere =
        json!({ "team": "ayr-north-team", "because": "family-moved", "reason": "Invented." });
    let passed = served
        .make(request, "pass-on", "duty.carrick", elsewhere)
        .await;
    assert_eq!(passed.status, StatusCode::OK, "{}", passed.text);
    assert!(ids(&find(&served, "duty.carrick", "seemis", "990017").await).is_empty());
    for by in ["duty.ayr-north", "head.girvan"] {
        let found = find(&served, by, "seemis", "990017").await;
        assert_eq!(ids(&found), [request.to_string()], "{by}");
    }
    let client = served.database().connect().await;
    let keys =
        "select 1 from vault.viewer_index where request = $1 and viewer = 'team:carrick-team'";
    assert!(client.query(keys, &[&request]).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn over_the_budget_a_system_waits_a_person_is_answered_and_the_alarm_is_raised() {
    let (database, vhost) = (Postgres::database().await, Broker::vhost().await);
    let three = |variable| (variable, "3".to_owned());
    let budget = [
        three("RFA_SEARCHES_PER_PERSON"),
        three("RFA_SEARCHES_PER_ACCOUNT"),
    ];
    let served = Served::over_by(&database.url, &vhost.url, &budget).await;
    // All at once: those who count together let no more through.
    let calls = (0..12).map(|_| find(&served, "school.system", "seemis", "990017"));
    let answers = futures::future::join_all(calls).await;
    let answered = answers
        .iter()
        .filter(|one| one.status == StatusCode::OK)
        .count();
    assert_eq!(answered, 3);
    let refused = answers
        .iter()
        .find(|one| one.status == StatusCode::TOO_MANY_REQUESTS);
    let refused = refused.expect("a refusal");
    let seconds: u64 = refused.headers["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((3_500..=3_600).contains(&seconds), "{seconds}");
    for by in ["duty.carrick", "social.work"] {
        for _ in 0..5 {
            let answer = find(&served, by, "seemis", "990017").await;
            assert_eq!(answer.status, StatusCode::OK, "{by}: {}", answer.text);
        }
    }
    let metrics = reqwest::get(format!("{}/metrics", served.process.metrics));
    let metrics = metrics.await.unwrap().text().await.unwrap();
    for line in [
        r#"rfa_searches_over_budget_total{by="person"} 4"#,
        r#"rfa_searches_over_budget_total{by="account"} 9"#,
    ] {
        assert!(metrics.contains(line), "{metrics}");
    }
    assert!(
        served
            .process
            .output()
            .contains("more look-ups within an hour")
    );
    let client = database.connect().await;
    assert_eq!(searches(&client, "school.system").await.len(), 3);
    assert_eq!(searches(&client, "duty.carrick").await.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_responder_finds_a_child_while_a_concern_is_open_and_is_told_nothing_otherwise() {
    let served = Served::start().await;
    let request = sent_with(&served, "head.girvan", "990017").await;
    let before = find(&served, "social.work", "seemis", "990017").await;
    assert!(ids(&before).is_empty());
    let path = format!("/requests/{request}/moves/pass-on-child-protection-concern");
    let concern = json!({ "data": example("pass-on-child-protection-concern") });
    let passed_on = served.post(&path, "head.girvan", concern).await;
    assert_eq!(passed_on.status, StatusCode::OK, "{}", passed_on.text);
    let meanwhile = find(&served, "social.work", "seemis", "990017").await;
    assert_eq!(ids(&meanwhile), [request.to_string()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_index_follows_after_a_kill_and_is_made_again_when_it_is_lost() {
    let mut served = Served::start().await;
    let request = sent_with(&served, "head.girvan", "990017").await;
    served.restart_after_a_kill().await;
    served.settled().await;
    let found = find(&served, "duty.carrick", "seemis", "990017").await;
    assert_eq!(ids(&found), [request.to_string()]);
    let lose = "truncate vault.viewer_index, vault.viewed_requests;
        delete from reader.cursors where name = 'lookups'";
    let client = served.database().connect().await;
    client.batch_execute(lose).await.unwrap();
    served.settled().await;
    let found = find(&served, "duty.carrick", "seemis", "990017").await;
    assert_eq!(ids(&found), [request.to_string()]);
}
