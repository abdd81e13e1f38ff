//! What was known at a position of the log. Requests that nothing happened to since stand in the
//! table as they stood then; the others are folded again from the events that were there.

use super::answer::Question;
use super::seen::{Bounds, Seen};
use super::{ResponseTimes, SpellRow};
use crate::domain::declared::Declared;
use crate::log::{AppendError, Log, Position};
use crate::projections::known::Past;
use crate::projections::{QueryError, ReadPool};
use jiff::Timestamp;
use uuid::Uuid;

pub struct Known {
    pub position: Position,
    pub declared: Declared,
    /// Of requests that have moved on since.
    rows: Vec<SpellRow>,
}

/// The last position that was recorded by a moment; `None` when nothing was.
///
/// # Errors
/// When the log is out of reach.
pub async fn position_at(log: &Log, at: Timestamp) -> Result<Option<Position>, AppendError> {
    let recorded_by = |position| async move {
        let page = log.read_after(Position(position - 1), 1).await?;
        Ok::<_, AppendError>(page.first().is_some_and(|event| event.recorded_at <= at))
    };
    // Times of recording rise with the position.
    let (mut known, mut unknown) = (0, log.head().await?.0 + 1);
    while unknown - known > 1 {
        let middle = known + (unknown - known) / 2;
        if recorded_by(middle).await? {
            known = middle;
        } else {
            unknown = middle;
        }
    }
    Ok((known > 0).then_some(Position(known)))
}

impl Known {
    /// The table must have come to `position`.
    ///
    /// # Errors
    /// When the log or the read tables are out of reach.
    pub async fn at(
        pool: &ReadPool,
        log: &Log,
        question: &Question,
        position: Position,
    ) -> Result<Self, QueryError> {
        let past = Past::at(log, &question.authority, position).await?;
        let later = later(pool, question, position).await?;
        Ok(Self {
            position,
            rows: past.rows::<ResponseTimes>(log, &later).await?,
            declared: past.declared,
        })
    }

    pub(super) async fn spells(
        &self,
        pool: &ReadPool,
        question: &Question,
    ) -> Result<Vec<Seen>, QueryError> {
        let bounds = Bounds::of(question, self.position.0);
        let mut spells = bounds.load(pool, &self.declared).await?;
        spells.extend(bounds.of_rows(self.rows.clone(), &self.declared)?);
        Ok(spells)
    }
}

async fn later(
    pool: &ReadPool,
    question: &Question,
    position: Position,
) -> Result<Vec<Uuid>, QueryError> {
    let client = pool.get().await?;
    let statement = include_str!("../sql/response_times_later.sql");
    let statement = client.prepare_cached(statement).await?;
    let workflow = question.workflow.as_str();
    let rows = client
        .query(&statement, &[&question.authority, &workflow, &position.0])
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
