//! A row per open request: which team and worker it counts for.

use super::page::Decoded;
use super::request_list::holder;
use super::{Projection, QueryError, ReadPool};
use crate::domain::declared::Declared;
use crate::domain::ids::DefinitionHash;
use crate::domain::request::event::{Act, RequestEvent};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub struct TeamCaseloads;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenRequest {
    pub authority: String,
    pub request_id: Uuid,
    pub team: String,
    pub worker: Option<String>,
    pub held_by: String,
    pub state: String,
    pub waiting: bool,
    pub received_at: Timestamp,
    /// In this state.
    pub since: Timestamp,
    /// Ended requests stay until they are looked at again, uncounted.
    pub ended: bool,
}

impl Projection for TeamCaseloads {
    const NAME: &'static str = "team_caseloads";
    const TABLE: &'static str = include_str!("sql/team_caseloads_table.sql");
    const KEY: &'static str = "authority, request_id";
    type Row = OpenRequest;

    fn fold(
        rows: &mut Vec<OpenRequest>,
        event: &Decoded,
        declared: &Declared,
    ) -> Result<(), String> {
        let RequestEvent::Act(act) = &event.event else {
            return Ok(());
        };
        let state = event
            .recorded
            .definition
            .and_then(|hash| declared.find_workflow(&DefinitionHash(hash)))
            .and_then(|workflow| workflow.definition.states.get(&act.to))
            .ok_or("the pinned definition does not know the state")?;
        if rows.is_empty() {
            rows.push(open(event, act)?);
        }
        let Some(row) = rows.first_mut() else {
            return Ok(());
        };
        if row.state != act.to.as_str() {
            row.since = event.recorded.occurred_at;
        }
        if act.left_team.is_some() {
            row.worker = None;
        }
        if let Some(worker) = &act.worker {
            row.worker = Some(worker.to_string());
        }
        row.state = act.to.to_string();
        row.team = act.owner.team.to_string();
        row.held_by = holder(&act.owner.held_by).0;
        row.waiting = state.waiting;
        row.ended = state.ends;
        Ok(())
    }

    fn request_of(row: &OpenRequest) -> (&str, Uuid) {
        (&row.authority, row.request_id)
    }
}

fn open(event: &Decoded, act: &Act) -> Result<OpenRequest, String> {
    let opening = act.opening.as_ref().ok_or("the first act opens nothing")?;
    Ok(OpenRequest {
        authority: event.recorded.authority.to_string(),
        request_id: event.recorded.stream,
        team: act.owner.team.to_string(),
        worker: None,
        held_by: String::new(),
        state: act.to.to_string(),
        waiting: false,
        received_at: opening.received_at,
        since: event.recorded.occurred_at,
        ended: false,
    })
}

/// Requests of one team, worker and state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Caseload {
    pub team: String,
    pub worker: Option<String>,
    pub state: String,
    pub count: i64,
    /// When the longest-waiting of them was first asked for.
    pub oldest_at: Timestamp,
    pub newest_at: Timestamp,
    /// Of the count: help agreed, nobody free to give it.
    pub waiting: i64,
}

/// Open requests; of one team, or of all.
///
/// # Errors
/// When the read tables are out of reach.
pub async fn query(
    pool: &ReadPool,
    authority: &str,
    team: Option<&str>,
) -> Result<Vec<Caseload>, QueryError> {
    let client = pool.get().await?;
    let statement = client
        .prepare_cached(include_str!("sql/team_caseloads_query.sql"))
        .await?;
    let rows = client.query(&statement, &[&authority, &team]).await?;
    Ok(rows
        .iter()
        .map(|row| Caseload {
            team: row.get(0),
            worker: row.get(1),
            state: row.get(2),
            count: row.get(3),
            oldest_at: row.get(4),
            newest_at: row.get(5),
            waiting: row.get(6),
        })
        .collect())
}
