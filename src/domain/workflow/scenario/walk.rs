//! Walks a scenario: each step is a command to the same rules that a server runs.

use super::compare::{Differs, Seen};
use super::parse::DATA;
use super::{Does, Doing, Done, Scenario, Step};
use crate::domain::declared::Declared;
use crate::domain::ids::{Reference, RequestId};
use crate::domain::request::actor::Principal;
use crate::domain::request::asking::{Ask, Asking, Fresh, Unfit, civil_date};
use crate::domain::request::clocks::ClockGround;
use crate::domain::request::command::{AskedMove, Facts};
use crate::domain::request::event::RequestEvent;
use crate::domain::request::extension::Extend;
use crate::domain::request::rung::{Raise, RungId, find_ready};
use crate::domain::request::state::RequestState;
use crate::domain::time::clock::Clocks;
use crate::domain::workflow::lint::Covered;
use crate::domain::workflow::located::Place;
use crate::domain::workflow::schema::Workflow;
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
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
    /// Of the step, as the file writes it.
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
    pub raised: Vec<RungId>,
}

/// Plays every step. A step that is refused against expectation ends the story.
#[must_use]
pub fn walk(scenario: &Scenario, stage: &Stage<'_>) -> Walk {
    let mut walk = Walk::default();
    for step in &scenario.steps {
        let number = walk.requests.len() as u128 + 1;
        let known = walk.known();
        let told = walk.requests.entry(step.request.clone()).or_default();
        let stays = told
            .state
            .find()
            .map_or(number, |r| r.opening.child.as_u128());
        if let Err(why) = stage.wait(told, (step.at, stays), &mut walk.covered) {
            let differs = ("every rung that is due".to_owned(), why);
            walk.misses.push(miss(step, step.place, differs));
            return walk;
        }
        if let Some(doing) = &step.doing
            && let Err(differs) = stage.act(step, doing, (told, &known), (stays, &mut walk.covered))
        {
            walk.misses.push(miss(step, step.place, differs));
            return walk;
        }
        compare(step, told, stage, &mut walk.misses);
    }
    walk
}

fn miss(step: &Step, place: Place, (expected, found): Differs) -> Miss {
    Miss {
        place,
        when: step.when.clone(),
        expected,
        found,
    }
}

fn compare(step: &Step, told: &Told, stage: &Stage<'_>, misses: &mut Vec<Miss>) {
    let Some(request) = told.state.find() else {
        if let Some(first) = step.expected.first() {
            let differs = ("a request".to_owned(), "none was opened".to_owned());
            misses.push(miss(step, first.place, differs));
        }
        return;
    };
    let seen = Seen {
        declared: stage.declared,
        request,
        clocks: &told.clocks,
        raised: &told.raised,
        at: step.at,
    };
    for expected in &step.expected {
        if let Some(differs) = seen.compare(&expected.what) {
            misses.push(miss(step, expected.place, differs));
        }
    }
}

impl Stage<'_> {
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
                rung: rung.clone(),
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
            told.raised.push(rung);
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
            references: BTreeMap::new(),
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
        step: &Step,
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
        let facts = Facts {
            references: known.1.clone(),
            ..self.facts(actor.clone(), (step.at, number))
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
            Does::Moves(_) => Ask::Moves(&moves),
        };
        let decided = self.asking(&facts).decide(&told.state, ask, fresh(number));
        match (decided, &step.refused) {
            (Ok(decided), None) => {
                for event in &decided.events {
                    self.follow(told, event, step.at, covered);
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
        if let RequestEvent::Act(act) = event {
            covered.moves.insert(act.move_name.clone());
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
            Does::Claim(_) | Does::Release(_) | Does::Extend { .. } => Ok(Vec::new()),
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

impl Done {
    /// # Errors
    /// When there is no such example, or no such request in the story.
    pub fn asked(
        &self,
        examples: &BTreeMap<String, Value>,
        references: &BTreeMap<String, Reference>,
    ) -> Result<AskedMove, String> {
        let mut data = match &self.example {
            None => Value::Object(Map::new()),
            Some(name) => examples.get(name).cloned().ok_or_else(|| {
                let known: Vec<&str> = examples.keys().map(String::as_str).collect();
                format!("there is no example `{name}`; known: {}", known.join(", "))
            })?,
        };
        lay_over(&mut data, &self.with);
        refer(&mut data, references)?;
        Ok(AskedMove {
            move_name: self.move_name.clone(),
            data,
        })
    }
}

/// `{ reference_of: <request of the story> }` becomes what people would quote.
fn refer(data: &mut Value, references: &BTreeMap<String, Reference>) -> Result<(), String> {
    match data {
        Value::Object(fields) => {
            let name = fields.get("reference_of").filter(|_| fields.len() == 1);
            let Some(name) = name.and_then(Value::as_str) else {
                return fields
                    .values_mut()
                    .try_for_each(|value| refer(value, references));
            };
            let reference = references
                .get(name)
                .ok_or_else(|| format!("the story has no request `{name}` so far"))?;
            *data = Value::String(reference.to_string());
            Ok(())
        }
        Value::Array(items) => items
            .iter_mut()
            .try_for_each(|item| refer(item, references)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

/// JSON Merge Patch (RFC 7396).
fn lay_over(data: &mut Value, with: &Map<String, Value>) {
    if !data.is_object() {
        *data = Value::Object(Map::new());
    }
    let Some(fields) = data.as_object_mut() else {
        return;
    };
    for (name, value) in with {
        match value {
            Value::Null => {
                fields.remove(name);
            }
            Value::Object(inner) => lay_over(fields.entry(name).or_insert(Value::Null), inner),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                fields.insert(name.clone(), value.clone());
            }
        }
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
