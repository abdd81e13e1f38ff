//! Walks a scenario: each step is a command to the same rules that a server runs.

use super::compare::{Differs, Seen};
use super::moment::told;
use super::parse::DATA;
use super::{Does, Doing, Scenario, Step};
use crate::domain::declared::Declared;
use crate::domain::ids::{PrincipalId, Reference, RequestId};
use crate::domain::request::actor::Principal;
use crate::domain::request::asking::{Ask, Asking, Fresh, Unfit, civil_date};
use crate::domain::request::clocks::ClockGround;
use crate::domain::request::command::{AskedMove, Facts, OpenedOn, Sight};
use crate::domain::request::event::{RequestEvent, RungRaised};
use crate::domain::request::extension::Extend;
use crate::domain::request::rung::{Raise, find_ready};
use crate::domain::request::state::RequestState;
use crate::domain::time::clock::Clocks;
use crate::domain::workflow::lint::Covered;
use crate::domain::workflow::located::Place;
use crate::domain::workflow::schema::Workflow;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use uuid::Uuid;

/// What a scenario is played on.
#[derive(Clone, Copy)]
pub struct Stage<'a> {
    /// Everything of the organisation, its people too.
    pub declared: &'a Declared,
    pub workflow: &'a Workflow,
    /// Data by the name of its file.
    pub examples: &'a BTreeMap<String, Value>,
}

/// Something that is not as the scenario tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Miss {
    pub place: Place,
    /// Of the step.
    pub when: String,
    pub expected: String,
    pub found: String,
}

#[derive(Debug, Default)]
pub struct Walk {
    /// Empty when all is as told.
    pub misses: Vec<Miss>,
    pub covered: Covered,
    /// Where each request of the story ended up, by its name.
    pub requests: BTreeMap<String, Told>,
}

/// The references of the story so far, by the name of the request, and what each leads to.
type Known = (BTreeMap<String, Reference>, BTreeMap<Reference, RequestId>);

impl Walk {
    fn known(&self) -> Known {
        let mut known = Known::default();
        for (name, told) in &self.requests {
            let Some(request) = told.state.find() else {
                continue;
            };
            let opening = &request.opening;
            known.0.insert(name.clone(), opening.reference.clone());
            known
                .1
                .insert(opening.reference.clone(), RequestId(opening.child));
        }
        known
    }
}

/// One request of the story so far.
#[derive(Debug, Default)]
pub struct Told {
    pub state: RequestState,
    pub clocks: Clocks,
    /// Since the step before, in their order.
    pub raised: Vec<RungRaised>,
    /// Whoever has read it so far.
    pub opened: BTreeSet<PrincipalId>,
}

impl Told {
    fn sight_of(&self, person: &PrincipalId) -> Sight {
        if self.opened.contains(person) {
            Sight::Opened
        } else {
            Sight::Unopened
        }
    }
}

/// A step at its instant.
#[derive(Clone, Copy)]
struct Now<'a> {
    step: &'a Step,
    at: Timestamp,
}

impl Now<'_> {
    fn miss(&self, place: Place, (expected, found): Differs) -> Miss {
        Miss {
            place,
            when: self.step.when.words(self.at),
            expected,
            found,
        }
    }
}

/// Plays every step. A step that is refused against expectation ends the story.
#[must_use]
pub fn walk(scenario: &Scenario, stage: &Stage<'_>) -> Walk {
    let mut walk = Walk::default();
    let mut before = Timestamp::MIN;
    let moments = stage.moments(scenario);
    for (i, step) in scenario.steps.iter().enumerate() {
        let at = moments.as_ref().map_or(before, |moments| moments[i]);
        let now = Now { step, at };
        let differs = match &moments {
            Err(why) => Some(("the organisation's own calendar".to_owned(), why.clone())),
            Ok(_) if at < before => Some(("not before the step before it".to_owned(), told(at))),
            Ok(_) => now.play(stage, &mut walk).err(),
        };
        if let Some(differs) = differs {
            walk.misses.push(now.miss(step.place, differs));
            return walk;
        }
        before = at;
    }
    walk
}

impl Now<'_> {
    fn play(&self, stage: &Stage<'_>, walk: &mut Walk) -> Result<(), Differs> {
        let number = walk.requests.len() as u128 + 1;
        let known = walk.known();
        let told = walk.requests.entry(self.step.request.clone()).or_default();
        let stays = told
            .state
            .find()
            .map_or(number, |r| r.opening.child.as_u128());
        stage
            .wait(told, (self.at, stays), &mut walk.covered)
            .map_err(|why| ("every rung that is due".to_owned(), why))?;
        if let Some(doing) = &self.step.doing {
            stage.act(*self, doing, (told, &known), (stays, &mut walk.covered))?;
        }
        self.compare(told, stage, &mut walk.misses);
        Ok(())
    }

    fn compare(&self, told: &Told, stage: &Stage<'_>, misses: &mut Vec<Miss>) {
        let expected = &self.step.expected;
        let Some(request) = told.state.find() else {
            if let Some(first) = expected.first() {
                let differs = ("a request".to_owned(), "none was opened".to_owned());
                misses.push(self.miss(first.place, differs));
            }
            return;
        };
        let seen = Seen {
            declared: stage.declared,
            request,
            clocks: &told.clocks,
            raised: &told.raised,
            at: self.at,
        };
        for expected in expected {
            if let Some(differs) = seen.compare(&expected.what) {
                misses.push(self.miss(expected.place, differs));
            }
        }
    }
}

impl Stage<'_> {
    fn moments(&self, scenario: &Scenario) -> Result<Vec<Timestamp>, String> {
        let name = self.declared.organisation().default_calendar();
        match self.declared.calendars().load(&name) {
            Ok(calendar) => Ok(scenario.moments(calendar)),
            Err(error) => Err(error.to_string()),
        }
    }

    /// What time alone has brought about by then.
    fn wait(
        &self,
        told: &mut Told,
        (at, number): (Timestamp, u128),
        covered: &mut Covered,
    ) -> Result<(), String> {
        told.raised.clear();
        let definition = &self.workflow.definition;
        let on = (self.declared.calendars(), at);
        while let Some(request) = told.state.find()
            && let Some(rung) = find_ready(&told.clocks, definition, &request.raised, on)
                .map_err(|error| error.to_string())?
        {
            let raise = Box::new(Raise {
                rung,
                clocks: told.clocks.clone(),
                calendars: self.declared.shared_calendars(),
            });
            let facts = self.facts(Principal::engine(), (at, number));
            let decided = self
                .asking(&facts)
                .decide(&told.state, Ask::Raise(raise), fresh(number))
                .map_err(|unfit| reason(&unfit))?;
            for event in &decided.events {
                self.follow(told, event, at, covered);
            }
        }
        Ok(())
    }

    fn facts(&self, actor: Principal, (at, number): (Timestamp, u128)) -> Facts {
        Facts {
            request: RequestId(Uuid::from_u128(number)),
            actor,
            on_behalf_of: None,
            occurred_at: at,
            teams: Arc::new(self.declared.organisation().teams_on(civil_date(at))),
            covers: self.declared.organisation().covers_on(civil_date(at)),
            is_import: false,
            references: BTreeMap::new(),
            sight: Sight::Unopened,
        }
    }

    fn asking<'a>(&'a self, facts: &'a Facts) -> Asking<'a> {
        Asking {
            workflow: self.workflow,
            declared: self.declared,
            facts,
        }
    }

    fn act(
        &self,
        Now { step, at }: Now<'_>,
        doing: &Doing,
        (told, known): (&mut Told, &Known),
        (number, covered): (u128, &mut Covered),
    ) -> Result<(), Differs> {
        let expected = || match &step.refused {
            Some(refused) => format!("refused: {}", refused.code),
            None => format!("done by {}", doing.by),
        };
        let actor = self.declared.find_principal(&doing.by).ok_or_else(|| {
            let found = format!("nobody is known as `{}`", doing.by);
            (expected(), found)
        })?;
        if doing.does == Does::Open {
            told.opened.insert(actor.id.clone());
        }
        let facts = Facts {
            references: known.1.clone(),
            sight: told.sight_of(&actor.id),
            ..self.facts(actor.clone(), (at, number))
        };
        let moves = self
            .moves(doing, &known.0)
            .map_err(|found| (expected(), found))?;
        let ask = match &doing.does {
            Does::Claim(reason) => Ask::Claim(reason.clone()),
            Does::Release(reason) => Ask::Release(reason.clone()),
            Does::Extend { clock, by, reason } => Ask::Extend(Box::new(Extend {
                clock: clock.clone(),
                by: *by,
                reason: reason.clone(),
                clocks: told.clocks.clone(),
                calendars: self.declared.shared_calendars(),
            })),
            Does::Open => Ask::Open(OpenedOn::Page),
            Does::Moves(_) => Ask::Moves(&moves),
        };
        let decided = self.asking(&facts).decide(&told.state, ask, fresh(number));
        match (decided, &step.refused) {
            (Ok(decided), None) => {
                for event in &decided.events {
                    self.follow(told, event, at, covered);
                }
                Ok(())
            }
            (Err(unfit), Some(refused)) if code(&unfit) == refused.code => Ok(()),
            (Ok(_), Some(_)) => Err((expected(), "it was done".to_owned())),
            (Err(unfit), _) => Err((expected(), reason(&unfit))),
        }
    }

    fn follow(&self, told: &mut Told, event: &RequestEvent, at: Timestamp, covered: &mut Covered) {
        told.state.evolve(event);
        let Some(request) = told.state.find() else {
            return;
        };
        let ground = ClockGround {
            definition: &self.workflow.definition,
            organisation: self.declared.organisation(),
            agency: request.opening.agency.as_ref(),
            received_at: request.opening.received_at,
        };
        ground.follow(&mut told.clocks, event, at);
        let raised = match event {
            RequestEvent::Act(act) => {
                covered.moves.insert(act.move_name.clone());
                None
            }
            RequestEvent::RungRaised(raised) => Some(raised.as_ref()),
            RequestEvent::ClaimLapsed(lapsed) => Some(&lapsed.raised),
            RequestEvent::Claimed { .. }
            | RequestEvent::Released { .. }
            | RequestEvent::ClockExtended(_) => None,
        };
        if let Some(raised) = raised {
            let rung = (raised.rung.clock.clone(), raised.rung.step.rung);
            covered.rungs.insert(rung);
            told.raised.push(raised.clone());
        }
        let started = told.clocks.spells.iter().map(|spell| spell.clock.clone());
        covered.clocks.extend(started);
    }

    fn moves(
        &self,
        doing: &Doing,
        references: &BTreeMap<String, Reference>,
    ) -> Result<Vec<AskedMove>, String> {
        match &doing.does {
            Does::Claim(_) | Does::Release(_) | Does::Extend { .. } | Does::Open => Ok(Vec::new()),
            Does::Moves(moves) => moves
                .iter()
                .map(|done| done.asked(self.examples, references))
                .collect(),
        }
    }
}

fn fresh(number: u128) -> Fresh {
    Fresh {
        reference: Reference::from_random(u64::try_from(number).unwrap_or(u64::MAX)),
        child: Uuid::from_u128(number),
    }
}

fn code(unfit: &Unfit) -> &str {
    match unfit {
        Unfit::Refused(refusal) => refusal.code(),
        Unfit::Data { .. } => DATA,
        Unfit::Broken { .. } => "",
    }
}

fn reason(unfit: &Unfit) -> String {
    match unfit {
        Unfit::Refused(refusal) => format!("refused: {} ({refusal})", refusal.code()),
        Unfit::Data {
            move_name, errors, ..
        } => {
            let errors: Vec<String> = errors
                .iter()
                .map(|e| format!("{}: {}, allowed: {}", e.pointer, e.what, e.allowed))
                .collect();
            format!("refused: {DATA} of `{move_name}` ({})", errors.join("; "))
        }
        Unfit::Broken { why } => why.clone(),
    }
}
