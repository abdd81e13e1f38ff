//! Policies of the broker: they change what a queue or an exchange does, and leave the arguments that
//! are compared as they were declared.

use super::broker_error::Mismatch;
use super::topology::{EXCHANGES, Topology};
use fancy_regex::Regex;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;

/// Takes what no queue takes, so that nothing comes back and nothing waits.
const OF_EXCHANGES: [&str; 1] = ["alternate-exchange"];
/// Whatever ends a message before its receiver had it, or stands against what is declared.
const OF_QUEUES: [&str; 6] = [
    "delivery-limit",
    "expires",
    "max-length",
    "max-length-bytes",
    "message-ttl",
    "overflow",
];

/// As the management interface tells it.
#[derive(Debug, Clone, Deserialize)]
pub struct Policy {
    name: String,
    /// A regular expression over names, not anchored.
    pattern: String,
    #[serde(rename = "apply-to")]
    apply_to: String,
    definition: BTreeMap<String, IgnoredAny>,
    #[serde(default)]
    priority: i64,
}

/// Those of users, and those of operators: of each kind one is in force for a name.
#[derive(Debug, Clone, Default)]
pub struct Policies {
    pub(super) of_users: Vec<Policy>,
    pub(super) of_operators: Vec<Policy>,
}

impl Policies {
    /// What they change of ours that messages could be lost by.
    #[must_use]
    pub fn overruled(&self, topology: &Topology) -> Vec<Mismatch> {
        let exchanges = EXCHANGES.iter().map(|exchange| exchange.name);
        let exchanges = exchanges.map(|name| (name, &["all", "exchanges"][..], &OF_EXCHANGES[..]));
        let queues = topology.queues.iter().map(|queue| queue.name.as_str());
        let kinds = &["all", "queues", "quorum_queues"][..];
        let queues = queues.map(|name| (name, kinds, &OF_QUEUES[..]));
        let mut found = Vec::new();
        for (name, kinds, harmful) in exchanges.chain(queues) {
            for policies in [&self.of_users, &self.of_operators] {
                let policy = in_force(policies, name, kinds);
                found.extend(policy.and_then(|policy| policy.overrules(name, harmful)));
            }
        }
        found
    }
}

/// The broker takes the one of the highest priority and no other.
fn in_force<'p>(policies: &'p [Policy], name: &str, kinds: &[&str]) -> Option<&'p Policy> {
    let fitting = policies.iter().filter(|policy| {
        kinds.contains(&policy.apply_to.as_str()) && is_for(&policy.pattern, name)
    });
    fitting.max_by_key(|policy| policy.priority)
}

/// A pattern that cannot be read here may be for anything.
fn is_for(pattern: &str, name: &str) -> bool {
    match Regex::new(pattern).map(|pattern| pattern.is_match(name)) {
        Ok(Ok(is_for)) => is_for,
        Ok(Err(_)) | Err(_) => true,
    }
}

impl Policy {
    fn overrules(&self, name: &str, harmful: &[&str]) -> Option<Mismatch> {
        let set = self.definition.keys().map(String::as_str);
        let set: Vec<String> = set
            .filter(|key| harmful.contains(key))
            .map(|key| format!("`{key}`"))
            .collect();
        (!set.is_empty()).then(|| Mismatch {
            name: name.to_owned(),
            why: format!("the policy `{}` sets {}", self.name, set.join(", ")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(name: &str, pattern: &str, apply_to: &str, priority: i64) -> Policy {
        Policy {
            name: name.to_owned(),
            pattern: pattern.to_owned(),
            apply_to: apply_to.to_owned(),
            definition: BTreeMap::from([("message-ttl".to_owned(), IgnoredAny)]),
            priority,
        }
    }

    #[test]
    fn of_those_that_fit_the_one_of_the_highest_priority_is_in_force() {
        let policies = [
            policy("all", "^rfa", "all", 0),
            policy("high", "garf$", "quorum_queues", 7),
            policy("classic", "garf", "classic_queues", 9),
            policy("other", "^amq", "all", 9),
            policy("not-restricted", "^rfa(?!.restricted).*dead", "queues", 1),
            policy("unread", "rfa.x(", "queues", -1),
        ];
        let found = |name| in_force(&policies, name, &["all", "queues", "quorum_queues"]);
        for (name, expected) in [
            ("rfa.team.a.garf", Some("high")),
            ("rfa.team.a.garfield", Some("all")),
            ("rfa.dead-letters", Some("not-restricted")),
            ("rfa.restricted.dead", Some("all")),
            ("example", Some("unread")),
        ] {
            assert_eq!(
                found(name).map(|policy| policy.name.as_str()),
                expected,
                "{name}"
            );
        }
    }
}
