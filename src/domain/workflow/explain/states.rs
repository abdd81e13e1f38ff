//! Each state: what it means, who holds the request, what can happen next.

use super::super::arrows::{opening_states, paused_in};
use super::super::definition::{StateHolder, StateRule};
use super::super::phrase;
use super::Source;
use super::moves;
use super::page::Page;
use crate::domain::ids::StateName;

pub(super) fn all(page: &mut Page, source: Source<'_>) {
    page.heading("Where a request can be");
    for state in &source.definition.states {
        page.subheading(&format!("{} ({})", state.1.title, state.0));
        tell(page, source, state, false);
    }
}

/// One state with what can be done everywhere, so that nothing is missing.
pub(super) fn alone(page: &mut Page, source: Source<'_>, state: (&StateName, &StateRule)) {
    page.title(&format!("{} ({})", state.1.title, state.0));
    tell(page, source, state, true);
    let titles = moves::told_apart(source, state.0);
    if !titles.is_empty() {
        page.sentence(&format!(
            "In every state, so here too: {}.",
            phrase::all_of(&titles)
        ));
    }
}

fn tell(page: &mut Page, source: Source<'_>, (name, rule): (&StateName, &StateRule), fully: bool) {
    page.sentence(&rule.meaning);
    let mut facts = Vec::new();
    if opening_states(source.definition).contains(&name) {
        facts.push("A request begins here.".to_owned());
    }
    if rule.ends {
        facts.push("The request is over: no clock is owed any more.".to_owned());
    } else {
        facts.push(format!("It is held by {}.", source.holder(rule.held_by)));
    }
    if let (StateHolder::Requester, Some(cover)) = (rule.held_by, source.cover()) {
        facts.push(format!(
            "While their school or office is closed, {cover} may act for them."
        ));
    }
    if rule.waiting {
        facts.push("Help is agreed and nobody is free to give it.".to_owned());
    }
    if rule.helping {
        facts.push("Help is being given: the child waits no longer.".to_owned());
    }
    if rule.restricted {
        facts.push(
            "Outside of it others are only told that the request moved to another process."
                .to_owned(),
        );
    }
    let paused = paused_in(source.definition, name).map(|clock| format!("“{}”", clock.title));
    let paused: Vec<String> = paused.collect();
    if !paused.is_empty() {
        let clocks = if paused.len() == 1 {
            "This clock stands"
        } else {
            "These clocks stand"
        };
        facts.push(format!("{clocks} still here: {}.", phrase::all_of(&paused)));
    }
    page.sentence(&facts.join(" "));
    moves::in_state(page, source, name, fully);
}
