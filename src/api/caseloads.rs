//! `GET /caseloads`: who holds how much, and for how long.

use super::App;
use super::caller::Caller;
use super::extract::Params;
use super::position::AsOf;
use super::problem::{Kind, Problem};
use super::response_times::as_of;
use super::views::{caught_up, unreadable};
use crate::access::{Action, Resource, decide};
use crate::domain::ids::TeamId;
use crate::projections::team_caseloads::{self, Caseload, Question};
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

const VIEW: &str = "team_caseloads";

#[derive(Serialize, ToSchema)]
#[schema(as = Caseload)]
pub(crate) struct RowView {
    pub team: String,
    /// Absent: the team as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    pub state: String,
    /// Of the count: help agreed, nobody free to give it.
    pub waiting: i64,
    pub count: i64,
    pub oldest_at: Timestamp,
    pub newest_at: Timestamp,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Caseloads)]
pub(crate) struct CaseloadsView {
    pub caseloads: Vec<RowView>,
    pub as_of: AsOf,
}

/// Open requests by team, worker and state
///
/// Of your own teams; of all teams for those who answer for the whole.
#[utoipa::path(
    get, path = "/caseloads", tag = "Figures",
    params(
        ("as_of" = Option<String>, Query, description = "RFC 3339: as it stood then; default: now"),
        ("min_position" = Option<String>, Query, description = "Position that the answer must include"),
    ),
    responses((status = 200, body = CaseloadsView)),
)]
pub(crate) async fn read(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<CaseloadsView>, Problem> {
    let params = params.only(&["as_of", "min_position"])?;
    if !reads_any(&caller) {
        return Err(Problem::new(
            Kind::NotYours,
            "None of your roles opens this.",
        ));
    }
    let question = Question {
        authority: caller.authority.to_string(),
        team: None,
        as_of: as_of(&app, &params)?,
    };
    let as_of = caught_up(&app, VIEW, &params).await?;
    let rows = team_caseloads::query(&app.reads, &question)
        .await
        .map_err(unreadable)?;
    let caseloads = rows
        .into_iter()
        .filter(|row| reads(&caller, &row.team))
        .map(RowView::from)
        .collect();
    Ok(Json(CaseloadsView { caseloads, as_of }))
}

fn reads_any(caller: &Caller) -> bool {
    let teams = caller
        .principal
        .grants
        .iter()
        .filter_map(|grant| grant.team.as_ref());
    decide(&caller.principal, Action::ReadCaseloads, Resource::Whole).is_allowed()
        || teams.into_iter().any(|team| {
            decide(
                &caller.principal,
                Action::ReadCaseloads,
                Resource::Team(team),
            )
            .is_allowed()
        })
}

fn reads(caller: &Caller, team: &str) -> bool {
    TeamId::parse(team).is_ok_and(|team| {
        decide(
            &caller.principal,
            Action::ReadCaseloads,
            Resource::Team(&team),
        )
        .is_allowed()
    })
}

impl From<Caseload> for RowView {
    fn from(row: Caseload) -> Self {
        Self {
            team: row.team,
            worker: row.worker,
            state: row.state,
            waiting: row.waiting,
            count: row.count,
            oldest_at: row.oldest_at,
            newest_at: row.newest_at,
        }
    }
}
