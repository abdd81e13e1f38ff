//! `/requests/find`: by a number of another system, in the body, so that none stands in an address.
//!
//! Invariant: a number of a request that the caller may not see runs the same statements, over the same
//! number of rows, as one that nobody was given; and nothing is looked up before it is written down who
//! asks, and why.

use super::Seen;
use super::readings::record;
use super::sight::CallerSight;
use crate::access::{Action, NewSearch, Opened, RecordedSearch, Resource, SearchStart};
use crate::api::App;
use crate::api::caller::Caller;
use crate::api::extract::{Params, StrictJson};
use crate::api::fields::IdentifierBody;
use crate::api::problem::{Kind, Problem};
use crate::commands::GivenNumber;
use crate::domain::request::sight::Tie;
use crate::domain::workflow::schema::wrong_identifier;
use crate::lookups::LookupError;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;
use uuid::Uuid;

const RETRY_AFTER_MS: u64 = 1_000;

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
/// CHI, SEEMiS or what else the workflow names: an exact look-up among the requests that the caller works
/// on or may read; a service account finds what it sent. A folder of AYRshare is found by its CHI number.
/// Each search is written down with its reason before anything is looked up, and so is what it shows; the
/// number is not kept. All that was recorded before the call is found.
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
    caller.must(Action::Search, Resource::Whole)?;
    let asked = IdentifierBody::parse(body)?;
    check(&app, &caller, &asked)?;
    let search = begin(&app, &caller, &asked).await?;
    app.lookups.caught_up().await.map_err(behind)?;
    let number = GivenNumber {
        kind: &asked.kind,
        number: &asked.number,
    };
    let viewers = CallerSight::of(&app, &caller).standing().works_on();
    let found = app
        .commands
        .find_by_identifier(&caller.authority, number, &viewers)
        .await?;
    let mut requests = Vec::new();
    for id in found {
        // An entry may be a moment old: the rule itself has the last word.
        match Seen::load(&app, &caller, &id.0.to_string()).await {
            Ok(seen) if seen.is_found_by(&caller) => requests.push(FoundRequest {
                id: id.0,
                reference: seen.request.opening.reference.to_string(),
            }),
            Ok(_) => {}
            Err(problem) if problem.kind == Kind::NotFound => {}
            Err(problem) => return Err(problem),
        }
    }
    let shown: Vec<Uuid> = requests.iter().map(|one| one.id).collect();
    app.searches.show(search, &shown).await.map_err(unwritten)?;
    record(&app, &caller, (Opened::Outline, &shown)).await?;
    Ok(Json(FoundView { requests }))
}

impl Seen {
    /// Whoever works on it, may read it or answers its concern; of service accounts the one that sent it.
    fn is_found_by(&self, caller: &Caller) -> bool {
        let sent = || {
            let first = self.loaded.events.first();
            first.is_some_and(|(first, _)| first.actor == caller.principal.id.as_str())
        };
        self.content || self.member || self.involvement.has(Tie::Responder) || sent()
    }
}

/// # Errors
/// What is wrong with the number, never the number.
fn check(app: &App, caller: &Caller, asked: &IdentifierBody) -> Result<(), Problem> {
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
    match wrong_identifier(&asked.kind, asked.number.trim()) {
        None => Ok(()),
        Some((what, allowed)) => {
            let problem = Problem::new(Kind::BadData, "There can be no such number.");
            Err(problem.with("/number", what, allowed))
        }
    }
}

/// Writes the search down.
///
/// # Errors
/// `too-many` for a service account over its budget; `unavailable` when it cannot be written.
async fn begin(
    app: &App,
    caller: &Caller,
    asked: &IdentifierBody,
) -> Result<RecordedSearch, Problem> {
    let search = NewSearch {
        reader: caller.reader(),
        person: &caller.principal,
        kind: &asked.kind,
        reason: asked.reason,
    };
    match app.searches.begin(search).await.map_err(unwritten)? {
        SearchStart::Recorded(search) => Ok(search),
        SearchStart::Refused { retry_after } => {
            let ms = u64::try_from(retry_after.as_millis()).unwrap_or(u64::MAX);
            let said =
                "This account has used up its look-ups of the last hour. Nothing was looked up.";
            Err(Problem::new(Kind::TooMany, said).retry_after(ms))
        }
    }
}

fn unwritten(error: impl std::fmt::Display) -> Problem {
    tracing::warn!(%error, "a search cannot be written down");
    let said = "The search cannot be written down now, so nothing is shown.";
    Problem::new(Kind::Unavailable, said).retry_after(RETRY_AFTER_MS)
}

/// What has only just been recorded might be missing: then nothing is said.
fn behind(error: LookupError) -> Problem {
    tracing::warn!(%error, "a look-up would not know everything");
    let said = "Look-ups do not know the newest requests yet.";
    Problem::new(Kind::TooFarBehind, said).retry_after(RETRY_AFTER_MS)
}
