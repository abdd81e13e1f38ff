//! `GET /teams/{id}/queue`: what waits for a team.

use super::App;
use super::caller::Caller;
use super::extract::{Params, Segments};
use super::problem::Problem;
use super::requests::list::{ListView, page, rows};
use crate::access::{Action, Resource};
use crate::domain::ids::TeamId;
use axum::Json;
use axum::extract::State;

/// A team's queue
///
/// Requests that the team holds and that have not ended, oldest first. For its members.
#[utoipa::path(
    get, path = "/teams/{id}/queue", tag = "Teams",
    params(
        ("id" = String, Path, description = "Code of the team"),
        ("after" = Option<Uuid>, Query, description = "`next` of the page before"),
        ("limit" = Option<i64>, Query, description = "1 to 100, usually 50"),
        ("min_position" = Option<String>, Query, description = "Position that the answer must include"),
    ),
    responses((status = 200, body = ListView)),
)]
pub(crate) async fn queue(
    State(app): State<App>,
    caller: Caller,
    Segments(id): Segments<String>,
    params: Params,
) -> Result<Json<ListView>, Problem> {
    let params = params.only(&["after", "limit", "min_position"])?;
    // A team of others and no team at all are the same to a stranger.
    let team = TeamId::parse(&id).map_err(|_| Problem::not_found())?;
    caller
        .must(Action::ReadQueue, Resource::Team(&team))
        .map_err(|_| Problem::not_found())?;
    let mut filter = page(&caller, &params)?;
    filter.team = Some(team);
    filter.open_only = true;
    rows(&app, &params, filter).await.map(Json)
}
