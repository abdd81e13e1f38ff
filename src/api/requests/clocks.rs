//! `GET /requests/{id}/clocks`: derived at the moment of asking, stored nowhere.

use super::Seen;
use crate::api::App;
use crate::api::caller::Caller;
use crate::api::extract::{Params, Segments};
use crate::api::problem::{Kind, Problem};
use crate::domain::declared::Declared;
use crate::domain::ids::ClockName;
use crate::domain::request::actor::Principal;
use crate::domain::request::child_wait::ChildWait;
use crate::domain::request::clocks::ClockGround;
use crate::domain::request::event::{Act, RequestEvent};
use crate::domain::time::calendar::Calendar;
use crate::domain::time::clock::{Clocks, Spell, SpellStatus};
use crate::domain::workflow::definition::{ClockKind, ClockRule};
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

const DAY_MS: i64 = 86_400_000;

#[derive(Serialize, ToSchema)]
#[schema(as = Clock)]
pub(crate) struct ClockView {
    pub clock: String,
    pub title: String,
    /// 1 for the first run, 2 after the request was looked at again, …
    pub spell: u32,
    /// `statutory`, `standard` or `internal`
    #[schema(value_type = String)]
    pub kind: ClockKind,
    /// As in the workflow file, with every extension: `5wd`, `16wh`, `15min`, `10d`, `12w`
    pub target: String,
    /// Without them, where there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stated_target: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<ExtensionView>,
    pub calendar: String,
    /// `running`, `paused`, `stopped` or `cancelled`
    #[schema(value_type = String)]
    pub status: SpellStatus,
    pub started_at: Timestamp,
    /// It started when nobody worked, or after the cut-off of the day: it counts from the next
    /// working day.
    pub received_out_of_hours: bool,
    /// While paused: the clock that runs for whoever is waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waits_on: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Wall time, pauses included.
    pub elapsed_ms: i64,
    /// Working time, pauses taken off.
    pub working_ms: i64,
    pub working_days: u32,
    pub paused_ms: i64,
    /// Absent while paused inside the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// Present where `due_at` lies after the last day whose holidays are known: it may become later.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub assumed_after: Option<Date>,
    /// Absent while inside the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub met: Option<bool>,
}

/// More time, given before the target was missed.
#[derive(Serialize, ToSchema)]
#[schema(as = GivenExtension)]
pub(crate) struct ExtensionView {
    pub given_at: Timestamp,
    pub by: String,
    pub reason: String,
    /// Of the reason.
    pub title: String,
}

/// Those given up to a moment.
fn extensions(spell: &Spell, rule: &ClockRule, now: Timestamp) -> Vec<ExtensionView> {
    let given = spell.extensions.iter().filter(|given| given.at <= now);
    let title = |code: &str| {
        let reasons = rule.extend.as_ref().map(|rule| &rule.reasons);
        let title = reasons.and_then(|reasons| reasons.get(code));
        title.cloned().unwrap_or_default()
    };
    given
        .map(|given| ExtensionView {
            given_at: given.at,
            by: given.by.to_string(),
            reason: given.reason.clone(),
            title: title(&given.reason),
        })
        .collect()
}

impl ClockView {
    pub(crate) fn is_open(&self) -> bool {
        self.status.is_open()
    }
}

/// Calendar time from when help was first asked for to when help starts: it never pauses and never
/// starts again because the request changes hands.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChildClock {
    pub asked_at: Timestamp,
    /// When help started, if it has: the wait is over then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub helped_at: Option<Timestamp>,
    /// When the request ended, if it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// From `asked_at` to `helped_at`, else to `ended_at`, else to now.
    pub elapsed_ms: i64,
    /// Whole days of `elapsed_ms`.
    pub days: i64,
    /// Whole days since help started, to `ended_at` or to now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub helped_days: Option<i64>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Clocks)]
pub(crate) struct ClocksView {
    pub read_at: Timestamp,
    pub child: ChildClock,
    pub clocks: Vec<ClockView>,
}

/// Every clock of a request, read now
///
/// The service's clocks in working and elapsed time, and the child's clock.
#[utoipa::path(
    get, path = "/requests/{id}/clocks", tag = "Requests",
    params(("id" = Uuid, Path, description = "Id of the request")),
    responses((status = 200, body = ClocksView)),
)]
pub(crate) async fn clocks(
    State(app): State<App>,
    caller: Caller,
    Segments(id): Segments<String>,
    params: Params,
) -> Result<Json<ClocksView>, Problem> {
    params.only(&[])?;
    let seen = Seen::load(&app, &caller, &id).await?;
    let now = (app.now)();
    Ok(Json(ClocksView {
        read_at: now,
        child: child_clock(&seen, now),
        clocks: readings(&app, &caller, &seen)?,
    }))
}

/// # Errors
/// When a calendar that a clock counts by is not in force.
pub(crate) fn readings(app: &App, caller: &Caller, seen: &Seen) -> Result<Vec<ClockView>, Problem> {
    let declared = app.commands.registry().of(caller.authority.as_str());
    let now = (app.now)();
    seen_spells(seen, &declared, (&caller.principal, now))
        .iter()
        .map(|(spell, rule)| view(spell, rule, &declared, now))
        .collect()
}

/// Those that had started, without what a reader outside may not know of.
pub(super) fn seen_spells<'a>(
    seen: &'a Seen,
    declared: &Declared,
    (principal, as_of): (&Principal, Timestamp),
) -> Vec<(Spell, &'a ClockRule)> {
    let rules = &seen.workflow.definition.clocks;
    fold(seen, declared)
        .spells
        .into_iter()
        .filter(|spell| spell.started_at <= as_of)
        .filter_map(|spell| rules.get(&spell.clock).map(|rule| (spell, rule)))
        .filter(|(spell, rule)| {
            !seen.workflow.definition.is_restricted(rule)
                || seen.knows_run_of(principal, spell.concern)
        })
        .collect()
}

pub(super) fn fold(seen: &Seen, declared: &Declared) -> Clocks {
    let opening = &seen.request.opening;
    let definition = &seen.workflow.definition;
    let events = seen.loaded.events.iter();
    ClockGround::of(definition, declared.organisation(), opening).fold_in(
        declared,
        events.map(|(recorded, event)| (recorded.position.0, recorded.occurred_at, event)),
    )
}

fn acts(seen: &Seen) -> impl Iterator<Item = (Timestamp, &Act)> {
    seen.loaded
        .events
        .iter()
        .filter_map(|(recorded, event)| match event {
            RequestEvent::Act(act) => Some((recorded.occurred_at, act.as_ref())),
            RequestEvent::Claimed { .. }
            | RequestEvent::Released { .. }
            | RequestEvent::RungRaised(_)
            | RequestEvent::ClaimLapsed(_)
            | RequestEvent::ClockExtended(_) => None,
        })
}

pub(crate) fn calendar_of<'a>(
    spell: &Spell,
    declared: &'a Declared,
) -> Result<&'a Calendar, Problem> {
    declared.calendars().load(&spell.calendar).map_err(|error| {
        tracing::error!(%error, clock = spell.clock.as_str(), "a clock cannot be read");
        Problem::new(
            Kind::Internal,
            "A clock counts by a calendar that is not in force.",
        )
    })
}

pub(crate) fn view(
    spell: &Spell,
    rule: &ClockRule,
    declared: &Declared,
    now: Timestamp,
) -> Result<ClockView, Problem> {
    let calendar = calendar_of(spell, declared)?;
    let reading = spell.reading(calendar, now);
    Ok(ClockView {
        clock: ClockName::as_str(&spell.clock).to_owned(),
        title: rule.title.clone(),
        spell: spell.number,
        kind: rule.kind,
        target: spell.target_at(now).to_string(),
        stated_target: reading.extended.then(|| spell.target.to_string()),
        extensions: extensions(spell, rule, now),
        calendar: spell.calendar.to_string(),
        status: reading.status,
        started_at: spell.started_at,
        received_out_of_hours: reading.received_out_of_hours,
        waits_on: rule
            .waits_on
            .as_ref()
            .filter(|_| reading.status == SpellStatus::Paused)
            .map(ToString::to_string),
        ended_at: spell.ended_at,
        elapsed_ms: reading.elapsed_ms,
        working_ms: reading.working_ms,
        working_days: reading.working_days,
        paused_ms: reading.paused_ms,
        due_at: reading.due_at,
        assumed_after: spell.assumed_after(calendar, reading.due_at),
        met: reading.met,
    })
}

pub(crate) fn child_clock(seen: &Seen, now: Timestamp) -> ChildClock {
    let mut wait = ChildWait::default();
    for (occurred_at, act) in acts(seen) {
        if let Some(state) = seen.workflow.definition.states.get(&act.to) {
            wait.enter(state, occurred_at);
        }
    }
    let asked_at = seen.request.opening.received_at;
    let over = wait.helped_at.or(wait.ended_at).unwrap_or(now);
    let elapsed_ms = between_ms(asked_at, over);
    let until = wait.ended_at.unwrap_or(now);
    let helped = wait.helped_at.map(|from| between_ms(from, until) / DAY_MS);
    ChildClock {
        asked_at,
        helped_at: wait.helped_at,
        ended_at: wait.ended_at,
        elapsed_ms,
        days: elapsed_ms / DAY_MS,
        helped_days: helped,
    }
}

fn between_ms(from: Timestamp, to: Timestamp) -> i64 {
    (to.as_millisecond() - from.as_millisecond()).max(0)
}
