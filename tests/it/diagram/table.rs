//! The table of moves, read off a definition's paths once more.

use rfa::domain::workflow::Definition;
use rfa::domain::workflow::definition::{FromStates, MoveRule, PathRule, ToState};

/// From (none: the request begins), to, move.
pub(super) type Row = (Option<String>, String, String);

pub(super) fn table(definition: &Definition) -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, rule) in &definition.moves {
        for path in rule
            .paths
            .iter()
            .filter(|path| matches!(path.from, FromStates::Start))
        {
            if let ToState::State(to) = &path.to {
                rows.push((None, to.to_string(), name.to_string()));
            }
        }
        for state in definition.states.keys() {
            for path in open_paths(rule, state.as_str()) {
                let to = match &path.to {
                    ToState::Same => state.to_string(),
                    ToState::State(to) => to.to_string(),
                };
                rows.push((Some(state.to_string()), to, name.to_string()));
            }
        }
    }
    rows.sort();
    rows.dedup();
    rows
}

/// Up to the first that always fits.
fn open_paths<'d>(rule: &'d MoveRule, state: &str) -> Vec<&'d PathRule> {
    let fits = |path: &&PathRule| match &path.from {
        FromStates::Start => false,
        FromStates::Any => true,
        FromStates::Of(states) => states.iter().any(|from| from.as_str() == state),
    };
    let paths: Vec<&PathRule> = rule.paths.iter().filter(fits).collect();
    let last = paths.iter().position(|path| path.when.is_always());
    paths[..last.map_or(paths.len(), |last| last + 1)].to_vec()
}

pub(super) fn is_everywhere(definition: &Definition, name: &str) -> bool {
    let rule = &definition.moves[name];
    let mut states = definition.states.keys();
    states.all(|state| !open_paths(rule, state.as_str()).is_empty())
}
