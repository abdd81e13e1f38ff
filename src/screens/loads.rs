//! Who holds how much.

use super::layout::Page;
use super::opened::{at, elsewhere, from, further, named};
use super::progress::full_date;
use super::shown::when;
use super::viewer::Viewer;
use super::words::{self, count, date, moment, plain};
use super::{ROOT, Screens};
use crate::access::{Action, Resource};
use crate::api::caseloads::opened::HeldView;
use crate::api::caseloads::{CaseloadsView, opened};
use crate::api::excerpt::skipped;
use crate::api::extract::Params;
use crate::api::problem::Problem;
use crate::charts::number;
use crate::domain::ids::TeamId;
use axum::extract::State;
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

/// How many requests nobody can be counted on to move, and why; nothing where it cannot be told.
pub(super) fn unowned(loads: &CaseloadsView, known_on: Option<&str>) -> Option<Markup> {
    let unowned = loads.without_owner.as_ref()?;
    let class = if unowned.count > 0 {
        "card red"
    } else {
        "card green"
    };
    let known = words::known_on('?', known_on);
    Some(html! {
        div class=(class) {
            @if unowned.count > 0 { a.big href={ (ROOT) "/figures/without-owner" (known) } { (unowned.count) } }
            @else { span.big { "0" } }
            "Requests without an owner"
            @if unowned.count > 0 { ul.small { @for gap in &unowned.reasons {
                li { (gap.title) ": " (gap.count) }
            } } }
        }
    })
}

pub(super) fn open(loads: &CaseloadsView) -> Markup {
    let open: i64 = loads.caseloads.iter().map(|row| row.count).sum();
    html! {
        div.card {
            @if open > 0 { a.big href="#loads" { (open) } } @else { span.big { "0" } }
            "Open requests"
        }
    }
}

/// A number that leads to its requests where this reader may see them.
fn number_of(
    viewer: &Viewer,
    known_on: Option<&str>,
    (team, part, value): (&str, &str, i64),
) -> Markup {
    let opens = TeamId::parse(team)
        .is_ok_and(|team| viewer.may(Action::OpenFigures, Resource::Team(&team)));
    let known = words::known_on('&', known_on);
    html! {
        @if value == 0 || !opens { (value) } @else {
            a href={ (ROOT) "/figures/caseload?team=" (team) "&part=" (part) (known) } {
                (value) span.unseen { ": " (viewer.team(team)) ", " (part_words(part)) }
            }
        }
    }
}

fn part_words(part: &str) -> &str {
    match part {
        "claimed" => "claimed now",
        "waiting" => "on the waiting list",
        _ => "open requests",
    }
}

/// The requests behind a number of the table.
pub(super) async fn page(
    State(screens): State<Screens>,
    viewer: Viewer,
    params: Params,
) -> Result<Markup, Problem> {
    let team = params.text("team").unwrap_or_default().to_owned();
    let part = params.text("part").unwrap_or("open");
    let waits = part == "waiting";
    let part = part_words(part).to_owned();
    let day = params.text("as_known_on").map(str::to_owned);
    let app = screens.app.clone();
    let now = (app.now)();
    let asked = params.clone();
    let opened = opened::read(State(app), viewer.caller.clone(), params)
        .await?
        .0;
    let shown = (opened.requests.len(), opened.left_out);
    let further = further("/figures/caseload", &at(&asked, now), shown)?;
    let title = format!("{}: {part}", viewer.team(&team));
    let title = from(title, skipped(&asked)?);
    let back = words::known_on('?', day.as_deref());
    let many = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    Ok(Page::of(&title, &viewer).draw(&html! {
        p { a.ds_back-link href={ (ROOT) "/figures" (back) } { "Back to the figures" } }
        h1 { (title) }
        p {
            strong { (count(many(opened.count), "request", "requests")) }
            ", the longest wait first. Only codes are shown here: what was written is open to those who work on it."
        }
        (elsewhere(opened.not_open_to_you, "in another process, which is open to the team alone"))
        @if !opened.requests.is_empty() {
            div.scroll { table.stack {
                caption.unseen { (title) }
                thead { tr {
                    th scope="col" { "Request" }
                    th scope="col" { "Where it is" }
                    th scope="col" { "Asked on" }
                    th scope="col" { "Like this since" }
                    @if waits { th scope="col" { "Promised" } th scope="col" { "Expected" } }
                    th scope="col" { "Worker" }
                    th scope="col" { "Claimed" }
                } }
                tbody { @for one in &opened.requests { tr {
                    th scope="row" { (named(&viewer, (one.id, one.reference.as_deref()), &team)) }
                    td data-label="Where it is:" { (state_title(&screens, &viewer, &one.state)) }
                    td data-label="Asked on" { (when(one.received_at, now)) }
                    td data-label="Like this since" { (when(one.here_since, now)) }
                    @if waits { (dates(one, now)) }
                    td data-label="Worker:" { (one.worker.as_ref().map_or_else(|| "–".to_owned(), |worker| viewer.person(worker))) }
                    td data-label="Claimed:" { @if one.claimed { "Yes" } @else { "No" } }
                } } }
            } }
        }
        (further)
    }))
}

/// What was promised to the family, and what the team expects now.
fn dates(one: &HeldView, now: jiff::Timestamp) -> Markup {
    let day = one.expected.as_ref();
    let promised = day.and_then(|day| day.promised_at);
    html! {
        td data-label="Promised:" { @match promised {
            Some(at) if at < now => span.late { "by " (moment(at)) },
            Some(at) => { "by " (moment(at)) },
            None => "–",
        } }
        td data-label="Expected:" { (day.map_or_else(|| "No day was said".to_owned(), |day| full_date(day.on))) }
    }
}

pub(super) fn state_title(screens: &Screens, viewer: &Viewer, name: &str) -> String {
    let workflow = viewer.declared.newest_workflow(&screens.app.usual_workflow);
    let states = workflow.map(|workflow| &workflow.definition.states);
    let mut states = states.into_iter().flatten();
    let found = states.find(|(state, _)| state.as_str() == name);
    found.map_or_else(|| plain(name), |(_, rule)| rule.title.clone())
}

pub(super) fn table(viewer: &Viewer, loads: &CaseloadsView, known_on: Option<&str>) -> Markup {
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
        h2 #loads { "Who holds how much" }
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
                    td.number { (number_of(viewer, known_on, (team, "open", load.count))) }
                    td.number { (number_of(viewer, known_on, (team, "claimed", load.claimed))) }
                    td.number { (number_of(viewer, known_on, (team, "waiting", load.waiting))) }
                    td.number { (number(load.weight)) }
                    td { (load.oldest.map_or_else(String::new, date)) }
                }
            } }
        } } }
    }
}
