//! A row per open clock, lease or action with a ladder: its next rung, and from when it can be raised.
//! Nobody is reminded of what was made up, nor of what was imported before its import has ended.

use super::page::Decoded;
use super::{Projection, QueryError, ReadPool};
use crate::domain::declared::Declared;
use crate::domain::ids::{AgencyId, Authority, ClockName, DefinitionHash, RequestId};
use crate::domain::request::clocks::ClockGround;
use crate::domain::request::event::{Act, RequestEvent};
use crate::domain::request::rung::{self, DueRung, Look, Place, Raised, RungId};
use crate::domain::time::clock::Clocks;
use crate::domain::time::ladder::Step;
use crate::domain::workflow::definition::Definition;
use crate::log::Provenance;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use uuid::Uuid;

pub struct DueRungs;

/// Spell 0 of no clock keeps what the others are worked out from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RungRow {
    pub authority: String,
    pub request_id: Uuid,
    pub clock: String,
    pub spell: i32,
    pub rung: Option<String>,
    pub occurrence: Option<i32>,
    /// Absent while the clock is paused.
    pub next_at: Option<Timestamp>,
    pub detail: Option<Context>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Context {
    definition: DefinitionHash,
    received_at: Timestamp,
    agency: Option<AgencyId>,
    clocks: Clocks,
    raised: Raised,
    /// That brought the request and had not ended when it was last looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    import: Option<Uuid>,
}

impl Projection for DueRungs {
    const NAME: &'static str = "due_rungs";
    const TABLE: &'static str = include_str!("sql/due_rungs_table.sql");
    const KEY: &'static str = "request_id, authority, clock, spell";
    /// 3: a run of a clock for each concern.
    const FOLD: u32 = 3;
    const RECOUNT: Option<&'static str> = Some("(clock <> '' or detail ? 'import')");
    type Row = RungRow;

    fn fold(rows: &mut Vec<RungRow>, event: &Decoded, declared: &Declared) -> Result<(), String> {
        let known = rows.first_mut().and_then(|row| row.detail.take());
        let opened = match (&event.event, known) {
            (RequestEvent::Act(act), None) => open(event, act, declared),
            (_, known) => known,
        };
        let Some(mut context) = opened else {
            return Ok(());
        };
        context.follow(&event.event, event.recorded.occurred_at, declared)?;
        let key = (event.recorded.authority.to_string(), event.recorded.stream);
        *rows = rows_of(key, context, declared)?;
        Ok(())
    }

    fn recount(rows: &mut Vec<RungRow>, declared: &Declared) -> Result<(), String> {
        let Some(row) = rows.first_mut() else {
            return Ok(());
        };
        let key = (row.authority.clone(), row.request_id);
        if let Some(context) = row.detail.take() {
            *rows = rows_of(key, context, declared)?;
        }
        Ok(())
    }

    fn request_of(row: &RungRow) -> (&str, Uuid) {
        (&row.authority, row.request_id)
    }

    fn place_of(row: &RungRow) -> (&str, i32) {
        (&row.clock, row.spell)
    }
}

/// `None` for a request that nobody is to be reminded of.
fn open(event: &Decoded, act: &Act, declared: &Declared) -> Option<Context> {
    let opening = act.opening.as_ref()?;
    let has_ladders = declared
        .find_workflow(&opening.definition)
        .is_some_and(|workflow| workflow.definition.rungs().next().is_some());
    let import = match event.recorded.provenance {
        Provenance::Live => None,
        Provenance::Imported => Some(event.recorded.correlation),
        Provenance::Synthetic => return None,
    };
    if !has_ladders {
        return None;
    }
    Some(Context {
        definition: opening.definition,
        received_at: opening.received_at,
        agency: opening.agency.clone(),
        clocks: Clocks::default(),
        raised: Raised::default(),
        import,
    })
}

impl Context {
    fn follow(
        &mut self,
        event: &RequestEvent,
        occurred_at: Timestamp,
        declared: &Declared,
    ) -> Result<(), String> {
        match event {
            RequestEvent::RungRaised(raised) => self.raised.keep(&raised.rung),
            RequestEvent::ClaimLapsed(lapsed) => self.raised.keep(&lapsed.raised.rung),
            RequestEvent::Act(_)
            | RequestEvent::Claimed { .. }
            | RequestEvent::Released { .. }
            | RequestEvent::ClockExtended(_) => {}
        }
        let ground = ClockGround {
            definition: definition_of(self, declared)?,
            organisation: declared.organisation(),
            agency: self.agency.as_ref(),
            received_at: self.received_at,
        };
        ground.follow(&mut self.clocks, event, occurred_at);
        Ok(())
    }
}

fn definition_of<'a>(context: &Context, declared: &'a Declared) -> Result<&'a Definition, String> {
    let workflow = declared.find_workflow(&context.definition);
    let workflow = workflow.ok_or("the pinned definition is not known")?;
    Ok(&workflow.definition)
}

/// The context first, then the next rung of every open clock.
fn rows_of(
    (authority, request_id): (String, Uuid),
    mut context: Context,
    declared: &Declared,
) -> Result<Vec<RungRow>, String> {
    let definition = definition_of(&context, declared)?;
    context.import = context.import.filter(|import| !declared.has_ended(import));
    let mut rows = vec![RungRow {
        authority,
        request_id,
        clock: String::new(),
        spell: 0,
        rung: None,
        occurrence: None,
        next_at: None,
        detail: None,
    }];
    let waits = context.import.is_some();
    let Context { clocks, raised, .. } = &context;
    let next = rung::all_next(clocks, definition, raised, declared.calendars());
    let next = next.map_err(|error| error.to_string())?;
    for (rung, due) in next.into_iter().filter(|_| !waits) {
        let row = RungRow {
            clock: rung.clock.to_string(),
            spell: i32::try_from(rung.spell).unwrap_or(i32::MAX),
            rung: Some(rung.step.rung.to_string()),
            occurrence: i32::try_from(rung.step.occurrence).ok(),
            next_at: due.map(|due| due.ready_at),
            ..rows[0].clone()
        };
        rows.push(row);
    }
    rows[0].detail = Some(context);
    Ok(rows)
}

/// The earliest first, of all authorities.
///
/// # Errors
/// When the read tables are out of reach.
pub async fn query(pool: &ReadPool, look: &Look) -> Result<Vec<DueRung>, QueryError> {
    let client = pool.get().await?;
    let statement = client
        .prepare_cached(include_str!("sql/due_rungs_query.sql"))
        .await?;
    let Place {
        next_at,
        authority,
        request,
        clock,
        spell,
    } = &look.after;
    let spell = i32::try_from(*spell).unwrap_or(i32::MAX);
    let rows = client
        .query(
            &statement,
            &[
                &look.up_to,
                next_at,
                authority,
                request,
                clock,
                &spell,
                &look.limit,
            ],
        )
        .await?;
    rows.iter()
        .map(|row| {
            due_rung(row).map_err(|why| {
                tracing::error!(why, "a row of due_rungs cannot be read");
                QueryError::Unavailable
            })
        })
        .collect()
}

fn due_rung(row: &Row) -> Result<DueRung, &'static str> {
    let text = |column: &str| {
        row.try_get::<_, &str>(column)
            .map_err(|_| "a text is missing")
    };
    let number = |column: &str| {
        let number = row
            .try_get::<_, i32>(column)
            .map_err(|_| "a number is missing")?;
        u32::try_from(number).map_err(|_| "a number is negative")
    };
    Ok(DueRung {
        authority: Authority::parse(text("authority")?).map_err(|_| "not an authority")?,
        request: RequestId(row.try_get("request_id").map_err(|_| "no request")?),
        rung: RungId {
            clock: ClockName::parse(text("clock")?).map_err(|_| "not a clock")?,
            spell: number("spell")?,
            step: Step {
                rung: text("rung")?.parse().map_err(|_| "not an offset")?,
                occurrence: number("occurrence")?,
            },
        },
        next_at: row.try_get("next_at").map_err(|_| "no time")?,
    })
}
