//! Pages for those who ask for help, work on requests or answer for the whole; in HTML that works
//! without scripts, and live where there are some.
//!
//! It decides nothing: a page asks what the API's handlers ask, as its reader. Invariant: every page
//! stands in `routes`, behind the same door; whatever is shown was escaped on its way out.

mod about;
mod agenda;
mod arrival;
mod asking;
mod assets;
mod claim;
mod concerns;
mod decision;
mod door;
mod draft;
mod due;
mod failure;
mod family;
mod figures;
mod first;
mod form;
mod layout;
mod live;
mod loads;
mod mine;
mod moves;
mod numbers;
mod opened;
mod ownerless;
mod pages;
mod progress;
mod queue;
mod readings;
mod request;
mod risk;
mod shown;
mod sign_in;
mod sources;
mod strip;
mod success;
mod teams;
mod viewer;
mod words;

pub use door::{Door, Guest};
pub use form::hints::{Hints, read_hints};

use crate::api::App;
use crate::api::edge::edge;
use crate::api::problem::Problem;
use crate::drafts::Drafts;
use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Redirect;
use axum::routing::{get, post};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tower_http::compression::{CompressionLayer, CompressionLevel};

/// Where all pages begin.
pub const ROOT: &str = "/app";

/// What pages share; cheap to clone.
#[derive(Clone)]
pub struct Screens {
    pub app: App,
    pub drafts: Drafts,
    pub door: Arc<Door>,
    /// How the forms of a workflow stand on a screen, by its name.
    pub hints: Arc<BTreeMap<String, Hints>>,
    /// Ends what is sent on and on.
    pub shutdown: CancellationToken,
}

/// Every page on one screen; without a sign-in only those at the bottom.
fn routes(screens: &Screens) -> Router<Screens> {
    let behind_the_door = Router::new()
        .route("/", get(sign_in::home))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/new", get(risk::question).post(risk::answer))
        .route("/danger", get(risk::danger))
        .route(
            "/new/{draft}/{page}",
            get(asking::page).post(asking::answer),
        )
        .route("/sent/{id}", get(mine::receipt))
        .route("/mine", get(mine::page))
        .route("/figures", get(figures::page))
        .route("/figures/opened", get(opened::page))
        .route("/figures/caseload", get(loads::page))
        .route("/figures/without-owner", get(ownerless::page))
        .route("/figures/not-arrived", get(arrival::page))
        .route("/concerns", get(concerns::list))
        .route("/live", get(live::changes))
        .route("/teams/{team}", get(queue::page))
        .route("/teams/{team}/rows", get(queue::rows))
        .route("/done", get(moves::gone))
        .route("/requests/{id}", get(request::page))
        .route("/requests/{id}/claim", post(claim::claim))
        .route("/requests/{id}/release", post(claim::release))
        .route(
            "/requests/{id}/moves/{move}",
            get(moves::form).post(moves::make),
        )
        .route("/requests/{id}/clocks/{clock}", get(strip::page))
        .route("/requests/{id}/readings", get(readings::page))
        .layer(from_fn_with_state(screens.clone(), viewer::require));
    let open = Router::new()
        .route("/sign-in", get(sign_in::choose).post(sign_in::sign_in))
        .route("/accessibility", get(about::page))
        .route("/assets/{version}/{name}", get(assets::serve));
    behind_the_door.merge(open)
}

/// Beside the API, with the same edge: ids and queries stay out of the log.
pub fn router(screens: Screens) -> Router {
    let pages = routes(&screens)
        .fallback(async || Problem::not_found())
        .layer(from_fn_with_state(screens.clone(), door::same_origin))
        .layer(from_fn(failure::as_page))
        .layer(from_fn(layout::guard))
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .layer(from_fn_with_state(screens.app.clone(), edge))
        .with_state(screens);
    Router::new()
        .route("/", get(async || Redirect::to(ROOT)))
        .nest(ROOT, pages)
}
