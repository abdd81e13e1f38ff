//! What was last told of each request by one kind of act: an answer that may change with time.

use super::{QueryError, ReadPool};
use crate::log::Position;
use jiff::Timestamp;
use uuid::Uuid;

/// Of which act, and which of its codes.
#[derive(Debug, Clone)]
pub struct Question {
    pub authority: String,
    pub workflow: String,
    pub event: String,
    pub field: String,
    /// What the code has to be.
    pub answer: String,
    /// Where the request has to stand; anywhere, where none is named.
    pub states: Vec<String>,
    /// Nothing that was recorded after it.
    pub position: Position,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub request_id: Uuid,
    /// Absent for the moment until the list of requests has it.
    pub reference: Option<String>,
    /// That had the request at the position.
    pub team: String,
    pub ended: bool,
    pub told_at: Timestamp,
}

/// One for each request of which this was told last, the longest ago first.
///
/// # Errors
/// When the read tables are out of reach.
pub async fn query(pool: &ReadPool, question: &Question) -> Result<Vec<Told>, QueryError> {
    let client = pool.get().await?;
    let statement = include_str!("sql/last_told.sql");
    let statement = client.prepare_cached(statement).await?;
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 7] = [
        &question.authority,
        &question.workflow,
        &question.event,
        &question.field,
        &question.position.0,
        &question.answer,
        &question.states,
    ];
    let rows = client.query(&statement, &parameters).await?;
    Ok(rows
        .iter()
        .map(|row| Told {
            request_id: row.get("request_id"),
            reference: row.get("reference"),
            team: row.get("team"),
            ended: row.get("ended"),
            told_at: row.get("occurred_at"),
        })
        .collect())
}
