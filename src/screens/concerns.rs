//! Child protection concerns on a page: what waits for an answer or a responder, and who did what.

use super::form::{Choice, Field, Kind, Typed};
use super::layout::Page;
use super::moves::Answering;
use super::numbers::numbers_after;
use super::request::Opened;
use super::shown::{answers, when};
use super::viewer::Viewer;
use super::words::{count, plain, span};
use super::{ROOT, Screens, live};
use crate::api::concerns::{self, OpenConcernView};
use crate::api::extract::Params;
use crate::api::problem::Problem;
use crate::api::requests::concerns::{ConcernStepView, ConcernView};
use crate::api::requests::view::MoveView;
use crate::domain::ids::WorkflowName;
use crate::domain::workflow::definition::HandOver;
use axum::extract::State;
use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

/// All that are open, for those who take them over; how many, for managers.
pub(super) async fn list(
    State(screens): State<Screens>,
    viewer: Viewer,
    params: Params,
) -> Result<Markup, Problem> {
    let live = live::address(&screens);
    let app = screens.app.clone();
    let now = (app.now)();
    let found = concerns::list(State(app), viewer.caller.clone(), params)
        .await?
        .0;
    let many = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let waiting = many(found.unanswered_count);
    let untaken = many(found.not_taken_over_count);
    Ok(Page::of("Concerns", &viewer).live(&live).draw(&html! {
        h1 { "Child protection concerns" }
        div #concerns hx-get={ (ROOT) "/concerns" } hx-trigger="changed from:body" hx-select="#concerns" hx-swap="outerHTML" {
            @if waiting == 0 {
                div.card.green role="status" { p { "Every concern has been answered." } }
            } @else {
                div.card.red role="status" {
                    p { strong { (count(waiting, "concern waits", "concerns wait")) " for an answer." } }
                    @if let Some(oldest) = found.oldest_at {
                        p { "The oldest waits since " (when(oldest, now)) "." }
                    }
                }
            }
            @if untaken > 0 {
                p { strong { (count(untaken, "concern was answered", "concerns were answered")) } ", and no responder has taken it over yet." }
            }
            @match &found.concerns {
                Some(concerns) => ul {
                    @for one in concerns { (line(&viewer, one)) }
                },
                None if waiting == 0 && untaken == 0 => {}
                None => p { "Which requests they belong to is open to those who answer them." },
            }
        }
    }))
}

fn line(viewer: &Viewer, one: &OpenConcernView) -> Markup {
    let me = viewer.caller.principal.id.as_str();
    let take_over = take_over_move(viewer, &one.workflow);
    let take_over = take_over.filter(|_| one.held_by.as_deref() != Some(me));
    html! {
        li {
            a href={ (ROOT) "/requests/" (one.request_id) } { "Request " (one.reference) }
            ", concern " (one.number) ", " (viewer.team(&one.team)) ": "
            @match (one.standing, &one.held_by) {
                ("unanswered", _) => span.late { "waiting for an answer for " (span(one.waiting_ms)) },
                (_, Some(holder)) if holder == me => "you hold it",
                (_, Some(holder)) => { (viewer.person(holder)) " holds it" },
                (_, None) => span.late { "answered; nobody has taken it over" },
            }
            @if let Some(name) = take_over {
                form.claim method="post" action={ (ROOT) "/requests/" (one.request_id) "/moves/" (name) } {
                    input type="hidden" name="key" value=(Uuid::new_v4());
                    input type="hidden" name="concern" value=(one.number);
                    button.ds_button type="submit" {
                        "Take it over" span.unseen { ": concern " (one.number) " of request " (one.reference) }
                    }
                }
            }
        }
    }
}

/// The move of a workflow that takes a concern over.
fn take_over_move(viewer: &Viewer, workflow: &str) -> Option<String> {
    let name = WorkflowName::parse(workflow).ok()?;
    let workflow = viewer.declared.newest_workflow(&name)?;
    let mut moves = workflow.definition.moves.iter();
    let found = moves.find(|(_, rule)| rule.hand_over == Some(HandOver::TakesOver));
    found.map(|(name, _)| name.to_string())
}

/// Every concern that this reader may know of, the newest first; what is closed stands behind a fold.
pub(super) fn cards(opened: &Opened<'_>) -> Markup {
    let concerns = || opened.view.concerns.iter().rev();
    html! {
        @for one in concerns().filter(|one| one.standing != "closed") { (card(opened, one)) }
        @if concerns().any(|one| one.standing == "closed") {
            details.more {
                summary { "Child protection concerns that are closed" }
                div.inside { @for one in concerns().filter(|one| one.standing == "closed") { (card(opened, one)) } }
            }
        }
        @if !opened.view.earlier_concerns.is_empty() {
            section.card aria-label="Earlier concerns" {
                p { strong { "There were concerns about the same child in other requests." } }
                ul { @for one in &opened.view.earlier_concerns { li {
                    "Request " (one.reference)
                    @if let Some(at) = one.passed_on_at { ", " (when(at, opened.now)) }
                    ": " (plain(one.result.as_deref().unwrap_or(one.standing)))
                } } }
            }
        }
    }
}

fn card(opened: &Opened<'_>, one: &ConcernView) -> Markup {
    let red = one.standing == "unanswered";
    let ring = one_of_step(opened, HandOver::Attempts).filter(|_| red);
    html! {
        section class={ "card" @if red { " red" } } aria-label={ "Child protection concern " (one.number) } {
            p { strong { (headline(opened, one)) } }
            ol { @for step in &one.steps { li { (step_words(opened, step)) } } }
            @if let Some(rule) = ring {
                p { "Nobody is known to have answered. Ring until somebody does, the next number first:" }
                (numbers_after(&rule.ring_first, &tried(one)))
            }
            div.buttons { (buttons(opened, one)) }
        }
    }
}

fn headline(opened: &Opened<'_>, one: &ConcernView) -> String {
    let me = opened.viewer.caller.principal.id.as_str();
    let number = one.number;
    match (one.standing, one.held_by.as_deref()) {
        ("unanswered", _) => {
            format!("Child protection concern {number} was passed on, and nobody has answered yet.")
        }
        ("closed", _) => format!("Child protection concern {number} is closed."),
        (_, Some(holder)) if holder == me => format!("You hold child protection concern {number}."),
        (_, Some(holder)) => format!(
            "{} holds child protection concern {number}.",
            opened.viewer.person(holder)
        ),
        (_, None) => format!(
            "Somebody answered for child protection concern {number}; a responder has to take it over."
        ),
    }
}

fn step_words(opened: &Opened<'_>, step: &ConcernStepView) -> Markup {
    let fields = opened.questions_of(&step.name);
    html! {
        (plain(&step.name)) ", " (when(step.at, opened.now))
        @if let Some(by) = &step.by { ", " (opened.viewer.person(by)) }
        @if let (Some(fields), Some(data)) = (&fields, &step.data) {
            @if !data.is_empty() { (answers(fields, data)) }
        }
    }
}

/// Codes of the numbers on which nobody could be reached.
fn tried(one: &ConcernView) -> Vec<String> {
    let attempts = one.steps.iter().filter(|step| step.step == "attempts");
    let data = attempts.filter_map(|step| step.data.as_ref());
    data.flat_map(|data| data.values().filter_map(|value| value.as_str()))
        .map(str::to_owned)
        .collect()
}

fn one_of_step<'a>(opened: &'a Opened<'_>, step: HandOver) -> Option<&'a MoveView> {
    let mut moves = opened.view.moves.iter();
    moves.find(|one| {
        let rule = opened.rule_of(one);
        rule.is_some_and(|rule| rule.hand_over == Some(step))
    })
}

fn buttons(opened: &Opened<'_>, one: &ConcernView) -> Markup {
    let of = |step| one_of_step(opened, step).filter(|rule| rule.concerns.contains(&one.number));
    let place = |rule: &MoveView| {
        let id = opened.view.id;
        format!("{ROOT}/requests/{id}/moves/{}", rule.name)
    };
    let asked = |rule: &MoveView| format!("{}?concern={}", place(rule), one.number);
    html! {
        @if let Some(rule) = of(HandOver::TakesOver) {
            form.claim method="post" action=(place(rule)) {
                input type="hidden" name="key" value=(Uuid::new_v4());
                input type="hidden" name="concern" value=(one.number);
                button.ds_button type="submit" { (rule.title) }
            }
        }
        @for step in [HandOver::HandsOver, HandOver::Attempts, HandOver::Closes] {
            @if let Some(rule) = of(step) {
                a.ds_button.ds_button--secondary href=(asked(rule)) { (rule.title) }
            }
        }
    }
}

/// Why whoever holds a concern opens what was written: one tap each.
pub(super) fn reasons(opened: &Opened<'_>) -> Markup {
    let asks = opened.seen.needs_reason() && opened.view.content == "identity";
    html! {
        @if asks {
            section.card aria-labelledby="open-why" {
                h2 #open-why { "What was written about the family" }
                p { "You see who the child is, where, and with whom. The rest opens with a reason, which is written down." }
                form method="get" action={ (ROOT) "/requests/" (opened.view.id) } {
                    div.buttons {
                        @for (code, title) in opened.seen.narrative_reasons() {
                            button.ds_button.ds_button--secondary type="submit" name="narrative" value=(code) { (title) }
                        }
                    }
                }
            }
        }
    }
}

/// The question that names a concern: those about which the move can be made, and the first of them
/// where the reader has not chosen.
pub(super) fn choose(opened: &Opened<'_>, rule: &MoveView, fields: &mut [Field]) {
    let path = opened.rule_of(rule).and_then(|rule| rule.concern.clone());
    let field = fields
        .iter_mut()
        .find(|field| Some(&field.name) == path.as_ref());
    let Some(field) = field else { return };
    let label = |number: &u32| Choice {
        value: number.to_string(),
        label: label(opened, *number),
    };
    field.kind = Kind::OneNumber(rule.concerns.iter().map(label).collect());
}

fn label(opened: &Opened<'_>, number: u32) -> String {
    let mut concerns = opened.view.concerns.iter();
    let one = concerns.find(|one| one.number == number);
    let since = one.and_then(|one| one.steps.first()).map(|step| step.at);
    since.map_or_else(
        || format!("Concern {number}"),
        |at| format!("Concern {number}, passed on {}", when(at, opened.now)),
    )
}

/// What the form of such a move begins with: which concern, and that somebody answered just now.
pub(super) fn begin(answering: &Answering<'_>, typed: &mut Typed, now: Timestamp) {
    let Answering { rule, fields, .. } = answering;
    for field in *fields {
        if typed.one(&field.name).is_some() {
            continue;
        }
        match (&field.kind, rule.concerns.as_slice()) {
            (Kind::OneNumber(_), [only]) => typed.put(&field.name, &only.to_string()),
            (Kind::Moment, _) if !rule.concerns.is_empty() => {
                let local = now.to_zoned(super::words::zone());
                typed.put(&field.name, &local.strftime("%Y-%m-%dT%H:%M").to_string());
            }
            (_, _) => {}
        }
    }
}

/// Above the form: what to ring. Nobody is told to ring first who writes down that they rang.
pub(super) fn ring(answering: &Answering<'_>) -> Markup {
    let Answering {
        opened,
        rule,
        step,
        concern,
        ..
    } = answering;
    let one = opened
        .view
        .concerns
        .iter()
        .find(|one| Some(one.number) == *concern);
    let tried = one.map(tried).unwrap_or_default();
    html! {
        @if *step == Some(HandOver::Opens) {
            section.card.red aria-labelledby="ring-first" {
                h2 #ring-first { "Ring first, now" }
                p { "Writing it down here does not replace the call." }
                (numbers_after(&rule.ring_first, &[]))
            }
        } @else if !rule.ring_first.is_empty() {
            section.card.red aria-labelledby="ring-next" {
                h2 #ring-next { @if *step == Some(HandOver::Attempts) { "Ring the next number" } @else { "If nobody has answered, ring the next number" } }
                (numbers_after(&rule.ring_first, &tried))
                @if *step == Some(HandOver::HandsOver) { (attempt(answering)) }
            }
        }
    }
}

fn attempt(answering: &Answering<'_>) -> Markup {
    let opened = answering.opened;
    let found = one_of_step(opened, HandOver::Attempts);
    html! {
        @if let (Some(rule), Some(number)) = (found, answering.concern) {
            p { a.ds_button.ds_button--secondary href={ (ROOT) "/requests/" (opened.view.id) "/moves/" (rule.name) "?concern=" (number) } { (rule.title) } }
        }
    }
}

/// Whoever passed a concern on, or could not get through, is asked next whether somebody answered.
pub(super) fn next_question(opened: &Opened<'_>, name: &str) -> Option<String> {
    let rules = &opened.seen.workflow().definition.moves;
    let (_, rule) = rules.iter().find(|(known, _)| known.as_str() == name)?;
    if !matches!(rule.hand_over, Some(HandOver::Opens | HandOver::Attempts)) {
        return None;
    }
    let next = one_of_step(opened, HandOver::HandsOver)?;
    let newest = next.concerns.iter().max()?;
    let id = opened.view.id;
    Some(format!(
        "{ROOT}/requests/{id}/moves/{}?concern={newest}",
        next.name
    ))
}
