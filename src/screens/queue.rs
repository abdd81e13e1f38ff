//! A team's queue: what is due first stands first, with the service's clock and the child's.

use super::layout::Page;
use super::progress::full_date;
use super::viewer::Viewer;
use super::words::{count, moment, span};
use super::{ROOT, Screens, live};
use crate::access::{Action, Resource};
use crate::api::extract::{Params, Segments};
use crate::api::problem::Problem;
use crate::api::read_tables::unreadable;
use crate::api::requests::claim::ClaimView;
use crate::api::requests::clocks::calendar_of;
use crate::domain::ids::TeamId;
use crate::domain::time::clock::SpellStatus;
use crate::domain::workflow::definition::Definition;
use crate::projections::waiting::{Waiting, query};
use axum::extract::State;
use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

/// More than a team can look at.
const SHOWN_MAX: i64 = 1_000;
const DAY_MS: i64 = 86_400_000;

/// What is owed next.
struct Due {
    title: String,
    at: Option<Timestamp>,
}

struct Line {
    row: Waiting,
    state: String,
    due: Option<Due>,
    /// 0 is the most urgent.
    urgency: usize,
    /// The same in words.
    asked_as: String,
    claim: Option<ClaimView>,
    /// The reader leads the team.
    knows_concerns: bool,
}

pub(super) async fn page(
    State(screens): State<Screens>,
    viewer: Viewer,
    Segments(team): Segments<String>,
    params: Params,
) -> Result<Markup, Problem> {
    params.only(&[])?;
    let team = allowed(&viewer, &team)?;
    let live = live::address(&screens);
    let table = table(&screens, &viewer, &team).await?;
    let title = viewer.team(team.as_str());
    Ok(Page::of(&title, &viewer).live(&live).draw(&html! {
        h1 { (title) }
        p { "What is due first stands first." }
        (table)
    }))
}

/// The part of the page that changes.
pub(super) async fn rows(
    State(screens): State<Screens>,
    viewer: Viewer,
    Segments(team): Segments<String>,
) -> Result<Markup, Problem> {
    let team = allowed(&viewer, &team)?;
    table(&screens, &viewer, &team).await
}

/// A team of others and no team at all are the same to a stranger.
fn allowed(viewer: &Viewer, team: &str) -> Result<TeamId, Problem> {
    let team = TeamId::parse(team).map_err(|_| Problem::not_found())?;
    let caller = &viewer.caller;
    caller
        .must(Action::ReadQueue, Resource::Team(&team))
        .map_err(|_| Problem::not_found())?;
    Ok(team)
}

async fn table(screens: &Screens, viewer: &Viewer, team: &TeamId) -> Result<Markup, Problem> {
    let app = &screens.app;
    let authority = &viewer.caller.authority;
    let found = query(&app.reads, authority, (team, SHOWN_MAX)).await;
    let now = (app.now)();
    let lines: Result<Vec<Line>, Problem> = found
        .map_err(unreadable)?
        .into_iter()
        .map(|waiting| line(screens, viewer, (team, waiting)))
        .collect();
    let mut lines = lines?;
    lines.sort_by_key(|line| {
        let due = line.due.as_ref().and_then(|due| due.at);
        (
            due.unwrap_or(Timestamp::MAX),
            line.urgency,
            line.row.received_at,
        )
    });
    let late = lines.iter().filter(|line| line.is_late(now)).count();
    let all = i64::try_from(lines.len()).unwrap_or(i64::MAX);
    Ok(html! {
        div #queue hx-get={ (ROOT) "/teams/" (team) "/rows" } hx-trigger="changed from:body" hx-swap="outerHTML" {
            p role="status" {
                strong { (count(all, "request", "requests")) }
                @if late > 0 { ", " span.late { (late) " late" } }
            }
            @if lines.is_empty() {
                p { "Nothing waits for this team." }
            } @else {
                div.scroll { table.stack {
                    caption.unseen { "Requests, what is due first standing first" }
                    thead { tr {
                        th scope="col" { "Request" }
                        th scope="col" { "Due next" }
                        th scope="col" { "The child's wait" }
                        th scope="col" { "Asked as" }
                        th scope="col" { "Where it is" }
                        th scope="col" { "Who has it" }
                    } }
                    tbody { @for line in &lines { (line.draw(viewer, now)) } }
                } }
                @if all == SHOWN_MAX { p { "There are more; these have waited longest." } }
            }
        }
    })
}

fn line(
    screens: &Screens,
    viewer: &Viewer,
    (team, row): (&TeamId, Waiting),
) -> Result<Line, Problem> {
    let knows_concerns = viewer.may(Action::KnowConcerns, Resource::Team(team));
    let now = (screens.app.now)();
    let declared = &viewer.declared;
    let version = u32::try_from(row.workflow_version).unwrap_or(0);
    let workflow = declared.workflows().find(|workflow| {
        let definition = &workflow.definition;
        definition.workflow.as_str() == row.workflow && definition.version == version
    });
    let definition = workflow.map(|workflow| &workflow.definition);
    let mut due: Option<Due> = None;
    for spell in &row.spells {
        let title = definition.and_then(|definition| definition.clocks.get(&spell.clock));
        let tells = definition
            .zip(title)
            .is_some_and(|(definition, rule)| definition.is_restricted(rule));
        if tells && !knows_concerns {
            continue;
        }
        let reading = spell.reading(calendar_of(spell, declared)?, now);
        if reading.status != SpellStatus::Running {
            continue;
        }
        let sooner = match (&due, reading.due_at) {
            (None, _) => true,
            (Some(known), Some(at)) => known.at.is_none_or(|known| at < known),
            (Some(_), None) => false,
        };
        if sooner {
            due = Some(Due {
                title: title.map_or_else(|| spell.clock.to_string(), |rule| rule.title.clone()),
                at: reading.due_at,
            });
        }
    }
    let claim = row.claimed_by.as_ref();
    let claim = claim.map(|by| ClaimView::of(by, row.lease.as_ref(), declared, now));
    Ok(Line {
        state: definition.map_or_else(
            || row.state.clone(),
            |definition| title_of(definition, &row),
        ),
        urgency: definition.map_or(usize::MAX, |definition| rank(definition, &row)),
        asked_as: row.urgency.as_ref().map_or_else(String::new, |urgency| {
            screens.hints(&row.workflow).words("urgency", urgency)
        }),
        claim: claim.transpose()?,
        knows_concerns,
        due,
        row,
    })
}

fn title_of(definition: &Definition, row: &Waiting) -> String {
    let mut states = definition.states.iter();
    let found = states.find(|(name, _)| name.as_str() == row.state);
    found.map_or_else(|| row.state.clone(), |(_, rule)| rule.title.clone())
}

/// The workflow lists urgencies from the least to the most.
fn rank(definition: &Definition, row: &Waiting) -> usize {
    let mut opening = definition.moves.values().filter(|rule| rule.opens);
    let codes = opening.find_map(|rule| rule.data.pointer("/properties/urgency/enum")?.as_array());
    let (Some(codes), Some(urgency)) = (codes, &row.urgency) else {
        return usize::MAX;
    };
    let at = codes.iter().rev().position(|code| code == urgency.as_str());
    at.unwrap_or(usize::MAX)
}

impl Line {
    fn is_late(&self, now: Timestamp) -> bool {
        let due = self.due.as_ref().and_then(|due| due.at);
        due.is_some_and(|at| at < now)
    }

    fn draw(&self, viewer: &Viewer, now: Timestamp) -> Markup {
        let row = &self.row;
        let id = row.request_id;
        html! {
            tr {
                th scope="row" {
                    a href={ (ROOT) "/requests/" (id) } { (row.reference) }
                    @if self.knows_concerns && row.concern_open {
                        " " span.ds_tag.ds_tag--red {
                            @if row.unanswered > 0 { "Concern not answered" } @else { "Concern open" }
                        }
                    }
                }
                td data-label="Due next:" { (self.due(now)) }
                td data-label="The child's wait:" { (self.wait(now)) }
                td data-label="Asked as" {
                    @if self.urgency == 0 { span.ds_tag.ds_tag--orange { (self.asked_as) } }
                    @else { (self.asked_as) }
                }
                td data-label="Where it is:" { (self.state) }
                td data-label="Who has it:" { (self.holder(viewer)) }
            }
        }
    }

    /// Until help starts; from then on for how long help has been given.
    fn wait(&self, now: Timestamp) -> Markup {
        let row = &self.row;
        let from = row.helped_at.unwrap_or(row.received_at);
        let days = (now.as_millisecond() - from.as_millisecond()) / DAY_MS;
        html! {
            @if row.helped_at.is_some() { "helped for " }
            (count(days, "day", "days"))
        }
    }

    fn due(&self, now: Timestamp) -> Markup {
        let Some(due) = &self.due else {
            return match self.row.held_by.as_str() {
                "requester" => html! { "Nothing: it waits for whoever asked" },
                _ => html! { "Nothing" },
            };
        };
        html! {
            (due.title)
            @if let Some(at) = due.at {
                br;
                @let left = at.as_millisecond() - now.as_millisecond();
                @if left < 0 {
                    span.late { "late since " (moment(at)) " (" (span(-left)) ")" }
                } @else {
                    "by " (moment(at)) " (" (span(left)) " left)"
                }
            }
            @if let Some(day) = self.row.expected_on.filter(|_| self.row.helped_at.is_none()) {
                br; "Help is expected on " (full_date(day))
            }
        }
    }

    fn holder(&self, viewer: &Viewer) -> Markup {
        let row = &self.row;
        let me = viewer.caller.principal.id.as_str();
        if let Some(claim) = &self.claim {
            return html! { @if claim.by == me { strong { "You" } } @else { (viewer.person(&claim.by)) } };
        }
        if let Some(worker) = &row.worker {
            return html! { (viewer.person(worker)) ", named worker" };
        }
        if row.held_by == "requester" {
            return html! { "Waits for whoever asked" };
        }
        html! {
            form.claim method="post" action={ (ROOT) "/requests/" (row.request_id) "/claim" } {
                input type="hidden" name="key" value=(Uuid::new_v4());
                button.ds_button.ds_button--secondary id={ "claim-" (row.request_id) } type="submit" {
                    "Claim" span.unseen { " request " (row.reference) }
                }
            }
        }
    }
}
