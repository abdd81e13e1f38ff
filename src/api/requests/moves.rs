//! Commands: `POST /requests`, `…/moves/{move}`.

use super::read::etag;
use super::{Seen, parse_id};
use crate::access::Action;
use crate::api::App;
use crate::api::caller::Caller;
use crate::api::extract::{IfMatch, Key, Params, Segments, StrictJson};
use crate::api::fields::{MoveBody, OpenBody, asked};
use crate::api::position::public;
use crate::api::problem::{Kind, Problem};
use crate::commands::{Ask, Command, CommandError, Provenance, Receipt};
use crate::domain::ids::{MoveName, PrincipalId, RequestId, WorkflowName};
use crate::domain::request::asking::civil_date;
use crate::domain::request::error::Refusal;
use axum::Json;
use axum::extract::State;
use axum::http::header::{ETAG, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

/// What was recorded; the same for every repetition of the command.
#[derive(Serialize, ToSchema)]
#[schema(as = Receipt)]
pub(crate) struct ReceiptView {
    pub request_id: Uuid,
    /// What people quote on the phone.
    pub reference: String,
    /// `epoch-position`; for `min_position`.
    pub position: String,
    /// For the next If-Match.
    pub version: i32,
    pub recorded_at: Timestamp,
    /// The command was accepted before; nothing was recorded now.
    pub duplicate: bool,
}

impl ReceiptView {
    pub(crate) fn of(app: &App, receipt: Receipt) -> Self {
        Self {
            request_id: receipt.request_id.0,
            reference: receipt.reference,
            position: public(app.epoch, receipt.position.0),
            version: receipt.version,
            recorded_at: receipt.recorded_at,
            duplicate: receipt.duplicate,
        }
    }
}

/// Send a request for assistance
///
/// Opens a request with the workflow's opening move; further moves of `then` happen with it.
#[utoipa::path(
    post, path = "/requests", tag = "Requests",
    params(("Idempotency-Key" = String, Header, description = "1 to 128 visible ASCII characters; the same key gives the same receipt")),
    request_body = OpenBody,
    responses((status = 201, body = ReceiptView, headers(
        ("Location" = String, description = "The request"),
        ("ETag" = String, description = "Version, for If-Match"),
    ))),
)]
pub(crate) async fn open(
    State(app): State<App>,
    caller: Caller,
    Key(key): Key,
    params: Params,
    StrictJson(body): StrictJson,
) -> Result<Response, Problem> {
    params.only(&[])?;
    let receipt = open_request(&app, &caller, key, OpenBody::parse(body)?).await?;
    let location = HeaderValue::from_str(&format!("/requests/{}", receipt.request_id));
    let mut response = answer(&app, StatusCode::CREATED, receipt);
    if let Ok(location) = location {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

/// From whatever door it came.
pub(crate) async fn open_request(
    app: &App,
    caller: &Caller,
    key: String,
    body: OpenBody,
) -> Result<Receipt, Problem> {
    caller.must_by_workflow(app, Action::Send)?;
    let workflow = body.workflow.unwrap_or_else(|| app.usual_workflow.clone());
    let opening = match body.move_name {
        Some(name) => name,
        None => opening_move(app, caller, &workflow, &body.data)?,
    };
    let ask = Ask::Open {
        workflow,
        moves: asked(opening, body.data, body.then),
    };
    let command = command(caller, key, body.on_behalf_of, ask, None);
    Ok(app.commands.execute(command, (app.now)()).await?)
}

/// The only opening move of the version that a request with these data begins with.
fn opening_move(
    app: &App,
    caller: &Caller,
    workflow: &WorkflowName,
    data: &Value,
) -> Result<MoveName, Problem> {
    let declared = app.commands.registry().of(caller.authority.as_str());
    if declared.newest_workflow(workflow).is_none() {
        let allowed = declared.workflow_names().cloned().collect();
        return Err(CommandError::UnknownWorkflow {
            found: workflow.clone(),
            allowed,
        }
        .into());
    }
    let nothing = Map::new();
    let data = data.as_object().unwrap_or(&nothing);
    let found = declared
        .opening_workflow(workflow, data, civil_date((app.now)()))
        .map_err(CommandError::from)?;
    match found.opening_move() {
        Ok((only, _)) => Ok(only.clone()),
        Err(opening) => Err(
            Problem::new(Kind::BadData, "The workflow has several opening moves.")
                .with("/move", "missing", "one of the opening moves")
                .allow(opening),
        ),
    }
}

/// Make a move
///
/// `If-Match` is needed unless the move may not wait (`any_version`). Moves of `then` happen with
/// it, or none does.
#[utoipa::path(
    post, path = "/requests/{id}/moves/{move}", tag = "Requests",
    params(
        ("id" = Uuid, Path, description = "Id of the request"),
        ("move" = String, Path, description = "Name of the move"),
        ("Idempotency-Key" = String, Header, description = "1 to 128 visible ASCII characters; the same key gives the same receipt"),
        ("If-Match" = Option<String>, Header, description = "The ETag that you have seen"),
    ),
    request_body = MoveBody,
    responses((status = 200, body = ReceiptView, headers(("ETag" = String, description = "Version, for If-Match")))),
)]
#[expect(
    clippy::too_many_arguments,
    reason = "an extractor a parameter is how a handler is written"
)]
pub(crate) async fn make(
    State(app): State<App>,
    caller: Caller,
    Segments((id, name)): Segments<(String, String)>,
    Key(key): Key,
    IfMatch(if_match): IfMatch,
    params: Params,
    StrictJson(body): StrictJson,
) -> Result<Response, Problem> {
    params.only(&[])?;
    let request = parse_id(&id)?;
    let body = MoveBody::parse(body)?;
    let name = MoveName::parse(&name).map_err(|_| Problem::not_found())?;
    let command = of_move(&caller, key, if_match, (request, name, body));
    execute(&app, &caller, request, command).await
}

/// From whatever door it came.
pub(crate) fn of_move(
    caller: &Caller,
    key: String,
    if_match: Option<i32>,
    (request, name, body): (RequestId, MoveName, MoveBody),
) -> Command {
    let ask = Ask::Moves {
        request,
        moves: asked(name, body.data, body.then),
    };
    command(caller, key, body.on_behalf_of, ask, if_match)
}

pub(crate) fn command(
    caller: &Caller,
    key: String,
    on_behalf_of: Option<PrincipalId>,
    ask: Ask,
    if_match: Option<i32>,
) -> Command {
    Command {
        authority: caller.authority.clone(),
        actor: caller.principal.clone(),
        on_behalf_of,
        key,
        ask,
        if_match,
        occurred_at: None,
        provenance: Provenance::Live,
        correlation: caller.call,
        causation: None,
    }
}

pub(super) async fn execute(
    app: &App,
    caller: &Caller,
    request: RequestId,
    command: Command,
) -> Result<Response, Problem> {
    let receipt = receive(app, caller, request, command).await?;
    Ok(answer(app, StatusCode::OK, receipt))
}

/// The rules of the workflow come first: a move may be open to somebody who may not read.
/// What they refuse is only explained to those who may know of the request.
pub(crate) async fn receive(
    app: &App,
    caller: &Caller,
    request: RequestId,
    command: Command,
) -> Result<Receipt, Problem> {
    match app.commands.execute(command, (app.now)()).await {
        Ok(receipt) => Ok(receipt),
        Err(
            refused @ (CommandError::Refused(_)
            | CommandError::Data { .. }
            | CommandError::Stale { .. }
            | CommandError::VersionRequired { .. }
            | CommandError::UnknownWorkflow { .. }),
        ) => {
            let seen = Seen::load(app, caller, &request.to_string()).await?;
            Err(seen.refused(app, caller, refused))
        }
        Err(
            error @ (CommandError::KeyReused
            | CommandError::Unavailable { .. }
            | CommandError::Unknown { .. }
            | CommandError::Broken { .. }),
        ) => Err(error.into()),
    }
}

impl Seen {
    /// Whoever is too late for a claim is told who has it, and until when.
    fn refused(&self, app: &App, caller: &Caller, refused: CommandError) -> Problem {
        if self.hides(&refused) {
            return Problem::new(Kind::NotNow, "This is not possible now.");
        }
        let CommandError::Refused(Refusal::ClaimedByOther { reasons, .. }) = &refused else {
            return refused.into();
        };
        let declared = app.commands.registry().of(caller.authority.as_str());
        match self.claim(&caller.principal, &declared, (app.now)()) {
            Ok(Some(claim)) => Problem::claimed(&claim.by, claim.until).allow(reasons),
            Ok(None) => refused.into(),
            Err(problem) => problem,
        }
    }
}

fn answer(app: &App, status: StatusCode, receipt: Receipt) -> Response {
    let version = receipt.version;
    let mut response = (status, Json(ReceiptView::of(app, receipt))).into_response();
    response.headers_mut().insert(ETAG, etag(version));
    response
}
