//! Arrows that go together: moves that lead from the same states to the same state share one.

use super::super::arrows::{Arrow, arrows, is_everywhere};
use super::super::definition::Definition;
use super::super::phrase;
use crate::domain::ids::{MoveName, StateName};

/// One drawn arrow.
#[derive(Debug, Clone)]
pub(super) struct Group<'d> {
    /// In the order of the file; none is the opening of a request.
    pub(super) from: Vec<Option<&'d StateName>>,
    pub(super) to: &'d StateName,
    /// Each move with what stands on the arrow for it.
    pub(super) moves: Vec<(&'d MoveName, String)>,
    /// From every other state: drawn once, not from each.
    pub(super) everywhere: bool,
}

/// Every arrow that leaves its state, in the order of the file.
#[must_use]
pub(super) fn groups(definition: &Definition) -> Vec<Group<'_>> {
    let mut found: Vec<Group<'_>> = Vec::new();
    for one in singles(definition) {
        let same = |group: &&mut Group<'_>| {
            group.to == one.to && group.from == one.from && group.everywhere == one.everywhere
        };
        match found.iter_mut().find(same) {
            Some(group) => group.moves.extend(one.moves),
            None => found.push(one),
        }
    }
    found
}

/// One move and one wording each.
fn singles(definition: &Definition) -> Vec<Group<'_>> {
    let mut found: Vec<Group<'_>> = Vec::new();
    for arrow in arrows(definition).iter().filter(|arrow| !arrow.stays()) {
        let label = label(arrow);
        let same = |group: &&mut Group<'_>| {
            let is_named =
                |(name, words): &(&MoveName, String)| *name == arrow.name && *words == label;
            group.to == arrow.to && group.moves.iter().any(is_named)
        };
        match found.iter_mut().find(same) {
            Some(group) => group.from.push(arrow.from),
            None => found.push(Group {
                from: vec![arrow.from],
                to: arrow.to,
                moves: vec![(arrow.name, label)],
                everywhere: false,
            }),
        }
    }
    let others = definition.states.len().saturating_sub(1);
    for group in &mut found {
        let rule = group
            .moves
            .first()
            .and_then(|(name, _)| definition.moves.get(*name));
        let inside = group.from.iter().filter(|from| from.is_some()).count();
        group.everywhere = others > 1
            && inside == others
            && rule.is_some_and(|rule| is_everywhere(definition, rule));
    }
    found
}

/// The title, when the move goes this way, and what it is possible for only.
#[must_use]
pub(super) fn label(arrow: &Arrow<'_>) -> String {
    let mut words = arrow.rule.title.clone();
    if !arrow.when.is_always() {
        words.push_str(", ");
        words.push_str(&phrase::condition(arrow.when, arrow.titles()));
    } else if arrow.otherwise {
        words.push_str(", otherwise");
    }
    for guard in arrow.guards() {
        words.push_str(", only ");
        words.push_str(&phrase::condition(&guard.asks, arrow.titles()));
    }
    words
}
