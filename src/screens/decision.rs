//! What was decided, for whoever asked: with its reason, its advice, and how to challenge it.

use super::ROOT;
use super::request::Opened;
use super::shown::{answers, when};
use super::words::plain;
use crate::api::requests::view::{EventView, MoveView};
use crate::domain::ids::StateName;
use crate::domain::workflow::definition::{FromStates, MoveRule, ToState};
use maud::{Markup, html};

/// The last decision, where this reader asked for the help and may read it.
pub(super) fn card(opened: &Opened<'_>) -> Markup {
    let me = opened.viewer.caller.principal.id.as_str();
    let Some(event) = last(opened).filter(|_| opened.view.requester == me) else {
        return html! {};
    };
    let fields = opened.questions_of(&event.name).unwrap_or_default();
    html! {
        section.card.orange aria-labelledby="decision" {
            h2 #decision { "What was decided" }
            p { strong { (plain(&event.name)) } ", " (when(event.occurred_at, opened.now))
                @if let Some(actor) = &event.actor { ", by " (opened.viewer.person(actor)) } }
            @if let Some(data) = &event.data { (answers(&fields, data)) }
            @if let Some(challenge) = challenge(opened) { (how_to(opened, challenge)) }
        }
    }
}

fn last<'a>(opened: &'a Opened<'_>) -> Option<&'a EventView> {
    let mut events = opened.view.events.iter().rev();
    events.find(|event| {
        let mut rules = opened.seen.workflow().definition.moves.values();
        rules.any(|rule| rule.decision && rule.emits.as_str() == event.name)
    })
}

/// The move by which this reader has a request looked at again that is over.
fn challenge<'a>(opened: &'a Opened<'_>) -> Option<&'a MoveView> {
    let state = &opened.seen.request().state;
    let states = &opened.seen.workflow().definition.states;
    let ends = |name: &StateName| states.get(name).is_some_and(|rule| rule.ends);
    let reopens = |rule: &MoveRule| {
        rule.paths.iter().any(|path| {
            let from = matches!(&path.from, FromStates::Of(from) if from.contains(state));
            from && matches!(&path.to, ToState::State(to) if !ends(to))
        })
    };
    let mut moves = opened.view.moves.iter().filter(|_| ends(state));
    moves.find(|one| opened.rule_of(one).is_some_and(reopens))
}

fn how_to(opened: &Opened<'_>, challenge: &MoveView) -> Markup {
    html! {
        h3 { "If you or the family see it differently" }
        p {
            "You can ask for another person to look at it again: whoever decided may not decide a second time. "
            "There is no last day for asking."
        }
        p { a.ds_button.ds_button--secondary href={ (ROOT) "/requests/" (opened.view.id) "/moves/" (challenge.name) } { (challenge.title) } }
    }
}
