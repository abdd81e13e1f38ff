//! `POST /requests/{id}/clocks/{clock}/extension`

use super::moves::{ReceiptView, command, execute};
use super::parse_id;
use crate::api::App;
use crate::api::caller::Caller;
use crate::api::extract::{IfMatch, Key, Params, Segments, StrictJson};
use crate::api::fields::ExtensionBody;
use crate::api::problem::Problem;
use crate::commands::Ask;
use crate::domain::ids::ClockName;
use axum::extract::State;
use axum::response::Response;

/// Give a clock more time
///
/// Before its target is missed, by those whom the workflow names, with one of its reasons, at most
/// so much and so often as it says. The target without it stays visible.
#[utoipa::path(
    post, path = "/requests/{id}/clocks/{clock}/extension", tag = "Requests",
    params(
        ("id" = Uuid, Path, description = "Id of the request"),
        ("clock" = String, Path, description = "Name of the clock"),
        ("Idempotency-Key" = String, Header, description = "1 to 128 visible ASCII characters; the same key gives the same receipt"),
        ("If-Match" = String, Header, description = "The ETag that you have seen"),
    ),
    request_body = ExtensionBody,
    responses((status = 200, body = ReceiptView, headers(("ETag" = String, description = "Version, for If-Match")))),
)]
#[expect(
    clippy::too_many_arguments,
    reason = "an extractor a parameter is how a handler is written"
)]
pub(crate) async fn extend(
    State(app): State<App>,
    caller: Caller,
    Segments((id, clock)): Segments<(String, String)>,
    Key(key): Key,
    IfMatch(if_match): IfMatch,
    params: Params,
    StrictJson(body): StrictJson,
) -> Result<Response, Problem> {
    params.only(&[])?;
    let request = parse_id(&id)?;
    let clock = ClockName::parse(&clock).map_err(|_| Problem::not_found())?;
    let ExtensionBody { by, reason } = ExtensionBody::parse(body)?;
    let ask = Ask::Extend {
        request,
        clock,
        by,
        reason,
    };
    let command = command(&caller, key, None, ask, if_match);
    execute(&app, &caller, request, command).await
}
