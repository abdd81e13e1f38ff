//! Guards: what has to hold for a move, asked of the codes of the act and of what is known of the
//! request.

use super::command::Asked;
use super::error::Refusal;
use super::state::Request;
use crate::domain::workflow::definition::{MoveRule, PathRule};
use crate::domain::workflow::expression::{Fact, Facts, Scope};
use serde_json::Value;

/// What the conditions of a move look at.
pub(super) fn scope<'a>(request: Option<&'a Request>, asked: &'a Asked) -> Scope<'a> {
    Scope {
        data: &asked.coded,
        request: request.map(|request| &request.asked_for),
        facts: request.map(|request| request as &dyn Facts),
    }
}

/// # Errors
/// In the words of the first guard that does not hold.
pub(super) fn check(
    (rule, path): (&MoveRule, &PathRule),
    request: Option<&Request>,
    asked: &Asked,
) -> Result<(), Refusal> {
    let scope = scope(request, asked);
    let mut guards = rule.guard.iter().chain(&path.guard);
    match guards.find(|guard| !guard.asks.holds(scope)) {
        None => Ok(()),
        Some(guard) => Err(Refusal::Guarded {
            found: asked.move_name.clone(),
            because: guard.because.clone(),
        }),
    }
}

impl Facts for Request {
    fn fact(&self, fact: Fact) -> Value {
        match fact {
            Fact::ClaimHeld => self.claimed_by.is_some().into(),
            Fact::ConcernOpen => self.concern_open.into(),
            Fact::WorkerNamed => self.worker.is_some().into(),
        }
    }
}
