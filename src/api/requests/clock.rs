//! `GET /requests/{id}/clocks/{clock}`: why it is due when it is, day by day.

use super::Seen;
use super::clocks::{ClockView, calendar_of, seen_spells, view};
use crate::api::App;
use crate::api::caller::Caller;
use crate::api::extract::{Params, Segments};
use crate::api::problem::Problem;
use crate::domain::ids::StateName;
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[schema(as = ClockDay)]
pub(crate) struct DayView {
    /// Local date of the clock's calendar.
    pub date: String,
    /// Whether it, or some time of it, counts towards the target.
    pub counted: bool,
    /// In plain English.
    pub why: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ClockExplained)]
pub(crate) struct Explained {
    pub read_at: Timestamp,
    pub reading: ClockView,
    /// Why it is due when it is.
    pub sentence: String,
    /// From the start to the due date, the end or `read_at`, whichever is last.
    pub days: Vec<DayView>,
    /// Later days were left out.
    pub cut: bool,
}

/// Why a clock is due when it is
///
/// Day by day, each with its reason, and in a sentence.
#[utoipa::path(
    get, path = "/requests/{id}/clocks/{clock}", tag = "Requests",
    params(
        ("id" = Uuid, Path, description = "Id of the request"),
        ("clock" = String, Path, description = "Name of the clock"),
        ("spell" = Option<u32>, Query, description = "Which run, from 1; the latest if not given"),
        ("as_of" = Option<String>, Query, description = "RFC 3339 time; now if not given"),
    ),
    responses((status = 200, body = Explained)),
)]
pub(crate) async fn explain(
    State(app): State<App>,
    caller: Caller,
    Segments((id, clock)): Segments<(String, String)>,
    params: Params,
) -> Result<Json<Explained>, Problem> {
    let params = params.only(&["spell", "as_of"])?;
    let number = params.find("spell", "a whole number from 1", str::parse::<u32>)?;
    let as_of = params.find("as_of", "an RFC 3339 time", str::parse::<Timestamp>)?;
    let seen = Seen::load(&app, &caller, &id).await?;
    let read_at = as_of.unwrap_or_else(app.now);
    told(&app, &caller, &seen, (&clock, number, read_at)).map(Json)
}

/// The latest run, now.
///
/// # Errors
/// When there is none, or its calendar is not in force.
pub(crate) fn explained(
    app: &App,
    caller: &Caller,
    seen: &Seen,
    clock: &str,
) -> Result<Explained, Problem> {
    told(app, caller, seen, (clock, None, (app.now)()))
}

fn told(
    app: &App,
    caller: &Caller,
    seen: &Seen,
    (clock, number, read_at): (&str, Option<u32>, Timestamp),
) -> Result<Explained, Problem> {
    let declared = app.commands.registry().of(caller.authority.as_str());
    let spells = seen_spells(seen, &declared, (&caller.principal, read_at));
    let (spell, rule) = spells
        .iter()
        .rev()
        .find(|(spell, _)| {
            spell.clock.as_str() == clock && number.is_none_or(|number| number == spell.number)
        })
        .ok_or_else(Problem::not_found)?;
    let strip = spell.strip(calendar_of(spell, &declared)?, read_at);
    let title_of = |state: &StateName| seen.title_of(state);
    Ok(Explained {
        read_at,
        reading: view(spell, rule, &declared, read_at)?,
        sentence: strip.sentence(spell, &title_of),
        days: strip
            .days
            .iter()
            .map(|day| DayView {
                date: day.date.to_string(),
                counted: day.counted,
                why: day.words(strip.target, &title_of),
            })
            .collect(),
        cut: strip.is_cut,
    })
}

impl Seen {
    /// A restricted state is not named to those who may not know of it.
    fn title_of(&self, state: &StateName) -> String {
        match self.workflow.definition.states.get(state) {
            Some(rule) if !rule.restricted || self.knows_state() => rule.title.clone(),
            Some(_) | None => "Moved to another process".to_owned(),
        }
    }
}
