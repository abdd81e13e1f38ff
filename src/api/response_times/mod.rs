//! `GET /response-times`: open requests always count.
//!
//! Who has a duty sees every count and may open it; for others small counts are hidden, with what
//! would tell them. Invariant: a question with `as_known_on` has one answer, for ever.

mod asking;
pub(crate) mod opened;

pub(super) use asking::{WHEN, when, wrong};

use super::App;
use super::caller::Caller;
use super::extract::Params;
use super::position::AsOf;
use super::problem::Problem;
use crate::access::{Action, Resource};
use crate::projections::response_times::published::{PublishedAnswer, publish};
use crate::projections::response_times::{Answer, Window};
use asking::{Asked, PARAMETERS};
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[schema(as = ResponseTimes)]
pub(crate) struct TimesView {
    #[serde(flatten)]
    pub figures: Figures,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub window: Option<Window>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_known_on: Option<Timestamp>,
    pub as_of: AsOf,
}

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Figures {
    /// For those with a duty; `/response-times/requests` opens each number.
    Identified(Answer),
    /// For everybody else.
    Published(PublishedAnswer),
}

/// How long families wait
///
/// For every clock: counts with the open ones, Kaplan–Meier quantiles with their uncertainty, the
/// share within target, how requests ended, the oldest that is still open; with and without pauses,
/// and as the child has waited. Without a duty of your own, small counts are hidden. Whoever leads a team
/// has that duty for it alone: `only=team:CODE`.
#[utoipa::path(
    get, path = "/response-times", tag = "Figures",
    params(
        ("workflow" = Option<String>, Query, description = "Default: the authority's usual workflow"),
        ("clock" = Option<String>, Query, description = "One clock; default: all"),
        ("by" = Option<String>, Query, description = "`team`, or a coded field of the opening act: `locality`, `cluster`, `requester_role`, `agency`, `needs`, `age_band`, `simd_quintile`, `urgency` …"),
        ("only" = Option<String>, Query, description = "`DIMENSION:CODE`, e.g. `age_band:11-15`"),
        ("view" = Option<String>, Query, description = "`all`; `cohort`: started from `from` to before `to`; `period`: open at some time between them, earlier days left out"),
        ("from" = Option<String>, Query, description = "RFC 3339 time or date"),
        ("to" = Option<String>, Query, description = "RFC 3339 time or date, not included"),
        ("as_of" = Option<String>, Query, description = "RFC 3339 time or date: as it stood then; default: now"),
        ("as_known_on" = Option<String>, Query, description = "RFC 3339 time or date: only what was recorded by then; the answer never changes"),
        ("min_position" = Option<String>, Query, description = "Position that the answer must include"),
    ),
    responses((status = 200, body = TimesView)),
)]
pub(crate) async fn read(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<TimesView>, Problem> {
    let params = params.only(&PARAMETERS)?;
    caller.must(Action::ReadResponseTimes, Resource::Whole)?;
    let asked = Asked::read(&app, &caller, &params).await?;
    let answer = asked.answer(&app).await?;
    let figures = if asked.leaves {
        let published = publish(&answer, app.disclosure);
        let isolates = asked.question.only.is_some()
            && published.clocks.iter().any(|clock| clock.started.is_none());
        if isolates {
            let what = "so few are left that a child could be recognised";
            return Err(wrong(
                "only",
                what,
                "a code that more requests have, or none",
            ));
        }
        Figures::Published(published)
    } else {
        Figures::Identified(answer)
    };
    Ok(Json(TimesView {
        figures,
        window: Some(asked.question.window).filter(|window| *window != Window::All),
        as_known_on: asked.as_known_on,
        as_of: asked.as_of,
    }))
}

/// The moment asked about.
pub(super) fn as_of(app: &App, params: &Params) -> Result<Timestamp, Problem> {
    Ok(params
        .find("as_of", WHEN, when)?
        .unwrap_or_else(|| (app.now)()))
}
