//! What the workflow file says of states and moves, and how one state is reached from another.

use crate::support::engine::workflows;
use rfa::domain::workflow::parse::parse;
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};

const FILE: &str = "request-for-assistance/v1.yaml";

/// A workflow as the API tells it: states, moves, clocks, claims.
pub(super) struct WorkflowBook {
    content: Value,
}

impl WorkflowBook {
    pub(super) fn shipped() -> Self {
        let text = std::fs::read_to_string(workflows().join(FILE)).unwrap();
        let definition = parse(FILE, &text).unwrap();
        Self {
            content: serde_json::to_value(definition).unwrap(),
        }
    }

    fn members(&self, part: &str) -> impl Iterator<Item = (&str, &Value)> {
        let members = self.content[part].as_object().unwrap();
        members.iter().map(|(name, rule)| (name.as_str(), rule))
    }

    pub(super) fn states(&self) -> impl Iterator<Item = &str> {
        self.members("states").map(|(name, _)| name)
    }

    pub(super) fn moves(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.members("moves")
    }

    pub(super) fn rule(&self, name: &str) -> &Value {
        &self.content["moves"][name]
    }

    /// A reason with which a colleague's claim may be ended.
    pub(super) fn claim_reason(&self) -> Option<String> {
        let reasons = self.content["claims"]["take_over"]["reasons"].as_object()?;
        reasons.keys().next().cloned()
    }

    /// Clocks that may be given more time, each with a reason for it.
    pub(super) fn extended_clocks(&self) -> Vec<(String, String)> {
        let clocks = self.members("clocks");
        let extended = clocks.filter_map(|(name, rule)| {
            let reasons = rule["extend"]["reasons"].as_object()?;
            Some((name.to_owned(), reasons.keys().next()?.clone()))
        });
        extended.collect()
    }

    fn is(&self, state: &str, what: &str) -> bool {
        self.content["states"][state][what] == Value::Bool(true)
    }

    pub(super) fn ends(&self, state: &str) -> bool {
        self.is(state, "ends")
    }

    pub(super) fn is_restricted(&self, state: &str) -> bool {
        self.is(state, "restricted")
    }

    pub(super) fn is_held_by(&self, state: &str, whom: &str) -> bool {
        self.content["states"][state]["held_by"] == whom
    }

    /// The move that does this to the hand-over of a concern, where the workflow has one.
    pub(super) fn hand_over(&self, what: &str) -> Option<&str> {
        let found = self.moves().find(|(_, rule)| rule["hand_over"] == what);
        found.map(|(name, _)| name)
    }

    /// The move that opens a request.
    pub(super) fn opening(&self) -> (&str, &Value) {
        let found = self.moves().find(|(_, rule)| is_opening(rule));
        found.expect("a move that opens a request")
    }

    /// The state that a new request is in.
    pub(super) fn first_state(&self) -> &str {
        let (_, rule) = self.opening();
        rule["paths"][0]["to"]["state"].as_str().unwrap()
    }

    pub(super) fn starts_at(&self, name: &str, state: &str) -> bool {
        paths(self.rule(name)).any(|path| is_from(path, state))
    }

    /// The state after a move whose data fulfil no condition of its paths.
    pub(super) fn leads_to(&self, name: &str, state: &str) -> Option<String> {
        let open = |path: &&Value| is_from(path, state) && path.get("when").is_none();
        let path = paths(self.rule(name)).find(open)?;
        let to = path["to"]["state"].as_str();
        Some(to.unwrap_or(state).to_owned())
    }

    /// The first move of the shortest way that hides nothing.
    pub(super) fn first_move(&self, from: &str, to: &str) -> Option<String> {
        let mut came_by: BTreeMap<String, (String, &str)> = BTreeMap::new();
        let mut open = VecDeque::from([from.to_owned()]);
        while let Some(state) = open.pop_front() {
            for (name, rule) in self.moves() {
                if is_opening(rule) || rule["restricted"] == Value::Bool(true) {
                    continue;
                }
                let Some(next) = self.leads_to(name, &state) else {
                    continue;
                };
                if next != from && !came_by.contains_key(&next) {
                    came_by.insert(next.clone(), (state.clone(), name));
                    open.push_back(next);
                }
            }
        }
        let (mut before, mut name) = came_by.get(to)?.clone();
        while before != from {
            let earlier = came_by.get(&before)?;
            (before, name) = (earlier.0.clone(), earlier.1);
        }
        Some(name.to_owned())
    }

    /// An ordinary state from which passing a concern on leads to this one.
    pub(super) fn before_the_concern(&self, state: &str) -> Option<String> {
        let opens = self.hand_over("opens")?;
        let mut before = self.states().filter(|one| !self.is_restricted(one));
        let leads = |one: &&str| {
            self.leads_to(opens, one).as_deref() == Some(state)
                && *one != self.first_state()
                && (*one == state || self.is_restricted(state))
        };
        before.find(leads).map(str::to_owned)
    }

    /// What the rules call a move beside its name.
    pub(super) fn kinds_of(&self, name: &str) -> Vec<&'static str> {
        match self.rule(name)["hand_over"].as_str() {
            Some("closes") => vec!["records the result of a concern"],
            Some("takes-over") => vec!["takes a concern over"],
            Some("hands-over") => vec!["writes down who answered"],
            Some("attempts") => vec!["writes down that nobody answered"],
            Some(_) | None => Vec::new(),
        }
    }
}

fn is_opening(rule: &Value) -> bool {
    rule["opens"] == Value::Bool(true)
}

fn paths(rule: &Value) -> impl Iterator<Item = &Value> {
    rule["paths"].as_array().unwrap().iter()
}

fn is_from(path: &Value, state: &str) -> bool {
    let from = &path["from"];
    let of = from["of"].as_array();
    from == "any" || of.is_some_and(|of| of.iter().any(|one| one == state))
}
