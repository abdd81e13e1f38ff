//! From what is asked of a request to its events: checked against the schemas, codes made, personal
//! fields taken apart, routed, decided. Everything that the engine knows of a command without IO.

use super::command::{Asked, AskedMove, Facts, OpeningFacts, RequestCommand, Routed};
use super::decide::{Pinned, decide};
use super::error::Refusal;
use super::event::RequestEvent;
use super::rung::Raise;
use super::state::RequestState;
use crate::domain::declared::Declared;
use crate::domain::derive::derive;
use crate::domain::ids::{AgencyId, MoveName, PrincipalId, Reference, TeamId};
use crate::domain::workflow::definition::{PlanEffect, RouteTo};
use crate::domain::workflow::expression::{Scope, find};
use crate::domain::workflow::schema::{DataError, Workflow};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};
use uuid::Uuid;

/// Where a request goes that no rule places; the organisation must have it.
const UNROUTED: &str = "unrouted";

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
    Claim,
    Release,
    Raise(Box<Raise>),
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
            Ask::Claim => RequestCommand::Claim,
            Ask::Release => RequestCommand::Release,
            Ask::Raise(raise) => RequestCommand::Raise(raise),
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
        let mut checked = Vec::with_capacity(moves.len());
        for (i, asked) in moves.iter().enumerate() {
            let data = check(workflow, asked, i, today)?;
            index.extend(workflow.index_entries(&asked.move_name, data));
            let (mut coded, personal) = workflow.split(&asked.move_name, data);
            if opens && i == 0 && !workflow.definition.derive.is_empty() {
                let rules = &workflow.definition.derive;
                let derived = derive(rules, data, self.declared.organisation(), today);
                coded.insert("derived".to_owned(), Value::Object(derived));
            }
            self.doers_known(asked, &coded)?;
            checked.push(Asked {
                move_name: asked.move_name.clone(),
                agency: self.requester_named(asked, &coded)?,
                coded,
                personal,
            });
        }
        Ok(checked)
    }

    /// Whoever is to answer from now on must be somebody, or the request would wait for nobody.
    /// Gives their agency.
    fn requester_named(
        &self,
        asked: &AskedMove,
        coded: &Map<String, Value>,
    ) -> Result<Option<AgencyId>, Unfit> {
        let rule = self.workflow.definition.moves.get(&asked.move_name);
        let Some(path) = rule.and_then(|rule| rule.requester.as_deref()) else {
            return Ok(None);
        };
        let named = find(coded, path)
            .and_then(Value::as_str)
            .map(PrincipalId::parse);
        // What is no code at all is refused by the rules.
        let Some(Ok(id)) = named else {
            return Ok(None);
        };
        match self.declared.find_principal(&id) {
            Some(person) => Ok(person.agency().cloned()),
            None => {
                let path = path.to_owned();
                Err(Refusal::UnknownNamedPerson { path }.into())
            }
        }
    }

    /// Whoever is to do an action must be somebody, or nobody would do it.
    fn doers_known(&self, asked: &AskedMove, coded: &Map<String, Value>) -> Result<(), Unfit> {
        let rule = self.workflow.definition.moves.get(&asked.move_name);
        let Some(PlanEffect::Adds(added)) = rule.and_then(|rule| rule.plan.as_ref()) else {
            return Ok(());
        };
        // What is no code at all is refused by the rules.
        let at = |path: &Option<String>| {
            let path = path.clone()?;
            let code = find(coded, &path)?.as_str()?.to_owned();
            Some((path, code))
        };
        if let Some((path, code)) = at(&added.who)
            && let Ok(id) = PrincipalId::parse(&code)
            && self.declared.find_principal(&id).is_none()
        {
            return Err(Refusal::UnknownNamedPerson { path }.into());
        }
        let mut agencies = self.declared.organisation().agencies();
        if let Some((path, code)) = at(&added.agency)
            && let Ok(id) = AgencyId::parse(&code)
            && !agencies.any(|agency| *agency == id)
        {
            return Err(Refusal::UnknownAgency { path }.into());
        }
        Ok(())
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
    today: Date,
) -> Result<&'a Map<String, Value>, Unfit> {
    let wrong = |errors| Unfit::Data {
        move_name: asked.move_name.clone(),
        index,
        errors,
    };
    if !workflow.definition.moves.contains_key(&asked.move_name) {
        return Err(Refusal::UnknownMove {
            found: asked.move_name.clone(),
            allowed: workflow.definition.moves.keys().cloned().collect(),
        }
        .into());
    }
    workflow
        .check(&asked.move_name, &asked.data)
        .map_err(wrong)?;
    let errors = workflow.check_dates(&asked.move_name, &asked.data, today);
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
