//! `/requests/find`: by a number of another system, in the body, so that none stands in an address.

use super::Seen;
use crate::access::Action;
use crate::api::App;
use crate::api::caller::Caller;
use crate::api::extract::{Params, StrictJson};
use crate::api::fields::IdentifierBody;
use crate::api::problem::{Kind, Problem};
use crate::domain::workflow::schema::wrong_identifier;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;
use uuid::Uuid;

/// Requests with that number, as far as the caller may know of them. The number is not repeated.
#[derive(Serialize, ToSchema)]
#[schema(as = Found)]
pub(crate) struct FoundView {
    pub requests: Vec<FoundRequest>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct FoundRequest {
    pub id: Uuid,
    pub reference: String,
}

/// Find requests by a number of another system
///
/// CHI, SEEMiS or what else the workflow names: an exact look-up, told to those who work on a request
/// or may read it. A folder of AYRshare is found by its CHI number. Nothing is recorded.
#[utoipa::path(
    post, path = "/requests/find", tag = "Requests",
    request_body = IdentifierBody,
    responses((status = 200, body = FoundView)),
)]
pub(crate) async fn find(
    State(app): State<App>,
    caller: Caller,
    params: Params,
    StrictJson(body): StrictJson,
) -> Result<Json<FoundView>, Problem> {
    params.only(&[])?;
    caller.must_by_workflow(&app, Action::Send)?;
    let asked = IdentifierBody::parse(body)?;
    let declared = app.commands.registry().of(caller.authority.as_str());
    let workflows = declared.workflows();
    let kinds: BTreeSet<&str> = workflows.flat_map(|one| one.identifier_kinds()).collect();
    if !kinds.contains(asked.kind.as_str()) {
        return Err(
            Problem::new(Kind::BadData, "No workflow has such a number.")
                .with("/kind", "not a kind of number", "one of the allowed")
                .allow(kinds),
        );
    }
    if let Some((what, allowed)) = wrong_identifier(&asked.kind, asked.number.trim()) {
        let problem = Problem::new(Kind::BadData, "There can be no such number.");
        return Err(problem.with("/number", what, allowed));
    }
    let found = app
        .commands
        .find_by_identifier(&caller.authority, &asked.kind, &asked.number)
        .await?;
    let mut requests = Vec::new();
    for id in found {
        match Seen::load(&app, &caller, &id.0.to_string()).await {
            Ok(seen) if seen.content || seen.member => requests.push(FoundRequest {
                id: id.0,
                reference: seen.request.opening.reference.to_string(),
            }),
            Ok(_) => {}
            Err(problem) if problem.kind == Kind::NotFound => {}
            Err(problem) => return Err(problem),
        }
    }
    Ok(Json(FoundView { requests }))
}
