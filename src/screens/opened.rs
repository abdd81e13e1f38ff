//! The requests behind a number, with their events.

use super::figures::part_words;
use super::layout::Page;
use super::shown::when;
use super::viewer::Viewer;
use super::words::{count, day_count, known_on, plain};
use super::{ROOT, Screens};
use crate::api::excerpt::{SKIP, skipped};
use crate::api::extract::Params;
use crate::api::problem::Problem;
use crate::api::response_times::opened::{OpenedView, RequestView, read};
use axum::extract::State;
use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

pub(super) async fn page(
    State(screens): State<Screens>,
    viewer: Viewer,
    params: Params,
) -> Result<Markup, Problem> {
    let part = part_words(params.text("part").unwrap_or("started"));
    let clock = clock_title(&screens, &viewer, params.text("clock").unwrap_or_default());
    let known = params.text("as_known_on").map(str::to_owned);
    let only = params.text("only").unwrap_or_default();
    let team = only.strip_prefix("team:").map(str::to_owned);
    let app = screens.app.clone();
    let now = (app.now)();
    let asked = params.clone();
    let opened = read(State(app), viewer.caller.clone(), params).await?.0;
    let shown = (opened.requests.len(), opened.left_out);
    let further = further("/figures/opened", &at(&asked, now), shown)?;
    let of = team.as_ref().map(|team| format!(", {}", viewer.team(team)));
    let title = format!("{clock}: {part}{}", of.unwrap_or_default());
    let title = from(title, skipped(&asked)?);
    let back = match &team {
        Some(team) => format!("?team={team}{}", known_on('&', known.as_deref())),
        None => known_on('?', known.as_deref()),
    };
    Ok(Page::of(&title, &viewer).draw(&html! {
        p { a.ds_back-link href={ (ROOT) "/figures" (back) } { "Back to the figures" } }
        h1 { (title) }
        (told(&opened))
        @for request in &opened.requests { (of_request(&viewer, request, now)) }
        (further)
    }))
}

fn clock_title(screens: &Screens, viewer: &Viewer, name: &str) -> String {
    let workflow = viewer.declared.newest_workflow(&screens.app.usual_workflow);
    let clocks = workflow.map(|workflow| &workflow.definition.clocks);
    let mut clocks = clocks.into_iter().flatten();
    let found = clocks.find(|(clock, _)| clock.as_str() == name);
    found.map_or_else(|| plain(name), |(_, rule)| rule.title.clone())
}

fn told(opened: &OpenedView) -> Markup {
    let many = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    html! {
        p {
            strong { (count(many(opened.count), "wait", "waits")) }
            ", the longest first; who waited twice stands here twice. Only codes are shown here: what was written is open to those who work on it."
        }
        (elsewhere(opened.not_open_to_you, "in teams that you do not answer for"))
    }
}

/// What stands behind a number and is not open to this reader.
pub(super) fn elsewhere(number: usize, place: &str) -> Markup {
    let many = i64::try_from(number).unwrap_or(i64::MAX);
    html! {
        @if number > 0 {
            p { (count(many, "of them is", "of them are")) " " (place) "." }
        }
    }
}

/// One page after the other shows the same moment, though work goes on.
pub(super) fn at(asked: &Params, now: Timestamp) -> Params {
    let asked = asked.clone();
    if asked.text("as_of").is_some() || asked.text("as_known_on").is_some() {
        return asked;
    }
    asked.with("as_of", &now.to_string())
}

/// A title that tells one page from the next.
pub(super) fn from(title: String, skip: usize) -> String {
    match skip {
        0 => title,
        _ => format!("{title}, from {} on", skip + 1),
    }
}

/// The way through what does not stand on one page: so many are shown, so many come after them.
pub(super) fn further(
    page: &str,
    asked: &Params,
    (shown, left_out): (usize, usize),
) -> Result<Markup, Problem> {
    let skip = skipped(asked)?;
    let to = |skip: usize| {
        let query = asked.clone().with(SKIP, &skip.to_string()).query();
        format!("{ROOT}{page}?{query}")
    };
    let left = i64::try_from(left_out).unwrap_or(i64::MAX);
    Ok(html! {
        @if skip > 0 || left_out > 0 {
            nav.buttons aria-label="Further requests" {
                @if skip > 0 { a href=(to(0)) { "From the first one on" } }
                @if shown > 0 { span { (skip + 1) " to " (skip + shown) } }
                @if left_out > 0 { a href=(to(skip + shown)) { "The next ones (" (count(left, "is left", "are left")) ")" } }
            }
        }
    })
}

/// By its reference, and open to those whose team has it: rank opens no request.
pub(super) fn named(viewer: &Viewer, (id, reference): (Uuid, Option<&str>), team: &str) -> Markup {
    let mine = viewer.teams().iter().any(|known| known.as_str() == team);
    let name = reference.map_or_else(
        || "A request of this moment".to_owned(),
        |reference| format!("Request {reference}"),
    );
    html! {
        @if mine { a href={ (ROOT) "/requests/" (id) } { (name) } } @else { (name) }
    }
}

fn of_request(viewer: &Viewer, request: &RequestView, now: Timestamp) -> Markup {
    let name = named(
        viewer,
        (request.id, request.reference.as_deref()),
        &request.team,
    );
    html! {
        section.card aria-labelledby={ "r-" (request.id) "-" (request.spell) } {
            h2 id={ "r-" (request.id) "-" (request.spell) } {
                (name)
            }
            p {
                (viewer.team(&request.team)) ": "
                (day_count(request.days)) " since " (when(request.started_at, now))
                @if request.paused_days > 0.0 { ", of them " (day_count(request.paused_days)) " waiting for others" }
                @match request.ended_at {
                    Some(at) => { ", ended " (when(at, now)) },
                    None => { ", still open" },
                }
                ". "
                @match (request.met, request.ended_at) {
                    (Some(true), _) => "In time.",
                    (Some(false), _) => span.late { "The target is missed." },
                    (None, None) => "The target is not missed yet.",
                    (None, Some(_)) => "It was no longer needed.",
                }
            }
            details.more {
                summary { "What happened" span.unseen { " with request " (request.reference.as_deref().unwrap_or_default()) } }
                div.inside { ol {
                    @for event in &request.events {
                        li {
                            (event.event.as_deref().map_or_else(|| "Something of another process".to_owned(), plain))
                            ", " (when(event.occurred_at, now))
                            @if event.recorded_at.as_second() - event.occurred_at.as_second() > 60 {
                                " (we knew " (when(event.recorded_at, now)) ")"
                            }
                        }
                    }
                } }
            }
        }
    }
}
