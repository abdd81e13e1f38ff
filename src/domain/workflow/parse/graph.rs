//! What only the whole of states and moves can say: nothing is out of reach, nothing is a trap, and
//! no path hides behind another.

use super::super::definition::{FromStates, MoveRule, PathRule, StateRule, ToState};
use super::super::expression::implies;
use super::super::lint::Rule;
use super::super::located::{Entry, Node, Reader, Yaml};
use crate::domain::ids::{MoveName, StateName};
use indexmap::IndexMap;
use std::collections::BTreeSet;

type States = IndexMap<StateName, StateRule>;
type Moves = IndexMap<MoveName, MoveRule>;

/// Runs when states and moves are each sound by themselves.
pub(super) fn check(reader: &mut Reader, root: &Node, states: &States, moves: &Moves) {
    let graph = Graph::of(states, moves);
    let reached = graph.spread(&graph.starts, &graph.steps);
    let backwards: Vec<_> = graph.steps.iter().map(|(a, b)| (*b, *a)).collect();
    let ends = states.iter().filter(|(_, rule)| rule.ends);
    let ends: BTreeSet<&StateName> = ends.map(|(name, _)| name).collect();
    let ending = graph.spread(&ends, &backwards);
    for (name, rule) in states {
        let Some(entry) = entry(root, "states", name.as_str()) else {
            continue;
        };
        if !reached.contains(name) {
            let found = format!("the state `{name}` cannot be reached");
            reader.against_key(
                Rule::E01,
                entry,
                [&found, "a path of some move that leads to it"],
            );
        }
        if !rule.ends && !graph.steps.iter().any(|(from, _)| *from == name) {
            let found = format!("the state `{name}` has no exit");
            reader.against_key(
                Rule::E02,
                entry,
                [&found, "a move that leads out of it, or `ends: true`"],
            );
        } else if !rule.ends && !ending.contains(name) {
            let found = format!("from the state `{name}` no ending state can be reached");
            reader.against_key(
                Rule::E02,
                entry,
                [&found, "a way to a state with `ends: true`"],
            );
        }
    }
    for (name, rule) in moves {
        if let Some(entry) = entry(root, "moves", name.as_str()) {
            hidden_paths(reader, &entry.value, rule, states);
        }
    }
}

fn entry<'n>(root: &'n Node, part: &str, key: &str) -> Option<&'n Entry> {
    let entries = root.find(part)?.entries();
    entries.iter().find(|entry| entry.key == key)
}

struct Graph<'a> {
    starts: BTreeSet<&'a StateName>,
    /// Every path that changes the state.
    steps: Vec<(&'a StateName, &'a StateName)>,
}

impl<'a> Graph<'a> {
    fn of(states: &'a States, moves: &'a Moves) -> Self {
        let mut starts = BTreeSet::new();
        let mut steps = BTreeSet::new();
        for path in moves.values().flat_map(|rule| &rule.paths) {
            let ToState::State(to) = &path.to else {
                continue;
            };
            match &path.from {
                FromStates::Start => {
                    starts.insert(to);
                }
                FromStates::Any => steps.extend(states.keys().map(|from| (from, to))),
                FromStates::Of(from) => steps.extend(from.iter().map(|from| (from, to))),
            }
        }
        steps.retain(|(from, to)| from != to);
        Self {
            starts,
            steps: steps.into_iter().collect(),
        }
    }

    fn spread(
        &self,
        from: &BTreeSet<&'a StateName>,
        steps: &[(&'a StateName, &'a StateName)],
    ) -> BTreeSet<&'a StateName> {
        let mut reached = from.clone();
        let mut open: Vec<&StateName> = reached.iter().copied().collect();
        while let Some(state) = open.pop() {
            for (_, to) in steps.iter().filter(|(from, _)| *from == state) {
                if reached.insert(to) {
                    open.push(to);
                }
            }
        }
        reached
    }
}

/// The first fitting path wins; one that never can be first is a mistake.
fn hidden_paths(reader: &mut Reader, node: &Node, rule: &MoveRule, states: &States) {
    let Some(Yaml::List(nodes)) = node.find("paths").map(|paths| &paths.yaml) else {
        return;
    };
    for (i, (path, at)) in rule.paths.iter().zip(nodes).enumerate() {
        let earlier = &rule.paths[..i];
        let hidden = |state: &StateName| {
            earlier
                .iter()
                .any(|e| starts_at(e, state) && implies(&path.when, &e.when))
        };
        let mut from = states.keys().filter(|state| starts_at(path, state));
        if i > 0 && from.all(hidden) {
            let found = "a path that an earlier one always hides";
            reader.against(
                Rule::E32,
                at,
                [found, "the special paths before the general"],
            );
        }
    }
}

fn starts_at(path: &PathRule, state: &StateName) -> bool {
    match &path.from {
        FromStates::Start => false,
        FromStates::Any => true,
        FromStates::Of(states) => states.contains(state),
    }
}
