//! `GET /caseloads`: who holds how much, and for how long.

pub(crate) mod opened;
pub(crate) mod ownerless;

use self::ownerless::{WithoutOwnerView, counted};
use super::App;
use super::caller::Caller;
use super::extract::Params;
use super::position::{AsOf, public};
use super::problem::Problem;
use super::read_tables::{caught_up, reached, unreadable};
use super::reports::known_position;
use super::response_times::{WHEN, as_of, when, wrong};
use crate::access::{Action, Resource, decide};
use crate::domain::declared::Declared;
use crate::domain::ids::{TeamId, WorkflowName};
use crate::domain::measures::Weights;
use crate::projections::acts::{Reach, Story, stories};
use crate::projections::known::Past;
use crate::projections::team_caseloads::{self, Caseload, Question};
use crate::projections::work::{self, Effort, Flow};
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;
use uuid::Uuid;

const READ_TABLE: &str = "team_caseloads";
const ACTS: &str = "acts";

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
    /// Of the count: taken by somebody to work on it, now or when it was known so.
    pub claimed: i64,
    pub count: i64,
    /// By `weights`.
    pub weight: f64,
    pub oldest_at: Timestamp,
    pub newest_at: Timestamp,
    /// When the first of them came here.
    pub longest_here_since: Timestamp,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Caseloads)]
pub(crate) struct CaseloadsView {
    pub caseloads: Vec<RowView>,
    /// Requests that nobody can be counted on to move; `/caseloads/without-owner` opens them. Absent for
    /// another moment (`as_of`) than the one at which it was known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub without_owner: Option<WithoutOwnerView>,
    /// What a request weighs; absent where every request weighs 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub weights: Option<Weights>,
    pub as_of: AsOf,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Flow)]
pub(crate) struct FlowView {
    pub from: Timestamp,
    pub to: Timestamp,
    /// What came in and went out.
    pub teams: Vec<Flow>,
    /// What it took, over the requests that were asked for in the time.
    pub effort: Vec<Effort>,
    pub as_of: AsOf,
}

/// Open requests by team, worker and state
///
/// Of your own teams; of all teams for those who answer for the whole.
#[utoipa::path(
    get, path = "/caseloads", tag = "Figures",
    params(
        ("as_of" = Option<String>, Query, description = "RFC 3339: as it stood then; default: now"),
        ("as_known_on" = Option<String>, Query, description = "RFC 3339 time or date: only what was recorded by then"),
        ("min_position" = Option<String>, Query, description = "Position that the answer must include"),
    ),
    responses((status = 200, body = CaseloadsView)),
)]
pub(crate) async fn read(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<CaseloadsView>, Problem> {
    let params = params.only(&["as_of", "as_known_on", "min_position"])?;
    if !reads_any(&caller) {
        return Err(Problem::closed());
    }
    let (open, weights, as_of) = found(&app, &caller, &params).await?;
    let caseloads = team_caseloads::together(open.into_iter().map(|(_, one)| one))
        .into_iter()
        .filter(|row| reads(&caller, &row.team))
        .map(RowView::from)
        .collect();
    let without_owner = match params.text("as_of") {
        None => Some(counted(&ownerless::found(&app, &caller, &params).await?)),
        Some(_) => None,
    };
    Ok(Json(CaseloadsView {
        caseloads,
        without_owner,
        weights,
        as_of,
    }))
}

/// Each open request, weights, and where they stand.
type Found = (Vec<(Uuid, Caseload)>, Option<Weights>, AsOf);

async fn found(app: &App, caller: &Caller, params: &Params) -> Result<Found, Problem> {
    match params.text("as_known_on") {
        None => as_it_is(app, caller, params).await,
        Some(_) => as_known(app, caller, params).await,
    }
}

async fn as_it_is(app: &App, caller: &Caller, params: &Params) -> Result<Found, Problem> {
    let question = Question {
        authority: caller.authority.to_string(),
        as_of: as_of(app, params)?,
    };
    let as_of = caught_up(app, READ_TABLE, params).await?;
    let declared = app.commands.registry().of(caller.authority.as_str());
    let weights = weights_of(&declared);
    let open = team_caseloads::open(&app.reads, &question, weights.as_ref())
        .await
        .map_err(unreadable)?;
    Ok((open, weights, as_of))
}

/// The same answer for ever: it does not tell how far the table is today.
async fn as_known(app: &App, caller: &Caller, params: &Params) -> Result<Found, Problem> {
    let (position, at) = known_position(app, params).await?;
    for table in [READ_TABLE, "request_list"] {
        reached(app, table, position).await?;
    }
    let as_of = params.find("as_of", WHEN, when)?.unwrap_or(at);
    if as_of > at {
        let allowed = "no later than `as_known_on`";
        return Err(wrong("as_of", "not known yet", allowed));
    }
    let question = Question {
        authority: caller.authority.to_string(),
        as_of,
    };
    let log = app.commands.registry().log();
    let past = Past::at(log, &question.authority, position)
        .await
        .map_err(unreadable)?;
    let open = team_caseloads::known::open(&app.reads, log, &question, &past)
        .await
        .map_err(unreadable)?;
    let as_of = AsOf {
        position: public(app.epoch, position.0),
        lag: 0,
    };
    Ok((open, weights_of(&past.declared), as_of))
}

fn weights_of(declared: &Declared) -> Option<Weights> {
    let measures = declared.measures();
    measures.map(|file| file.caseload_weights.clone())
}

/// What came in and went out, and what it took
///
/// By team: new, taken over, reopened, ended, passed on. By `by`: touches, hand-offs and questions a
/// request, and who was never answered. For those who answer for the whole, or with `team` for one that
/// they lead.
#[utoipa::path(
    get, path = "/caseloads/flow", tag = "Figures",
    params(
        ("from" = String, Query, description = "RFC 3339 time or date"),
        ("to" = String, Query, description = "RFC 3339 time or date, not included"),
        ("by" = Option<String>, Query, description = "`team` (the one that holds it now) or a coded field of the opening act; default: the whole"),
        ("team" = Option<String>, Query, description = "Of one team, for those who lead it: its own row, and the requests that it holds now"),
        ("workflow" = Option<String>, Query, description = "Default: the authority's usual workflow"),
        ("min_position" = Option<String>, Query, description = "Position that the answer must include"),
    ),
    responses((status = 200, body = FlowView)),
)]
pub(crate) async fn flow(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<FlowView>, Problem> {
    let params = params.only(&["from", "to", "by", "team", "workflow", "min_position"])?;
    let team = params.find("team", "the code of a team", TeamId::parse)?;
    let resource = team.as_ref().map_or(Resource::Whole, Resource::Team);
    caller.must(Action::ReadIdentified, resource)?;
    let now = (app.now)();
    let time = |name: &str| {
        let found = params.find(name, WHEN, when)?;
        found.ok_or_else(|| wrong(name, "missing", WHEN))
    };
    let (from, to) = (time("from")?, time("to")?);
    if from >= to || from >= now {
        return Err(wrong(
            "to",
            "not after `from`, or in the future",
            "a time that has passed",
        ));
    }
    let workflow = params.find("workflow", "the name of a workflow", WorkflowName::parse)?;
    let reach = Reach {
        authority: caller.authority.to_string(),
        workflow: workflow
            .unwrap_or_else(|| app.usual_workflow.clone())
            .to_string(),
        as_of: to.min(now),
        position: i64::MAX,
    };
    let as_of = caught_up(&app, ACTS, &params).await?;
    let stories = stories(&app.reads, &reach).await.map_err(unreadable)?;
    let is_of = |code: &str| team.as_ref().is_none_or(|team| team.as_str() == code);
    let asked: Vec<&Story> = stories
        .iter()
        .filter(|story| (from..to).contains(&story.opening().occurred_at))
        .filter(|story| is_of(story.last().team.as_str()))
        .collect();
    let by = params.text("by");
    let known = |by: &str| {
        by == "team"
            || asked
                .iter()
                .any(|s| s.opening().dimensions.contains_key(by))
    };
    if by.is_some_and(|by| !asked.is_empty() && !known(by)) {
        let names: BTreeSet<&String> = asked
            .iter()
            .flat_map(|s| s.opening().dimensions.keys())
            .collect();
        return Err(wrong("by", "not a dimension", "one of `allowed`").allow(names));
    }
    let mut teams = work::flow(&stories, from, to);
    teams.retain(|flow| is_of(&flow.team));
    Ok(Json(FlowView {
        from,
        to,
        teams,
        effort: work::effort(&asked, by),
        as_of,
    }))
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
            claimed: row.claimed,
            count: row.count,
            weight: row.weight,
            oldest_at: row.oldest_at,
            newest_at: row.newest_at,
            longest_here_since: row.longest_here_since,
        }
    }
}
