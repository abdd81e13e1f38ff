//! Spans of time and targets of clocks, as people write them.

use schemars::JsonSchema;

/// `5wd` working days, `16wh` working hours, `15min` by the wall clock, `10d` or `12w` calendar days.
#[derive(Debug, JsonSchema)]
pub struct TargetForm(#[schemars(regex(pattern = r"^[1-9][0-9]{0,3}(wd|wh|min|d|w)$"))] pub String);

/// A span, as `5wd`; or a time of the next working day, as `next-wd@10:00`.
#[derive(Debug, JsonSchema)]
pub struct ClockTargetForm(
    #[schemars(regex(
        pattern = r"^([1-9][0-9]{0,3}(wd|wh|min|d|w)|next-wd@([01][0-9]|2[0-3]):[0-5][0-9])$"
    ))]
    pub String,
);
