//! Spells as a question sees them: which are looked at, from when on, and until when.

use super::SpellRow;
use super::answer::{Question, Window};
use super::numbers::{Numbers, settled};
use crate::domain::declared::Declared;
use crate::domain::time::clock::{Reading, Spell, SpellStatus};
use crate::projections::{QueryError, ReadPool};
use crate::statistics::Exposure;
use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::Row;
use tokio_postgres::types::Json;
use uuid::Uuid;

const MS_PER_DAY: f64 = 86_400_000.0;
/// Names have at most 64 of a–z, 0–9, `-` and `_`: in every collation all of them come before.
const AFTER_ALL_NAMES: &str = "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz";

/// What is read, for the database and for rows at hand alike.
pub(super) struct Bounds<'a> {
    pub(super) question: &'a Question,
    /// Started from here on, and before there.
    from: Timestamp,
    before: Timestamp,
    /// Not ended earlier.
    alive_at: Timestamp,
    /// Nothing after this is seen.
    pub(super) until: Timestamp,
    /// Rows that have seen later events are left out.
    pub(super) position: i64,
}

/// One spell.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) request_id: Uuid,
    pub(super) clock: String,
    pub(super) spell: i32,
    pub(super) team: String,
    pub(super) received_at: Timestamp,
    pub(super) started_at: Timestamp,
    pub(super) status: SpellStatus,
    /// The event that ended it, within what is seen.
    pub(super) ended_by: Option<String>,
    pub(super) ended_at: Option<Timestamp>,
    pub(super) elapsed_ms: i64,
    pub(super) paused_ms: i64,
    pub(super) working_days: u32,
    pub(super) met: Option<bool>,
    /// It was given more time.
    pub(super) extended: bool,
    /// By the target that the workflow states, whatever more time was given.
    pub(super) met_stated: Option<bool>,
    /// Codes of the dimension asked by.
    pub(super) groups: Vec<String>,
    /// How much of it was over when the period began; nothing where it began within.
    entered_ms: i64,
    entered_paused_ms: i64,
    entered_received_ms: i64,
    /// Where it ended, or where looking stopped.
    last_at: Timestamp,
}

impl<'a> Bounds<'a> {
    pub(super) fn of(question: &'a Question, position: i64) -> Self {
        let after_as_of = question
            .as_of
            .saturating_add(jiff::SignedDuration::from_micros(1))
            .unwrap_or(Timestamp::MAX);
        let (from, before, alive_at, until) = match question.window {
            Window::All => (Timestamp::MIN, after_as_of, Timestamp::MIN, question.as_of),
            Window::Cohort { from, to } => {
                (from, to.min(after_as_of), Timestamp::MIN, question.as_of)
            }
            Window::Period { from, to } => (
                Timestamp::MIN,
                to.min(after_as_of),
                from,
                to.min(question.as_of),
            ),
        };
        Self {
            question,
            from: from.max(EARLIEST),
            before,
            alive_at: alive_at.max(EARLIEST),
            until,
            position,
        }
    }

    /// Whether a spell that started then is looked at.
    fn started(&self, at: Timestamp) -> bool {
        at >= self.from && at < self.before
    }

    /// The same as the statement asks.
    fn holds(&self, row: &SpellRow) -> bool {
        let clock = self.question.clock.as_ref();
        let only = self.question.only.as_ref();
        row.spell > 0
            && row.workflow == self.question.workflow.as_str()
            && clock.is_none_or(|clock| clock.as_str() == row.clock)
            && self.started(row.started_at)
            && row.ended_at.is_none_or(|at| at >= self.alive_at)
            && only
                .is_none_or(|(dimension, code)| codes(row.dimensions.get(dimension)).contains(code))
    }

    pub(super) async fn load(
        &self,
        pool: &ReadPool,
        declared: &Declared,
    ) -> Result<Vec<Seen>, QueryError> {
        let client = pool.get().await?;
        let statement = include_str!("../sql/response_times_query.sql");
        let statement = client.prepare_cached(statement).await?;
        let question = self.question;
        let only = question.only.as_ref();
        let (first_clock, last_clock) = clocks(question);
        let rows = client
            .query(
                &statement,
                &[
                    &question.authority,
                    &question.workflow.as_str(),
                    &first_clock,
                    &self.from,
                    &self.before,
                    &self.alive_at,
                    &self.position,
                    &self.until,
                    &question.by,
                    &only.map(|(dimension, _)| dimension),
                    &only.map(|(_, code)| code),
                    &last_clock,
                ],
            )
            .await?;
        rows.iter().map(|row| self.read(row, declared)).collect()
    }

    pub(super) fn of_rows(
        &self,
        rows: Vec<SpellRow>,
        declared: &Declared,
    ) -> Result<Vec<Seen>, QueryError> {
        let by = self.question.by.as_ref();
        let seen = rows.into_iter().filter(|row| self.holds(row));
        seen.map(|row| {
            let groups = by.map(|by| codes(row.dimensions.get(by)));
            let held = Held {
                request_id: row.request_id,
                clock: row.clock,
                spell: row.spell,
                team: codes(row.dimensions.get("team")).remove(0),
                received_at: row.received_at,
                started_at: row.started_at,
                ended_at: row.ended_at,
                ended_by: row.ended_by,
                settled: settled(row.elapsed_ms, row.paused_ms, row.working_days, row.met),
                cancelled: row.status == super::status_text(SpellStatus::Cancelled),
                detail: row.detail,
                groups: groups.unwrap_or_default(),
            };
            self.look(held, declared)
        })
        .collect()
    }

    /// Columns by their place: finding them by name would take longer than reading them.
    fn read(&self, row: &Row, declared: &Declared) -> Result<Seen, QueryError> {
        let detail: Option<Json<Spell>> = row.try_get(12).map_err(unreadable)?;
        let held = Held {
            request_id: row.get(0),
            clock: row.get(1),
            spell: row.get(2),
            received_at: row.get(3),
            started_at: row.get(4),
            ended_at: row.get(5),
            ended_by: row.get(6),
            settled: settled(row.get(7), row.get(8), row.get(9), row.get(10)),
            cancelled: row.get(11),
            detail: detail.map(|Json(spell)| spell),
            groups: match &self.question.by {
                Some(_) => codes(row.get::<_, Option<Value>>(13).as_ref()),
                None => Vec::new(),
            },
            team: row.get::<_, Option<String>>(14).unwrap_or_default(),
        };
        self.look(held, declared)
    }

    fn count(
        &self,
        held: &Held,
        declared: &Declared,
        is_over: bool,
    ) -> Result<(SpellStatus, Numbers), QueryError> {
        let ended = if held.cancelled {
            SpellStatus::Cancelled
        } else {
            SpellStatus::Stopped
        };
        if is_over {
            let numbers = match held.settled {
                Some(settled) => settled,
                None => held.reading(declared, self.until)?.into(),
            };
            return Ok((ended, numbers));
        }
        let reading = held.reading(declared, self.until)?;
        Ok((reading.status, reading.into()))
    }

    fn look(&self, held: Held, declared: &Declared) -> Result<Seen, QueryError> {
        let ended_at = held.ended_at.filter(|at| *at <= self.until);
        let (status, now) = self.count(&held, declared, ended_at.is_some())?;
        let period_from = match self.question.window {
            Window::Period { from, .. } => Some(from),
            Window::All | Window::Cohort { .. } => None,
        };
        let (mut entered_ms, mut entered_paused_ms, mut entered_received_ms) = (0, 0, 0);
        if let Some(from) = period_from {
            entered_received_ms = between_ms(held.received_at, from);
            if held.started_at < from {
                let before = held.reading(declared, from)?;
                (entered_ms, entered_paused_ms) = (before.elapsed_ms, before.paused_ms);
            }
        }
        Ok(Seen {
            request_id: held.request_id,
            clock: held.clock,
            spell: held.spell,
            team: held.team,
            received_at: held.received_at,
            started_at: held.started_at,
            status,
            ended_by: ended_at.and(held.ended_by),
            ended_at,
            elapsed_ms: now.elapsed_ms,
            paused_ms: now.paused_ms,
            working_days: now.working_days,
            met: now.met,
            extended: now.extended,
            met_stated: now.met_stated,
            groups: held.groups,
            entered_ms,
            entered_paused_ms,
            entered_received_ms,
            last_at: ended_at.unwrap_or(self.until),
        })
    }
}

/// Postgres knows no earlier moment that a request could have.
const EARLIEST: Timestamp = Timestamp::UNIX_EPOCH;

/// A row, wherever it came from.
struct Held {
    request_id: Uuid,
    clock: String,
    spell: i32,
    team: String,
    received_at: Timestamp,
    started_at: Timestamp,
    ended_at: Option<Timestamp>,
    ended_by: Option<String>,
    settled: Option<Numbers>,
    cancelled: bool,
    detail: Option<Spell>,
    groups: Vec<String>,
}

impl Held {
    fn reading(&self, declared: &Declared, at: Timestamp) -> Result<Reading, QueryError> {
        let spell = self.detail.as_ref().ok_or(QueryError::Unavailable)?;
        let calendar = declared.calendars().load(&spell.calendar);
        let calendar = calendar.map_err(|error| QueryError::Calendar(error.to_string()))?;
        Ok(spell.reading(calendar, at))
    }
}

impl Seen {
    /// Pauses counted like any other time.
    pub(super) fn unadjusted(&self, outcome: Option<usize>) -> Exposure {
        exposure(self.entered_ms, self.elapsed_ms, outcome)
    }

    pub(super) fn adjusted(&self, outcome: Option<usize>) -> Exposure {
        let entered = self.entered_ms - self.entered_paused_ms;
        exposure(entered, self.elapsed_ms - self.paused_ms, outcome)
    }

    /// Since help was first asked for, whatever the clock says.
    pub(super) fn childs(&self, outcome: Option<usize>) -> Exposure {
        exposure(self.entered_received_ms, self.childs_ms(), outcome)
    }

    fn childs_ms(&self) -> i64 {
        between_ms(self.received_at, self.last_at)
    }
}

fn exposure(entered_ms: i64, ms: i64, outcome: Option<usize>) -> Exposure {
    Exposure {
        entered_days: days(entered_ms.min(ms)),
        days: days(ms),
        outcome,
    }
}

/// The first and the last name that is asked for, so that the index leads to one clock alone.
pub(super) fn clocks(question: &Question) -> (&str, &str) {
    let clock = question.clock.as_ref();
    clock.map_or(("", AFTER_ALL_NAMES), |clock| {
        (clock.as_str(), clock.as_str())
    })
}

pub(super) fn between_ms(from: Timestamp, to: Timestamp) -> i64 {
    (to.as_millisecond() - from.as_millisecond()).max(0)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds of a few years fit a double exactly"
)]
pub(super) fn days(ms: i64) -> f64 {
    ms as f64 / MS_PER_DAY
}

/// A code, a list of codes, or not known; each once.
pub(in crate::projections) fn codes(value: Option<&Value>) -> Vec<String> {
    let mut found: Vec<String> = match value {
        Some(Value::String(code)) => vec![code.clone()],
        Some(Value::Array(items)) => {
            let texts = items.iter().filter_map(Value::as_str);
            texts.map(str::to_owned).collect()
        }
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => {
            Vec::new()
        }
    };
    if found.is_empty() {
        return vec![crate::domain::derive::NOT_KNOWN.to_owned()];
    }
    found.sort_unstable();
    found.dedup();
    found
}

pub(super) fn unreadable(error: tokio_postgres::Error) -> QueryError {
    tracing::error!(%error, "a row of response_times cannot be read");
    QueryError::Unavailable
}
