//! What the caller stands for today, as the index by viewer knows it.

use super::covers_now;
use crate::access::ViewerStanding;
use crate::api::App;
use crate::api::caller::{Caller, workflow_rights};
use crate::domain::organisation::Covers;

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
            answers_concerns: workflow_rights(&declared, &caller.principal).answers_concerns,
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
