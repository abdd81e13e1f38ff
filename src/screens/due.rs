//! By when something is owed, in words.

use super::words::{day, moment, small, span};
use crate::api::requests::clocks::ClockView;
use crate::domain::time::clock::SpellStatus;
use jiff::Timestamp;
use maud::{Markup, html};

/// What a clock waits for. What is still to come does not read as if it had happened: `Due by Friday 4
/// December, 5:00 pm (3 days left): a person has seen the request`.
pub(super) fn owed(clock: &ClockView, now: Timestamp) -> Markup {
    let runs = clock.status == SpellStatus::Running;
    html! {
        @if runs && clock.due_at.is_some_and(|at| at >= now) {
            "Due " (due(clock, now)) ": " (small(&clock.title))
        } @else {
            (clock.title) ": " (due(clock, now))
        }
    }
}

/// `by Friday 4 December, 5:00 pm (3 days left)`
pub(super) fn due(clock: &ClockView, now: Timestamp) -> Markup {
    let Some(at) = clock.due_at else {
        return html! { "stands still now" };
    };
    let left = at.as_millisecond() - now.as_millisecond();
    html! {
        @if clock.status == SpellStatus::Paused {
            "stands still; it was due by " (moment(at))
        } @else if left < 0 {
            span.late { "late since " (moment(at)) " (" (span(-left)) ")" }
        } @else {
            "by " (moment(at)) " (" (span(left)) " left)"
        }
        @if let Some(after) = clock.assumed_after {
            ", if no holidays are added after " (day(after))
        }
    }
}
