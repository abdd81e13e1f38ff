//! The requests behind a figure.

use super::answer::Question;
use super::known::Known;
use super::seen::{Bounds, Seen, days};
use crate::domain::declared::Declared;
use crate::domain::time::clock::SpellStatus;
use crate::projections::{QueryError, ReadPool};
use jiff::Timestamp;
use uuid::Uuid;

/// A number of `ClockFigures`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Started,
    Stopped,
    Open,
    Cancelled,
    Paused,
    WithinTarget,
    MissedStopped,
    MissedOpen,
}

impl Part {
    pub const NAMES: [(&'static str, Self); 8] = [
        ("started", Self::Started),
        ("stopped", Self::Stopped),
        ("open", Self::Open),
        ("cancelled", Self::Cancelled),
        ("paused", Self::Paused),
        ("within_target", Self::WithinTarget),
        ("missed_stopped", Self::MissedStopped),
        ("missed_open", Self::MissedOpen),
    ];

    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::NAMES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, part)| *part)
    }

    fn has(self, seen: &Seen) -> bool {
        let stopped = seen.status == SpellStatus::Stopped;
        let open = seen.status.is_open();
        match self {
            Self::Started => true,
            Self::Stopped => stopped,
            Self::Open => open,
            Self::Cancelled => seen.status == SpellStatus::Cancelled,
            Self::Paused => seen.status == SpellStatus::Paused,
            Self::WithinTarget => stopped && seen.met == Some(true),
            Self::MissedStopped => stopped && seen.met == Some(false),
            Self::MissedOpen => open && seen.met == Some(false),
        }
    }
}

/// One spell behind a figure; ids and codes only.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    pub request_id: Uuid,
    pub clock: String,
    pub spell: i32,
    pub team: String,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub ended_by: Option<String>,
    pub days: f64,
    pub paused_days: f64,
    pub working_days: u32,
    pub met: Option<bool>,
}

/// All spells of a figure, longest first; `group` is a code of the question's dimension.
///
/// # Errors
/// As `answer::query`.
pub async fn open(
    pool: &ReadPool,
    declared: &Declared,
    known: Option<&Known>,
    question: &Question,
    (part, group): (Part, Option<&str>),
) -> Result<Vec<Opened>, QueryError> {
    let spells = match known {
        Some(known) => known.spells(pool, question).await?,
        None => Bounds::of(question, i64::MAX).load(pool, declared).await?,
    };
    let mut opened: Vec<Opened> = spells
        .into_iter()
        .filter(|seen| part.has(seen))
        .filter(|seen| group.is_none_or(|group| seen.groups.iter().any(|code| code == group)))
        .map(|seen| Opened {
            request_id: seen.request_id,
            clock: seen.clock,
            spell: seen.spell,
            team: seen.team,
            started_at: seen.started_at,
            ended_at: seen.ended_at,
            ended_by: seen.ended_by,
            days: days(seen.elapsed_ms),
            paused_days: days(seen.paused_ms),
            working_days: seen.working_days,
            met: seen.met,
        })
        .collect();
    opened.sort_by(|a, b| {
        b.days
            .total_cmp(&a.days)
            .then(a.request_id.cmp(&b.request_id))
    });
    Ok(opened)
}
