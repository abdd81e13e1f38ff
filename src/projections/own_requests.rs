//! What somebody asked for or has to do something about, whichever page of the list it would stand on.

use super::request_list::RequestRow;
use super::{QueryError, ReadPool};
use crate::domain::ids::{AgencyId, Authority, PrincipalId};
use jiff::Timestamp;
use serde_json::{Map, Value};
use tokio_postgres::Row;
use tokio_postgres::types::Json;
use uuid::Uuid;

/// Somebody, with those for whom they answer today.
#[derive(Debug, Clone)]
pub struct OwnReader {
    pub authority: Authority,
    pub person: PrincipalId,
    /// Agencies whose questions go to them meanwhile.
    pub covered: Vec<AgencyId>,
    /// Agencies whose open actions they may do.
    pub agencies: Vec<AgencyId>,
}

/// A request that needs this person, or on which a decision was taken.
#[derive(Debug, Clone)]
pub struct OwnRequest {
    pub request_id: Uuid,
    pub reference: String,
    pub workflow: String,
    pub workflow_version: i32,
    pub state: String,
    pub requester: String,
    pub received_at: Timestamp,
    pub state_since: Timestamp,
    pub decided_at: Option<Timestamp>,
    /// The event of the last decision, and its codes where they were asked for.
    pub decision: Option<String>,
    pub codes: Map<String, Value>,
    /// A question waits for this person.
    pub asked: bool,
    /// Open actions of the child's plan that are theirs to do.
    pub action_count: i64,
}

/// What waits for this person, the newest first, at most so many.
///
/// # Errors
/// When the read tables are out of reach.
pub async fn needs(
    pool: &ReadPool,
    reader: &OwnReader,
    limit: i64,
) -> Result<Vec<OwnRequest>, QueryError> {
    let client = pool.get().await?;
    let statement = include_str!("sql/own_needs.sql");
    let statement = client.prepare_cached(statement).await?;
    let codes = |agencies: &[AgencyId]| -> Vec<String> {
        agencies.iter().map(ToString::to_string).collect()
    };
    let (covered, agencies) = (codes(&reader.covered), codes(&reader.agencies));
    let (authority, person) = (reader.authority.as_str(), reader.person.as_str());
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
        [&authority, &person, &covered, &agencies, &limit];
    read(&client.query(&statement, &parameters).await?)
}

/// The newest decisions on what this person asked for, at most so many; imported ones are no news.
///
/// # Errors
/// When the read tables are out of reach.
pub async fn decided(
    pool: &ReadPool,
    reader: &OwnReader,
    limit: i64,
) -> Result<Vec<OwnRequest>, QueryError> {
    let client = pool.get().await?;
    let statement = include_str!("sql/own_decided.sql");
    let statement = client.prepare_cached(statement).await?;
    let (authority, person) = (reader.authority.as_str(), reader.person.as_str());
    let rows = client
        .query(&statement, &[&authority, &person, &limit])
        .await?;
    read(&rows)
}

/// Which page of what somebody asked for.
#[derive(Debug, Clone)]
pub struct OwnPage {
    pub open_only: bool,
    /// Goes on after the last request of the page before: when help was first asked for, and its id.
    pub after: Option<(Timestamp, Uuid)>,
    /// Left out: they stand elsewhere on the page.
    pub without: Vec<Uuid>,
    pub limit: i64,
}

/// What this person asked for, the newest first.
///
/// # Errors
/// When the read tables are out of reach.
pub async fn newest(
    pool: &ReadPool,
    reader: &OwnReader,
    page: &OwnPage,
) -> Result<Vec<RequestRow>, QueryError> {
    let client = pool.get().await?;
    let statement = include_str!("sql/own_newest.sql");
    let statement = client.prepare_cached(statement).await?;
    let (authority, person) = (reader.authority.as_str(), reader.person.as_str());
    let (at, id) = (page.after.map(|(at, _)| at), page.after.map(|(_, id)| id));
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 7] = [
        &authority,
        &person,
        &page.open_only,
        &at,
        &id,
        &page.without,
        &page.limit,
    ];
    let rows = client.query(&statement, &parameters).await?;
    let row = |row: &Row| row.try_get(0).map(|Json(row): Json<RequestRow>| row);
    let rows: Result<Vec<RequestRow>, _> = rows.iter().map(row).collect();
    Ok(rows?)
}

fn read(rows: &[Row]) -> Result<Vec<OwnRequest>, QueryError> {
    let one = |row: &Row| -> Result<OwnRequest, tokio_postgres::Error> {
        let Json(codes): Json<Map<String, Value>> = row.try_get("codes")?;
        Ok(OwnRequest {
            request_id: row.try_get("request_id")?,
            reference: row.try_get("reference")?,
            workflow: row.try_get("workflow")?,
            workflow_version: row.try_get("workflow_version")?,
            state: row.try_get("state")?,
            requester: row.try_get("requester")?,
            received_at: row.try_get("received_at")?,
            state_since: row.try_get("state_since")?,
            decided_at: row.try_get("decided_at")?,
            decision: row.try_get("decision")?,
            codes,
            asked: row.try_get("asked")?,
            action_count: row.try_get("action_count")?,
        })
    };
    let read: Result<Vec<OwnRequest>, _> = rows.iter().map(one).collect();
    Ok(read?)
}
