//! `GET /caseloads/without-owner`: requests that nobody can be counted on to move, and why.

use super::reads;
use crate::access::{Action, Opened, Resource};
use crate::api::App;
use crate::api::caller::Caller;
use crate::api::excerpt::{self, SKIP};
use crate::api::extract::Params;
use crate::api::position::{AsOf, public};
use crate::api::problem::Problem;
use crate::api::read_tables::{caught_up, reached, unreadable};
use crate::api::reports::known_position;
use crate::api::requests::readings::record;
use crate::domain::declared::Declared;
use crate::domain::ids::{PrincipalId, StateName, TeamId};
use crate::domain::ownership::{HeldRequest, OwnerGap, OwnersInForce};
use crate::domain::request::asking::civil_date;
use crate::projections::held_requests::{HeldRow, held, held_then};
use crate::projections::known::Past;
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Of the teams whose caseloads the caller reads.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RequestsWithoutOwner)]
pub(crate) struct WithoutOwnerView {
    /// Each request once, whatever the number of its reasons.
    pub count: usize,
    pub reasons: Vec<GapView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OwnerGap)]
pub(crate) struct GapView {
    /// `nobody-can-act`, `worker-gone`, `unit-closed`, `unrouted`, `claim-lapsed-twice`
    pub reason: &'static str,
    pub title: &'static str,
    pub count: usize,
}

#[derive(Serialize, ToSchema)]
#[schema(as = RequestsWithoutOwnerOpened)]
pub(crate) struct OwnerlessView {
    /// The number that was opened, with every reason.
    #[serde(flatten)]
    pub counted: WithoutOwnerView,
    /// In teams that you do not answer for, or in another process.
    pub not_open_to_you: usize,
    /// Further ones: `skip` those that you have.
    pub left_out: usize,
    /// The longest wait first.
    pub requests: Vec<OwnerlessRequest>,
    pub as_of: AsOf,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct OwnerlessRequest {
    pub id: Uuid,
    pub reference: String,
    pub team: String,
    pub state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    /// Codes of `reasons`.
    pub reasons: Vec<&'static str>,
    /// When help was first asked for.
    pub received_at: Timestamp,
    pub state_since: Timestamp,
}

/// A request with its reasons.
pub(super) struct OwnerlessRow {
    row: HeldRow,
    gaps: Vec<OwnerGap>,
}

pub(super) fn counted(found: &[OwnerlessRow]) -> WithoutOwnerView {
    let gaps = OwnerGap::ALL.into_iter().map(|gap| GapView {
        reason: gap.code(),
        title: gap.title(),
        count: found.iter().filter(|one| one.gaps.contains(&gap)).count(),
    });
    WithoutOwnerView {
        count: found.len(),
        reasons: gaps.filter(|gap| gap.count > 0).collect(),
    }
}

/// Of the teams whose caseloads the caller reads, as it is or as it was known.
pub(super) async fn found(
    app: &App,
    caller: &Caller,
    params: &Params,
) -> Result<Vec<OwnerlessRow>, Problem> {
    let authority = caller.authority.as_str();
    if params.text("as_known_on").is_none() {
        let rows = held(&app.reads, authority).await.map_err(unreadable)?;
        let declared = app.commands.registry().of(authority);
        return Ok(ownerless(caller, &declared, (app.now)(), rows));
    }
    let (position, at) = known_position(app, params).await?;
    reached(app, "request_list", position).await?;
    let log = app.commands.registry().log();
    let past = Past::at(log, authority, position).await;
    let past = past.map_err(unreadable)?;
    let rows = held_then(&app.reads, log, (authority, &past)).await;
    Ok(ownerless(
        caller,
        &past.declared,
        at,
        rows.map_err(unreadable)?,
    ))
}

fn ownerless(
    caller: &Caller,
    declared: &Declared,
    at: Timestamp,
    rows: Vec<HeldRow>,
) -> Vec<OwnerlessRow> {
    let in_force = OwnersInForce::of(declared, civil_date(at));
    let rows = rows.into_iter().filter(|row| reads(caller, &row.team));
    let rows = rows.map(|row| OwnerlessRow {
        gaps: gaps(&in_force, declared, &row),
        row,
    });
    rows.filter(|one| !one.gaps.is_empty()).collect()
}

/// A row that this build cannot read has nobody who can act on it either.
fn gaps(in_force: &OwnersInForce<'_>, declared: &Declared, row: &HeldRow) -> Vec<OwnerGap> {
    let mut definitions = declared.workflows().map(|workflow| &workflow.definition);
    let definition = definitions.find(|known| {
        let version = u32::try_from(row.workflow_version);
        known.workflow.as_str() == row.workflow && Ok(known.version) == version
    });
    let (Some(definition), Ok(state), Ok(team)) = (
        definition,
        StateName::parse(&row.state),
        TeamId::parse(&row.team),
    ) else {
        return vec![OwnerGap::NobodyCanAct];
    };
    let id = |code: &Option<String>| {
        let code = code.as_deref();
        code.and_then(|code| PrincipalId::parse(code).ok())
    };
    let (worker, claimed_by) = (id(&row.worker), id(&row.claimed_by));
    in_force.gaps(&HeldRequest {
        definition,
        state: &state,
        team: &team,
        worker: worker.as_ref(),
        claimed_by: claimed_by.as_ref(),
        lapses: row.lapses,
    })
}

/// Open the requests without an owner
///
/// A request always has a team; it counts here where nobody in it can act, its worker has left, its team
/// is closed, no rule could place it, or its claims lapsed one after the other. Ids and codes only. For
/// those who answer for the team, or for the whole.
#[utoipa::path(
    get, path = "/caseloads/without-owner", tag = "Figures",
    params(
        ("reason" = Option<String>, Query, description = "Only those with this reason: `nobody-can-act`, `worker-gone`, `unit-closed`, `unrouted`, `claim-lapsed-twice`"),
        ("skip" = Option<usize>, Query, description = "How many to pass over; 100 come in one answer"),
        ("as_known_on" = Option<String>, Query, description = "RFC 3339 time or date: only what was recorded by then"),
        ("min_position" = Option<String>, Query, description = "Position that the answer must include"),
    ),
    responses((status = 200, body = OwnerlessView)),
)]
pub(crate) async fn read(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<OwnerlessView>, Problem> {
    let params = params.only(&["reason", SKIP, "as_known_on", "min_position"])?;
    if !super::reads_any(&caller) {
        return Err(Problem::closed());
    }
    let reason = params.find("reason", "a reason of `/caseloads`", |text| {
        let mut all = OwnerGap::ALL.into_iter();
        all.find(|gap| gap.code() == text).ok_or(())
    })?;
    let as_of = as_of(&app, &params).await?;
    let all = found(&app, &caller, &params).await?;
    let counted = counted(&all);
    let asked = all.into_iter();
    let asked = asked.filter(|one| reason.is_none_or(|reason| one.gaps.contains(&reason)));
    let asked: Vec<OwnerlessRow> = asked.collect();
    let all_count = asked.len();
    let mut shown: Vec<OwnerlessRow> = asked
        .into_iter()
        .filter(|one| opens(&caller, one))
        .collect();
    let not_open_to_you = all_count - shown.len();
    let left_out = excerpt::keep(&mut shown, &params)?;
    let ids: Vec<Uuid> = shown.iter().map(|one| one.row.request_id).collect();
    record(&app, &caller, (Opened::Figure, &ids)).await?;
    Ok(Json(OwnerlessView {
        counted,
        not_open_to_you,
        left_out,
        requests: shown.into_iter().map(OwnerlessRequest::from).collect(),
        as_of,
    }))
}

async fn as_of(app: &App, params: &Params) -> Result<AsOf, Problem> {
    if params.text("as_known_on").is_none() {
        return caught_up(app, "request_list", params).await;
    }
    let (position, _) = known_position(app, params).await?;
    Ok(AsOf {
        position: public(app.epoch, position.0),
        lag: 0,
    })
}

/// What is in another process is told to its team alone.
fn opens(caller: &Caller, one: &OwnerlessRow) -> bool {
    let Ok(team) = TeamId::parse(&one.row.team) else {
        return false;
    };
    let may = |action| caller.must(action, Resource::Team(&team)).is_ok();
    may(Action::OpenFigures) && (!one.row.restricted || may(Action::ReadQueue))
}

impl From<OwnerlessRow> for OwnerlessRequest {
    fn from(one: OwnerlessRow) -> Self {
        let state = if one.row.restricted {
            crate::projections::request_list::MOVED.to_owned()
        } else {
            one.row.state
        };
        Self {
            id: one.row.request_id,
            reference: one.row.reference,
            team: one.row.team,
            state,
            worker: one.row.worker,
            reasons: one.gaps.into_iter().map(OwnerGap::code).collect(),
            received_at: one.row.received_at,
            state_since: one.row.state_since,
        }
    }
}
