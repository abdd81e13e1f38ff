//! Guards: what has to hold for a move, asked of the codes of the act and of what is known of the
//! request.

use super::command::Asked;
use super::concern::ConcernStep;
use super::error::Refusal;
use super::plan::{Plan, PlanStep};
use super::state::Request;
use crate::domain::workflow::definition::{HandOver, MoveRule, PathRule};
use crate::domain::workflow::expression::{Fact, Facts, Path, Scope};
use serde_json::Value;

/// What is known of a request once an act has done to the plan what it does.
#[derive(Debug)]
pub(super) struct Knows<'a> {
    request: Option<&'a Request>,
    plan: Plan,
    concern_open: bool,
}

impl<'a> Knows<'a> {
    pub(super) fn of(request: Option<&'a Request>) -> Self {
        Self {
            request,
            plan: request
                .map(|request| request.plan.clone())
                .unwrap_or_default(),
            concern_open: request.is_some_and(Request::is_concern_open),
        }
    }

    pub(super) fn plan(&self) -> &Plan {
        &self.plan
    }

    pub(super) fn after(mut self, step: Option<&PlanStep>) -> Self {
        if let Some(step) = step {
            self.plan.evolve(step);
        }
        self
    }

    /// One concern is closed by an act that gives its final result; others may be open still.
    pub(super) fn after_concern(mut self, rule: &MoveRule, step: Option<&ConcernStep>) -> Self {
        let open = self.request.iter().flat_map(|request| &request.concerns);
        let mut open = open.filter(|concern| concern.open);
        match (rule.hand_over, step) {
            (Some(HandOver::Opens), Some(_)) => self.concern_open = true,
            (Some(HandOver::Closes), Some(step)) if !step.stays_open => {
                self.concern_open = open.any(|concern| concern.number != step.number);
            }
            (_, _) => {}
        }
        self
    }

    /// What the conditions of a move look at.
    pub(super) fn scope(&'a self, asked: &'a Asked) -> Scope<'a> {
        Scope {
            data: &asked.coded,
            request: self.request.map(|request| &request.asked_for),
            facts: self.request.is_some().then_some(self as &dyn Facts),
        }
    }
}

/// # Errors
/// In the words of the first guard that does not hold, with what stands in the way.
pub(super) fn check(
    (rule, path): (&MoveRule, &PathRule),
    knows: &Knows<'_>,
    asked: &Asked,
) -> Result<(), Refusal> {
    let scope = knows.scope(asked);
    let mut guards = rule.guard.iter().chain(&path.guard);
    let Some(guard) = guards.find(|guard| !guard.asks.holds(scope)) else {
        return Ok(());
    };
    let mut because = guard.because.trim_end_matches('.').to_owned();
    let actions = Path::Fact(Fact::ActionsOpen);
    let open = knows.plan.still_open();
    if let Some(open) = open.filter(|_| guard.asks.paths().contains(&&actions)) {
        because = format!("{because}. {open}");
    }
    Err(Refusal::Guarded {
        found: asked.move_name.clone(),
        because,
    })
}

impl Facts for Knows<'_> {
    fn fact(&self, fact: Fact) -> Value {
        let is = |what: fn(&Request) -> bool| self.request.is_some_and(what).into();
        match fact {
            Fact::ClaimHeld => is(|request| request.claimed_by.is_some()),
            Fact::ConcernOpen => self.concern_open.into(),
            Fact::WorkerNamed => is(|request| request.worker.is_some()),
            Fact::ActionsOpen => self.plan.open().count().into(),
            Fact::HelpExpected => is(|request| request.expected.is_some()),
        }
    }
}
