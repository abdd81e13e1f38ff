//! First pass: every name that a file declares, so that a reference can be checked where it stands.
//! What is wrong with the declarations is reported by the second pass.

use super::super::located::{Entry, Node, Reader, Yaml};
use super::super::schema::weight::{WEIGHT_LIMIT, weigh};
use serde_json::Value;

/// What the file declares, whether or not it is sound.
#[derive(Debug, Default)]
pub(super) struct Names<'n> {
    pub(super) roles: Vec<&'n str>,
    pub(super) states: Vec<&'n str>,
    pub(super) derived: Vec<&'n str>,
    pub(super) ladders: Vec<&'n str>,
    pub(super) clocks: Vec<&'n str>,
    pub(super) moves: Vec<DeclaredMove<'n>>,
}

#[derive(Debug)]
pub(super) struct DeclaredMove<'n> {
    pub(super) name: &'n str,
    pub(super) opens: bool,
    pub(super) emits: Option<&'n str>,
    pub(super) data: Value,
}

/// Derived codes that rules may read. Whether help was asked for before tells of somebody else's
/// request: what followed from it would tell whoever asks now.
fn readable(derived: &[Entry]) -> Vec<&str> {
    let of_this_request = |entry: &&Entry| entry.value.find("asked_before").is_none();
    let readable = derived.iter().filter(of_this_request);
    readable.map(|entry| entry.key.as_str()).collect()
}

impl<'n> Names<'n> {
    pub(super) fn collect(root: &'n Node) -> Self {
        let keys = |key: &str| -> Vec<&'n str> {
            let entries = root.find(key).map_or(&[][..], Node::entries);
            entries.iter().map(|entry| entry.key.as_str()).collect()
        };
        let moves = root.find("moves").map_or(&[][..], Node::entries);
        Self {
            roles: keys("roles"),
            states: keys("states"),
            derived: readable(root.find("derive").map_or(&[][..], Node::entries)),
            ladders: keys("ladders"),
            clocks: keys("clocks"),
            moves: moves.iter().map(declared).collect(),
        }
    }

    /// Every event that some move emits.
    pub(super) fn events(&self) -> Vec<&'n str> {
        let mut events: Vec<&str> = self.moves.iter().filter_map(|m| m.emits).collect();
        events.sort_unstable();
        events.dedup();
        events
    }

    pub(super) fn opening(&self) -> Option<&DeclaredMove<'n>> {
        self.moves.iter().find(|m| m.opens)
    }

    pub(super) fn openings(&self) -> impl Iterator<Item = &DeclaredMove<'n>> {
        self.moves.iter().filter(|m| m.opens)
    }

    /// The move behind an event; moves that share an event share its data.
    pub(super) fn behind(&self, event: &str) -> Option<&DeclaredMove<'n>> {
        self.moves.iter().find(|m| m.emits == Some(event))
    }
}

fn declared(entry: &Entry) -> DeclaredMove<'_> {
    let node = &entry.value;
    let data = node.find("data");
    DeclaredMove {
        name: &entry.key,
        opens: node
            .find("opens")
            .is_some_and(|n| n.yaml == Yaml::Bool(true)),
        emits: node.find("emits").and_then(Node::as_text),
        data: data
            .and_then(|data| Reader::new("").json(data))
            // Only what has an end can be asked about; the second pass says what is wrong.
            .filter(|data| weigh(data).is_some_and(|weight| weight <= WEIGHT_LIMIT))
            .unwrap_or(Value::Null),
    }
}
