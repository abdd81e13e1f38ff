//! What a move does to the child's plan.

use super::super::definition::{MoveRule, PlanEffect, Which};
use super::super::phrase::{self, Titles};
use super::Source;

pub(super) fn effect(source: Source<'_>, rule: &MoveRule) -> Option<String> {
    let title = |path: &str| format!("“{}”", phrase::title_at(&rule.data, path));
    Some(match rule.plan.as_ref()? {
        PlanEffect::Adds(added) => {
            let who = [&added.who, &added.agency].into_iter().flatten();
            let who: Vec<String> = who.map(|path| title(path)).collect();
            format!(
                "An action is added to the child's plan, for {}, by the day in {}.",
                phrase::any_of(&who),
                title(&added.by)
            )
        }
        PlanEffect::Settles(settled) => {
            let which = match &settled.which {
                Which::All => "All open actions of the child's plan are then".to_owned(),
                Which::At(path) => format!("What is in {} is then", title(path)),
            };
            let when = phrase::condition(&settled.when, Titles::of(source.definition, &rule.data));
            let when = if when.is_empty() {
                when
            } else {
                format!(", {when}")
            };
            format!("{which} {}{when}.", settled.how.words())
        }
    })
}
