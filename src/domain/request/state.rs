//! Where a request stands: the fold of its events, without rules.

use super::concern::{self, Concern};
use super::event::{Act, ClaimEffect, Opening, Owner, ProposalStep, RequestEvent};
use super::expected::ExpectedDay;
use super::link::Link;
use super::plan::Plan;
use super::rung::Raised;
use crate::domain::ids::{AgencyId, MoveName, PrincipalId, StateName};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub enum RequestState {
    /// Before the opening act.
    #[default]
    Absent,
    Present(Box<Request>),
}

/// Ids and codes only: this is cached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    pub opening: Opening,
    pub state: StateName,
    pub owner: Owner,
    /// The named person or lead professional of now; the opening knows the first.
    pub requester: PrincipalId,
    /// Of the requester of now.
    #[serde(default)]
    pub agency: Option<AgencyId>,
    pub worker: Option<PrincipalId>,
    pub decider: Option<PrincipalId>,
    /// Who had proposed what was decided last.
    #[serde(default)]
    pub decided_with: Option<PrincipalId>,
    /// Who has proposed what waits to be confirmed.
    #[serde(default)]
    pub proposer: Option<PrincipalId>,
    /// Moves that the opening of the text has made since the last decision.
    #[serde(default)]
    pub opened: BTreeSet<MoveName>,
    pub claimed_by: Option<PrincipalId>,
    /// When help is expected, as said since the last decision.
    #[serde(default)]
    pub expected: Option<ExpectedDay>,
    /// Child protection concerns that were passed on, the oldest first.
    pub concerns: Vec<Concern>,
    #[serde(default)]
    pub raised: Raised,
    /// To other requests, as told here.
    #[serde(default)]
    pub links: Vec<Link>,
    /// The actions of the child's plan.
    #[serde(default)]
    pub plan: Plan,
    /// The codes that the opening act left.
    #[serde(default)]
    pub asked_for: Map<String, Value>,
    pub version: i32,
}

impl RequestState {
    #[must_use]
    pub fn find(&self) -> Option<&Request> {
        match self {
            Self::Absent => None,
            Self::Present(request) => Some(request),
        }
    }

    /// 0 before the opening act.
    #[must_use]
    pub fn version(&self) -> i32 {
        self.find().map_or(0, |request| request.version)
    }

    /// Total: an event that cannot follow changes nothing but the version.
    pub fn evolve(&mut self, event: &RequestEvent) {
        match (&mut *self, event) {
            (Self::Absent, RequestEvent::Act(act)) => {
                if let Some(opening) = &act.opening {
                    *self = Self::Present(Box::new(Request::open(opening, act)));
                }
            }
            (
                Self::Absent,
                RequestEvent::Claimed { .. }
                | RequestEvent::Released { .. }
                | RequestEvent::RungRaised(_)
                | RequestEvent::ClaimLapsed(_)
                | RequestEvent::ClockExtended(_),
            ) => {}
            (Self::Present(request), event) => request.follow(event),
        }
    }

    pub fn fold<'a>(events: impl IntoIterator<Item = &'a RequestEvent>) -> Self {
        let mut state = Self::default();
        for event in events {
            state.evolve(event);
        }
        state
    }
}

impl Request {
    /// The agency of whoever asks now, where it is not that of the opening.
    #[must_use]
    pub fn later_agency(&self) -> Option<&AgencyId> {
        let now = self.agency.as_ref();
        now.filter(|now| self.opening.agency.as_ref() != Some(now))
    }

    fn open(opening: &Opening, act: &Act) -> Self {
        let mut concerns = Vec::new();
        concern::evolve(&mut concerns, act);
        Self {
            opening: opening.clone(),
            state: act.to.clone(),
            owner: act.owner.clone(),
            requester: opening.requester.clone(),
            agency: opening.agency.clone(),
            worker: act.worker.clone(),
            decider: act.decided_by.clone(),
            decided_with: None,
            proposer: None,
            opened: BTreeSet::new(),
            claimed_by: None,
            expected: act.expected.clone(),
            concerns,
            raised: Raised::default(),
            links: Vec::new(),
            plan: Plan::default(),
            asked_for: act.coded.clone(),
            version: 1,
        }
    }

    fn follow(&mut self, event: &RequestEvent) {
        self.version += 1;
        match event {
            RequestEvent::Act(act) => self.act(act),
            RequestEvent::Claimed { by, .. } => self.claimed_by = Some(by.clone()),
            RequestEvent::Released { .. } => self.claimed_by = None,
            RequestEvent::RungRaised(raised) => self.raised.keep(&raised.rung),
            RequestEvent::ClockExtended(_) => {}
            RequestEvent::ClaimLapsed(lapsed) => {
                self.raised.keep(&lapsed.raised.rung);
                self.claimed_by = None;
            }
        }
    }

    /// A proposal waits in the state that it led to. Whatever leads out of it is the end of it.
    fn follow_proposal(&mut self, act: &Act) {
        let proposed = match &act.proposal {
            Some(ProposalStep::Made { by }) => {
                self.proposer = Some(by.clone());
                return;
            }
            Some(ProposalStep::Confirmed) => self.proposer.take(),
            Some(ProposalStep::SentBack) => {
                self.proposer = None;
                None
            }
            None => None,
        };
        if act.from.as_ref() != Some(&act.to) {
            self.proposer = None;
        }
        if act.decided_by.is_some() {
            self.decided_with = proposed;
        }
    }

    fn act(&mut self, act: &Act) {
        self.state.clone_from(&act.to);
        self.owner.clone_from(&act.owner);
        if act.left_team.is_some() || act.claim == Some(ClaimEffect::Dropped) {
            self.claimed_by = None;
        }
        if act.left_team.is_some() {
            self.worker = None;
        }
        if let Some(requester) = &act.requester {
            self.requester.clone_from(requester);
        }
        let of_now = act.agency.as_ref().or(self.opening.agency.as_ref());
        self.agency = of_now.cloned();
        if act.worker.is_some() {
            self.worker.clone_from(&act.worker);
        }
        self.follow_proposal(act);
        if act.decided_by.is_some() {
            self.decider.clone_from(&act.decided_by);
            self.opened.clear();
            // A new decision makes a promise of its own.
            self.expected = None;
        }
        if act.by_opening {
            self.opened.insert(act.move_name.clone());
        }
        if act.expected.is_some() {
            self.expected.clone_from(&act.expected);
        }
        if let Some(link) = &act.link
            && !self.links.contains(link)
        {
            self.links.push(link.clone());
        }
        if let Some(step) = &act.plan {
            self.plan.evolve(step);
        }
        concern::evolve(&mut self.concerns, act);
    }
}
