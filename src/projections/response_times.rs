//! A row per spell of every clock of every request. What is running is read when asked: no row
//! holds "now", so the same question about a past moment gives the same answer.

use super::page::Decoded;
use super::{Projection, QueryError, ReadPool};
use crate::domain::declared::Declared;
use crate::domain::ids::{AgencyId, ClockName, DefinitionHash, StateName};
use crate::domain::request::clocks::ClockGround;
use crate::domain::request::event::{Act, ClockExtended, RequestEvent};
use crate::domain::time::clock::{Clocks, Reading, Spell, SpellStatus};
use crate::domain::workflow::schema::Workflow;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;
use uuid::Uuid;

pub mod answer;

pub use answer::{Answer, Question, query};

pub struct ResponseTimes;

/// Spell 0 of no clock keeps what later spells of the request need from its opening.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpellRow {
    pub authority: String,
    pub request_id: Uuid,
    pub clock: String,
    pub spell: i32,
    pub workflow: String,
    pub definition: String,
    pub received_at: Timestamp,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub status: String,
    /// The spell as the clock folds it.
    pub detail: Option<Spell>,
    /// Codes that the figures can be asked by.
    pub dimensions: Map<String, Value>,
}

impl Projection for ResponseTimes {
    const NAME: &'static str = "response_times";
    const TABLE: &'static str = include_str!("sql/response_times_table.sql");
    const KEY: &'static str = "authority, request_id, clock, spell";
    type Row = SpellRow;

    fn fold(rows: &mut Vec<SpellRow>, event: &Decoded, declared: &Declared) -> Result<(), String> {
        let act = match &event.event {
            RequestEvent::Act(act) => act,
            RequestEvent::ClockExtended(given) => {
                extend(rows, given, event.recorded.occurred_at);
                return Ok(());
            }
            RequestEvent::Claimed { .. }
            | RequestEvent::Released { .. }
            | RequestEvent::RungRaised(_)
            | RequestEvent::ClaimLapsed(_) => return Ok(()),
        };
        let workflow = event
            .recorded
            .definition
            .and_then(|hash| declared.find_workflow(&DefinitionHash(hash)))
            .ok_or("the pinned definition is not known")?;
        if rows.is_empty() {
            rows.push(context_of(event, act)?);
        }
        let context = rows[0].clone();
        let mut clocks = Clocks {
            spells: rows
                .iter_mut()
                .skip(1)
                .filter_map(|row| row.detail.take())
                .collect(),
            ..Clocks::default()
        };
        clocks
            .spells
            .sort_by_key(|spell| (spell.clock.clone(), spell.number));
        evolve(&mut clocks, workflow, &context, event, declared);
        rows.truncate(1);
        rows.extend(
            clocks
                .spells
                .into_iter()
                .map(|spell| row_of(&context, spell, act)),
        );
        Ok(())
    }

    fn request_of(row: &SpellRow) -> (&str, Uuid) {
        (&row.authority, row.request_id)
    }
}

fn extend(rows: &mut [SpellRow], given: &ClockExtended, at: Timestamp) {
    let spells = rows.iter_mut().filter_map(|row| row.detail.as_mut());
    for spell in spells {
        if (&spell.clock, spell.number) == (&given.clock, given.spell) {
            spell.extensions.push(given.at(at));
        }
    }
}

fn evolve(
    clocks: &mut Clocks,
    workflow: &Workflow,
    context: &SpellRow,
    event: &Decoded,
    declared: &Declared,
) {
    let agency = context
        .dimensions
        .get("agency")
        .and_then(Value::as_str)
        .and_then(|text| AgencyId::parse(text).ok());
    let ground = ClockGround {
        definition: &workflow.definition,
        organisation: declared.organisation(),
        agency: agency.as_ref(),
        received_at: context.received_at,
    };
    ground.follow(clocks, &event.event, event.recorded.occurred_at);
}

fn context_of(event: &Decoded, act: &Act) -> Result<SpellRow, String> {
    let opening = act.opening.as_ref().ok_or("the first act opens nothing")?;
    let mut dimensions = dimensions_of(act);
    dimensions.insert("team".to_owned(), Value::String(act.owner.team.to_string()));
    if let Some(agency) = &opening.agency {
        dimensions.insert("agency".to_owned(), Value::String(agency.to_string()));
    }
    Ok(SpellRow {
        authority: event.recorded.authority.to_string(),
        request_id: event.recorded.stream,
        clock: String::new(),
        spell: 0,
        workflow: opening.workflow.to_string(),
        definition: opening.definition.to_string(),
        received_at: opening.received_at,
        started_at: opening.received_at,
        ended_at: None,
        status: String::new(),
        detail: None,
        dimensions,
    })
}

fn row_of(context: &SpellRow, spell: Spell, act: &Act) -> SpellRow {
    let mut dimensions = context.dimensions.clone();
    if spell.status.is_open() {
        dimensions.insert("team".to_owned(), Value::String(act.owner.team.to_string()));
    }
    SpellRow {
        clock: spell.clock.to_string(),
        spell: i32::try_from(spell.number).unwrap_or(i32::MAX),
        started_at: spell.started_at,
        ended_at: spell.ended_at,
        status: status_text(spell.status).to_owned(),
        detail: Some(spell),
        dimensions,
        ..context.clone()
    }
}

fn status_text(status: SpellStatus) -> &'static str {
    match status {
        SpellStatus::Running => "running",
        SpellStatus::Paused => "paused",
        SpellStatus::Stopped => "stopped",
        SpellStatus::Cancelled => "cancelled",
    }
}

/// Single codes of the opening act: its own fields and what was derived.
#[must_use]
pub(super) fn dimensions_of(act: &Act) -> Map<String, Value> {
    let derived = act.coded.get("derived").and_then(Value::as_object);
    act.coded
        .iter()
        .chain(derived.into_iter().flatten())
        .filter(|(name, value)| value.is_string() && *name != "received_at")
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// Every clock of one request at a moment, from its own events.
///
/// # Errors
/// When a calendar that a clock needs is not known.
pub fn readings_of(
    events: &[(crate::log::Recorded, RequestEvent)],
    workflow: &Workflow,
    declared: &Declared,
    as_of: Timestamp,
) -> Result<Vec<(Spell, Reading)>, QueryError> {
    let mut rows = Vec::new();
    for (recorded, event) in events {
        let decoded = Decoded {
            recorded: Arc::new(recorded.clone()),
            event: event.clone(),
        };
        ResponseTimes::fold(&mut rows, &decoded, declared).map_err(QueryError::Calendar)?;
    }
    rows.into_iter()
        .filter_map(|row| row.detail)
        .filter(|spell| {
            spell.started_at <= as_of && workflow.definition.clocks.contains_key(&spell.clock)
        })
        .map(|spell| reading(spell, declared, as_of))
        .collect()
}

fn reading(
    spell: Spell,
    declared: &Declared,
    as_of: Timestamp,
) -> Result<(Spell, Reading), QueryError> {
    let calendar = declared
        .calendars()
        .load(&spell.calendar)
        .map_err(|error| QueryError::Calendar(error.to_string()))?;
    let reading = spell.reading(calendar, as_of);
    Ok((spell, reading))
}

/// Spells of a workflow that had started by `as_of`, with their dimensions.
async fn load(
    pool: &ReadPool,
    authority: &str,
    workflow: &str,
    clock: Option<&ClockName>,
    as_of: Timestamp,
) -> Result<Vec<SpellRow>, QueryError> {
    let client = pool.get().await?;
    let statement = client
        .prepare_cached(include_str!("sql/response_times_query.sql"))
        .await?;
    let clock = clock.map(ClockName::as_str);
    let rows = client
        .query(&statement, &[&authority, &workflow, &clock, &as_of])
        .await?;
    rows.iter()
        .map(|row| {
            serde_json::from_value(row.get(0)).map_err(|error| {
                tracing::error!(%error, "a row of response_times cannot be read");
                QueryError::Unavailable
            })
        })
        .collect()
}

/// The state in which a spell is paused, where it is.
#[must_use]
pub fn paused_in(spell: &Spell) -> Option<&StateName> {
    spell
        .pauses
        .last()
        .filter(|pause| pause.to.is_none())
        .map(|pause| &pause.state)
}
