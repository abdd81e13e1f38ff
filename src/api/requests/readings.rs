//! `GET /requests/{id}/readings`

use super::Seen;
use crate::access::{Opened, Reader, Reading};
use crate::api::App;
use crate::api::caller::Caller;
use crate::api::extract::{Params, Segments};
use crate::api::problem::Problem;
use crate::api::read_tables::unreadable;
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Serialize, ToSchema)]
#[schema(as = Readings)]
pub(crate) struct ReadingsView {
    pub readings: Vec<ReadingView>,
}

/// What one person has seen of a request, and how often.
#[derive(Serialize, ToSchema)]
#[schema(as = Reading)]
pub(crate) struct ReadingView {
    pub principal: String,
    /// `content` is what was written about the child and the family, `identity` who the child is, where
    /// and with whom, for whoever holds a child protection concern, `outline` where the request is and
    /// who has it, `figure` that it stands behind a number.
    pub opened: String,
    /// Why, where the reader was asked: a code of the workflow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub times: i64,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
}

impl From<Reading> for ReadingView {
    fn from(one: Reading) -> Self {
        Self {
            principal: one.principal,
            opened: one.opened,
            reason: one.reason,
            times: one.times,
            first_at: one.first_at,
            last_at: one.last_at,
        }
    }
}

/// Who has opened a request
///
/// For whoever leads the team that has it, auditors and information governance; who came last stands
/// first. It is written down before anything is shown, by whatever way it was asked for.
#[utoipa::path(
    get, path = "/requests/{id}/readings", tag = "Requests",
    params(("id" = Uuid, Path, description = "Id of the request")),
    responses((status = 200, body = ReadingsView)),
)]
pub(crate) async fn read(
    State(app): State<App>,
    caller: Caller,
    Segments(id): Segments<String>,
    params: Params,
) -> Result<Json<ReadingsView>, Problem> {
    params.only(&[])?;
    let seen = Seen::load(&app, &caller, &id).await?;
    if !seen.readings {
        return Err(Problem::closed());
    }
    let found = app.readings.of(&caller.authority, seen.id.0).await;
    let readings = found.map_err(unreadable)?;
    Ok(Json(ReadingsView {
        readings: readings.into_iter().map(ReadingView::from).collect(),
    }))
}

/// Before anything of these requests is shown.
pub(crate) async fn record(
    app: &App,
    caller: &Caller,
    (opened, requests): (Opened, &[Uuid]),
) -> Result<(), Problem> {
    let recorded = app.readings.record(caller.reader(), opened, requests).await;
    recorded.map_err(unreadable)
}

/// Before a request is shown to somebody who was asked why they open it.
pub(super) async fn record_reason(
    app: &App,
    caller: &Caller,
    reason: &str,
    request: Uuid,
) -> Result<(), Problem> {
    let reader = Reader {
        reason: Some(reason),
        ..caller.reader()
    };
    let recorded = app
        .readings
        .record(reader, Opened::Content, &[request])
        .await;
    recorded.map_err(unreadable)
}
