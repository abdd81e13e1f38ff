//! `GET /caseloads/requests`: the requests behind a caseload.

use super::{found, reads, reads_any};
use crate::access::{Action, Opened, Resource, decide};
use crate::api::App;
use crate::api::caller::Caller;
use crate::api::excerpt::{self, SKIP};
use crate::api::extract::Params;
use crate::api::position::AsOf;
use crate::api::problem::Problem;
use crate::api::read_tables::unreadable;
use crate::api::requests::expected::{ExpectedView, expected_of};
use crate::api::requests::readings::record;
use crate::api::response_times::wrong;
use crate::domain::ids::TeamId;
use crate::projections::request_list::{MOVED, references};
use crate::projections::team_caseloads::Caseload;
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Serialize, ToSchema)]
#[schema(as = CaseloadOpened)]
pub(crate) struct OpenedView {
    /// The number that was opened.
    pub count: usize,
    /// In another process, which is open to the team alone.
    pub not_open_to_you: usize,
    /// Further ones: `skip` those that you have.
    pub left_out: usize,
    /// The longest wait first.
    pub requests: Vec<HeldView>,
    pub as_of: AsOf,
}

#[derive(Serialize, ToSchema)]
#[schema(as = CaseloadRequest)]
pub(crate) struct HeldView {
    pub id: Uuid,
    /// Absent for the moment until the list of requests has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    pub state: String,
    /// Help agreed, nobody free to give it.
    pub waiting: bool,
    /// Taken by somebody to work on it.
    pub claimed: bool,
    /// When help is expected, where a day was said; of now alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<ExpectedView>,
    pub weight: f64,
    /// When help was first asked for.
    pub received_at: Timestamp,
    /// Since when this team, worker and state have it.
    pub here_since: Timestamp,
}

/// Which of a team's requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Open,
    Claimed,
    Waiting,
}

impl Part {
    fn parse(text: &str) -> Result<Self, ()> {
        match text {
            "open" => Ok(Self::Open),
            "claimed" => Ok(Self::Claimed),
            "waiting" => Ok(Self::Waiting),
            _ => Err(()),
        }
    }

    const fn has(self, one: &Caseload) -> bool {
        match self {
            Self::Open => true,
            Self::Claimed => one.claimed > 0,
            Self::Waiting => one.waiting > 0,
        }
    }
}

/// Open a caseload
///
/// The requests that a team's numbers in `/caseloads` count. Ids and codes only. For those who answer
/// for the team, or for the whole; what is in another process is told to the team alone.
#[utoipa::path(
    get, path = "/caseloads/requests", tag = "Figures",
    params(
        ("team" = String, Query, description = "The caseload's team"),
        ("part" = Option<String>, Query, description = "`open` (default), `claimed`, `waiting`"),
        ("skip" = Option<usize>, Query, description = "How many to pass over; 100 come in one answer"),
        ("as_of" = Option<String>, Query, description = "As for `/caseloads`, like all that follows"),
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
    let known = ["team", "part", SKIP, "as_of", "as_known_on", "min_position"];
    let params = params.only(&known)?;
    if !reads_any(&caller) {
        return Err(Problem::closed());
    }
    let team = params.find("team", "the code of a team", TeamId::parse)?;
    let team = team.ok_or_else(|| wrong("team", "missing", "the code of a team"))?;
    let part = params.find("part", "a number of `/caseloads`", Part::parse)?;
    let part = part.unwrap_or(Part::Open);
    let opens = decide(
        &caller.principal,
        Action::OpenFigures,
        Resource::Team(&team),
    );
    if !reads(&caller, team.as_str()) || !opens.is_allowed() {
        return Err(Problem::closed());
    }
    let (open, _, as_of) = found(&app, &caller, &params).await?;
    let mut held: Vec<(Uuid, Caseload)> = open
        .into_iter()
        .filter(|(_, one)| one.team == team.as_str() && part.has(one))
        .collect();
    held.sort_by_key(|(id, one)| (one.oldest_at, *id));
    let count = held.len();
    let member = decide(&caller.principal, Action::ReadQueue, Resource::Team(&team));
    held.retain(|(_, one)| member.is_allowed() || one.state != MOVED);
    let open_to_you = held.len();
    let left_out = excerpt::keep(&mut held, &params)?;
    let ids: Vec<Uuid> = held.iter().map(|(id, _)| *id).collect();
    record(&app, &caller, (Opened::Figure, &ids)).await?;
    let found = references(&app.reads, &caller.authority, &ids).await;
    let mut references = found.map_err(unreadable)?;
    let mut expected = match params.text("as_known_on") {
        None => expected_of(&app, &caller, &ids).await?,
        Some(_) => BTreeMap::new(),
    };
    let requests: Vec<HeldView> = held
        .into_iter()
        .map(|(id, one)| HeldView {
            expected: expected.remove(&id),
            ..view(id, references.remove(&id), one)
        })
        .collect();
    Ok(Json(OpenedView {
        count,
        not_open_to_you: count - open_to_you,
        left_out,
        requests,
        as_of,
    }))
}

fn view(id: Uuid, reference: Option<String>, one: Caseload) -> HeldView {
    HeldView {
        id,
        reference,
        worker: one.worker,
        state: one.state,
        waiting: one.waiting > 0,
        claimed: one.claimed > 0,
        expected: None,
        weight: one.weight,
        received_at: one.oldest_at,
        here_since: one.longest_here_since,
    }
}
