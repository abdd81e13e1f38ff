//! `GET /response-times/requests`: the requests behind a figure, with their events.

use super::asking::{Asked, PARAMETERS, unanswered};
use super::wrong;
use crate::access::{Action, Opened as Shown, Resource, decide};
use crate::api::App;
use crate::api::caller::Caller;
use crate::api::excerpt::{self, SKIP};
use crate::api::extract::Params;
use crate::api::position::{AsOf, public};
use crate::api::problem::Problem;
use crate::api::read_tables::unreadable;
use crate::api::requests::readings::record;
use crate::commands::{Audience, Position};
use crate::domain::ids::TeamId;
use crate::projections::request_list::references;
use crate::projections::response_times::opened::{Opened, Part, open};
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Serialize, ToSchema)]
#[schema(as = FigureOpened)]
pub(crate) struct OpenedView {
    /// The number that was opened; of these, `requests` are yours to see, longest wait first.
    pub count: usize,
    /// In teams that you do not answer for.
    pub not_open_to_you: usize,
    /// Further ones: `skip` those that you have.
    pub left_out: usize,
    pub requests: Vec<RequestView>,
    pub as_of: AsOf,
}

#[derive(Serialize, ToSchema)]
#[schema(as = FigureRequest)]
pub(crate) struct RequestView {
    pub id: Uuid,
    /// Absent for the moment until the list of requests has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    pub clock: String,
    pub spell: i32,
    pub team: String,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub days: f64,
    pub paused_days: f64,
    pub working_days: u32,
    /// Within target; absent while that is open.
    pub met: Option<bool>,
    pub events: Vec<EventView>,
}

#[derive(Clone, Serialize, ToSchema)]
#[schema(as = FigureEvent)]
pub(crate) struct EventView {
    pub position: String,
    /// Absent where the event belongs to another process.
    pub event: Option<String>,
    pub occurred_at: Timestamp,
    /// When we knew.
    pub recorded_at: Timestamp,
}

/// Open a figure
///
/// The requests behind a number of `/response-times`, by the same question, and the events that it
/// rests on. Ids and codes only. For those who answer for the team, or for the whole.
#[utoipa::path(
    get, path = "/response-times/requests", tag = "Figures",
    params(
        ("clock" = String, Query, description = "The figure's clock"),
        ("part" = Option<String>, Query, description = "`started` (default), `stopped`, `open`, `cancelled`, `paused`, `within_target`, `missed_stopped`, `missed_open`"),
        ("group" = Option<String>, Query, description = "The figure's `group`, with `by`"),
        ("skip" = Option<usize>, Query, description = "How many to pass over; 100 come in one answer"),
        ("workflow" = Option<String>, Query, description = "As for `/response-times`, like all that follows"),
        ("by" = Option<String>, Query, description = ""),
        ("only" = Option<String>, Query, description = ""),
        ("view" = Option<String>, Query, description = ""),
        ("from" = Option<String>, Query, description = ""),
        ("to" = Option<String>, Query, description = ""),
        ("as_of" = Option<String>, Query, description = ""),
        ("as_known_on" = Option<String>, Query, description = ""),
        ("min_position" = Option<String>, Query, description = ""),
    ),
    responses((status = 200, body = OpenedView)),
)]
pub(crate) async fn read(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<OpenedView>, Problem> {
    let params = params.only(&[&PARAMETERS[..], &["part", "group", SKIP]].concat())?;
    let asked = Asked::read(&app, &caller, &params).await?;
    if asked.leaves {
        return Err(Problem::closed());
    }
    if asked.question.clock.is_none() {
        return Err(wrong("clock", "missing", "the clock of the figure"));
    }
    let part = params.find("part", "a number of `/response-times`", |text| {
        Part::find(text).ok_or(())
    })?;
    let group = params.text("group");
    if group.is_some() != asked.question.by.is_some() {
        return Err(wrong("group", "`by` or `group` alone", "both, or neither"));
    }
    let all = open(
        &app.reads,
        &asked.declared,
        asked.known.as_ref(),
        &asked.question,
        (part.unwrap_or(Part::Started), group),
    )
    .await
    .map_err(unanswered)?;
    let count = all.len();
    let mut requests: Vec<Opened> = all
        .into_iter()
        .filter(|one| opens(&caller, &one.team))
        .collect();
    let open_to_you = requests.len();
    let left_out = excerpt::keep(&mut requests, &params)?;
    let up_to = asked.known.as_ref().map(|known| known.position.0);
    let ids: Vec<Uuid> = requests.iter().map(|one| one.request_id).collect();
    record(&app, &caller, (Shown::Figure, &ids)).await?;
    // A request may stand here more than once.
    let events = events(&app, &caller, &ids, up_to).await?;
    let references = references(&app.reads, &caller.authority, &ids).await;
    let references = references.map_err(unreadable)?;
    let requests: Vec<RequestView> = requests
        .into_iter()
        .map(|one| {
            let events = events.get(&one.request_id).cloned().unwrap_or_default();
            let reference = references.get(&one.request_id).cloned();
            view(one, reference, events)
        })
        .collect();
    Ok(Json(OpenedView {
        count,
        not_open_to_you: count - open_to_you,
        left_out,
        requests,
        as_of: asked.as_of,
    }))
}

fn opens(caller: &Caller, team: &str) -> bool {
    let Ok(team) = TeamId::parse(team) else {
        return false;
    };
    decide(
        &caller.principal,
        Action::OpenFigures,
        Resource::Team(&team),
    )
    .is_allowed()
}

/// One round trip for all of them.
async fn events(
    app: &App,
    caller: &Caller,
    ids: &[Uuid],
    up_to: Option<i64>,
) -> Result<BTreeMap<Uuid, Vec<EventView>>, Problem> {
    let log = app.commands.registry().log();
    let up_to = Position(up_to.unwrap_or(i64::MAX));
    let events = log.read_streams(caller.authority.as_str(), ids, up_to);
    let mut found: BTreeMap<Uuid, Vec<EventView>> = BTreeMap::new();
    for event in events.await.map_err(unreadable)? {
        found.entry(event.stream).or_default().push(EventView {
            position: public(app.epoch, event.position.0),
            event: Some(event.event_type).filter(|_| event.audience == Audience::Ordinary),
            occurred_at: event.occurred_at,
            recorded_at: event.recorded_at,
        });
    }
    Ok(found)
}

fn view(one: Opened, reference: Option<String>, events: Vec<EventView>) -> RequestView {
    RequestView {
        id: one.request_id,
        reference,
        clock: one.clock,
        spell: one.spell,
        team: one.team,
        started_at: one.started_at,
        ended_at: one.ended_at,
        days: one.days,
        paused_days: one.paused_days,
        working_days: one.working_days,
        met: one.met,
        events,
    }
}
