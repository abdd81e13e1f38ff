//! What charts of response times are drawn from: shares within target by month, and curves.

use super::answer::Question;
use super::known::Known;
use super::seen::{Bounds, Seen, days};
use crate::domain::declared::Declared;
use crate::domain::time::clock::SpellStatus;
use crate::projections::{QueryError, ReadPool};
use crate::statistics::Observation;
use crate::statistics::kaplan_meier::KaplanMeier;
use crate::statistics::target::WithinTarget;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// By month of the start, `2026-07`, and by code of the question's dimension.
pub type ByMonth = BTreeMap<(String, Option<String>), WithinTarget>;

/// The month in Scotland.
#[must_use]
pub fn month_of(at: Timestamp) -> String {
    let zone = TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC);
    at.to_zoned(zone).strftime("%Y-%m").to_string()
}

/// # Errors
/// When the read tables are out of reach.
pub async fn by_month(
    pool: &ReadPool,
    known: &Known,
    question: &Question,
) -> Result<ByMonth, QueryError> {
    let mut found = ByMonth::new();
    for seen in known.spells(pool, question).await? {
        let month = month_of(seen.started_at);
        let groups: Vec<Option<String>> = match &question.by {
            Some(_) => seen.groups.iter().cloned().map(Some).collect(),
            None => vec![None],
        };
        for group in groups {
            let within = found.entry((month.clone(), group)).or_default();
            match (seen.status, seen.met) {
                (SpellStatus::Cancelled, _) => {}
                (_, Some(false)) => within.missed += 1,
                (SpellStatus::Stopped, _) => within.met += 1,
                (SpellStatus::Running | SpellStatus::Paused, _) => within.undecided += 1,
            }
        }
    }
    Ok(found)
}

/// The curve of the question's spells, how many there are, and the days of those still open.
pub struct Waits {
    pub curve: KaplanMeier,
    pub count: usize,
    /// Longest first.
    pub open_days: Vec<f64>,
}

/// # Errors
/// When the read tables are out of reach.
pub async fn waits(
    pool: &ReadPool,
    known: &Known,
    question: &Question,
) -> Result<Waits, QueryError> {
    Ok(waits_of(&known.spells(pool, question).await?))
}

/// As the table stands, counted from every row.
///
/// # Errors
/// When the read tables are out of reach or a calendar is missing.
pub(super) async fn waits_now(
    pool: &ReadPool,
    declared: &Declared,
    question: &Question,
) -> Result<Waits, QueryError> {
    let bounds = Bounds::of(question, i64::MAX);
    Ok(waits_of(&bounds.load(pool, declared).await?))
}

fn waits_of(spells: &[Seen]) -> Waits {
    let observations: Vec<Observation> = spells
        .iter()
        .map(|seen| Observation {
            days: days(seen.elapsed_ms),
            ended: seen.status == SpellStatus::Stopped,
        })
        .collect();
    let open = spells.iter().filter(|seen| seen.status.is_open());
    let mut open_days: Vec<f64> = open.map(|seen: &Seen| days(seen.elapsed_ms)).collect();
    open_days.sort_by(|a, b| b.total_cmp(a));
    Waits {
        curve: KaplanMeier::of(&observations),
        count: spells.len(),
        open_days,
    }
}
