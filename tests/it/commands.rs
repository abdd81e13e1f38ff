//! cqrs-es over our own store: its framework drives the same rules into the same log.

use crate::support::engine::{Engine, now};
use cqrs_es::{AggregateError, CqrsFramework};
use rfa::commands::Declaration;
use rfa::commands::aggregate::{Decision, RequestStore};
use rfa::domain::ids::{Authority, MoveName, Reference, RequestId, TeamId, WorkflowName};
use rfa::domain::organisation::Covers;
use rfa::domain::request::actor::{Grant, Principal, PrincipalKind};
use rfa::domain::request::command::{Asked, Facts, OpeningFacts, RequestCommand, Routed, Sight};
use rfa::domain::request::error::Refusal;
use rfa::domain::request::event::Personal;
use rfa::domain::request::state::RequestState;
use rfa::domain::workflow::schema::Workflow;
use serde_json::{Map, json};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use uuid::Uuid;

const LOAN: &str = r"
format: 1
workflow: tool-loan
version: 1
title: A loan from the tool shed
roles:
  neighbour: { title: Neighbour, any_of: [neighbour], of: anywhere }
states:
  wished-for: { title: Wished for, meaning: Somebody wants a tool. }
  lent: { title: Lent, meaning: It is out., ends: true }
moves:
  wish:
    title: Wish for a tool
    opens: true
    by: [neighbour]
    to: wished-for
    emits: tool-wished-for
    owner: routed
    data: { type: object, additionalProperties: false }
  lend:
    title: Lend
    by: [neighbour]
    from: [wished-for]
    to: lent
    emits: tool-lent
    data: { type: object, additionalProperties: false }
routing:
  - { otherwise: shed, because: There is one shed }
";

fn decision(workflow: &Arc<Workflow>, request: Uuid, name: &str) -> Decision {
    let neighbour = Principal::new(
        "n.ross".parse().unwrap(),
        PrincipalKind::Person,
        vec![Grant::new("neighbour".parse().unwrap(), None, None)],
    );
    let shed: TeamId = "shed".parse().unwrap();
    let asked = Asked {
        move_name: MoveName::parse(name).unwrap(),
        coded: Map::new(),
        personal: Personal {
            child: Map::new(),
            request: json!({ "why": "Invented" }).as_object().cloned().unwrap(),
        },
        agency: None,
    };
    let opening = (name == "wish").then(|| OpeningFacts {
        reference: Reference::from_random(5),
        child: Uuid::new_v4(),
        routed: Routed {
            team: shed.clone(),
            because: "There is one shed".to_owned(),
        },
    });
    Decision {
        workflow: Arc::clone(workflow),
        command: RequestCommand::Act {
            asked: vec![asked],
            opening,
        },
        facts: Facts {
            request: RequestId(request),
            actor: neighbour,
            on_behalf_of: None,
            occurred_at: now(),
            teams: Arc::new(BTreeSet::from([shed])),
            references: Default::default(),
            covers: Covers::new(),
            is_import: false,
            sight: Sight::Unopened,
        },
    }
}

fn metadata() -> HashMap<String, String> {
    let entries = [
        ("command_id", Uuid::new_v4().to_string()),
        ("actor", "n.ross".to_owned()),
        ("occurred_at", now().to_string()),
    ];
    entries
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_framework_of_cqrs_es_runs_over_our_log() {
    let engine = Engine::start().await;
    engine
        .publish(
            "village",
            vec![Declaration::workflow("v1.yaml", LOAN).unwrap()],
        )
        .await;
    let authority = Authority::parse("village").unwrap();
    let declared = engine.commands.registry().of("village");
    let name = WorkflowName::parse("tool-loan").unwrap();
    let workflow = declared.newest_workflow(&name).unwrap();
    let store = RequestStore::new(engine.commands.clone(), authority.clone());
    let framework: CqrsFramework<RequestState, RequestStore> =
        CqrsFramework::new(store, Vec::new(), ());
    let request = Uuid::now_v7();
    let id = request.to_string();
    for name in ["wish", "lend"] {
        let command = decision(workflow, request, name);
        framework
            .execute_with_metadata(&id, command, metadata())
            .await
            .unwrap();
    }
    let again = framework
        .execute_with_metadata(&id, decision(workflow, request, "lend"), metadata())
        .await;
    let Err(AggregateError::UserError(Refusal::NotInThisState { .. })) = again else {
        panic!("{again:?}")
    };
    let loaded = engine
        .commands
        .load("village", RequestId(request))
        .await
        .unwrap();
    assert_eq!(loaded.state.find().unwrap().state.as_str(), "lent");
    let opened = engine.commands.open(&authority, &loaded).await.unwrap();
    assert_eq!(opened[1].data["why"], "Invented");
}
