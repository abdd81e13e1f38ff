//! A row per act of every request, with its codes: what flow, effort, views, outcomes and unmet need
//! are counted from. A row never changes, so what was known at a position is what lies before it.

use super::page::Decoded;
use super::response_times::codes_of;
use super::{Projection, QueryError, ReadPool};
use crate::domain::declared::Declared;
use crate::domain::ids::DefinitionHash;
use crate::domain::request::event::{Act, RequestEvent};
use crate::domain::workflow::definition::Relation;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio_postgres::types::Json;
use uuid::Uuid;

pub struct Acts;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActRow {
    pub authority: String,
    pub request_id: Uuid,
    /// 1, 2, … of the request.
    pub number: i32,
    pub workflow: String,
    pub position: i64,
    pub event: String,
    pub occurred_at: Timestamp,
    pub recorded_at: Timestamp,
    pub from_state: Option<String>,
    pub state: String,
    /// The request had ended after it.
    pub ended: bool,
    /// That held the request after it.
    pub team: String,
    pub left_team: Option<String>,
    /// By whoever asked, not by who helps.
    pub by_requester: bool,
    pub received_at: Timestamp,
    /// Codes of the act; those of the opening are in `dimensions`.
    pub coded: Map<String, Value>,
    /// Of the opening act alone.
    pub dimensions: Option<Map<String, Value>>,
}

impl Projection for Acts {
    const NAME: &'static str = "acts";
    const TABLE: &'static str = include_str!("sql/acts_table.sql");
    const KEY: &'static str = "request_id, authority, number";
    type Row = ActRow;

    fn fold(rows: &mut Vec<ActRow>, event: &Decoded, declared: &Declared) -> Result<(), String> {
        let RequestEvent::Act(act) = &event.event else {
            return Ok(());
        };
        let definition = event
            .recorded
            .definition
            .and_then(|hash| declared.find_workflow(&DefinitionHash(hash)))
            .map(|workflow| &workflow.definition)
            .ok_or("the pinned definition is not known")?;
        let state = definition.states.get(&act.to);
        let state = state.ok_or("the pinned definition does not know the state")?;
        let role = definition.roles.get(&act.acted_as.role);
        let row = ActRow {
            ended: state.ends,
            by_requester: role.is_some_and(|role| {
                matches!(role.relation, Some(Relation::Requester | Relation::Cover))
            }),
            ..next(rows.last(), event, act)?
        };
        rows.push(row);
        Ok(())
    }

    fn request_of(row: &ActRow) -> (&str, Uuid) {
        (&row.authority, row.request_id)
    }

    fn place_of(row: &ActRow) -> (&str, i32) {
        ("", row.number)
    }
}

fn next(last: Option<&ActRow>, event: &Decoded, act: &Act) -> Result<ActRow, String> {
    let (workflow, received_at) = match (last, &act.opening) {
        (Some(last), _) => (last.workflow.clone(), last.received_at),
        (None, Some(opening)) => (opening.workflow.to_string(), opening.received_at),
        (None, None) => return Err("the first act opens nothing".to_owned()),
    };
    let recorded = &event.recorded;
    Ok(ActRow {
        authority: recorded.authority.to_string(),
        request_id: recorded.stream,
        number: last.map_or(1, |last| last.number + 1),
        workflow,
        position: recorded.position.0,
        event: act.name.to_string(),
        occurred_at: recorded.occurred_at,
        recorded_at: recorded.recorded_at,
        from_state: act.from.as_ref().map(ToString::to_string),
        state: act.to.to_string(),
        ended: false,
        team: act.owner.team.to_string(),
        left_team: act.left_team.as_ref().map(ToString::to_string),
        by_requester: false,
        received_at,
        coded: if act.opening.is_some() {
            opening_codes(act)
        } else {
            act.coded.clone()
        },
        dimensions: act.opening.as_ref().map(|opening| codes_of(act, opening)),
    })
}

/// Beside the dimensions: whose views were sought, and how.
fn opening_codes(act: &Act) -> Map<String, Value> {
    let kept = act.coded.iter().filter(|(_, value)| value.is_object());
    let kept = kept.filter(|(name, _)| name.as_str() != "derived");
    kept.map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// Which acts are read.
#[derive(Debug, Clone)]
pub struct Reach {
    pub authority: String,
    pub workflow: String,
    /// Nothing that happened later.
    pub as_of: Timestamp,
    /// Nothing that was recorded after this position.
    pub position: i64,
}

/// One act as it is read.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    pub request_id: Uuid,
    pub number: i32,
    pub position: i64,
    pub event: String,
    pub occurred_at: Timestamp,
    pub recorded_at: Timestamp,
    pub from_state: Option<String>,
    pub state: String,
    pub ended: bool,
    pub team: String,
    pub left_team: Option<String>,
    pub by_requester: bool,
    pub received_at: Timestamp,
    pub coded: Map<String, Value>,
    pub dimensions: Map<String, Value>,
}

/// The acts of one request, in order; never empty.
#[derive(Debug, Clone, PartialEq)]
pub struct Story {
    pub acts: Vec<Seen>,
}

impl Story {
    #[must_use]
    pub fn opening(&self) -> &Seen {
        &self.acts[0]
    }

    #[must_use]
    pub fn last(&self) -> &Seen {
        self.acts.last().unwrap_or(&self.acts[0])
    }

    #[must_use]
    pub fn find(&self, event: &str) -> Option<&Seen> {
        self.acts.iter().find(|act| act.event == event)
    }

    /// The codes of a dimension of the opening.
    #[must_use]
    pub fn codes(&self, dimension: &str) -> Vec<String> {
        if dimension == "team" {
            return vec![self.last().team.clone()];
        }
        super::response_times::codes(self.opening().dimensions.get(dimension))
    }
}

/// Every request's acts within reach, in one round trip.
///
/// # Errors
/// When the read tables are out of reach.
pub async fn stories(pool: &ReadPool, reach: &Reach) -> Result<Vec<Story>, QueryError> {
    let client = pool.get().await?;
    let statement = client
        .prepare_cached(include_str!("sql/acts_query.sql"))
        .await?;
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 4] = [
        &reach.authority,
        &reach.workflow,
        &reach.as_of,
        &reach.position,
    ];
    let mut stories: Vec<Story> = Vec::new();
    for row in client.query(&statement, &parameters).await? {
        let coded: Json<Map<String, Value>> = row.try_get("coded")?;
        let dimensions: Option<Json<Map<String, Value>>> = row.try_get("dimensions")?;
        let act = Seen {
            request_id: row.get("request_id"),
            number: row.get("number"),
            position: row.get("position"),
            event: row.get("event"),
            occurred_at: row.get("occurred_at"),
            recorded_at: row.get("recorded_at"),
            from_state: row.get("from_state"),
            state: row.get("state"),
            ended: row.get("ended"),
            team: row.get("team"),
            left_team: row.get("left_team"),
            by_requester: row.get("by_requester"),
            received_at: row.get("received_at"),
            coded: coded.0,
            dimensions: dimensions.map(|json| json.0).unwrap_or_default(),
        };
        match stories.last_mut() {
            Some(story) if story.opening().request_id == act.request_id => story.acts.push(act),
            // Without its opening within reach there is nothing to count it under.
            Some(_) | None if act.number == 1 => stories.push(Story { acts: vec![act] }),
            Some(_) | None => {}
        }
    }
    Ok(stories)
}
