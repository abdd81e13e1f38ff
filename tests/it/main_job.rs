//! The main job: from a named person to a team's queue and into the manager's response times,
//! through the program itself, a real Postgres and a real RabbitMQ.

use crate::support::client::{Served, consume, example};
use crate::support::engine::{Engine, now};
use crate::support::{Postgres, TestDatabase, until};
use reqwest::{Method, StatusCode};
use rfa::commands::{Ask, AskedMove, Command, CommandError, Declaration, Provenance};
use rfa::domain::ids::{Authority, MoveName, PrincipalId, RoleName, TeamId, WorkflowName};
use rfa::domain::request::actor::{Grant, Principal, PrincipalKind};
use rfa::domain::request::error::Refusal;
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

const SOON: Duration = Duration::from_secs(20);

async fn acknowledged(served: &Served) -> Value {
    let answer = served
        .get("/response-times?clock=acknowledge", "manager.service")
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.body["clocks"][0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_goes_from_a_named_person_to_the_managers_figures() {
    let served = Served::start().await;
    let request = served.sent().await;

    let message = consume(served.broker_url(), "rfa.team.south-ayrshire.carrick-team").await;
    assert_eq!(message["type"], "scot.rfa.request-sent.v1");
    assert_eq!(message["subject"], request.to_string());
    let copy = consume(
        served.broker_url(),
        "rfa.agency.south-ayrshire.example-primary-girvan",
    )
    .await;
    assert_eq!(copy["id"], message["id"]);

    let caseload = until("the caseload is one", SOON, || async {
        let answer = served.get("/caseloads", "duty.carrick").await;
        answer.body["caseloads"].as_array()?.first().cloned()
    })
    .await;
    assert_eq!(
        (&caseload["team"], &caseload["count"]),
        (&json!("carrick-team"), &json!(1))
    );

    let open = until("the open request counts", SOON, || async {
        let clock = acknowledged(&served).await;
        (clock["open"] == 1).then_some(clock)
    })
    .await;
    assert_eq!(open["stopped"], 0);
    let unknown = served
        .get("/response-times?by=hat-size", "manager.service")
        .await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST, "{}", unknown.text);
    assert!(unknown.text.contains("locality"), "{}", unknown.text);
    served.claimed(request, "duty.carrick").await;
    let done = served
        .make(
            request,
            "tell-requester",
            "duty.carrick",
            json!({ "how": "phone" }),
        )
        .await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    let position = done.body["position"].as_str().unwrap();
    let path = format!("/response-times?clock=acknowledge&min_position={position}");
    let answer = served.get(&path, "manager.service").await;
    let clock = &answer.body["clocks"][0];
    assert_eq!(
        (&clock["stopped"], &clock["open"]),
        (&json!(1), &json!(0)),
        "{}",
        answer.text
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_gives_the_same_receipt_and_no_second_event() {
    let served = Served::start().await;
    let send = |body: Value| {
        served
            .call(Method::POST, "/requests", "head.girvan")
            .key("one")
            .json(body)
            .send()
    };
    let body = json!({ "data": example("send") });
    let first = send(body.clone()).await;
    let second = send(body).await;
    assert_eq!(first.status, StatusCode::CREATED);
    for field in [
        "request_id",
        "reference",
        "position",
        "version",
        "recorded_at",
    ] {
        assert_eq!(first.body[field], second.body[field], "{field}");
    }
    assert_eq!(second.body["duplicate"], true);
    assert_eq!(events(&served).await, 1);

    let mut other = example("send");
    other["urgency"] = json!("urgent");
    let reused = send(json!({ "data": other })).await;
    assert_eq!(
        reused.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        reused.text
    );
    assert_eq!(events(&served).await, 1);
    // Neither a key nor a digest is left of a child that is not there.
    let client = served.database().connect().await;
    let count = "select (select count(*) from vault.keys), \
                 (select count(distinct request) from vault.blind_index)";
    let left = client.query_one(count, &[]).await.unwrap();
    assert_eq!((left.get::<_, i64>(0), left.get::<_, i64>(1)), (2, 1));
}

async fn events(served: &Served) -> i64 {
    let client = served.database().connect().await;
    let count = "select count(*) from event_log.events where stream_kind = 'request'";
    client.query_one(count, &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn several_acts_are_one_command_and_help_runs_to_its_end() {
    let served = Served::start().await;
    let request = served.sent().await;
    let then = json!([
        { "move": "agree-to-help", "data": example("agree-to-help") },
        { "move": "name-worker", "data": { "worker": "duty.carrick" } }
    ]);
    served.claimed(request, "duty.carrick").await;
    let path = format!("/requests/{request}/moves/spoke-with-family");
    let spoke = json!({ "with": "child", "how": "visit" });
    let answer = served
        .call(Method::POST, &path, "duty.carrick")
        .key("three")
        .header("If-Match", "\"3\"")
        .json(json!({ "data": spoke, "then": then }))
        .send()
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.body["version"], 6);
    let wellbeing = example("end")["wellbeing"].clone();
    let steps = [
        (
            "spoke-with-family",
            json!({ "with": "both", "how": "visit" }),
        ),
        (
            "start-help",
            json!({ "help_provided": ["family-support"], "wellbeing": wellbeing }),
        ),
        ("end", example("end")),
    ];
    for (name, data) in steps {
        let answer = served.make(request, name, "duty.carrick", data).await;
        assert_eq!(answer.status, StatusCode::OK, "{name}: {}", answer.text);
    }
    let seen = served
        .get(&format!("/requests/{request}"), "head.girvan")
        .await;
    assert_eq!(seen.body["state"]["name"], "ended", "{}", seen.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_named_person_answers_and_no_clock_starts_anew() {
    let served = Served::start().await;
    let request = served.sent().await;
    let before = served
        .get(&format!("/requests/{request}/clocks"), "head.girvan")
        .await;
    let change = json!({ "named_person": "hv.ayr", "why": "changes-school" });
    let changed = served
        .make(request, "change-named-person", "head.girvan", change)
        .await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
    let question = json!({ "question": "Invented?" });
    served.make(request, "ask", "lead.carrick", question).await;
    let answer = json!({ "answer": "Invented." });
    let answered = served.make(request, "answer", "hv.ayr", answer).await;
    assert_eq!(answered.status, StatusCode::OK, "{}", answered.text);
    let after = served
        .get(&format!("/requests/{request}/clocks"), "hv.ayr")
        .await;
    assert_eq!(
        before.body["child"]["asked_at"],
        after.body["child"]["asked_at"]
    );
    for clock in before.body["clocks"].as_array().unwrap() {
        let same = after.body["clocks"].as_array().unwrap().iter().any(|now| {
            (&now["clock"], &now["started_at"]) == (&clock["clock"], &clock["started_at"])
        });
        assert!(same, "{clock}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_concern_is_taken_at_any_version_and_leaves_only_a_stub_behind() {
    let served = Served::start().await;
    let request = served.sent().await;
    let concern = json!({
        "risk": "neglect", "number_rung": "initial-response", "concern": "Invented concern"
    });
    let path = format!("/requests/{request}/moves/pass-on-child-protection-concern");
    let answer = served
        .post(&path, "head.girvan", json!({ "data": concern }))
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let queue = "rfa.team.south-ayrshire.carrick-team";
    assert_eq!(
        consume(served.broker_url(), queue).await["data"]["version"],
        1
    );
    let stub = consume(served.broker_url(), queue).await;
    assert_eq!(stub["type"], "scot.rfa.moved-to-another-process.v1");
    assert_eq!(stub["data"]["version"], 2);
    assert!(stub["data"].get("to").is_none(), "{stub}");
    let whole = consume(served.broker_url(), "rfa.restricted.south-ayrshire").await;
    assert_eq!(whole["data"]["to"], "with-child-protection");
    for name in ["take-over-concern", "concern-result"] {
        let path = format!("/requests/{request}/moves/{name}");
        let data = json!({ "data": example(name) });
        let answer = served.post(&path, "social.work", data).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    }
    let seen = served
        .get(&format!("/requests/{request}"), "head.girvan")
        .await;
    assert_eq!(seen.body["state"]["name"], "acknowledged", "{}", seen.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_named_person_whom_nobody_knows_is_refused() {
    let served = Served::start().await;
    let request = served.sent().await;
    let change = json!({ "named_person": "zz.nobody", "why": "left-post" });
    let refused = served
        .make(request, "change-named-person", "head.girvan", change)
        .await;
    assert_eq!(
        refused.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        refused.text
    );
    assert_eq!(refused.body["errors"][0]["pointer"], "/data/named_person");
    assert!(!refused.text.contains("zz.nobody"), "{}", refused.text);
    let seen = served
        .get(&format!("/requests/{request}"), "head.girvan")
        .await;
    assert_eq!(seen.etag.as_deref(), Some("\"1\""));
}

/// Data that would pass the schema of each move that a fresh request allows.
fn data_of(name: &str) -> Value {
    match name {
        "ask" => json!({ "question": "Invented?" }),
        "agree-to-help" => example("agree-to-help"),
        "not-agreed" => json!({
            "reason": "already-helped", "advice": "Invented.", "rights_explained": true,
            "requester_told": true, "views": example("agree-to-help")["views"]
        }),
        "pass-on" => json!({ "team": "ayr-north-team", "reason": "Invented." }),
        "ask-garf" => json!({
            "help_wanted": ["parenting"], "cost_band": "low", "reason": "Invented."
        }),
        "propose-not-agreed" => example("propose-not-agreed"),
        "tell-requester" => json!({ "how": "phone" }),
        "tell-family" => json!({
            "told": "not-safe-to-tell", "told_at": "2026-01-05T09:00:00Z", "why_not": "Invented."
        }),
        "spoke-with-family" => json!({ "with": "both", "how": "visit" }),
        "end" => example("end"),
        "pass-on-child-protection-concern" => json!({
            "risk": "neglect", "number_rung": "initial-response", "concern": "Invented."
        }),
        "could-not-get-through"
        | "concern-handed-over"
        | "take-over-concern"
        | "concern-result" => example(name),
        "send" => example("send"),
        "answer" => json!({ "answer": "Invented." }),
        "add-information" => json!({ "information": "Invented." }),
        "say-whether-help-came" => json!({ "help_came": "partly" }),
        "name-worker" => json!({ "worker": "duty.carrick" }),
        "wait" => json!({ "why": "no-worker-free", "family_told": true }),
        "postpone" => json!({
            "why": "no-worker-free", "family_told": true, "expected_on": "2999-06-01"
        }),
        "start-help" => json!({
            "help_provided": ["parenting"], "wellbeing": example("end")["wellbeing"]
        }),
        "review" => json!({
            "decision": "go-on", "wellbeing": example("end")["wellbeing"],
            "views": example("send")["views"]
        }),
        "ask-to-look-again" => json!({ "reason": "Invented." }),
        "change-named-person" => json!({ "named_person": "hv.ayr", "why": "away" }),
        "withdraw" => json!({ "reason": "Invented." }),
        "help-declined" => json!({ "by_whom": "both" }),
        "entered-in-error" => json!({ "why": "test" }),
        "child-born" => json!({ "date_of_birth": now().strftime("%Y-%m-%d").to_string() }),
        "plan-action" => json!({ "what": "group", "agency": "nhs", "by": "2030-01-05" }),
        "link" => json!({ "reference": "00000000-0", "kind": "sibling" }),
        "do-action" => json!({ "action": 1 }),
        "decline-action" => json!({ "action": 1, "why": "no-capacity" }),
        "drop-actions" => json!({ "actions": [1], "why": "done-otherwise" }),
        _ => json!({}),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_move_by_every_wrong_role_and_team_is_refused_and_appends_nothing() {
    let served = Served::start().await;
    let request = served.sent().await;
    let definition = served
        .get("/workflows/request-for-assistance/1", "duty.carrick")
        .await;
    let moves: Vec<String> = definition.body["content"]["moves"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    // Whoever asked, and the team that holds the request, are right for some moves.
    let right = [
        "head.girvan",
        "duty.carrick",
        "lead.carrick",
        "deputy.carrick",
        "social.work",
        "social.work-night",
    ];
    let wrong: Vec<String> = served
        .people()
        .filter(|person| !right.contains(person))
        .map(str::to_owned)
        .collect();
    assert!(wrong.len() >= 9 && moves.len() >= 21, "{wrong:?} {moves:?}");
    let mut refused = 0;
    for person in &wrong {
        for name in &moves {
            let answer = attempt(&served, request, name, person).await;
            let status = answer.status.as_u16();
            // Of a concern nobody outside learns whether there is one: it is not possible now.
            let is_hidden = status == 409 && answer.body["detail"] == "This is not possible now.";
            assert!(
                is_hidden || matches!(status, 403 | 404),
                "{name} by {person}: {}",
                answer.text
            );
            refused += 1;
        }
    }
    // The requester may not do the team's moves, nor the team the requester's.
    let mixed = [
        ("head.girvan", "acknowledge"),
        ("head.girvan", "agree-to-help"),
        ("head.girvan", "pass-on"),
        ("head.girvan", "not-agreed"),
        ("head.girvan", "ask"),
        ("duty.carrick", "withdraw"),
        ("duty.carrick", "entered-in-error"),
        ("social.work", "acknowledge"),
    ];
    for (person, name) in mixed {
        let answer = attempt(&served, request, name, person).await;
        let status = answer.status.as_u16();
        assert!(
            matches!(status, 403 | 404),
            "{name} by {person}: {}",
            answer.text
        );
        refused += 1;
    }
    assert_eq!(events(&served).await, 1, "{refused} attempts");
}

async fn attempt(
    served: &Served,
    request: Uuid,
    name: &str,
    person: &str,
) -> crate::support::client::Answer {
    let path = format!("/requests/{request}/moves/{name}");
    served
        .call(Method::POST, &path, person)
        .key(&Uuid::new_v4().to_string())
        .header("If-Match", "\"1\"")
        .json(json!({ "data": data_of(name) }))
        .send()
        .await
}

const LOAN: &str = r#"
format: 1
workflow: tool-loan
version: 1
title: A loan from the tool shed
roles:
  neighbour: { title: Neighbour, any_of: [neighbour], of: anywhere }
  keeper: { title: Keeper, any_of: [keeper], of: owner }
states:
  wished-for: { title: Wished for, meaning: Somebody wants a tool. }
  lent: { title: Lent, meaning: It is out. }
  back: { title: Back, meaning: It hangs on its hook., ends: true }
moves:
  wish:
    title: Wish for a tool
    opens: true
    by: [neighbour]
    to: wished-for
    emits: tool-wished-for
    owner: routed
    data:
      type: object
      additionalProperties: false
      required: [tool, why]
      properties:
        tool: { title: Tool, enum: [saw, ladder] }
        why: { title: Why, type: string, x-personal: request, maxLength: 200 }
  lend:
    title: Lend
    by: [keeper]
    from: [wished-for]
    to: lent
    emits: tool-lent
    data: { type: object, additionalProperties: false }
  give-back:
    title: Give back
    by: [keeper]
    from: [lent]
    to: back
    emits: tool-given-back
    data: { type: object, additionalProperties: false }
clocks:
  lending:
    title: Time until it is lent
    target: 2wd
    calendar: amsterdam-weekdays
    start: [tool-wished-for]
    stop: [tool-lent]
routing:
  - { otherwise: shed, because: There is one shed }
"#;

fn person(id: &str, role: &str, team: Option<&str>) -> Principal {
    Principal::new(
        PrincipalId::parse(id).unwrap(),
        PrincipalKind::Person,
        vec![Grant::new(
            RoleName::parse(role).unwrap(),
            team.map(|team| TeamId::parse(team).unwrap()),
            None,
        )],
    )
}

fn command(actor: Principal, ask: Ask, if_match: Option<i32>) -> Command {
    Command {
        authority: Authority::parse("village").unwrap(),
        actor,
        on_behalf_of: None,
        key: Uuid::new_v4().to_string(),
        ask,
        if_match,
        occurred_at: None,
        provenance: Provenance::Live,
        correlation: Uuid::new_v4(),
        causation: None,
    }
}

fn asked(name: &str, data: Value) -> Vec<AskedMove> {
    vec![AskedMove {
        move_name: MoveName::parse(name).unwrap(),
        data,
    }]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_written_here_runs_without_another_build() {
    let engine = Engine::start().await;
    engine
        .publish(
            "village",
            vec![Declaration::workflow("v1.yaml", LOAN).unwrap()],
        )
        .await;
    let neighbour = person("n.ross", "neighbour", None);
    let keeper = person("k.bain", "keeper", Some("shed"));
    let workflow = WorkflowName::parse("tool-loan").unwrap();
    let wish = json!({ "tool": "saw", "why": "Invented: a branch" });
    let open = Ask::Open {
        workflow,
        moves: asked("wish", wish),
    };
    let receipt = engine
        .commands
        .execute(command(neighbour.clone(), open, None), now())
        .await
        .unwrap();
    let request = receipt.request_id;
    let lend = || Ask::Moves {
        request,
        moves: asked("lend", json!({})),
    };
    let wrong = engine
        .commands
        .execute(command(neighbour, lend(), Some(1)), now())
        .await;
    assert!(
        matches!(wrong, Err(CommandError::Refused(Refusal::NotYours { .. }))),
        "{wrong:?}"
    );
    engine
        .commands
        .execute(command(keeper.clone(), lend(), Some(1)), now())
        .await
        .unwrap();
    let stale = engine
        .commands
        .execute(command(keeper.clone(), lend(), Some(1)), now())
        .await;
    assert!(
        matches!(stale, Err(CommandError::Stale { actual: 2, .. })),
        "{stale:?}"
    );
    let back = Ask::Moves {
        request,
        moves: asked("give-back", json!({})),
    };
    engine
        .commands
        .execute(command(keeper, back, Some(2)), now())
        .await
        .unwrap();
    let loaded = engine.commands.load("village", request).await.unwrap();
    assert_eq!(loaded.state.find().unwrap().state.as_str(), "back");
    let opened = engine
        .commands
        .open(&Authority::parse("village").unwrap(), &loaded)
        .await
        .unwrap();
    assert_eq!(opened[0].data["why"], "Invented: a branch");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_lie_where_the_vault_is_and_a_repeated_send_leaves_none() {
    let elsewhere = Postgres::database().await;
    for apart in [false, true] {
        let database = Postgres::database().await;
        let vault_url = if apart { &elsewhere.url } else { &database.url }.clone();
        let engine = Engine::with_vault(database, &vault_url).await;
        engine
            .publish(
                "village",
                vec![Declaration::workflow("v1.yaml", LOAN).unwrap()],
            )
            .await;
        let open = Ask::Open {
            workflow: WorkflowName::parse("tool-loan").unwrap(),
            moves: asked(
                "wish",
                json!({ "tool": "saw", "why": "Invented: a branch" }),
            ),
        };
        let wish = command(person("n.ross", "neighbour", None), open, None);
        let first = engine.commands.execute(wish.clone(), now()).await.unwrap();
        let again = engine.commands.execute(wish, now()).await.unwrap();
        assert_eq!(again.request_id, first.request_id);
        assert!(again.duplicate && !first.duplicate);

        let beside_the_log = keys_in(&engine.database).await;
        let expected = if apart { (0, 2) } else { (2, 0) };
        assert_eq!((beside_the_log, keys_in(&elsewhere).await), expected);
        let loaded = engine
            .commands
            .load("village", first.request_id)
            .await
            .unwrap();
        let village = Authority::parse("village").unwrap();
        let opened = engine.commands.open(&village, &loaded).await.unwrap();
        assert_eq!(opened[0].data["why"], "Invented: a branch");
    }
}

async fn keys_in(database: &TestDatabase) -> i64 {
    let owner = database.connect().await;
    let count = owner
        .query_one("select count(*) from vault.keys", &[])
        .await;
    count.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_servers_own_connection_cannot_change_the_log() {
    let engine = Engine::start().await;
    engine
        .publish(
            "village",
            vec![Declaration::workflow("v1.yaml", LOAN).unwrap()],
        )
        .await;
    let client = engine.log.pool().get().await.unwrap();
    for statement in [
        "update event_log.events set actor = 'x'",
        "delete from event_log.events",
        "truncate event_log.events",
        "insert into event_log.events select * from event_log.events",
        "insert into event_log.appends select * from event_log.appends",
        "update event_log.meta set epoch = gen_random_uuid()",
    ] {
        let error = client.batch_execute(statement).await.unwrap_err();
        assert_eq!(error.code().unwrap().code(), "42501", "{statement}");
    }
    // The owner is held by the triggers.
    let owner = engine.database.connect().await;
    for statement in [
        "update event_log.events set actor = 'x'",
        "truncate event_log.events",
    ] {
        assert!(owner.batch_execute(statement).await.is_err(), "{statement}");
    }
}
