//! One request: read from the log, changed by moves, claimed and released.
//!
//! Invariant: a request that the caller may not see answers as one that does not exist.

pub(crate) mod claim;
pub(crate) mod clock;
pub(crate) mod clocks;
pub(crate) mod concerns;
pub(crate) mod expected;
pub(crate) mod extension;
pub(super) mod find;
pub(crate) mod identity;
pub(crate) mod links;
pub(crate) mod list;
pub(crate) mod moves;
mod opening;
pub(crate) mod plan;
pub(super) mod quote;
pub(crate) mod read;
pub(crate) mod readings;
pub(super) mod sheet;
mod sight;
pub(crate) mod view;

use super::App;
use super::caller::Caller;
use super::problem::Problem;
use crate::access::{Action, Resource, decide};
use crate::commands::{Audience, CommandError, Loaded};
use crate::domain::ids::{PrincipalId, RequestId};
use crate::domain::organisation::Covers;
use crate::domain::request::actor::Principal;
use crate::domain::request::asking::civil_date;
use crate::domain::request::command::Sight;
use crate::domain::request::entitle::Who;
use crate::domain::request::error::Refusal;
use crate::domain::request::event::RequestEvent;
use crate::domain::request::sight::{Involvement, Tie};
use crate::domain::request::state::Request;
use crate::domain::workflow::schema::Workflow;
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

/// A request that the caller may know of.
pub(crate) struct Seen {
    id: RequestId,
    request: Request,
    workflow: Arc<Workflow>,
    loaded: Loaded,
    involvement: Involvement,
    /// Member of the team that holds it.
    member: bool,
    /// May read what was written about the child and the family.
    content: bool,
    /// May know where a concern went.
    restricted: bool,
    /// Has taken over a concern that is open.
    holds: bool,
    /// May know who has opened it.
    pub(crate) readings: bool,
    /// Who answers for whom today.
    covers: Covers,
    /// Whether this caller has opened the text; looked up once it is opened.
    sight: Sight,
}

/// Of one act.
pub(crate) struct LastTold<'a> {
    pub(crate) at: Timestamp,
    /// The person who told it.
    pub(crate) by: &'a str,
    pub(crate) codes: &'a Map<String, Value>,
}

impl Seen {
    /// # Errors
    /// `not-found` when there is no such request or the caller may not know of it.
    pub(crate) async fn load(app: &App, caller: &Caller, id: &str) -> Result<Self, Problem> {
        let id = parse_id(id)?;
        let loaded = app.commands.load(caller.authority.as_str(), id).await?;
        let (Some(request), Some(workflow)) =
            (loaded.state.find().cloned(), loaded.workflow.clone())
        else {
            return Err(Problem::not_found());
        };
        let covers = covers_now(app, caller);
        let who = Who {
            person: &caller.principal,
            covers: &covers,
            sight: Sight::Unopened,
        };
        let involvement = Involvement::of(&workflow.definition, &request, who);
        let may = |action| {
            decide(&caller.principal, action, Resource::Request(&involvement)).is_allowed()
        };
        if !may(Action::ReadSummary) {
            return Err(Problem::not_found());
        }
        let member = involvement.has(Tie::Member);
        Ok(Self {
            id,
            member,
            content: may(Action::ReadContent),
            restricted: may(Action::ReadRestricted),
            readings: may(Action::ReadReadings),
            holds: involvement.has(Tie::ConcernHolder),
            request,
            workflow,
            loaded,
            involvement,
            covers,
            sight: Sight::Unopened,
        })
    }

    fn who<'a>(&'a self, person: &'a Principal) -> Who<'a> {
        Who {
            person,
            covers: &self.covers,
            sight: self.sight,
        }
    }

    pub(crate) fn id(&self) -> RequestId {
        self.id
    }

    pub(crate) fn request(&self) -> &Request {
        &self.request
    }

    pub(crate) fn workflow(&self) -> &Workflow {
        &self.workflow
    }

    /// Whether a refusal would tell where the request has gone.
    fn hides(&self, error: &CommandError) -> bool {
        let states = &self.workflow.definition.states;
        let state = states.get(&self.request.state);
        let tells = matches!(
            error,
            CommandError::Refused(Refusal::NotInThisState { .. } | Refusal::Ended { .. })
        );
        tells && !self.knows_state() && state.is_some_and(|state| state.restricted)
    }

    /// What the newest act of a name tells in codes, who did it, and when; `None` as well where it is
    /// not this caller's to know.
    pub(crate) fn last_told(&self, event: &str) -> Option<LastTold<'_>> {
        if !self.content && !self.member {
            return None;
        }
        let mut told = self.loaded.events.iter().rev();
        told.find_map(|(recorded, told)| {
            let RequestEvent::Act(act) = told else {
                return None;
            };
            let is_it = recorded.audience == Audience::Ordinary && recorded.event_type == event;
            is_it.then(|| LastTold {
                at: recorded.occurred_at,
                by: recorded.on_behalf_of.as_ref().unwrap_or(&recorded.actor),
                codes: &act.coded,
            })
        })
    }

    /// Whether the caller knows the state even while the request is in another process.
    fn knows_state(&self) -> bool {
        self.involvement.knows_state()
    }

    /// What happens while the request is in another process is nobody else's business.
    fn may_know(&self) -> bool {
        let states = &self.workflow.definition.states;
        let state = states.get(&self.request.state);
        self.knows_state() || state.is_some_and(|rule| !rule.restricted)
    }
}

pub(crate) fn covers_now(app: &App, caller: &Caller) -> Covers {
    let declared = app.commands.registry().of(caller.authority.as_str());
    declared.organisation().covers_on(civil_date((app.now)()))
}

/// # Errors
/// `not-found`: what is not an id is the address of nothing.
pub(crate) fn parse_id(id: &str) -> Result<RequestId, Problem> {
    Uuid::try_parse(id)
        .map(RequestId)
        .map_err(|_| Problem::not_found())
}

/// Who acted, by code: the person, and the account that spoke for the person.
fn people(actor: &str, on_behalf_of: Option<&str>) -> BTreeSet<PrincipalId> {
    [Some(actor), on_behalf_of]
        .into_iter()
        .flatten()
        .filter_map(|code| PrincipalId::parse(code).ok())
        .collect()
}
