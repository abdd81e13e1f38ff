//! What a claim is, how long it lasts, and who may end a colleague's.

use super::super::definition::ClaimRule;
use super::super::phrase;
use super::Source;
use super::page::Page;

pub(super) fn tell(page: &mut Page, source: Source<'_>) {
    let Some(rule) = &source.definition.claims else {
        return;
    };
    page.heading("Who works on it");
    page.paragraph(
        "A member of the team that holds a request may claim it, to work on it. One person has a claim \
         at a time, and it does not touch the clocks.",
    );
    lease(page, source, rule);
    if let Some(take_over) = &rule.take_over {
        let reasons: Vec<String> = take_over
            .reasons
            .values()
            .map(|title| format!("“{title}”"))
            .collect();
        page.paragraph(&format!(
            "A colleague's claim may be taken over or given back by {}, with a reason: {}.",
            source.roles(&take_over.by),
            phrase::any_of(&reasons)
        ));
    }
    page.paragraph("A claim also ends when the request ends or goes to another team.");
}

fn lease(page: &mut Page, source: Source<'_>, rule: &ClaimRule) {
    page.paragraph(&format!(
        "It lasts {} of the team's calendar from the last act of whoever has it; looking at the request \
         is no act. Then it lapses: the request is in the team's queue again. This is told to {}.",
        phrase::target(rule.lease),
        source.all_roles(&rule.tell)
    ));
    if let Some(warn) = &rule.warn {
        let before = warn.at.distance().map(phrase::target).unwrap_or_default();
        page.paragraph(&format!(
            "{before} before, a warning goes to {}.",
            source.all_roles(&warn.tell)
        ));
    }
    if !rule.frozen_in.is_empty() {
        let states = source.states(&rule.frozen_in);
        page.paragraph(&format!(
            "No time of it goes by while the request is {}.",
            phrase::any_of(&states)
        ));
    }
}
