//! How far a request has come: the child's wait, the help, and the day that is expected.

use super::Screens;
use super::form::hints::Hints;
use super::shown::when;
use super::words::{count, moment, small};
use crate::api::requests::Seen;
use crate::api::requests::clocks::ChildClock;
use crate::api::requests::expected::{ExpectedView, rule_of};
use crate::domain::request::asking::civil_date;
use crate::domain::workflow::definition::Definition;
use jiff::Timestamp;
use jiff::civil::Date;
use maud::{Markup, html};

/// The wait until help starts, and from then on for how long help has been given.
pub(super) fn childs_time(child: &ChildClock, now: Timestamp) -> Markup {
    let waited = || count(child.days, "day", "days");
    let since = when(child.asked_at, now);
    html! {
        div { @match (child.helped_at, child.helped_days) {
            (Some(at), Some(days)) => {
                dt { @if child.ended_at.is_some() { "Help was given for" } @else { "Help has been given for" } }
                dd {
                    (count(days, "day", "days")) ", since " (when(at, now))
                    br; "The child waited " (waited()) " for it, since " (since)
                }
            },
            (_, _) => {
                dt { @if child.ended_at.is_some() { "The child waited" } @else { "The child has waited" } }
                dd {
                    (waited())
                    @if child.ended_at.is_some() { ", until it ended" }
                    ", since " (since)
                }
            }
        } }
    }
}

/// The words of a workflow, for a day that is expected.
#[derive(Clone, Copy)]
pub(super) struct ExpectedWords<'a> {
    definition: &'a Definition,
    hints: &'a Hints,
    now: Timestamp,
}

impl<'a> ExpectedWords<'a> {
    pub(super) fn of(seen: &'a Seen, screens: &'a Screens, now: Timestamp) -> Self {
        Self {
            definition: &seen.workflow().definition,
            hints: screens.hints(seen.request().opening.workflow.as_str()),
            now,
        }
    }
}

/// `We said by the end of Monday 7 December. We now expect it on 20 January 2027, because no worker is
/// free.`
pub(super) fn expected(day: &ExpectedView, with: ExpectedWords<'_>) -> Markup {
    let field = rule_of(with.definition).and_then(|rule| rule.because.as_deref());
    let because = day.because.as_deref().zip(field);
    let because = because.map(|(code, field)| small(&with.hints.words(field, code)));
    html! {
        @if let Some(at) = day.promised_at { "We said by " (moment(at)) ". " }
        "We now expect it on " (full_date(day.on))
        @if let Some(because) = because { ", because " (because) }
        "."
        @if day.on < civil_date(with.now) { " " span.late { "That day has passed." } }
    }
}

/// `20 January 2027`
pub(super) fn full_date(date: Date) -> String {
    date.strftime("%-d %B %Y").to_string()
}
