//! `GET /concerns` and `GET /concern-numbers`: what is open now, and what to ring.

use super::App;
use super::caller::{Caller, workflow_rights};
use super::extract::Params;
use super::position::AsOf;
use super::problem::Problem;
use super::read_tables::{caught_up, unreadable};
use super::requests::list::READ_TABLE;
use crate::access::{Action, Resource};
use crate::domain::declared::Declared;
use crate::domain::request::concern::Concern;
use crate::projections::concerns::{self, OpenConcern};
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Serialize, ToSchema)]
#[schema(as = OpenConcern)]
pub(crate) struct OpenConcernView {
    pub request_id: Uuid,
    pub reference: String,
    pub workflow: String,
    pub team: String,
    /// In the request; every move about the concern names it.
    pub number: u32,
    /// `unanswered`, `answered` (nobody has taken it over yet) or `taken-over`
    pub standing: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passed_on_at: Option<Timestamp>,
    /// By the clock on the wall.
    pub waiting_ms: i64,
    /// How often nobody could be reached.
    pub attempt_count: u32,
    /// The responder who has taken it over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_by: Option<String>,
    /// Stream version; the ETag.
    pub version: i32,
}

#[derive(Serialize, ToSchema)]
#[schema(as = OpenConcerns)]
pub(crate) struct ConcernsView {
    /// Concerns that nobody has answered: until this is 0 it is red.
    pub unanswered_count: usize,
    /// When the one that waits longest for an answer was passed on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest_at: Option<Timestamp>,
    /// Concerns that somebody has answered and no responder has taken over.
    pub not_taken_over_count: usize,
    /// All that have no final result, for those who may take them over: first what nobody has
    /// answered, then what nobody has taken over, each the longest wait first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concerns: Option<Vec<OpenConcernView>>,
    pub as_of: AsOf,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ConcernNumber)]
pub(crate) struct NumberView {
    pub title: String,
    /// As people dial it.
    pub number: String,
    /// What a workflow calls it where it asks which number was rung.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ConcernNumbers)]
pub(crate) struct NumbersView {
    pub at: Timestamp,
    /// What to ring now, the most urgent first.
    pub numbers: Vec<NumberView>,
}

/// Child protection concerns without a final result
///
/// How many nobody has answered, and since when, for managers; with ids for those whose task it is to
/// take them over.
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
    let unanswered = open.iter().filter(|one| one.concern.is_unanswered());
    let unheld = open.iter().filter(|one| one.concern.held_by.is_none());
    let unanswered_count = unanswered.clone().count();
    Ok(Json(ConcernsView {
        unanswered_count,
        oldest_at: unanswered.filter_map(|one| one.concern.passed_on_at).min(),
        not_taken_over_count: unheld.count().saturating_sub(unanswered_count),
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
            code: number.code.clone(),
        })
        .collect()
}

fn view(one: OpenConcern, now: Timestamp) -> OpenConcernView {
    let concern = one.concern;
    let since = concern.passed_on_at.unwrap_or(now);
    OpenConcernView {
        request_id: one.request_id,
        reference: one.reference,
        workflow: one.workflow,
        team: one.team,
        number: concern.number,
        standing: standing(&concern),
        waiting_ms: now.as_millisecond() - since.as_millisecond(),
        passed_on_at: concern.passed_on_at,
        attempt_count: concern.attempt_count,
        held_by: concern.held_by.map(|person| person.to_string()),
        version: one.version,
    }
}

/// How a concern stands, as a code.
pub(crate) fn standing(concern: &Concern) -> &'static str {
    match (concern.open, concern.is_unanswered(), &concern.held_by) {
        (false, _, _) => "closed",
        (true, true, _) => "unanswered",
        (true, false, None) => "answered",
        (true, false, Some(_)) => "taken-over",
    }
}
