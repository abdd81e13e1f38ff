//! The description of the messages, beside that of the API.

use super::App;
use super::extract::Segments;
use super::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use std::collections::BTreeMap;

/// Made where the messages are made.
pub struct Described {
    pub asyncapi: Value,
    /// By name, without an ending.
    pub schemas: BTreeMap<&'static str, Value>,
}

/// The messages as an AsyncAPI 3 document
#[utoipa::path(
    get, path = "/asyncapi.json", tag = "Operation",
    responses((status = 200, body = Object, description = "AsyncAPI 3.0")),
)]
pub(crate) async fn document(State(app): State<App>) -> Json<Value> {
    Json(app.messages.asyncapi.clone())
}

/// A JSON Schema of the messages
///
/// `event-1` and `stub-1` are what a message calls its `dataschema`; `envelope-1` is around them.
#[utoipa::path(
    get, path = "/schemas/{name}", tag = "Operation",
    params(("name" = String, Path, description = "`envelope-1`, `event-1` or `stub-1`")),
    responses((status = 200, body = Object, content_type = "application/schema+json")),
)]
pub(crate) async fn schema(
    State(app): State<App>,
    Segments(name): Segments<String>,
) -> Result<Response, Problem> {
    let schema = app.messages.schemas.get(name.as_str());
    let schema = schema.ok_or_else(Problem::not_found)?;
    let media = [(CONTENT_TYPE, "application/schema+json")];
    Ok((media, Json(schema)).into_response())
}
