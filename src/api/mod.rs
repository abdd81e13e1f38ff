//! The HTTP API: a handler takes what it needs, makes one call, and answers.
//!
//! It decides nothing about requests and knows no SQL and no broker. Invariant: every route is in
//! `ROUTES`; one with an action is closed to calls without a token; what fails is a problem
//! document from `problem`.

mod body;
pub(crate) mod caller;
pub(crate) mod caseloads;
pub(crate) mod concerns;
pub(crate) mod edge;
pub(crate) mod excerpt;
pub(crate) mod extract;
pub(crate) mod fields;
mod health;
mod mail;
mod measures;
mod messages;
pub mod metrics;
pub mod openapi;
mod page;
pub mod position;
pub mod problem;
pub(crate) mod read_tables;
mod refusal;
pub(crate) mod reports;
pub(crate) mod requests;
pub(crate) mod response_times;
pub mod server;
pub mod submissions;
mod teams;
mod webhooks;
mod workflows;

pub use health::{IntakeState, LaneState, LookupsState, NoticesState, Part, ProjectionLag, Status};
pub use messages::Described;
pub use requests::sheet::wrong_rows;

use crate::access::{Action, Readings, Searches, Senders, Tokens};
use crate::commands::Commands;
use crate::domain::ids::WorkflowName;
use crate::lookups::Lookups;
use crate::notices::Subscriptions;
use crate::notices::webhook::Sender;
use crate::projections::ReadPool;
use crate::projections::response_times::Answers;
use crate::projections::response_times::bases::Bases;
use crate::statistics::disclosure::Policy;
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, get, post};
use jiff::Timestamp;
use problem::Kind;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use utoipa::openapi::path::HttpMethod::{self, Get, Post};
use uuid::Uuid;

/// What handlers share; cheap to clone.
#[derive(Clone)]
pub struct App {
    pub commands: Commands,
    pub reads: ReadPool,
    pub tokens: Tokens,
    /// Who has opened which request.
    pub readings: Readings,
    /// Who has looked a child up.
    pub searches: Searches,
    /// How far look-ups know the log.
    pub lookups: Lookups,
    pub senders: Senders,
    /// Of the log; part of every public position.
    pub epoch: Uuid,
    pub status: watch::Receiver<Status>,
    /// The clock of the edge.
    pub now: fn() -> Timestamp,
    pub limits: Limits,
    /// Taken for a new request that names no workflow.
    pub usual_workflow: WorkflowName,
    /// Of figures that leave the identified view.
    pub disclosure: Policy,
    pub messages: Arc<Described>,
    pub subscriptions: Subscriptions,
    /// Judges where a webhook may go.
    pub webhooks: Sender,
    pub sends_mail: bool,
    /// Response times that somebody else has just asked for.
    pub times: Answers,
    pub bases: Bases,
}

#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub body_bytes_max: usize,
    /// From the first to the last byte of a body.
    pub body_deadline: Duration,
    pub call_deadline: Duration,
}

pub(crate) struct Route {
    pub(crate) method: HttpMethod,
    pub(crate) path: &'static str,
    /// What it needs; `None` is open to all. The handler also asks about the resource itself.
    pub(crate) action: Option<Action>,
    handler: fn() -> MethodRouter<App>,
}

macro_rules! routes {
    ($($method:ident $path:literal $action:expr, $route:ident($handler:path);)+) => {
        &[$(Route { method: $method, path: $path, action: $action, handler: || $route($handler) }),+]
    };
}

pub(crate) const ROUTES: &[Route] = routes! {
    Post "/requests" Some(Action::Send), post(requests::moves::open);
    Get "/requests" Some(Action::ReadSummary), get(requests::list::list);
    Get "/requests/sheet" Some(Action::Send), get(requests::sheet::template);
    Post "/requests/sheet" Some(Action::Send), post(requests::sheet::take);
    Post "/requests/find" Some(Action::Search), post(requests::find::find);
    Get "/requests/{id}" Some(Action::ReadSummary), get(requests::read::read);
    Get "/requests/{id}/readings" Some(Action::ReadSummary), get(requests::readings::read);
    Post "/requests/{id}/moves/{move}" Some(Action::Send), post(requests::moves::make);
    Post "/requests/{id}/quotes" Some(Action::ReadContent), post(requests::quote::take);
    Post "/requests/{id}/claim" Some(Action::Claim), post(requests::claim::claim);
    Post "/requests/{id}/release" Some(Action::Claim), post(requests::claim::release);
    Get "/requests/{id}/clocks" Some(Action::ReadSummary), get(requests::clocks::clocks);
    Get "/requests/{id}/clocks/{clock}" Some(Action::ReadSummary), get(requests::clock::explain);
    Post "/requests/{id}/clocks/{clock}/extension" Some(Action::Send), post(requests::extension::extend);
    Get "/teams/{id}/queue" Some(Action::ReadQueue), get(teams::queue);
    Get "/response-times" Some(Action::ReadResponseTimes), get(response_times::read);
    Get "/response-times/requests" Some(Action::ReadIdentified), get(response_times::opened::read);
    Get "/caseloads" Some(Action::ReadCaseloads), get(caseloads::read);
    Get "/caseloads/requests" Some(Action::ReadCaseloads), get(caseloads::opened::read);
    Get "/caseloads/without-owner" Some(Action::ReadCaseloads), get(caseloads::ownerless::read);
    Get "/caseloads/flow" Some(Action::ReadIdentified), get(caseloads::flow);
    Get "/measures" Some(Action::ReadMeasures), get(measures::list);
    Get "/measures/{id}" Some(Action::ReadMeasures), get(measures::read);
    Get "/measures/{id}/chart" Some(Action::ReadMeasures), get(measures::chart);
    Post "/measures/notes" Some(Action::WriteMeasures), post(measures::note);
    Get "/reports/monthly/{month}" Some(Action::ReadMeasures), get(reports::page);
    Get "/reports/monthly/{month}/csv" Some(Action::ReadMeasures), get(reports::csv);
    Get "/reports/monthly/{month}/for-children" Some(Action::ReadMeasures), get(reports::for_children);
    Post "/reports/monthly/{month}/issue" Some(Action::IssuePack), post(reports::issue);
    Get "/concerns" Some(Action::ReadConcerns), get(concerns::list);
    Get "/concern-numbers" Some(Action::Send), get(concerns::numbers);
    Get "/workflows" Some(Action::ReadWorkflows), get(workflows::list);
    Get "/workflows/{name}/{version}" Some(Action::ReadWorkflows), get(workflows::read);
    Get "/webhooks" Some(Action::Subscribe), get(webhooks::list);
    Post "/webhooks" Some(Action::Subscribe), post(webhooks::subscribe);
    Post "/webhooks/{id}/end" Some(Action::Subscribe), post(webhooks::end);
    Post "/webhooks/{id}/secret" Some(Action::Subscribe), post(webhooks::secret);
    Post "/webhooks/{id}/redrive" Some(Action::Subscribe), post(webhooks::redrive);
    Get "/mail" Some(Action::Subscribe), get(mail::list);
    Post "/mail" Some(Action::Subscribe), post(mail::subscribe);
    Post "/mail/{id}/end" Some(Action::Subscribe), post(mail::end);
    Post "/mail/{id}/redrive" Some(Action::Subscribe), post(mail::redrive);
    Get "/livez" None, get(health::livez);
    Get "/readyz" None, get(health::readyz);
    Get "/openapi.json" None, get(openapi::document);
    Get "/openapi" None, get(page::page);
    Get "/asyncapi.json" None, get(messages::document);
    Get "/schemas/{name}" None, get(messages::schema);
};

impl Route {
    /// The problems that a call may be answered with; for the document.
    pub(crate) fn problems(&self) -> Vec<Kind> {
        let mut kinds = Vec::new();
        if self.action.is_some() {
            kinds.extend([
                Kind::BadQuery,
                Kind::NoToken,
                Kind::NotYours,
                Kind::Internal,
                Kind::Unavailable,
            ]);
        }
        if self.path.contains('{') {
            kinds.push(Kind::NotFound);
        }
        if matches!(
            self.action,
            Some(
                Action::ReadQueue
                    | Action::Search
                    | Action::ReadCaseloads
                    | Action::ReadResponseTimes
                    | Action::ReadIdentified
                    | Action::ReadMeasures
                    | Action::IssuePack
                    | Action::ReadConcerns
            )
        ) {
            kinds.push(Kind::TooFarBehind);
        }
        let is_asked = self.path == "/requests/find";
        if is_asked {
            kinds.push(Kind::TooMany);
        }
        if self.method == Post && !is_asked {
            kinds.extend([Kind::KeyReused, Kind::NotNow, Kind::Unknown]);
        }
        // The keys of a sheet stand in its rows, and a question needs none.
        if self.method == Post && !is_asked && self.path != "/requests/sheet" {
            kinds.push(Kind::BadKey);
        }
        if self.method == Post {
            kinds.extend([
                Kind::NotJson,
                Kind::BadEncoding,
                Kind::TooDeep,
                Kind::DuplicateKey,
                Kind::TooSlow,
                Kind::TooLarge,
                Kind::BadMedia,
                Kind::BadData,
                Kind::BadNumber,
                Kind::Nul,
            ]);
        }
        if self.path.contains("{move}") || self.path.ends_with("/extension") {
            kinds.extend([Kind::BadIfMatch, Kind::Stale, Kind::NoVersion]);
        }
        kinds.sort();
        kinds
    }
}

pub fn router(app: App) -> Router {
    let mut router = Router::new();
    for route in ROUTES {
        let handler = (route.handler)();
        let handler = match route.action {
            None => handler,
            Some(_) => handler.layer(from_fn_with_state(app.clone(), caller::require)),
        };
        router = router.route(route.path, handler);
    }
    router
        .fallback(edge::nothing_here)
        .method_not_allowed_fallback(edge::wrong_method)
        .layer(from_fn_with_state(app.clone(), edge::edge))
        .with_state(app)
}

#[cfg(test)]
mod tests;
