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
    /// Nothing that was recorded after it.
    pub position: Position,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub request_id: Uuid,
    pub reference: String,
    /// That has the request now.
    pub team: String,
    pub ended: bool,
    pub told_at: Timestamp,
    pub answer: String,
}

/// One for each request of which it was told, the longest ago first. The two tables may be an event
/// apart.
///
/// # Errors
/// When the read tables are out of reach.
pub async fn query(pool: &ReadPool, question: &Question) -> Result<Vec<Told>, QueryError> {
    let client = pool.get().await?;
    let statement = include_str!("sql/last_told.sql");
    let statement = client.prepare_cached(statement).await?;
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 5] = [
        &question.authority,
        &question.workflow,
        &question.event,
        &question.field,
        &question.position.0,
    ];
    let mut found = Vec::new();
    for row in client.query(&statement, &parameters).await? {
        let Some(answer) = row.try_get("answer")? else {
            continue;
        };
        found.push(Told {
            request_id: row.get("request_id"),
            reference: row.get("reference"),
            team: row.get("team"),
            ended: row.get("ended"),
            told_at: row.get("occurred_at"),
            answer,
        });
    }
    found.sort_by_key(|told| (told.told_at, told.request_id));
    Ok(found)
}
