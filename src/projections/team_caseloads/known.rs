//! Caseloads as they were known at a position: requests that nothing happened to since stand as they
//! stood then, the others are folded again.

use super::{Caseload, Question, Span, TeamCaseloads, weight};
use crate::log::{Log, Position};
use crate::projections::known::Past;
use crate::projections::request_list::RequestList;
use crate::projections::{Projection, QueryError, ReadPool, wait_for};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use tokio_postgres::types::Json;
use uuid::Uuid;

/// The list of requests follows within this.
const WAIT_MS: u64 = 2_000;

/// Each request by itself. Weights are those of then. Both read tables must have come to `position`.
///
/// # Errors
/// When the log or the read tables are out of reach.
pub async fn open(
    pool: &ReadPool,
    log: &Log,
    question: &Question,
    past: &Past,
) -> Result<Vec<(Uuid, Caseload)>, QueryError> {
    let weights = past.declared.measures().map(|file| &file.caseload_weights);
    let standing = super::open(pool, question, weights).await?;
    // Whatever the table has taken in by now, the list has to know of before it is asked.
    let taken = wait_for(pool, TeamCaseloads::NAME, past.position, WAIT_MS).await;
    let taken = taken.map_err(|_| QueryError::Unavailable)?;
    let waited = wait_for(pool, "request_list", taken, WAIT_MS).await;
    waited.map_err(|_| QueryError::Unavailable)?;
    let later = later(pool, &question.authority, past.position).await?;
    let requests: Vec<Uuid> = later.keys().copied().collect();
    let spans = past.rows::<TeamCaseloads>(log, &requests).await?;
    let listed = past.rows::<RequestList>(log, &requests).await?;
    let claimed = listed.into_iter().filter(|row| row.claimed_by.is_some());
    let claimed: BTreeSet<Uuid> = claimed.map(|row| row.request_id).collect();
    let lasting = spans.into_iter().filter(|span| {
        let begun = span.from_at <= question.as_of;
        begun && span.to_at.is_none_or(|to| to > question.as_of)
    });
    let again = lasting.map(|span| {
        let none = Map::new();
        let codes = later.get(&span.request_id).unwrap_or(&none);
        let weight = weight(weights, codes, &span.state);
        let is_claimed = claimed.contains(&span.request_id);
        (span.request_id, one(span, weight, is_claimed))
    });
    let standing = standing.into_iter();
    let standing = standing.filter(|(request, _)| !later.contains_key(request));
    let mut all: Vec<(Uuid, Caseload)> = standing.chain(again).collect();
    all.sort_by(|(_, a), (_, b)| {
        (&a.team, &a.worker, &a.state).cmp(&(&b.team, &b.worker, &b.state))
    });
    Ok(all)
}

fn one(span: Span, weight: f64, is_claimed: bool) -> Caseload {
    Caseload {
        team: span.team,
        worker: span.worker,
        state: span.state,
        count: 1,
        weight,
        oldest_at: span.received_at,
        newest_at: span.received_at,
        longest_here_since: span.from_at,
        waiting: i64::from(span.waiting),
        claimed: i64::from(is_claimed),
    }
}

/// Requests that something happened to after the position, with the codes of their opening.
pub(in crate::projections) async fn later(
    pool: &ReadPool,
    authority: &str,
    position: Position,
) -> Result<BTreeMap<Uuid, Map<String, Value>>, QueryError> {
    let client = pool.get().await?;
    let statement = include_str!("../sql/team_caseloads_later.sql");
    let statement = client.prepare_cached(statement).await?;
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 2] = [&authority, &position.0];
    let mut found = BTreeMap::new();
    for row in client.query(&statement, &parameters).await? {
        let Json(codes): Json<Map<String, Value>> = row.try_get("codes")?;
        found.insert(row.get("request_id"), codes);
    }
    Ok(found)
}
