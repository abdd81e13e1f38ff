//! A row per spell of every clock of every request. What is running is read when asked: no row
//! holds "now", so the same question about a past moment gives the same answer.

use super::page::Decoded;
use super::{Projection, QueryError};
use crate::domain::declared::Declared;
use crate::domain::ids::{AgencyId, DefinitionHash, StateName, TeamId};
use crate::domain::request::clocks::ClockGround;
use crate::domain::request::event::{Act, ClockExtended, Opening, RequestEvent};
use crate::domain::time::clock::{Clocks, Reading, Spell, SpellStatus};
use crate::domain::workflow::schema::Workflow;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

pub mod answer;
pub mod bases;
pub mod charted;
mod figures;
mod kept;
pub mod known;
mod numbers;
pub mod opened;
pub mod published;
mod seen;

pub use answer::{Answer, Answers, Question, Window, query};
pub(super) use seen::codes;

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
    /// The event that stopped or cancelled it.
    pub ended_by: Option<String>,
    /// What it read when it ended; a calendar that is corrected later restates no verdict.
    pub elapsed_ms: Option<i64>,
    pub paused_ms: Option<i64>,
    pub working_days: Option<i32>,
    pub met: Option<bool>,
    /// Of the event that ended it, where what it read then is written down: from there on the figures of
    /// the row stay as they are, whatever else happens to the request.
    pub settled_position: Option<i64>,
    /// The spell as the clock folds it.
    pub detail: Option<Spell>,
    /// Codes that the figures can be asked by; a list where several hold at once.
    pub dimensions: Arc<Map<String, Value>>,
    /// Of the request's last event that the row has seen.
    pub position: i64,
}

impl Projection for ResponseTimes {
    const NAME: &'static str = "response_times";
    const TABLE: &'static str = include_str!("sql/response_times_table.sql");
    const KEY: &'static str = "request_id, authority, clock, spell";
    /// 3: a run of a clock for each concern.
    const FOLD: u32 = 3;
    type Row = SpellRow;

    fn fold(rows: &mut Vec<SpellRow>, event: &Decoded, declared: &Declared) -> Result<(), String> {
        let act = match &event.event {
            RequestEvent::Act(act) => act,
            RequestEvent::ClockExtended(given) => {
                extend(rows, given, event);
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
        let position = event.recorded.position.0;
        let mut context = rows[0].clone();
        context.position = position;
        let mut before: BTreeMap<(String, i32), SpellRow> = BTreeMap::new();
        let mut clocks = Clocks::default();
        for mut row in rows.drain(..).skip(1) {
            clocks.spells.extend(row.detail.take());
            before.insert((row.clock.clone(), row.spell), row);
        }
        clocks
            .spells
            .sort_by_key(|spell| (spell.clock.clone(), spell.number));
        evolve(&mut clocks, workflow, &context, event, declared);
        let held = Held {
            now: held_by(&context, &act.owner.team),
            before: act.left_team.as_ref().map(|team| held_by(&context, team)),
        };
        rows.push(context.clone());
        rows.extend(clocks.spells.into_iter().map(|spell| {
            let number = i32::try_from(spell.number).unwrap_or(i32::MAX);
            let kept = before.remove(&(spell.clock.to_string(), number));
            // Whoever ended it held it until then.
            match kept.filter(|row| row.ended_at.is_some()) {
                Some(row) => SpellRow {
                    detail: Some(spell),
                    position,
                    ..row
                },
                None => row_of(&context, spell, (act, &held), declared),
            }
        }));
        Ok(())
    }

    fn request_of(row: &SpellRow) -> (&str, Uuid) {
        (&row.authority, row.request_id)
    }

    fn place_of(row: &SpellRow) -> (&str, i32) {
        (&row.clock, row.spell)
    }
}

fn extend(rows: &mut [SpellRow], given: &ClockExtended, event: &Decoded) {
    for row in rows {
        row.position = event.recorded.position.0;
        let spell = row.detail.as_mut();
        let is_given =
            |spell: &&mut Spell| (&spell.clock, spell.number) == (&given.clock, given.spell);
        if let Some(spell) = spell.filter(is_given) {
            spell.extensions.push(given.at(event.recorded.occurred_at));
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
        ended_by: None,
        elapsed_ms: None,
        paused_ms: None,
        working_days: None,
        met: None,
        settled_position: None,
        detail: None,
        dimensions: Arc::new(codes_of(act, opening)),
        position: event.recorded.position.0,
    })
}

/// What a request is counted under, with its team: after an act, and before it where it moved on.
struct Held {
    now: Arc<Map<String, Value>>,
    before: Option<Arc<Map<String, Value>>>,
}

fn held_by(context: &SpellRow, team: &TeamId) -> Arc<Map<String, Value>> {
    let mut dimensions = Map::clone(&context.dimensions);
    dimensions.insert("team".to_owned(), Value::String(team.to_string()));
    Arc::new(dimensions)
}

/// Of a spell that runs, or that this act ended.
fn row_of(
    context: &SpellRow,
    spell: Spell,
    (act, held): (&Act, &Held),
    declared: &Declared,
) -> SpellRow {
    let before = held.before.as_ref().filter(|_| spell.ended_at.is_some());
    let dimensions = Arc::clone(before.unwrap_or(&held.now));
    let calendar = declared.calendars().load(&spell.calendar).ok();
    // What was given more time is read from its detail: by which target it was met, too.
    let settled = calendar
        .filter(|_| spell.extensions.is_empty())
        .zip(spell.ended_at)
        .map(|(calendar, at)| spell.reading(calendar, at));
    SpellRow {
        clock: spell.clock.to_string(),
        spell: i32::try_from(spell.number).unwrap_or(i32::MAX),
        started_at: spell.started_at,
        ended_at: spell.ended_at,
        status: status_text(spell.status).to_owned(),
        ended_by: spell.ended_at.map(|_| act.name.to_string()),
        elapsed_ms: settled.as_ref().map(|reading| reading.elapsed_ms),
        paused_ms: settled.as_ref().map(|reading| reading.paused_ms),
        working_days: settled
            .as_ref()
            .map(|reading| i32::try_from(reading.working_days).unwrap_or(i32::MAX)),
        met: settled.as_ref().and_then(|reading| reading.met),
        settled_position: settled.as_ref().map(|_| context.position),
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

/// All that the figures of a request can be asked by, but for the team.
#[must_use]
pub(super) fn codes_of(act: &Act, opening: &Opening) -> Map<String, Value> {
    let mut dimensions = dimensions_of(act);
    dimensions.extend(lists_of(act));
    if let Some(agency) = &opening.agency {
        dimensions.insert("agency".to_owned(), Value::String(agency.to_string()));
    }
    dimensions
}

/// Lists of codes of the opening act: a request counts under each of them.
fn lists_of(act: &Act) -> impl Iterator<Item = (String, Value)> + '_ {
    let of_codes = |value: &Value| {
        let items = value.as_array();
        items.is_some_and(|items| !items.is_empty() && items.iter().all(Value::is_string))
    };
    let lists = act.coded.iter().filter(move |(_, value)| of_codes(value));
    lists.map(|(name, value)| (name.clone(), value.clone()))
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

/// The state in which a spell is paused, where it is.
#[must_use]
pub fn paused_in(spell: &Spell) -> Option<&StateName> {
    spell
        .pauses
        .last()
        .filter(|pause| pause.to.is_none())
        .map(|pause| &pause.state)
}
