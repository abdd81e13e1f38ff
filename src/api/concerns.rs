//! `GET /concerns` and `GET /concern-numbers`: what waits for an answer now, and what to ring.

use super::App;
use super::caller::{Caller, workflow_rights};
use super::extract::Params;
use super::position::AsOf;
use super::problem::Problem;
use super::read_tables::{caught_up, unreadable};
use super::requests::list::READ_TABLE;
use crate::access::{Action, Resource};
use crate::domain::declared::Declared;
use crate::projections::concerns::{self, OpenConcern};
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Serialize, ToSchema)]
#[schema(as = OpenConcern)]
pub(crate) struct ConcernView {
    pub request_id: Uuid,
    pub reference: String,
    pub team: String,
    pub passed_on_at: Timestamp,
    /// By the clock on the wall.
    pub waiting_ms: i64,
    /// Stream version; the ETag.
    pub version: i32,
}

#[derive(Serialize, ToSchema)]
#[schema(as = OpenConcerns)]
pub(crate) struct ConcernsView {
    /// Concerns that nobody has answered: until this is 0 it is red.
    pub unanswered_count: usize,
    /// When the one that waits longest was passed on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest_at: Option<Timestamp>,
    /// Longest wait first; only for those who may answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concerns: Option<Vec<ConcernView>>,
    pub as_of: AsOf,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ConcernNumber)]
pub(crate) struct NumberView {
    pub title: String,
    /// As people dial it.
    pub number: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ConcernNumbers)]
pub(crate) struct NumbersView {
    pub at: Timestamp,
    /// What to ring now, the most urgent first.
    pub numbers: Vec<NumberView>,
}

/// Child protection concerns that nobody has answered yet
///
/// How many, and since when, for managers; with ids for those whose task it is to answer.
#[utoipa::path(
    get, path = "/concerns", tag = "Child protection",
    params(("min_position" = Option<String>, Query, description = "Position that the answer must include")),
    responses((status = 200, body = ConcernsView)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<ConcernsView>, Problem> {
    let params = params.only(&["min_position"])?;
    let declared = app.commands.registry().of(caller.authority.as_str());
    let rights = workflow_rights(&declared, &caller.principal);
    let answers = rights.answers_concerns;
    caller.must(Action::ReadConcerns, Resource::Workflows(rights))?;
    let as_of = caught_up(&app, READ_TABLE, &params).await?;
    let open = concerns::query(&app.reads, &caller.authority)
        .await
        .map_err(unreadable)?;
    let now = (app.now)();
    Ok(Json(ConcernsView {
        unanswered_count: open.len(),
        oldest_at: open.first().map(|concern| concern.passed_on_at),
        concerns: answers.then(|| open.into_iter().map(|one| view(one, now)).collect()),
        as_of,
    }))
}

/// What to ring about a child protection concern, at this hour
///
/// Ring first and write then: passing a concern on here does not replace the call.
#[utoipa::path(
    get, path = "/concern-numbers", tag = "Child protection",
    responses((status = 200, body = NumbersView)),
)]
pub(crate) async fn numbers(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<NumbersView>, Problem> {
    params.only(&[])?;
    caller.must(Action::ReadConcernNumbers, Resource::Whole)?;
    let declared = app.commands.registry().of(caller.authority.as_str());
    let at = (app.now)();
    Ok(Json(NumbersView {
        at,
        numbers: numbers_at(&declared, at),
    }))
}

pub(crate) fn numbers_at(declared: &Declared, at: Timestamp) -> Vec<NumberView> {
    let numbers = declared.organisation().numbers_at(declared.calendars(), at);
    numbers
        .map(|number| NumberView {
            title: number.title.clone(),
            number: number.number.clone(),
        })
        .collect()
}

fn view(concern: OpenConcern, now: Timestamp) -> ConcernView {
    ConcernView {
        request_id: concern.request_id,
        reference: concern.reference,
        team: concern.team,
        waiting_ms: now.as_millisecond() - concern.passed_on_at.as_millisecond(),
        passed_on_at: concern.passed_on_at,
        version: concern.version,
    }
}
