//! `GET /requests/{id}`

use super::Seen;
use super::clocks::{self, ClockView};
use super::readings::record;
use super::view::{Content, RequestView};
use crate::access::Opened;
use crate::api::App;
use crate::api::caller::Caller;
use crate::api::extract::{Params, Segments};
use crate::api::position::min_position;
use crate::api::problem::Problem;
use crate::domain::request::asking::civil_date;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::ETAG;
use axum::response::{IntoResponse, Response};
use std::collections::HashMap;

/// One request, folded from the log
///
/// A summary for those who may know of it; with its events, opened, for those who may read them.
#[utoipa::path(
    get, path = "/requests/{id}", tag = "Requests",
    params(
        ("id" = Uuid, Path, description = "Id of the request"),
        ("min_position" = Option<String>, Query, description = "Position that the answer must include; the log always does"),
    ),
    responses((status = 200, body = RequestView, headers(("ETag" = String, description = "Version, for If-Match")))),
)]
pub(crate) async fn read(
    State(app): State<App>,
    caller: Caller,
    Segments(id): Segments<String>,
    params: Params,
) -> Result<Response, Problem> {
    // The log is the truth and never behind: only the form of the parameter is checked.
    min_position(app.epoch, &params.only(&["min_position"])?)?;
    let seen = Seen::load(&app, &caller, &id).await?;
    let view = view(&app, &caller, &seen).await?;
    let mut response = Json(view).into_response();
    response
        .headers_mut()
        .insert(ETAG, etag(seen.request.version));
    Ok(response)
}

pub(super) fn etag(version: i32) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"0\""))
}

pub(crate) async fn view(app: &App, caller: &Caller, seen: &Seen) -> Result<RequestView, Problem> {
    let opens = seen.content || seen.restricted || seen.involvement.does;
    let opened = if opens {
        Opened::Content
    } else {
        Opened::Outline
    };
    record(app, caller, (opened, &[seen.id.0])).await?;
    let links = seen.links(app, caller).await?;
    let events = if opens {
        let opened = app.commands.open(&caller.authority, &seen.loaded).await?;
        let by_version: HashMap<i32, Content> = opened
            .into_iter()
            .map(|one| {
                (
                    one.version,
                    Content {
                        data: one.data,
                        destroyed: one.destroyed,
                    },
                )
            })
            .collect();
        let mut events = seen.events(&caller.principal, by_version);
        seen.forget(&mut events, &links.hidden);
        events
    } else {
        Vec::new()
    };
    let request = &seen.request;
    let declared = app.commands.registry().of(caller.authority.as_str());
    let clocks = clocks::readings(app, caller, seen)?.into_iter();
    let running: Vec<ClockView> = clocks.filter(ClockView::is_open).collect();
    Ok(RequestView {
        id: seen.id.0,
        reference: request.opening.reference.to_string(),
        workflow: request.opening.workflow.to_string(),
        workflow_version: request.opening.version,
        version: request.version,
        state: seen.state_view(),
        holder: seen.holder(),
        requester: request.requester.to_string(),
        agency: request.agency.as_ref().map(ToString::to_string),
        received_at: request.opening.received_at,
        worker: request.worker.as_ref().map(ToString::to_string),
        claim: seen.claim(&caller.principal, &declared, (app.now)())?,
        concern_open: seen.knows_state().then_some(request.is_concern_open()),
        moves: seen.moves(&caller.principal, &declared, (app.now)()),
        expected: seen.expected(&running),
        next: running,
        actions: seen.actions(&caller.principal, civil_date((app.now)())),
        still_open: seen.still_open(),
        links: links.shown,
        possible_same_child: seen.same_child(app, caller).await?,
        content: if opens { "open" } else { "summary" },
        events,
    })
}
