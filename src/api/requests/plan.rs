//! The actions of the child's plan, as the reader of a request may see them.

use super::Seen;
use crate::domain::request::actor::Principal;
use crate::domain::request::event::RequestEvent;
use crate::domain::request::plan::{PlanAction, PlanStep};
use crate::domain::request::sight::Tie;
use crate::domain::workflow::definition::Settling;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[schema(as = Action)]
pub(crate) struct ActionView {
    /// What people and moves call it by.
    pub number: u32,
    /// Its kind, a code of the workflow.
    pub what: String,
    /// Who is to do it, by code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// Of which anybody may do it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agency: Option<String>,
    #[schema(value_type = String, format = Date)]
    pub due_on: Date,
    /// It is open, and its day is over.
    pub overdue: bool,
    /// `open`, `done`, `declined` or `not-needed`
    pub standing: &'static str,
    /// Coded reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

impl Seen {
    /// All of them for whoever may read the request or works on it; their own for those who are
    /// named to do some.
    pub(super) fn actions(&self, principal: &Principal, today: Date) -> Vec<ActionView> {
        let all = self.content || self.member;
        let numbered = self.request.plan.numbered();
        numbered
            .filter(|(_, action)| all || action.is_for(principal))
            .map(|(number, action)| view(number, action, today))
            .collect()
    }

    /// In plain words, for those who see all of them.
    pub(super) fn still_open(&self) -> Option<String> {
        let open = self.request.plan.still_open()?;
        (self.content || self.member).then(|| format!("{open}."))
    }

    /// Whether an event asks this person to do something that is open: they may read what.
    pub(super) fn is_asked_of(&self, event: &RequestEvent, principal: &Principal) -> bool {
        let RequestEvent::Act(act) = event else {
            return false;
        };
        matches!(&act.plan, Some(PlanStep::Added(action)) if action.is_for(principal))
            && self.involvement.has(Tie::Doer)
    }
}

fn view(number: u32, action: &PlanAction, today: Date) -> ActionView {
    let settled = action.settled.as_ref();
    ActionView {
        number,
        what: action.what.clone(),
        who: action.who.as_ref().map(ToString::to_string),
        agency: action.agency.as_ref().map(ToString::to_string),
        due_on: action.due_on,
        overdue: action.is_open() && action.due_on < today,
        standing: match settled.map(|(how, _)| how) {
            None => "open",
            Some(Settling::Done) => "done",
            Some(Settling::Declined) => "declined",
            Some(Settling::NotNeeded) => "not-needed",
        },
        because: settled.and_then(|(_, because)| because.clone()),
    }
}
