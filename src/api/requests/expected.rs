//! When help is expected, beside what was promised.

use super::Seen;
use super::clocks::{ClockView, calendar_of};
use crate::api::App;
use crate::api::caller::Caller;
use crate::api::problem::Problem;
use crate::api::read_tables::unreadable;
use crate::domain::declared::Declared;
use crate::domain::request::expected::ExpectedDay;
use crate::domain::workflow::definition::{Definition, ExpectRule};
use crate::projections::expected_days::{self, ExpectedRow};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// The day on which help is expected, as the team said last. It takes no promise away: the clock runs on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ExpectedDay)]
pub(crate) struct ExpectedView {
    #[schema(value_type = String, format = Date)]
    pub on: Date,
    /// A code of the workflow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// The clock whose target was the promise.
    pub clock: String,
    /// When that target is due, however long ago; absent while the clock stands still.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promised_at: Option<Timestamp>,
}

/// The rule of a workflow by which a day is expected.
pub(crate) fn rule_of(definition: &Definition) -> Option<&ExpectRule> {
    let mut moves = definition.moves.values();
    moves.find_map(|rule| rule.expects.as_ref())
}

impl Seen {
    /// Nothing once what was promised has come or is no longer needed, and nothing that is not this
    /// caller's to know.
    pub(crate) fn expected(&self, clocks: &[ClockView]) -> Option<ExpectedView> {
        let day: &ExpectedDay = self.request.expected.as_ref().filter(|_| self.may_know())?;
        let rule = rule_of(&self.workflow.definition)?;
        let mut spells = clocks.iter().rev();
        let promise = spells.find(|one| one.clock == rule.clock.as_str() && one.is_open())?;
        Some(ExpectedView {
            on: day.on,
            because: day.because.clone(),
            clock: promise.clock.clone(),
            promised_at: promise.due_at,
        })
    }
}

/// The same of many requests, by what the read tables know; none of those whose promise is over.
pub(crate) async fn expected_of(
    app: &App,
    caller: &Caller,
    requests: &[Uuid],
) -> Result<BTreeMap<Uuid, ExpectedView>, Problem> {
    let declared = app.commands.registry().of(caller.authority.as_str());
    let now = (app.now)();
    let rows = expected_days::query(&app.reads, &caller.authority, requests).await;
    let mut found = BTreeMap::new();
    for row in rows.map_err(unreadable)? {
        if let Some(view) = of_row(&row, &declared, now)? {
            found.insert(row.request_id, view);
        }
    }
    Ok(found)
}

fn of_row(
    row: &ExpectedRow,
    declared: &Declared,
    now: Timestamp,
) -> Result<Option<ExpectedView>, Problem> {
    let mut definitions = declared.workflows().map(|workflow| &workflow.definition);
    let definition = definitions.find(|known| {
        let version = u32::try_from(row.workflow_version);
        known.workflow.as_str() == row.workflow && Ok(known.version) == version
    });
    let Some(rule) = definition.and_then(rule_of) else {
        return Ok(None);
    };
    let mut spells = row.spells.iter();
    let Some(promise) = spells.find(|spell| spell.clock == rule.clock) else {
        return Ok(None);
    };
    let reading = promise.reading(calendar_of(promise, declared)?, now);
    Ok(Some(ExpectedView {
        on: row.on,
        because: row.because.clone(),
        clock: rule.clock.to_string(),
        promised_at: reading.due_at,
    }))
}
