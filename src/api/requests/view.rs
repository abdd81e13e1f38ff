//! A request as its reader may see it.

use super::claim::ClaimView;
use super::clocks::ClockView;
use super::concerns::{ConcernView, EarlierConcernView};
use super::expected::ExpectedView;
use super::identity::OrdinaryPart;
use super::links::LinkView;
use super::plan::ActionView;
use super::{Seen, people};
use crate::access::{Action, Resource, decide};
use crate::api::concerns::{NumberView, numbers_at};
use crate::commands::{Audience, Loaded};
use crate::domain::declared::Declared;
use crate::domain::request::actor::Principal;
use crate::domain::request::entitle::moves_open_to;
use crate::domain::request::event::{HeldBy, ProposalStep, RequestEvent};
use crate::domain::workflow::definition::HandOver;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::HashMap;
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Serialize, ToSchema)]
#[schema(as = Request)]
pub(crate) struct RequestView {
    pub id: Uuid,
    /// What people quote on the phone.
    pub reference: String,
    pub workflow: String,
    pub workflow_version: u32,
    /// Stream version; the ETag.
    pub version: i32,
    pub state: StateView,
    /// Who holds it. Absent for readers outside while the request is in another process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<Holder>,
    /// Code of the named person or lead professional who asked.
    pub requester: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agency: Option<String>,
    /// When help was first asked for.
    pub received_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim: Option<ClaimView>,
    /// Some child protection concern that the caller may know of has no final result yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concern_open: Option<bool>,
    /// Those concerns, and what was done about them: for whoever passed one on, for those who take
    /// concerns over, and for the leader of the team.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub concerns: Vec<ConcernView>,
    /// Concerns about the same child in other requests, for whoever holds one of this.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub earlier_concerns: Vec<EarlierConcernView>,
    /// What the caller may do now.
    pub moves: Vec<MoveView>,
    /// The clocks that run: what is owed next, and by when.
    pub next: Vec<ClockView>,
    /// When help is expected, where that is not what was promised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<ExpectedView>,
    /// Actions of the child's plan: all for whoever works on the request or reads it, else one's own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<ActionView>,
    /// What still stands in the way of ending well, in plain words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub still_open: Option<String>,
    /// Requests that belong with this one, as far as the caller may know of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<LinkView>,
    /// Other requests whose child looks the same: a prompt to look, never a merge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub possible_same_child: Option<SameChild>,
    /// `open` with `events`, `identity` with those parts of them that say who the child is, where and
    /// with whom, or `summary` without.
    pub content: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EventView>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = State)]
pub(crate) struct StateView {
    /// `restricted` for readers outside while the request is in another process.
    pub name: String,
    pub title: String,
    /// In words for the family.
    pub meaning: String,
    pub ends: bool,
    pub waiting: bool,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Holder {
    pub team: String,
    /// `team`, `worker` or `requester`
    pub held_by: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// Who answers instead while the requester's school or office is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub covered_by: Option<String>,
    /// The last day on which they do.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Date)]
    pub covered_until: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = OpenMove)]
pub(crate) struct MoveView {
    #[serde(rename = "move")]
    pub name: String,
    pub title: String,
    /// Accepted without If-Match.
    pub any_version: bool,
    /// What to ring first, now: writing it down does not replace the call.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ring_first: Vec<NumberView>,
    /// The concerns about which it can be made now, by number.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub concerns: Vec<u32>,
    /// JSON Schema of the data.
    #[schema(value_type = Object)]
    pub data: Value,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct SameChild {
    /// For members of the team that holds this request: all of them, those of other teams too.
    pub count: usize,
    /// Those that the caller may know of.
    pub requests: Vec<Uuid>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Event)]
pub(crate) struct EventView {
    pub version: i32,
    /// `restricted` where the caller may know no more than that something happened.
    pub name: String,
    pub occurred_at: Timestamp,
    pub recorded_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Why the request went where it went.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// As it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub data: Option<Map<String, Value>>,
    /// Some of it cannot be read any more: its record was destroyed.
    pub destroyed: bool,
}

/// One event's data, opened.
pub(super) struct Content {
    pub(super) data: Map<String, Value>,
    pub(super) destroyed: bool,
}

impl Seen {
    pub(crate) fn state_view(&self) -> StateView {
        let found = self.workflow.definition.states.get(&self.request.state);
        match found {
            Some(rule) if !rule.restricted || self.knows_state() => StateView {
                name: self.request.state.to_string(),
                title: rule.title.clone(),
                meaning: rule.meaning.clone(),
                ends: rule.ends,
                waiting: rule.waiting,
            },
            Some(_) | None => StateView {
                name: "restricted".to_owned(),
                title: "Moved to another process".to_owned(),
                meaning: "The request moved to another process.".to_owned(),
                ends: false,
                waiting: false,
            },
        }
    }

    pub(crate) fn holder(&self) -> Option<Holder> {
        if !self.may_know() {
            return None;
        }
        let (held_by, person) = match &self.request.owner.held_by {
            HeldBy::Team => ("team", None),
            HeldBy::Worker(person) => ("worker", Some(person.to_string())),
            HeldBy::Requester(person) => ("requester", Some(person.to_string())),
        };
        let cover = person
            .as_ref()
            .filter(|_| held_by == "requester")
            .and_then(|_| self.covers.get(self.request.agency.as_ref()?));
        Some(Holder {
            team: self.request.owner.team.to_string(),
            held_by,
            covered_by: cover.map(|cover| cover.by.to_string()),
            covered_until: cover.map(|cover| cover.until.to_string()),
            person,
        })
    }

    pub(crate) fn moves(
        &self,
        principal: &Principal,
        declared: &Declared,
        now: Timestamp,
    ) -> Vec<MoveView> {
        moves_open_to(
            &self.workflow.definition,
            &self.request,
            self.who(principal),
        )
        .map(|(name, rule)| MoveView {
            name: name.to_string(),
            title: rule.title.clone(),
            any_version: rule.any_version,
            ring_first: match rule.hand_over {
                Some(HandOver::Opens | HandOver::Attempts | HandOver::HandsOver) => {
                    numbers_at(declared, now)
                }
                Some(HandOver::TakesOver | HandOver::Closes) | None => Vec::new(),
            },
            concerns: self.concerns_of_move(rule, principal),
            data: rule.data.clone(),
        })
        .collect()
    }

    /// A proposal is for the team that holds the request: whoever asked is told what was decided.
    fn is_kept_inside(&self, event: &RequestEvent) -> bool {
        let RequestEvent::Act(act) = event else {
            return false;
        };
        matches!(
            act.proposal,
            Some(ProposalStep::Made { .. } | ProposalStep::SentBack)
        ) && !self.member
    }

    /// `opened` by version. What is restricted is there for its author, the worker, the holder of
    /// the claim and whoever holds the concern.
    pub(super) fn events(
        &self,
        principal: &Principal,
        part: OrdinaryPart,
        mut opened: HashMap<i32, Content>,
    ) -> Vec<EventView> {
        let Loaded { events, .. } = &self.loaded;
        events
            .iter()
            .map(|(recorded, event)| {
                let shown = match recorded.audience {
                    Audience::Ordinary => {
                        part == OrdinaryPart::Whole || self.is_asked_of(event, principal)
                    }
                    Audience::Restricted => {
                        let authors = people(&recorded.actor, recorded.on_behalf_of.as_deref());
                        let resource = Resource::RestrictedAct {
                            involvement: &self.involvement,
                            is_author: authors.contains(&principal.id),
                        };
                        decide(principal, Action::ReadRestricted, resource).is_allowed()
                    }
                };
                let (to, because) = match event {
                    RequestEvent::Act(act) => (Some(act.to.to_string()), act.because.clone()),
                    RequestEvent::Claimed { .. }
                    | RequestEvent::Released { .. }
                    | RequestEvent::RungRaised(_)
                    | RequestEvent::ClaimLapsed(_)
                    | RequestEvent::ClockExtended(_) => (None, None),
                };
                let content = opened.remove(&recorded.version);
                let in_part = content
                    .as_ref()
                    .filter(|_| !shown && part == OrdinaryPart::Identity)
                    .filter(|_| recorded.audience == Audience::Ordinary)
                    .and_then(|content| self.identity_of(event, content));
                let shown = shown || in_part.is_some();
                let content = in_part.or(content).filter(|_| shown);
                let content = content.filter(|_| !self.is_kept_inside(event));
                EventView {
                    version: recorded.version,
                    name: if shown {
                        recorded.event_type.clone()
                    } else {
                        "restricted".to_owned()
                    },
                    occurred_at: recorded.occurred_at,
                    recorded_at: recorded.recorded_at,
                    actor: shown.then(|| recorded.actor.clone()),
                    on_behalf_of: recorded.on_behalf_of.clone().filter(|_| shown),
                    to: to.filter(|_| shown),
                    because: because.filter(|_| shown),
                    destroyed: content.as_ref().is_some_and(|content| content.destroyed),
                    data: content.map(|content| content.data),
                }
            })
            .collect()
    }
}
