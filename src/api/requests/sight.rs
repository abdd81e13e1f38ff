//! What the caller stands for today, as the index by viewer knows it.

use super::covers_now;
use crate::access::ViewerStanding;
use crate::api::App;
use crate::api::caller::Caller;
use crate::domain::declared::Declared;
use crate::domain::organisation::Covers;
use crate::domain::request::actor::Principal;
use crate::domain::workflow::definition::{Definition, HandOver, Scope};

/// The standing of a caller at one moment.
pub(super) struct CallerSight<'a> {
    caller: &'a Caller,
    covers: Covers,
    answers_concerns: bool,
}

impl<'a> CallerSight<'a> {
    pub(super) fn of(app: &App, caller: &'a Caller) -> Self {
        let declared = app.commands.registry().of(caller.authority.as_str());
        Self {
            caller,
            covers: covers_now(app, caller),
            answers_concerns: answers_concerns(&caller.principal, &declared),
        }
    }

    pub(super) fn standing(&self) -> ViewerStanding<'_> {
        ViewerStanding {
            person: &self.caller.principal,
            covers: &self.covers,
            answers_concerns: self.answers_concerns,
        }
    }
}

/// Whether a role lets the person answer a concern in whatever team the request is. Whoever may do so as
/// a member of its team sees the request anyway.
fn answers_concerns(person: &Principal, declared: &Declared) -> bool {
    let answers = |definition: &Definition| {
        let closing = definition
            .moves
            .values()
            .filter(|rule| rule.hand_over == Some(HandOver::Closes));
        closing
            .flat_map(|rule| &rule.by)
            .filter_map(|name| definition.roles.get(name))
            .filter(|rule| rule.relation.is_none() && matches!(rule.of, Scope::Anywhere))
            .any(|rule| rule.any_of.iter().any(|role| person.holds(role)))
    };
    declared
        .workflows()
        .any(|workflow| answers(&workflow.definition))
}
