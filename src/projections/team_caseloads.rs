//! A row per time in which a request counted for a team, worker and state, so that a caseload can
//! be asked for as of any moment.

pub mod known;

use super::page::Decoded;
use super::request_list::MOVED;
use super::{Projection, QueryError, ReadPool};
use crate::domain::declared::Declared;
use crate::domain::ids::DefinitionHash;
use crate::domain::measures::Weights;
use crate::domain::request::event::{Act, RequestEvent};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio_postgres::Row;
use tokio_postgres::types::Json;
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
    const KEY: &'static str = "request_id, authority, span";
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

    fn place_of(row: &Span) -> (&str, i32) {
        ("", row.span)
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
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Caseload {
    pub team: String,
    pub worker: Option<String>,
    pub state: String,
    pub count: i64,
    /// By the weights in force.
    pub weight: f64,
    /// When the longest-waiting of them was first asked for.
    pub oldest_at: Timestamp,
    pub newest_at: Timestamp,
    /// When the first of them came into this state with this team and worker.
    pub longest_here_since: Timestamp,
    /// Of the count: help agreed, nobody free to give it.
    pub waiting: i64,
    /// Of the count: somebody of the team has taken it to work on it now, or had when it was known so.
    pub claimed: i64,
}

#[derive(Debug, Clone)]
pub struct Question {
    pub authority: String,
    pub as_of: Timestamp,
}

/// Requests that were open at the moment asked about; one round trip, a row an open request.
///
/// # Errors
/// When the read tables are out of reach.
pub async fn query(
    pool: &ReadPool,
    question: &Question,
    weights: Option<&Weights>,
) -> Result<Vec<Caseload>, QueryError> {
    let open = open(pool, question, weights).await?;
    Ok(together(open.into_iter().map(|(_, one)| one)))
}

/// Each open request by itself, in the order of team, worker and state.
///
/// # Errors
/// When the read tables are out of reach.
pub async fn open(
    pool: &ReadPool,
    question: &Question,
    weights: Option<&Weights>,
) -> Result<Vec<(Uuid, Caseload)>, QueryError> {
    let client = pool.get().await?;
    let statement = client
        .prepare_cached(include_str!("sql/team_caseloads_open.sql"))
        .await?;
    let rows = client
        .query(&statement, &[&question.authority, &question.as_of])
        .await?;
    let mut found = Vec::new();
    for row in &rows {
        let Json(codes): Json<Map<String, Value>> = row.try_get("codes")?;
        let one = one(row, |state| weight(weights, &codes, state));
        found.push((row.get("request_id"), one));
    }
    Ok(found)
}

/// Those of one team, worker and state, which come one after the other, as one.
pub fn together(all: impl Iterator<Item = Caseload>) -> Vec<Caseload> {
    let mut found: Vec<Caseload> = Vec::new();
    for one in all {
        match found.last_mut() {
            Some(last) if is_with(last, &one) => add(last, &one),
            Some(_) | None => found.push(one),
        }
    }
    found
}

fn weight(weights: Option<&Weights>, codes: &Map<String, Value>, state: &str) -> f64 {
    let of_field = |field: &str| match field {
        "state" => vec![state.to_owned()],
        field => super::response_times::codes(codes.get(field)),
    };
    weights.map_or(1.0, |weights| weights.of(of_field))
}

fn one(row: &Row, weight: impl Fn(&str) -> f64) -> Caseload {
    let state: String = row.get("state");
    Caseload {
        team: row.get("team"),
        worker: row.get("worker"),
        count: 1,
        weight: weight(&state),
        state,
        oldest_at: row.get("received_at"),
        newest_at: row.get("received_at"),
        longest_here_since: row.get("from_at"),
        waiting: i64::from(row.get::<_, bool>("waiting")),
        claimed: i64::from(row.get::<_, bool>("claimed")),
    }
}

fn is_with(last: &Caseload, one: &Caseload) -> bool {
    (&last.team, &last.worker, &last.state) == (&one.team, &one.worker, &one.state)
}

fn add(last: &mut Caseload, one: &Caseload) {
    last.count += one.count;
    last.weight += one.weight;
    last.oldest_at = last.oldest_at.min(one.oldest_at);
    last.newest_at = last.newest_at.max(one.newest_at);
    last.longest_here_since = last.longest_here_since.min(one.longest_here_since);
    last.waiting += one.waiting;
    last.claimed += one.claimed;
}
