//! `GET /response-times`: open requests always count.

use super::App;
use super::caller::Caller;
use super::extract::Params;
use super::position::AsOf;
use super::problem::{Kind, Problem};
use super::views::{caught_up, unreadable};
use crate::access::{Action, Resource};
use crate::domain::ids::{ClockName, WorkflowName};
use crate::projections::QueryError;
use crate::projections::response_times::{self, Answer, Question};
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use std::convert::Infallible;
use utoipa::ToSchema;

const VIEW: &str = "response_times";

#[derive(Serialize, ToSchema)]
#[schema(as = ResponseTimes)]
pub(crate) struct TimesView {
    #[serde(flatten)]
    pub answer: Answer,
    pub as_of: AsOf,
}

/// How long families wait
///
/// For every clock: counts with the open ones, Kaplan–Meier quantiles with their uncertainty, the
/// share within target, the oldest that is still open; in elapsed and in working time.
#[utoipa::path(
    get, path = "/response-times", tag = "Figures",
    params(
        ("workflow" = Option<String>, Query, description = "Default: the authority's usual workflow"),
        ("clock" = Option<String>, Query, description = "One clock; default: all"),
        ("by" = Option<String>, Query, description = "`team`, or a coded field of the opening act"),
        ("as_of" = Option<String>, Query, description = "RFC 3339: as it stood then; default: now"),
        ("min_position" = Option<String>, Query, description = "Position that the answer must include"),
    ),
    responses((status = 200, body = TimesView)),
)]
pub(crate) async fn read(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<TimesView>, Problem> {
    let params = params.only(&["workflow", "clock", "by", "as_of", "min_position"])?;
    caller.must(Action::ReadResponseTimes, Resource::Whole)?;
    let workflow = params.find("workflow", "the name of a workflow", WorkflowName::parse)?;
    let by = params.find("by", "`team` or a coded field", |text| {
        Ok::<_, Infallible>(text.to_owned())
    })?;
    let question = Question {
        authority: caller.authority.to_string(),
        workflow: workflow.unwrap_or_else(|| app.usual_workflow.clone()),
        clock: params.find("clock", "the name of a clock", ClockName::parse)?,
        by,
        as_of: as_of(&app, &params)?,
    };
    let as_of = caught_up(&app, VIEW, &params).await?;
    let declared = app.commands.registry().of(caller.authority.as_str());
    let answer = response_times::query(&app.reads, &declared, &question)
        .await
        .map_err(unanswered)?;
    Ok(Json(TimesView { answer, as_of }))
}

fn unanswered(error: QueryError) -> Problem {
    match error {
        QueryError::UnknownDimension { allowed, .. } => {
            Problem::new(Kind::BadQuery, "`by` is not a dimension of this workflow.").allow(allowed)
        }
        QueryError::Unavailable | QueryError::Calendar(_) => unreadable(error),
    }
}

/// The moment asked about.
pub(super) fn as_of(app: &App, params: &Params) -> Result<Timestamp, Problem> {
    let asked = params.find("as_of", "an RFC 3339 time with its offset", str::parse)?;
    Ok(asked.unwrap_or_else(|| (app.now)()))
}
