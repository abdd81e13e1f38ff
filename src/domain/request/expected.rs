//! The day on which help is expected, as the team said last: beside what was promised, never instead.

use super::command::Asked;
use super::error::{Place, Refusal};
use crate::domain::workflow::definition::MoveRule;
use crate::domain::workflow::expression::find;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpectedDay {
    pub on: Date,
    /// A code of the workflow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// What an act says of it, where its move does and its data have the day.
///
/// # Errors
/// When the day is none.
pub(super) fn day(rule: &MoveRule, asked: &Asked) -> Result<Option<ExpectedDay>, Refusal> {
    let Some(expects) = &rule.expects else {
        return Ok(None);
    };
    let text = |path: &str| find(&asked.coded, path).and_then(Value::as_str);
    let Some(day) = text(&expects.day) else {
        return Ok(None);
    };
    let on = day.parse().map_err(|_| Refusal::BadCode {
        place: Place::at(&expects.day),
        what: "day",
    })?;
    let because = expects.because.as_deref().and_then(text);
    Ok(Some(ExpectedDay {
        on,
        because: because.map(str::to_owned),
    }))
}
