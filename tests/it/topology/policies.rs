//! A policy overrules what was declared, and no argument differs by it.

use super::{CARRICK, GARF, names, wanted};
use crate::relay::stage::Stage;
use crate::support::TestVhost;
use crate::support::client::Served;
use rfa::relay::Mismatch;
use rfa::relay::management::{bindings, differences, policies};
use rfa::relay::provision::{apply, check};
use serde_json::{Value, json};
use std::collections::BTreeSet;

async fn set(vhost: &TestVhost, kind: &str, name: &str, [pattern, to]: [&str; 2], more: Value) {
    let (definition, priority) = (&more["definition"], &more["priority"]);
    let policy = json!({
        "pattern": pattern, "apply-to": to, "definition": definition, "priority": priority,
    });
    vhost.set_policy(kind, name, policy).await;
}

async fn overruled(stage: &Stage) -> Vec<Mismatch> {
    let (management, url) = (stage.vhost.management_url(), stage.vhost.url.as_str());
    let policies = policies(management, url).await.unwrap();
    policies.overruled(&wanted(stage))
}

#[tokio::test]
async fn a_policy_that_swallows_messages_is_named_where_no_argument_differs() {
    let stage = Stage::set().await;
    let (wanted, url) = (wanted(&stage), stage.vhost.url.as_str());
    apply(url, &wanted).await.unwrap();
    let vhost = &stage.vhost;
    let harmless = json!({ "definition": { "queue-leader-locator": "balanced" }, "priority": 5 });
    set(
        vhost,
        "policies",
        "placed",
        ["^rfa\\.agency", "queues"],
        harmless,
    )
    .await;
    let of_others = json!({ "definition": { "message-ttl": 1 }, "priority": 0 });
    set(vhost, "policies", "others", ["^amq\\.", "all"], of_others).await;
    assert_eq!(overruled(&stage).await, []);

    let swallows = json!({ "definition": { "alternate-exchange": "amq.fanout" }, "priority": 0 });
    set(
        vhost,
        "policies",
        "swallows",
        ["^rfa\\.events$", "exchanges"],
        swallows,
    )
    .await;
    // One of a higher priority stands before it for agencies.
    let short = json!({ "definition": { "message-ttl": 1, "max-length": 1 }, "priority": 1 });
    set(
        vhost,
        "policies",
        "short",
        ["^rfa\\.(team|agency)\\..*(garf|nhs)$", "all"],
        short,
    )
    .await;
    let drops = json!({ "definition": { "max-length": 10 }, "priority": 0 });
    set(
        vhost,
        "operator-policies",
        "drops",
        ["carrick-team$", "queues"],
        drops,
    )
    .await;
    let why = |name: &str, why: &str| Mismatch {
        name: name.to_owned(),
        why: why.to_owned(),
    };
    let expected = [
        why(
            "rfa.events",
            "the policy `swallows` sets `alternate-exchange`",
        ),
        why(CARRICK, "the policy `drops` sets `max-length`"),
        why(GARF, "the policy `short` sets `max-length`, `message-ttl`"),
    ];
    assert_eq!(overruled(&stage).await, expected);

    // Nothing else tells of it.
    let found = check(url, &wanted).await.unwrap();
    assert_eq!(names(&found), BTreeSet::new());
    let bound = bindings(vhost.management_url(), url).await.unwrap();
    assert_eq!(differences(&wanted, &bound), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_names_the_policy_and_fails() {
    let served = Served::start().await;
    assert!(served.run(&["topology", "apply"]).await.0);
    let management = served.vhost().management_url().to_owned();
    let check = ["topology", "check", "--management", &management];
    let (went_well, said) = served.run(&check).await;
    assert!(went_well && said.contains("otherwise: 0"), "{said}");
    let short = json!({ "definition": { "message-ttl": 1 }, "priority": 0 });
    set(
        served.vhost(),
        "policies",
        "short",
        ["restricted", "queues"],
        short,
    )
    .await;
    let (went_well, said) = served.run(&check).await;
    let named = "rfa.restricted.south-ayrshire: the policy `short` sets `message-ttl`";
    assert!(!went_well && said.contains(named), "{said}");
}
