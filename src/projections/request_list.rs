//! A row per request: where it is, who holds it, since when. Ids and codes only.

mod news;

use super::page::Decoded;
use super::{Projection, QueryError, ReadPool};
use crate::domain::declared::Declared;
use crate::domain::ids::{
    AgencyId, Authority, DefinitionHash, PrincipalId, StateName, TeamId, WorkflowName,
};
use crate::domain::request::child_wait::ChildWait;
use crate::domain::request::clocks::ClockGround;
use crate::domain::request::concern::{self, Concern};
use crate::domain::request::event::{Act, ClaimEffect, HeldBy, RequestEvent};
use crate::domain::request::plan::Plan;
use crate::domain::time::clock::Lease;
use crate::domain::workflow::definition::HandOver;
use crate::log::Position;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

pub struct RequestList;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequestRow {
    pub authority: String,
    pub request_id: Uuid,
    pub reference: String,
    pub workflow: String,
    pub workflow_version: i32,
    pub state: String,
    pub ended: bool,
    pub waiting: bool,
    pub restricted: bool,
    pub team: String,
    /// `team`, `worker` or `requester`
    pub held_by: String,
    pub holder: Option<String>,
    pub claimed_by: Option<String>,
    /// What the lease of the claim is folded to; when it ends is read when asked.
    pub lease: Option<Lease>,
    pub worker: Option<String>,
    pub requester: String,
    pub agency: Option<String>,
    /// Of whoever asked first.
    pub first_agency: Option<String>,
    /// Some child protection concern has no final result yet.
    pub concern_open: bool,
    /// Every concern that was passed on, the oldest first.
    pub concerns: Vec<Concern>,
    /// Those that nobody has answered yet.
    pub unanswered: i32,
    /// When the oldest of those was passed on.
    pub concern_at: Option<Timestamp>,
    pub urgency: Option<String>,
    /// When help started: the child's wait is over.
    pub helped_at: Option<Timestamp>,
    /// The day on which help is expected, as the team said since the last decision, and why.
    pub expected_on: Option<Date>,
    pub expected_because: Option<String>,
    /// When the last decision was written down, and the name of its event.
    pub decided_at: Option<Timestamp>,
    pub decision: Option<String>,
    /// Claims that have lapsed one after the other since the team last did something.
    pub lapses: i32,
    /// The child's plan, and who is to do what is open of it: people, and agencies of which anybody may.
    pub plan: Plan,
    pub doers: BTreeSet<String>,
    pub doing_agencies: BTreeSet<String>,
    pub received_at: Timestamp,
    pub opened_at: Timestamp,
    pub state_since: Timestamp,
    pub version: i32,
    pub position: i64,
    pub provenance: String,
    /// Codes of the opening act.
    pub codes: Map<String, Value>,
}

impl Projection for RequestList {
    const NAME: &'static str = "request_list";
    const TABLE: &'static str = include_str!("sql/request_list_table.sql");
    const KEY: &'static str = "request_id, authority";
    /// 2: each concern by its number.
    const FOLD: u32 = 2;
    type Row = RequestRow;

    fn fold(
        rows: &mut Vec<RequestRow>,
        event: &Decoded,
        declared: &Declared,
    ) -> Result<(), String> {
        match (&event.event, rows.first_mut()) {
            (RequestEvent::Act(act), None) => rows.push(open(event, act)?),
            (RequestEvent::Act(act), Some(row)) => follow(row, event, act),
            (RequestEvent::Claimed { by, .. }, Some(row)) => {
                row.claimed_by = Some(by.to_string());
            }
            (RequestEvent::Released { .. }, Some(row)) => row.claimed_by = None,
            (RequestEvent::ClaimLapsed(_), Some(row)) => {
                row.claimed_by = None;
                row.lapses += 1;
            }
            (RequestEvent::RungRaised(_) | RequestEvent::ClockExtended(_), Some(_)) => {}
            (
                RequestEvent::Claimed { .. }
                | RequestEvent::Released { .. }
                | RequestEvent::RungRaised(_)
                | RequestEvent::ClaimLapsed(_)
                | RequestEvent::ClockExtended(_),
                None,
            ) => return Err("something before the opening act".to_owned()),
        }
        let Some(row) = rows.first_mut() else {
            return Ok(());
        };
        row.version = event.recorded.version;
        row.position = event.recorded.position.0;
        judge(row, event, declared)
    }

    fn request_of(row: &RequestRow) -> (&str, Uuid) {
        (&row.authority, row.request_id)
    }

    fn place_of(_: &RequestRow) -> (&str, i32) {
        ("", 0)
    }
}

fn open(event: &Decoded, act: &Act) -> Result<RequestRow, String> {
    let opening = act.opening.as_ref().ok_or("the first act opens nothing")?;
    let recorded = &event.recorded;
    let (held_by, holder) = holder(&act.owner.held_by);
    let mut row = RequestRow {
        authority: recorded.authority.to_string(),
        request_id: recorded.stream,
        reference: opening.reference.to_string(),
        workflow: opening.workflow.to_string(),
        workflow_version: i32::try_from(opening.version).unwrap_or(i32::MAX),
        state: act.to.to_string(),
        ended: false,
        waiting: false,
        restricted: false,
        team: act.owner.team.to_string(),
        held_by,
        holder,
        claimed_by: None,
        lease: None,
        worker: act.worker.as_ref().map(ToString::to_string),
        requester: opening.requester.to_string(),
        agency: opening.agency.as_ref().map(ToString::to_string),
        first_agency: opening.agency.as_ref().map(ToString::to_string),
        concern_open: false,
        concerns: Vec::new(),
        unanswered: 0,
        concern_at: None,
        urgency: act
            .coded
            .get("urgency")
            .and_then(Value::as_str)
            .map(str::to_owned),
        helped_at: None,
        expected_on: None,
        expected_because: None,
        decided_at: None,
        decision: None,
        lapses: 0,
        plan: Plan::default(),
        doers: BTreeSet::new(),
        doing_agencies: BTreeSet::new(),
        received_at: opening.received_at,
        opened_at: recorded.occurred_at,
        state_since: recorded.occurred_at,
        version: 0,
        position: 0,
        provenance: recorded.provenance.as_str().to_owned(),
        codes: super::response_times::dimensions_of(act),
    };
    row.concern(act, recorded.occurred_at);
    row.take_news(act, recorded.recorded_at);
    Ok(row)
}

impl RequestRow {
    /// Each concern stays red until it is answered, and open until its result is final.
    fn concern(&mut self, act: &Act, at: Timestamp) {
        concern::evolve(&mut self.concerns, act);
        if let (Some(HandOver::Opens), Some(newest)) = (act.hand_over, self.concerns.last_mut()) {
            newest.passed_on_at.get_or_insert(at);
        }
        let unanswered = self.concerns.iter().filter(|one| one.is_unanswered());
        self.concern_at = unanswered.clone().filter_map(|one| one.passed_on_at).min();
        self.unanswered = i32::try_from(unanswered.count()).unwrap_or(i32::MAX);
        self.concern_open = self.concerns.iter().any(|one| one.open);
    }
}

fn follow(row: &mut RequestRow, event: &Decoded, act: &Act) {
    if row.state != act.to.as_str() {
        row.state_since = event.recorded.occurred_at;
    }
    row.state = act.to.to_string();
    row.team = act.owner.team.to_string();
    (row.held_by, row.holder) = holder(&act.owner.held_by);
    if act.left_team.is_some() || act.claim == Some(ClaimEffect::Dropped) {
        row.claimed_by = None;
    }
    if act.left_team.is_some() {
        row.worker = None;
    }
    if let Some(requester) = &act.requester {
        row.requester = requester.to_string();
    }
    // An act names the agency only where it is not that of the opening.
    let agency = act.agency.as_ref().map(ToString::to_string);
    row.agency = agency.or_else(|| row.first_agency.clone());
    if let Some(worker) = &act.worker {
        row.worker = Some(worker.to_string());
    }
    row.concern(act, event.recorded.occurred_at);
    row.take_news(act, event.recorded.recorded_at);
}

/// What the definition says of the state and of the claim.
fn judge(row: &mut RequestRow, event: &Decoded, declared: &Declared) -> Result<(), String> {
    let recorded = &event.recorded;
    let workflow = recorded
        .definition
        .and_then(|hash| declared.find_workflow(&DefinitionHash(hash)))
        .ok_or("the pinned definition is not known")?;
    let definition = &workflow.definition;
    let ground = ClockGround {
        definition,
        organisation: declared.organisation(),
        agency: None,
        received_at: row.received_at,
    };
    let mut lease = row.lease.take().unwrap_or_default();
    ground.follow_lease(&mut lease, &event.event, recorded.occurred_at);
    row.lease = Some(lease).filter(|lease| !lease.is_unused());
    let RequestEvent::Act(act) = &event.event else {
        return Ok(());
    };
    let state = definition
        .states
        .get(&act.to)
        .ok_or("the pinned definition does not know the state")?;
    let mut wait = ChildWait {
        helped_at: row.helped_at,
        ended_at: row.ended.then_some(recorded.occurred_at),
    };
    wait.enter(state, recorded.occurred_at);
    row.helped_at = wait.helped_at;
    row.ended = state.ends;
    row.waiting = state.waiting;
    row.restricted = state.restricted;
    Ok(())
}

fn holder(held_by: &HeldBy) -> (String, Option<String>) {
    match held_by {
        HeldBy::Team => ("team".to_owned(), None),
        HeldBy::Worker(id) => ("worker".to_owned(), Some(id.to_string())),
        HeldBy::Requester(id) => ("requester".to_owned(), Some(id.to_string())),
    }
}

/// What a list may be narrowed to; absent means all.
#[derive(Debug, Clone)]
pub struct Filter {
    pub authority: Authority,
    pub team: Option<TeamId>,
    pub requester: Option<PrincipalId>,
    /// With `requester`: also what waits for a requester of these, whom they answer for.
    pub covered: Vec<AgencyId>,
    pub agency: Option<AgencyId>,
    pub state: Option<StateName>,
    pub open_only: bool,
    /// At most 100.
    pub limit: i64,
    /// Go on after the last request of the page before: when help was first asked for, and its id.
    pub after: Option<(Timestamp, Uuid)>,
}

/// What is said of every restricted state outside of its own process.
pub const MOVED: &str = "moved-to-another-process";

/// Longest wait first.
///
/// # Errors
/// When the read tables are out of reach.
pub async fn query(pool: &ReadPool, filter: &Filter) -> Result<Vec<RequestRow>, QueryError> {
    let client = pool.get().await?;
    let statement = client
        .prepare_cached(include_str!("sql/request_list_query.sql"))
        .await?;
    let covered: Vec<&str> = filter.covered.iter().map(AgencyId::as_str).collect();
    let rows = client
        .query(
            &statement,
            &[
                &filter.authority.as_str(),
                &filter.team.as_ref().map(TeamId::as_str),
                &filter.requester.as_ref().map(PrincipalId::as_str),
                &filter.agency.as_ref().map(AgencyId::as_str),
                &filter.state.as_ref().map(StateName::as_str),
                &filter.open_only,
                &filter.after.map(|(at, _)| at),
                &filter.limit.clamp(1, 100),
                &covered,
                &MOVED,
                &filter.after.map(|(_, id)| id),
            ],
        )
        .await?;
    rows.iter()
        .map(|row| {
            serde_json::from_value(row.get(0)).map_err(|error| {
                tracing::error!(%error, "a row of request_list cannot be read");
                QueryError::Unavailable
            })
        })
        .collect()
}

/// What people call these requests; those that the table does not know yet are left out.
///
/// # Errors
/// When the read tables are out of reach.
pub async fn references(
    pool: &ReadPool,
    authority: &Authority,
    requests: &[Uuid],
) -> Result<BTreeMap<Uuid, String>, QueryError> {
    let client = pool.get().await?;
    let statement = include_str!("sql/request_list_references.sql");
    let statement = client.prepare_cached(statement).await?;
    let rows = client
        .query(&statement, &[&authority.as_str(), &requests])
        .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Open requests of one version of a workflow, by the state they are in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenByState {
    pub as_of: Position,
    pub open: BTreeMap<StateName, i64>,
    /// Those that began with another version.
    pub of_other_versions: i64,
}

/// Rows and cursor move together, so one statement sees counts and the position that they are true for.
///
/// # Errors
/// When the read tables are out of reach.
pub async fn open_by_state(
    pool: &ReadPool,
    authority: &Authority,
    (workflow, version): (&WorkflowName, u32),
) -> Result<OpenByState, QueryError> {
    let client = pool.get().await?;
    let statement = include_str!("sql/request_list_open_by_state.sql");
    let statement = client.prepare_cached(statement).await?;
    let version = i32::try_from(version).unwrap_or(i32::MAX);
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 3] =
        [&authority.as_str(), &workflow.as_str(), &version];
    let rows = client.query(&statement, &parameters).await?;
    let mut found = OpenByState {
        as_of: Position(0),
        open: BTreeMap::new(),
        of_other_versions: 0,
    };
    for row in rows {
        found.as_of = Position(row.get("position"));
        let Some(state) = row.get::<_, Option<&str>>("state") else {
            continue;
        };
        if !row.get::<_, bool>("drawn") {
            found.of_other_versions += row.get::<_, i64>("open_count");
        } else if let Ok(state) = StateName::parse(state) {
            found.open.insert(state, row.get("open_count"));
        }
    }
    Ok(found)
}
