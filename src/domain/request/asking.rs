//! From what is asked of a request to its events: checked against the schemas, codes made, personal
//! fields taken apart, routed, decided. Everything that the engine knows of a command without IO.

use super::actor::{Principal, PrincipalKind};
use super::command::{Asked, AskedMove, Facts, OpenedOn, OpeningFacts, RequestCommand, Routed};
use super::decide::{Pinned, decide};
use super::error::{Place, Refusal};
use super::event::RequestEvent;
use super::extension::Extend;
use super::rung::Raise;
use super::state::RequestState;
use crate::domain::declared::Declared;
use crate::domain::derive::derive;
use crate::domain::ids::{AgencyId, MoveName, PrincipalId, ReasonCode, Reference, TeamId};
use crate::domain::workflow::definition::{MoveRule, PlanEffect, RouteTo};
use crate::domain::workflow::expression::{Scope, find};
use crate::domain::workflow::schema::{DataError, Moment, Workflow};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};
use uuid::Uuid;

/// Where a request goes that no rule places; the organisation must have it.
pub const UNROUTED: &str = "unrouted";

/// Why what is asked becomes no event.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Unfit {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("the data of `{move_name}` is not what the workflow asks for")]
    Data {
        move_name: MoveName,
        /// Which of the moves, from 0.
        index: usize,
        errors: Vec<DataError>,
    },
    /// A defect of the definition.
    #[error("{why}")]
    Broken { why: String },
}

/// What is asked of one request.
#[derive(Debug, Clone)]
pub enum Ask<'a> {
    /// They stand or fall together; on a request that is absent the first one opens it.
    Moves(&'a [AskedMove]),
    Claim(Option<ReasonCode>),
    Release(Option<ReasonCode>),
    Extend(Box<Extend>),
    Raise(Box<Raise>),
    /// The person opens the text.
    Open(OpenedOn),
}

/// What nobody but chance can know of a new request.
#[derive(Debug, Clone)]
pub struct Fresh {
    pub reference: Reference,
    pub child: Uuid,
}

/// What is decided, short of being recorded.
#[derive(Debug)]
pub struct Decided {
    /// Empty when the request is already as asked.
    pub events: Vec<RequestEvent>,
    /// Kind and normalised value for the blind index; personal.
    pub index: Vec<(String, String)>,
}

/// The ground on which something is asked.
#[derive(Clone, Copy)]
pub struct Asking<'a> {
    pub workflow: &'a Workflow,
    pub declared: &'a Declared,
    pub facts: &'a Facts,
}

impl Asking<'_> {
    /// # Errors
    /// A refusal by the schemas or by the rules; nothing happened then.
    pub fn decide(
        &self,
        state: &RequestState,
        ask: Ask<'_>,
        fresh: Fresh,
    ) -> Result<Decided, Unfit> {
        let opens = state.find().is_none();
        let mut index = Vec::new();
        let command = match ask {
            Ask::Claim(reason) => RequestCommand::Claim { reason },
            Ask::Release(reason) => RequestCommand::Release { reason },
            Ask::Extend(extend) => RequestCommand::Extend(extend),
            Ask::Raise(raise) => RequestCommand::Raise(raise),
            Ask::Open(on) => RequestCommand::Open { on },
            Ask::Moves(moves) => {
                let asked = self.check_all(moves, opens, &mut index)?;
                let opening = opens.then(|| OpeningFacts {
                    reference: fresh.reference,
                    child: fresh.child,
                    routed: self.route(&asked),
                });
                RequestCommand::Act { asked, opening }
            }
        };
        let pinned = Pinned {
            definition: &self.workflow.definition,
            hash: self.workflow.hash,
        };
        let events = decide(state, pinned, command, self.facts)?;
        Ok(Decided { events, index })
    }

    /// Checks every move's data against its schema; takes codes and personal fields apart.
    fn check_all(
        &self,
        moves: &[AskedMove],
        opens: bool,
        index: &mut Vec<(String, String)>,
    ) -> Result<Vec<Asked>, Unfit> {
        let workflow = self.workflow;
        let today = self.today();
        let moment = Moment {
            now: self.facts.occurred_at,
            today,
        };
        let mut checked = Vec::with_capacity(moves.len());
        for (i, asked) in moves.iter().enumerate() {
            let data = check(workflow, asked, i, moment)?;
            index.extend(workflow.index_entries(&asked.move_name, data));
            let (mut coded, personal) = workflow.split(&asked.move_name, data);
            if opens && i == 0 && !workflow.definition.derive.is_empty() {
                let rules = &workflow.definition.derive;
                let derived = derive(rules, data, self.declared.organisation(), today);
                coded.insert("derived".to_owned(), Value::Object(derived));
            }
            checked.push(Asked {
                move_name: asked.move_name.clone(),
                agency: self
                    .people_named(asked, &coded)
                    .map_err(|refusal| refusal.of_move(i))?,
                coded,
                personal,
            });
        }
        Ok(checked)
    }

    /// Whoever is to answer or to help from now on must be somebody who can, or the request would
    /// wait for nobody. Gives the agency of whoever is to answer.
    fn people_named(
        &self,
        asked: &AskedMove,
        coded: &Map<String, Value>,
    ) -> Result<Option<AgencyId>, Refusal> {
        let Some(rule) = self.workflow.definition.moves.get(&asked.move_name) else {
            return Ok(None);
        };
        self.doers_named(rule, coded)?;
        if let Some(path) = &rule.worker {
            let in_a_team = |person: &Principal| person.grants.iter().any(|g| g.team.is_some());
            self.named_at(path, coded, in_a_team, "a person who belongs to a team")?;
        }
        let Some(path) = &rule.requester else {
            return Ok(None);
        };
        let may_ask = |person: &Principal| self.may_ask(person);
        let named = self.named_at(path, coded, may_ask, "a person who may ask for help")?;
        Ok(named.and_then(|person| person.agency().cloned()))
    }

    fn named_at(
        &self,
        path: &str,
        coded: &Map<String, Value>,
        can: impl Fn(&Principal) -> bool,
        needs: &'static str,
    ) -> Result<Option<&Principal>, Refusal> {
        let named = find(coded, path)
            .and_then(Value::as_str)
            .map(PrincipalId::parse);
        // What is no code at all is refused by the rules.
        let Some(Ok(id)) = named else {
            return Ok(None);
        };
        let place = Place::at(path);
        match self.declared.find_principal(&id) {
            None => Err(Refusal::UnknownNamedPerson { place }),
            Some(person) if person.kind == PrincipalKind::Person && can(person) => Ok(Some(person)),
            Some(_) => Err(Refusal::UnfitNamedPerson { place, needs }),
        }
    }

    /// Holds a role that some opening move is for.
    fn may_ask(&self, person: &Principal) -> bool {
        let definition = &self.workflow.definition;
        let opening = definition.moves.values().filter(|rule| rule.opens);
        let mut roles = opening
            .flat_map(|rule| &rule.by)
            .filter_map(|name| definition.roles.get(name));
        roles.any(|role| role.any_of.iter().any(|held| person.holds(held)))
    }

    /// Whoever is to do an action must be somebody, or nobody would do it.
    fn doers_named(&self, rule: &MoveRule, coded: &Map<String, Value>) -> Result<(), Refusal> {
        let Some(PlanEffect::Adds(added)) = &rule.plan else {
            return Ok(());
        };
        if let Some(path) = &added.who {
            self.named_at(path, coded, |_| true, "a person")?;
        }
        let Some(path) = &added.agency else {
            return Ok(());
        };
        let named = find(coded, path).and_then(Value::as_str);
        let mut agencies = self.declared.organisation().agencies();
        // What is no code at all is refused by the rules.
        match named.map(AgencyId::parse) {
            Some(Ok(id)) if !agencies.any(|agency| *agency == id) => {
                let place = Place::at(path);
                Err(Refusal::UnknownAgency { place })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// First fitting rule; `otherwise` fits always.
    fn route(&self, moves: &[Asked]) -> Routed {
        let empty = Map::new();
        let coded = moves.first().map_or(&empty, |asked| &asked.coded);
        let organisation = self.declared.organisation();
        let on = self.today();
        let rules = &self.workflow.definition.routing;
        let scope = Scope {
            request: Some(coded),
            ..Scope::of_data(&empty)
        };
        for rule in rules.iter().filter(|rule| rule.when.holds(scope)) {
            let team = match &rule.team {
                RouteTo::Team(team) => Some(team.clone()),
                RouteTo::LocalityAt(path) => find(coded, path)
                    .and_then(Value::as_str)
                    .and_then(|locality| organisation.receiving_team(locality, on))
                    .cloned(),
            };
            if let Some(team) = team {
                return Routed {
                    team,
                    because: rule.because.clone(),
                };
            }
        }
        unrouted()
    }

    fn today(&self) -> Date {
        civil_date(self.facts.occurred_at)
    }
}

fn check<'a>(
    workflow: &Workflow,
    asked: &'a AskedMove,
    index: usize,
    moment: Moment,
) -> Result<&'a Map<String, Value>, Unfit> {
    let wrong = |errors| Unfit::Data {
        move_name: asked.move_name.clone(),
        index,
        errors,
    };
    if !workflow.definition.moves.contains_key(&asked.move_name) {
        return Err(Refusal::UnknownMove {
            found: asked.move_name.clone(),
            index,
            allowed: workflow.definition.moves.keys().cloned().collect(),
        }
        .into());
    }
    workflow
        .check(&asked.move_name, &asked.data)
        .map_err(wrong)?;
    let errors = workflow.check_dates(&asked.move_name, &asked.data, moment);
    if !errors.is_empty() {
        return Err(wrong(errors));
    }
    asked.data.as_object().ok_or_else(|| Unfit::Broken {
        why: format!(
            "the schema of `{}` lets something pass that is no object",
            asked.move_name
        ),
    })
}

fn unrouted() -> Routed {
    match TeamId::parse(UNROUTED) {
        Ok(team) => Routed {
            team,
            because: "No routing rule fits".to_owned(),
        },
        Err(_) => unreachable!("a constant code"),
    }
}

/// The date in Scotland: what "today" means for ages, dates of birth and covers.
#[must_use]
pub fn civil_date(at: Timestamp) -> Date {
    let zone = TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC);
    at.to_zoned(zone).date()
}
