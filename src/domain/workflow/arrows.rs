//! The table of moves, one row a state and path: what `decide` goes by, for whoever draws or tells it.

use super::definition::{Definition, FromStates, Guard, MoveRule, StateRule, ToState};
use super::expression::Expression;
use super::phrase::Titles;
use crate::domain::ids::{MoveName, StateName};
use serde_json::Value;

/// One way of a move out of a state. `from` is none for the opening of a request.
#[derive(Debug, Clone, Copy)]
pub struct Arrow<'d> {
    pub name: &'d MoveName,
    pub rule: &'d MoveRule,
    pub from: Option<&'d StateName>,
    pub to: &'d StateName,
    pub when: &'d Expression,
    /// Of this way; the move may have one of its own.
    pub guard: Option<&'d Guard>,
    /// The schema of the opening move, whose codes a condition may ask for.
    pub asked_for: &'d Value,
    /// An earlier path of the move leaves the same state under a condition.
    pub otherwise: bool,
}

impl<'d> Arrow<'d> {
    /// What may refuse it.
    pub fn guards(&self) -> impl Iterator<Item = &'d Guard> {
        self.rule.guard.iter().chain(self.guard)
    }

    #[must_use]
    pub fn titles(&self) -> Titles<'d> {
        Titles {
            data: &self.rule.data,
            request: self.asked_for,
        }
    }

    #[must_use]
    pub fn stays(&self) -> bool {
        self.from == Some(self.to)
    }
}

/// Moves in the order of the file, of each the states in the order of the file. Paths that an
/// earlier one always hides are left out: the first fitting path wins.
#[must_use]
pub fn arrows(definition: &Definition) -> Vec<Arrow<'_>> {
    let mut found = Vec::new();
    for (name, rule) in &definition.moves {
        let states = definition.states.keys().map(Some);
        for from in std::iter::once(None).chain(states) {
            found.extend(ways(definition, (name, rule), from));
        }
    }
    found
}

/// Those that leave one state.
#[must_use]
pub fn arrows_from<'d>(definition: &'d Definition, from: Option<&'d StateName>) -> Vec<Arrow<'d>> {
    let moves = definition.moves.iter();
    moves
        .flat_map(|entry| ways(definition, entry, from))
        .collect()
}

fn ways<'d>(
    definition: &'d Definition,
    (name, rule): (&'d MoveName, &'d MoveRule),
    from: Option<&'d StateName>,
) -> Vec<Arrow<'d>> {
    let asked_for = Titles::of(definition, &rule.data).request;
    let mut found: Vec<Arrow<'d>> = Vec::new();
    for path in rule.paths.iter().filter(|path| starts_at(&path.from, from)) {
        let to = match (&path.to, from) {
            (ToState::State(to), _) => to,
            (ToState::Same, Some(from)) => from,
            (ToState::Same, None) => continue,
        };
        found.push(Arrow {
            name,
            rule,
            from,
            to,
            when: &path.when,
            guard: path.guard.as_ref(),
            asked_for,
            otherwise: !found.is_empty(),
        });
        if path.when.is_always() {
            break;
        }
    }
    found
}

fn starts_at(from: &FromStates, state: Option<&StateName>) -> bool {
    match (from, state) {
        (FromStates::Start, None) | (FromStates::Any, Some(_)) => true,
        (FromStates::Of(states), Some(state)) => states.contains(state),
        (FromStates::Start, Some(_)) | (FromStates::Any | FromStates::Of(_), None) => false,
    }
}

/// Whether a move can be made in every state, wherever it leads.
#[must_use]
pub fn is_everywhere(definition: &Definition, rule: &MoveRule) -> bool {
    let possible = |state| {
        rule.paths
            .iter()
            .any(|path| starts_at(&path.from, Some(state)))
    };
    definition.states.keys().all(possible)
}

/// Clocks that do not count in a state, in the order of the file.
pub fn paused_in<'d>(
    definition: &'d Definition,
    state: &StateName,
) -> impl Iterator<Item = &'d super::definition::ClockRule> {
    let clocks = definition.clocks.values();
    clocks.filter(move |clock| clock.pause_in.contains(state))
}

/// States in which a request begins.
#[must_use]
pub fn opening_states(definition: &Definition) -> Vec<&StateName> {
    let opened = arrows_from(definition, None);
    let is_opened = |state: &&StateName| opened.iter().any(|arrow| arrow.to == *state);
    definition.states.keys().filter(is_opened).collect()
}

/// Under way first, then what happens out of sight, then what ends; each in the order of the file.
#[must_use]
pub fn in_reading_order(definition: &Definition) -> Vec<(&StateName, &StateRule)> {
    let mut states: Vec<_> = definition.states.iter().collect();
    states.sort_by_key(|(_, rule)| (rule.ends, rule.restricted));
    states
}
