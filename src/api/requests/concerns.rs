//! The child protection concerns of a request: who did what, and when.
//!
//! Invariant: a concern is told to whoever passed it on, to those whose task it is to take concerns
//! over, and to the leader of the team; to nobody else, whatever else they may read.

use super::Seen;
use super::view::Content;
use crate::access::{Action, Resource, decide};
use crate::api::App;
use crate::api::caller::Caller;
use crate::api::concerns::standing;
use crate::api::problem::Problem;
use crate::domain::ids::PrincipalId;
use crate::domain::request::actor::Principal;
use crate::domain::request::concern::Concern;
use crate::domain::request::entitle::concerns_open_to;
use crate::domain::request::event::{Act, RequestEvent};
use crate::domain::workflow::definition::{HandOver, MoveRule};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::HashMap;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[schema(as = Concern)]
pub(crate) struct ConcernView {
    /// In the request; every move about the concern names it.
    pub number: u32,
    /// `unanswered`: its alarm is on; `answered`: nobody has taken it over yet; `taken-over`; `closed`
    pub standing: &'static str,
    /// The responder who has taken it over last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_by: Option<String>,
    /// Code of the latest result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// What was done about it, the oldest first.
    pub steps: Vec<ConcernStepView>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ConcernStep)]
pub(crate) struct ConcernStepView {
    /// `opens` it, `attempts` to reach somebody, `hands-over`, `takes-over` or `closes` it
    pub step: &'static str,
    /// The event.
    pub name: String,
    pub at: Timestamp,
    /// By code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Which number was rung, who answered and when; of a result its code alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub data: Option<Map<String, Value>>,
}

/// A concern about the same child in another request.
#[derive(Serialize, ToSchema)]
#[schema(as = EarlierConcern)]
pub(crate) struct EarlierConcernView {
    /// Of the other request.
    pub reference: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passed_on_at: Option<Timestamp>,
    /// As of a concern of this request.
    pub standing: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
}

impl Seen {
    /// Whose concerns they all are: the leader of the team, and those who take concerns over.
    fn knows_all_concerns(&self, principal: &Principal) -> bool {
        let resource = Resource::Request(&self.involvement);
        decide(principal, Action::KnowConcerns, resource).is_allowed()
    }

    /// The concerns that the caller may know of.
    pub(super) fn known_concerns<'s>(
        &'s self,
        principal: &'s Principal,
    ) -> impl Iterator<Item = &'s Concern> {
        let all = self.knows_all_concerns(principal);
        let own = |concern: &Concern, id: &PrincipalId| concern.passed_on_by.as_ref() == Some(id);
        let concerns = self.request.concerns.iter();
        concerns.filter(move |concern| all || own(concern, &principal.id))
    }

    /// Whether a run of a clock that concerns alone start may be told.
    pub(super) fn knows_run_of(&self, principal: &Principal, concern: Option<u32>) -> bool {
        match concern {
            Some(number) => self
                .known_concerns(principal)
                .any(|concern| concern.number == number),
            None => self.knows_all_concerns(principal),
        }
    }

    /// The numbers of the concerns about which this reader may make a move now.
    pub(crate) fn concerns_of_move(&self, rule: &MoveRule, principal: &Principal) -> Vec<u32> {
        let who = self.who(principal);
        concerns_open_to(&self.workflow.definition, &self.request, rule, who)
    }

    pub(super) fn concerns(
        &self,
        principal: &Principal,
        opened: &HashMap<i32, Content>,
    ) -> Vec<ConcernView> {
        let known = self.known_concerns(principal);
        known.map(|concern| self.concern(concern, opened)).collect()
    }

    /// Concerns about the same child in other requests, for whoever holds one here.
    ///
    /// # Errors
    /// When the log or the vault is out of reach.
    pub(super) async fn earlier_concerns(
        &self,
        app: &App,
        caller: &Caller,
    ) -> Result<Vec<EarlierConcernView>, Problem> {
        let mut earlier = Vec::new();
        if !self.holds {
            return Ok(earlier);
        }
        let authority = &caller.authority;
        for id in app
            .commands
            .find_every_request_of_child(authority, self.id)
            .await?
        {
            let other = app.commands.load(authority.as_str(), id).await?;
            let Some(request) = other.state.find() else {
                continue;
            };
            let reference = request.opening.reference.to_string();
            earlier.extend(request.concerns.iter().map(|concern| EarlierConcernView {
                reference: reference.clone(),
                passed_on_at: concern.passed_on_at,
                standing: standing(concern),
                result: concern.result.clone(),
            }));
        }
        Ok(earlier)
    }

    fn concern(&self, concern: &Concern, opened: &HashMap<i32, Content>) -> ConcernView {
        let steps = self.loaded.events.iter().filter_map(|(recorded, event)| {
            let RequestEvent::Act(act) = event else {
                return None;
            };
            let step = act.hand_over?;
            let told = act.concern.as_ref()?;
            (told.number == concern.number).then(|| ConcernStepView {
                step: step.code(),
                name: recorded.event_type.clone(),
                at: recorded.occurred_at,
                by: Some(told.by.to_string()),
                data: self.told_of(act, step, opened.get(&recorded.version)),
            })
        });
        ConcernView {
            number: concern.number,
            standing: standing(concern),
            held_by: concern.held_by.as_ref().map(ToString::to_string),
            result: concern.result.clone(),
            steps: steps.collect(),
        }
    }

    /// What was seen and heard is for those who read the act itself.
    fn told_of(
        &self,
        act: &Act,
        step: HandOver,
        content: Option<&Content>,
    ) -> Option<Map<String, Value>> {
        let rule = self.workflow.definition.moves.get(&act.move_name)?;
        let mut data = content?.data.clone();
        match step {
            HandOver::Attempts | HandOver::HandsOver => {}
            HandOver::Opens | HandOver::TakesOver => return None,
            HandOver::Closes => {
                let result = rule.keeps_open.as_ref()?.at.split('.').next();
                data.retain(|name, _| Some(name.as_str()) == result);
            }
        }
        if let Some(number) = &rule.concern {
            data.remove(number);
        }
        Some(data)
    }
}
