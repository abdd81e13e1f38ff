//! A row per time in which a request counted for a team, worker and state, so that a caseload can
//! be asked for as of any moment.

use super::page::Decoded;
use super::request_list::MOVED;
use super::{Projection, QueryError, ReadPool};
use crate::domain::declared::Declared;
use crate::domain::ids::DefinitionHash;
use crate::domain::request::event::{Act, RequestEvent};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub struct TeamCaseloads;

/// A time in which a request counted for one team, worker and state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    pub authority: String,
    pub request_id: Uuid,
    /// 1, 2, … of the request.
    pub span: i32,
    pub team: String,
    pub worker: Option<String>,
    pub state: String,
    pub waiting: bool,
    /// When help was first asked for.
    pub received_at: Timestamp,
    pub from_at: Timestamp,
    /// Absent for the span that lasts.
    pub to_at: Option<Timestamp>,
}

impl Projection for TeamCaseloads {
    const NAME: &'static str = "team_caseloads";
    const TABLE: &'static str = include_str!("sql/team_caseloads_table.sql");
    const KEY: &'static str = "authority, request_id, span";
    type Row = Span;

    fn fold(rows: &mut Vec<Span>, event: &Decoded, declared: &Declared) -> Result<(), String> {
        let RequestEvent::Act(act) = &event.event else {
            return Ok(());
        };
        let state = event
            .recorded
            .definition
            .and_then(|hash| declared.find_workflow(&DefinitionHash(hash)))
            .and_then(|workflow| workflow.definition.states.get(&act.to))
            .ok_or("the pinned definition does not know the state")?;
        let mut next = next_span(rows.last(), event, act, state.waiting)?;
        if state.restricted {
            MOVED.clone_into(&mut next.state);
        }
        if let Some(last) = rows.last_mut().filter(|last| last.to_at.is_none()) {
            if !state.ends && is_same(last, &next) {
                return Ok(());
            }
            last.to_at = Some(event.recorded.occurred_at);
        }
        // The opening leaves a span even where it ends at once: later acts need its `received_at`.
        if !state.ends {
            rows.push(next);
        } else if rows.is_empty() {
            rows.push(Span {
                to_at: Some(event.recorded.occurred_at),
                ..next
            });
        }
        Ok(())
    }

    fn request_of(row: &Span) -> (&str, Uuid) {
        (&row.authority, row.request_id)
    }
}

fn is_same(last: &Span, next: &Span) -> bool {
    (&last.team, &last.worker, &last.state) == (&next.team, &next.worker, &next.state)
}

fn next_span(
    last: Option<&Span>,
    event: &Decoded,
    act: &Act,
    waiting: bool,
) -> Result<Span, String> {
    let received_at = match (last, &act.opening) {
        (Some(last), _) => last.received_at,
        (None, Some(opening)) => opening.received_at,
        (None, None) => return Err("the first act opens nothing".to_owned()),
    };
    let kept = last
        .filter(|_| act.left_team.is_none())
        .and_then(|last| last.worker.clone());
    Ok(Span {
        authority: event.recorded.authority.to_string(),
        request_id: event.recorded.stream,
        span: last.map_or(1, |last| last.span + 1),
        team: act.owner.team.to_string(),
        worker: act.worker.as_ref().map(ToString::to_string).or(kept),
        state: act.to.to_string(),
        waiting,
        received_at,
        from_at: event.recorded.occurred_at,
        to_at: None,
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

#[derive(Debug, Clone)]
pub struct Question {
    pub authority: String,
    /// One team, or all.
    pub team: Option<String>,
    pub as_of: Timestamp,
}

/// Requests that were open at the moment asked about.
///
/// # Errors
/// When the read tables are out of reach.
pub async fn query(pool: &ReadPool, question: &Question) -> Result<Vec<Caseload>, QueryError> {
    let client = pool.get().await?;
    let statement = client
        .prepare_cached(include_str!("sql/team_caseloads_query.sql"))
        .await?;
    let rows = client
        .query(
            &statement,
            &[&question.authority, &question.team, &question.as_of],
        )
        .await?;
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
