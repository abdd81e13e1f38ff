//! Who holds how much.

use super::ROOT;
use super::viewer::Viewer;
use super::words::{count, date};
use crate::api::caseloads::CaseloadsView;
use crate::charts::number;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Of a team.
#[derive(Default)]
struct Load {
    count: i64,
    claimed: i64,
    waiting: i64,
    weight: f64,
    oldest: Option<jiff::Timestamp>,
}

/// No request is without an owner; those that no rule could place wait for a person.
pub(super) fn unowned(loads: &CaseloadsView) -> Markup {
    let unplaced: i64 = loads
        .caseloads
        .iter()
        .filter(|row| row.team == "unrouted")
        .map(|row| row.count)
        .sum();
    let class = if unplaced > 0 {
        "card red"
    } else {
        "card green"
    };
    html! {
        div class=(class) {
            span.big { "0" }
            "Requests without an owner"
            @if unplaced > 0 { ". " (count(unplaced, "request waits", "requests wait")) " to be placed by a person" }
        }
    }
}

pub(super) fn open(loads: &CaseloadsView) -> Markup {
    let open: i64 = loads.caseloads.iter().map(|row| row.count).sum();
    html! { div.card { span.big { (open) } "Open requests" } }
}

pub(super) fn table(viewer: &Viewer, loads: &CaseloadsView) -> Markup {
    let mut teams: BTreeMap<&str, Load> = BTreeMap::new();
    for row in &loads.caseloads {
        let team = teams.entry(&row.team).or_default();
        team.count += row.count;
        team.claimed += row.claimed;
        team.waiting += row.waiting;
        team.weight += row.weight;
        team.oldest = match team.oldest {
            Some(oldest) => Some(oldest.min(row.oldest_at)),
            None => Some(row.oldest_at),
        };
    }
    let mine = viewer.teams();
    html! {
        h2 { "Who holds how much" }
        @if teams.is_empty() { p { "No team holds an open request." } } @else {
        section.scroll aria-label="Who holds how much" tabindex="0" { table {
            thead { tr {
                th scope="col" { "Team" }
                th.number scope="col" { "Open requests" }
                th.number scope="col" { "Claimed now" }
                th.number scope="col" { "On the waiting list" }
                th.number scope="col" { "Weight" }
                th scope="col" { "Oldest asked on" }
            } }
            tbody { @for (team, load) in &teams {
                tr {
                    th scope="row" {
                        @if mine.iter().any(|known| known.as_str() == *team) {
                            a href={ (ROOT) "/teams/" (team) } { (viewer.team(team)) }
                        } @else { (viewer.team(team)) }
                    }
                    td.number { (load.count) }
                    td.number { (load.claimed) }
                    td.number { (load.waiting) }
                    td.number { (number(load.weight)) }
                    td { (load.oldest.map_or_else(String::new, date)) }
                }
            } }
        } } }
    }
}
