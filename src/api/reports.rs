//! `/reports/monthly/{month}`: the pack, as a page and as rows; issued once, and locked from then on.

use super::App;
use super::caller::Caller;
use super::extract::{Key, Params, Segments};
use super::measures::written;
use super::page::POLICY;
use super::problem::{Kind, Problem};
use super::read_tables::{reached, unreadable};
use super::response_times::{WHEN, when, wrong};
use crate::access::{Action, Resource};
use crate::commands::Position;
use crate::domain::measures::note::Says;
use crate::projections::response_times::Question;
use crate::projections::response_times::known::{Known, position_at};
use crate::report::pack::{PackError, bounds};
use crate::report::{Ask, Pack, build};
use axum::Json;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{Html, IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[schema(as = PackIssued)]
pub(crate) struct IssuedView {
    pub month: String,
    /// Of the note that locks it.
    pub position: String,
    pub html_sha256: String,
    pub csv_sha256: String,
}

/// What is known at a moment.
pub(crate) struct Stand {
    pub(crate) known: Known,
    pub(crate) at: Timestamp,
}

/// Where figures stand: now, or as known on a day. Waits for the read tables to come so far.
pub(crate) async fn stand(app: &App, caller: &Caller, params: &Params) -> Result<Stand, Problem> {
    let (position, at) = known_position(app, params).await?;
    let log = app.commands.registry().log();
    let position = come_to(app, position.0).await?;
    let whole = Question::whole(caller.authority.as_str(), app.usual_workflow.clone(), at);
    let known = Known::at(&app.reads, log, &whole, position)
        .await
        .map_err(unreadable)?;
    Ok(Stand { known, at })
}

/// What was recorded by `as_known_on`, or by now.
pub(crate) async fn known_position(
    app: &App,
    params: &Params,
) -> Result<(Position, Timestamp), Problem> {
    let now = (app.now)();
    let asked = params.find("as_known_on", WHEN, when)?;
    if asked.is_some_and(|at| at > now) {
        return Err(wrong("as_known_on", "after now", "a time that has passed"));
    }
    let at = asked.unwrap_or(now);
    Ok((recorded_by(app, at).await?, at))
}

/// The last position that was recorded by then.
pub(super) async fn recorded_by(app: &App, at: Timestamp) -> Result<Position, Problem> {
    let log = app.commands.registry().log();
    let found = position_at(log, at).await.map_err(unreadable)?;
    found.ok_or_else(|| {
        wrong(
            "as_known_on",
            "before the first event of the log",
            "a time at which something was recorded",
        )
    })
}

async fn come_to(app: &App, position: i64) -> Result<Position, Problem> {
    for table in ["response_times", "acts"] {
        reached(app, table, Position(position)).await?;
    }
    Ok(Position(position))
}

/// The monthly pack
///
/// Twelve parts, small counts hidden. Until it is issued it is as known now; from then on it is as
/// it was issued. A month that is not over has no pack.
#[utoipa::path(
    get, path = "/reports/monthly/{month}", tag = "Figures",
    params(("month" = String, Path, description = "`2026-07`")),
    responses((status = 200, body = String, content_type = "text/html")),
)]
pub(crate) async fn page(
    State(app): State<App>,
    caller: Caller,
    Segments(month): Segments<String>,
    params: Params,
) -> Result<Response, Problem> {
    let pack = pack(&app, &caller, month, params).await?;
    Ok(shown(pack.html))
}

/// The month for children and young people
///
/// One page in few words, from the same figures as the pack.
#[utoipa::path(
    get, path = "/reports/monthly/{month}/for-children", tag = "Figures",
    params(("month" = String, Path, description = "`2026-07`")),
    responses((status = 200, body = String, content_type = "text/html")),
)]
pub(crate) async fn for_children(
    State(app): State<App>,
    caller: Caller,
    Segments(month): Segments<String>,
    params: Params,
) -> Result<Response, Problem> {
    let pack = pack(&app, &caller, month, params).await?;
    Ok(shown(pack.children_html))
}

fn shown(html: String) -> Response {
    let mut response = Html(html).into_response();
    response
        .headers_mut()
        .insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

/// The monthly pack as rows
///
/// The same as the page: part, table, row, column, value.
#[utoipa::path(
    get, path = "/reports/monthly/{month}/csv", tag = "Figures",
    params(("month" = String, Path, description = "`2026-07`")),
    responses((status = 200, body = String, content_type = "text/csv")),
)]
pub(crate) async fn csv(
    State(app): State<App>,
    caller: Caller,
    Segments(month): Segments<String>,
    params: Params,
) -> Result<Response, Problem> {
    let pack = pack(&app, &caller, month, params).await?;
    Ok((
        [(CONTENT_TYPE, "text/csv; charset=utf-8; header=present")],
        pack.csv,
    )
        .into_response())
}

/// Issue the monthly pack
///
/// Once. What is written or learned later shows in the next pack as restated.
#[utoipa::path(
    post, path = "/reports/monthly/{month}/issue", tag = "Figures",
    params(("month" = String, Path, description = "`2026-07`")),
    responses((status = 200, body = IssuedView)),
)]
pub(crate) async fn issue(
    State(app): State<App>,
    caller: Caller,
    Segments(month): Segments<String>,
    Key(key): Key,
    params: Params,
) -> Result<Json<IssuedView>, Problem> {
    params.only(&[])?;
    caller.must(Action::IssuePack, Resource::Whole)?;
    let ask = ask(&app, &caller, month).await?;
    let pack = built(&app, &ask).await?;
    let says = Says::PackIssued {
        month: pack.month.clone(),
        position: ask.position.0,
        html_sha256: sha256(&pack.html),
        csv_sha256: sha256(&pack.csv),
    };
    let view = IssuedView {
        month: pack.month.clone(),
        html_sha256: sha256(&pack.html),
        csv_sha256: sha256(&pack.csv),
        position: written(&app, &caller, &key, says).await?,
    };
    Ok(Json(view))
}

async fn pack(app: &App, caller: &Caller, month: String, params: Params) -> Result<Pack, Problem> {
    params.only(&[])?;
    caller.must(Action::ReadMeasures, Resource::Whole)?;
    let ask = ask(app, caller, month).await?;
    built(app, &ask).await
}

/// At the position that it was issued at, or now.
async fn ask(app: &App, caller: &Caller, month: String) -> Result<Ask, Problem> {
    let (_, to) = bounds(&month).map_err(unbuilt)?;
    if to > (app.now)() {
        return Err(Problem::new(Kind::NotNow, "This month is not over yet."));
    }
    let registry = app.commands.registry();
    let declared = registry.of(caller.authority.as_str());
    let issued = declared.notes().iter().find_map(|note| match &note.says {
        Says::PackIssued {
            month: of,
            position,
            ..
        } if *of == month => Some(*position),
        Says::PackIssued { .. }
        | Says::Quote { .. }
        | Says::QuoteChecked { .. }
        | Says::Narrative { .. }
        | Says::Value { .. }
        | Says::TestOfChange { .. } => None,
    });
    let position = match issued {
        Some(position) => position,
        None => registry.log().head().await.map_err(unreadable)?.0,
    };
    Ok(Ask {
        authority: caller.authority.to_string(),
        workflow: app.usual_workflow.clone(),
        month,
        position: come_to(app, position).await?,
        policy: app.disclosure,
    })
}

async fn built(app: &App, ask: &Ask) -> Result<Pack, Problem> {
    let log = app.commands.registry().log();
    build(&app.reads, log, ask).await.map_err(unbuilt)
}

fn unbuilt(error: PackError) -> Problem {
    match error {
        PackError::NotAMonth { .. } | PackError::NoMeasures => Problem::not_found(),
        PackError::Query(error) => unreadable(error),
    }
}

fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
