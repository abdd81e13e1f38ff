//! `GET /requests/{id}`

use super::Seen;
use super::clocks::{self, ClockView};
use super::identity::OrdinaryPart;
use super::view::{Content, RequestView};
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
/// Whoever holds a child protection concern reads at once who the child is, where and with whom.
#[utoipa::path(
    get, path = "/requests/{id}", tag = "Requests",
    params(
        ("id" = Uuid, Path, description = "Id of the request"),
        ("min_position" = Option<String>, Query, description = "Position that the answer must include; the log always does"),
        ("narrative" = Option<String>, Query, description = "Why whoever holds a child protection concern opens what was written about the family: a code of the workflow; it is written down"),
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
    let params = params.only(&["min_position", "narrative"])?;
    min_position(app.epoch, &params)?;
    let seen = Seen::load(&app, &caller, &id).await?;
    let OpenedRequest { seen, view } = open(&app, &caller, seen, params.text("narrative")).await?;
    let mut response = Json(view).into_response();
    response
        .headers_mut()
        .insert(ETAG, etag(seen.request.version));
    Ok(response)
}

pub(super) fn etag(version: i32) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"0\""))
}

/// A request that was opened, with all that its reader may see of it.
pub(crate) struct OpenedRequest {
    /// As it is after the opening.
    pub(crate) seen: Seen,
    pub(crate) view: RequestView,
}

/// Written down before it is shown. `reason` is why whoever holds a concern opens what was written; a
/// code of the workflow.
pub(crate) async fn open(
    app: &App,
    caller: &Caller,
    seen: Seen,
    reason: Option<&str>,
) -> Result<OpenedRequest, Problem> {
    let part = seen.ordinary_part(reason)?;
    let seen = seen.open(app, caller, part, reason).await?;
    let view = view(app, caller, &seen, part).await?;
    Ok(OpenedRequest { seen, view })
}

async fn view(
    app: &App,
    caller: &Caller,
    seen: &Seen,
    part: OrdinaryPart,
) -> Result<RequestView, Problem> {
    let opens = seen.shows_text(caller, part);
    let links = seen.links(app, caller).await?;
    let principal = &caller.principal;
    let knows = seen.known_concerns(principal).next().is_some();
    let opened = if opens || knows {
        contents(app, caller, seen).await?
    } else {
        HashMap::new()
    };
    let concerns = seen.concerns(principal, &opened);
    let events = if opens {
        let mut events = seen.events(principal, part, opened);
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
        concern_open: knows.then(|| seen.known_concerns(principal).any(|one| one.open)),
        concerns,
        earlier_concerns: seen.earlier_concerns(app, caller).await?,
        moves: seen.moves(&caller.principal, &declared, (app.now)()),
        expected: seen.expected(&running),
        next: running,
        actions: seen.actions(&caller.principal, civil_date((app.now)())),
        still_open: seen.still_open(),
        links: links.shown,
        possible_same_child: seen.same_child(app, caller).await?,
        content: match part {
            _ if !opens => "summary",
            OrdinaryPart::Identity => "identity",
            OrdinaryPart::Whole | OrdinaryPart::Closed => "open",
        },
        events,
    })
}

/// What was written with each event, by version.
async fn contents(
    app: &App,
    caller: &Caller,
    seen: &Seen,
) -> Result<HashMap<i32, Content>, Problem> {
    let opened = app.commands.open(&caller.authority, &seen.loaded).await?;
    let contents = opened.into_iter().map(|one| {
        let content = Content {
            data: one.data,
            destroyed: one.destroyed,
        };
        (one.version, content)
    });
    Ok(contents.collect())
}
