//! What a move does to the child's plan.

use super::super::definition::{MoveRule, Offset, PlanEffect, Rung, Which};
use super::super::phrase::{self, Titles};
use super::Source;
use super::page::Page;
use crate::domain::ids::ClockName;

/// Who is told of an action whose day comes near or is over.
pub(super) fn tell(page: &mut Page, source: Source<'_>) {
    let Some(ladder) = source.definition.ladder_of(&ClockName::of_action()) else {
        return;
    };
    page.heading("The child's plan");
    page.paragraph("Each action has a day. As long as it is open:");
    for rung in &ladder.0 {
        page.item(&format!(
            "{}, this is told to {}.",
            when(rung),
            source.all_roles(&rung.tell)
        ));
    }
}

fn when(rung: &Rung) -> String {
    let first = match rung.at {
        Offset::Before(by) => format!("{} before that day", phrase::target(by)),
        Offset::AtTarget => "When that day is over".to_owned(),
        Offset::After(by) => format!("{} after it was over", phrase::target(by)),
    };
    match rung.every {
        None => first,
        Some(every) => format!(
            "{first}, and then every {}, {} times in all",
            phrase::target(every),
            rung.occurrences()
        ),
    }
}

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
