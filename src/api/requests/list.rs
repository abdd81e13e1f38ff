//! `GET /requests`: the caller's own requests, or those of a team of the caller's.

use super::claim::ClaimView;
use super::covers_now;
use crate::access::{Action, Resource};
use crate::api::App;
use crate::api::caller::Caller;
use crate::api::extract::Params;
use crate::api::position::AsOf;
use crate::api::problem::Problem;
use crate::api::read_tables::{caught_up, unreadable};
use crate::domain::declared::Declared;
use crate::domain::ids::{StateName, TeamId};
use crate::domain::request::actor::PrincipalKind;
use crate::projections::request_list::{self, Filter, RequestRow};
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

pub(in crate::api) const LIMIT_MAX: i64 = 100;
const LIMIT_USUAL: i64 = 50;
pub(in crate::api) const READ_TABLE: &str = "request_list";

#[derive(Serialize, ToSchema)]
#[schema(as = RequestList)]
pub(crate) struct ListView {
    pub requests: Vec<RowView>,
    /// For `after`, where there may be more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    pub as_of: AsOf,
}

/// A request without a word about the child.
#[derive(Serialize, ToSchema)]
#[schema(as = RequestRow)]
pub(crate) struct RowView {
    pub id: Uuid,
    pub reference: String,
    pub workflow: String,
    pub state: String,
    pub team: String,
    pub requester: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim: Option<ClaimView>,
    pub received_at: Timestamp,
    pub version: i32,
}

impl RowView {
    /// In a `team` that holds it everybody may know who has claimed it.
    fn of(
        row: RequestRow,
        team: bool,
        (declared, now): (&Declared, Timestamp),
    ) -> Result<Self, Problem> {
        let holder = row.claimed_by.filter(|_| team || !row.restricted);
        let claim = holder
            .map(|holder| ClaimView::of(&holder, row.lease.as_ref(), declared, now))
            .transpose()?;
        // A restricted state is nobody's business outside of its own process.
        let state = if row.restricted {
            request_list::MOVED.to_owned()
        } else {
            row.state
        };
        Ok(Self {
            id: row.request_id,
            reference: row.reference,
            workflow: row.workflow,
            state,
            team: row.team,
            requester: row.requester,
            worker: row.worker,
            claim,
            received_at: row.received_at,
            version: row.version,
        })
    }
}

/// Your requests
///
/// Those that you asked for, and questions to others whom you cover; a service account sees its agency's; with `team`, those that a team
/// of yours holds. Oldest first.
#[utoipa::path(
    get, path = "/requests", tag = "Requests",
    params(
        ("team" = Option<String>, Query, description = "A team that you belong to"),
        ("state" = Option<String>, Query, description = "Only requests in this state"),
        ("open" = Option<bool>, Query, description = "`true`: only those that have not ended"),
        ("after" = Option<String>, Query, description = "`next` of the page before"),
        ("limit" = Option<i64>, Query, description = "1 to 100, usually 50"),
        ("min_position" = Option<String>, Query, description = "Position that the answer must include"),
    ),
    responses((status = 200, body = ListView)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<ListView>, Problem> {
    let params = params.only(&["team", "state", "open", "after", "limit", "min_position"])?;
    let mut filter = page(&caller, &params)?;
    filter.state = params.find("state", "the name of a state", StateName::parse)?;
    filter.open_only = params
        .find("open", "true or false", str::parse)?
        .unwrap_or(false);
    match params.find("team", "the code of a team", TeamId::parse)? {
        Some(team) => {
            caller.must(Action::ReadQueue, Resource::Team(&team))?;
            filter.team = Some(team);
        }
        None if caller.principal.kind == PrincipalKind::ServiceAccount => {
            filter.agency = Some(
                caller
                    .principal
                    .agency()
                    .cloned()
                    .ok_or_else(Problem::not_found)?,
            );
        }
        None => {
            let by = &caller.principal.id;
            let covers = covers_now(&app, &caller);
            filter.covered = covers
                .into_iter()
                .filter(|(_, cover)| cover.by == *by)
                .map(|(agency, _)| agency)
                .collect();
            filter.requester = Some(by.clone());
        }
    }
    rows(&app, &params, filter).await.map(Json)
}

/// A filter that is still without its limits of access.
pub(in crate::api) fn page(caller: &Caller, params: &Params) -> Result<Filter, Problem> {
    let limit = params.find("limit", "1 to 100", |text| match text.parse() {
        Ok(limit @ 1..=LIMIT_MAX) => Ok(limit),
        Ok(_) | Err(_) => Err(()),
    })?;
    Ok(Filter {
        authority: caller.authority.clone(),
        team: None,
        requester: None,
        covered: Vec::new(),
        agency: None,
        state: None,
        open_only: false,
        limit: limit.unwrap_or(LIMIT_USUAL),
        after: params.find("after", "`next` of the page before", parse_after)?,
    })
}

/// Where the next page begins: microseconds since 1970 of when help was first asked for, and the id.
pub(crate) fn next_of(row: &RequestRow) -> String {
    format!("{}.{}", row.received_at.as_microsecond(), row.request_id)
}

pub(crate) fn parse_after(text: &str) -> Result<(Timestamp, Uuid), ()> {
    let (micros, id) = text.split_once('.').ok_or(())?;
    let micros = micros.parse().map_err(|_| ())?;
    let at = Timestamp::from_microsecond(micros).map_err(|_| ())?;
    Ok((at, Uuid::try_parse(id).map_err(|_| ())?))
}

pub(in crate::api) async fn rows(
    app: &App,
    params: &Params,
    filter: Filter,
) -> Result<ListView, Problem> {
    let as_of = caught_up(app, READ_TABLE, params).await?;
    let found = request_list::query(&app.reads, &filter)
        .await
        .map_err(unreadable)?;
    let declared = app.commands.registry().of(filter.authority.as_str());
    let now = (app.now)();
    let full = i64::try_from(found.len()).is_ok_and(|count| count == filter.limit);
    let next = found.last().filter(|_| full).map(next_of);
    Ok(ListView {
        requests: found
            .into_iter()
            .map(|row| RowView::of(row, filter.team.is_some(), (&declared, now)))
            .collect::<Result<_, _>>()?,
        next,
        as_of,
    })
}
