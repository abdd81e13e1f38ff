//! Claiming a request, giving it back, and being told who was faster.

use super::form::Typed;
use super::moves::{conflict, key_of};
use super::request::Opened;
use super::success::{Landing, land};
use super::viewer::Viewer;
use super::words::moment;
use super::{ROOT, Screens};
use crate::access::{Action, Resource};
use crate::api::extract::Segments;
use crate::api::problem::{Kind, Problem};
use crate::api::requests::moves::{command, receive};
use crate::api::requests::parse_id;
use crate::commands::Ask;
use crate::domain::ids::{ReasonCode, RequestId};
use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use uuid::Uuid;

pub(super) async fn claim(
    State(screens): State<Screens>,
    viewer: Viewer,
    Segments(id): Segments<String>,
    typed: Typed,
) -> Result<Response, Problem> {
    let request = parse_id(&id)?;
    let reason = reason(&typed)?;
    decide(
        &screens,
        &viewer,
        (request, "claim"),
        (Ask::Claim { request, reason }, &typed),
    )
    .await
}

pub(super) async fn release(
    State(screens): State<Screens>,
    viewer: Viewer,
    Segments(id): Segments<String>,
    typed: Typed,
) -> Result<Response, Problem> {
    let request = parse_id(&id)?;
    let reason = reason(&typed)?;
    decide(
        &screens,
        &viewer,
        (request, "release"),
        (Ask::Release { request, reason }, &typed),
    )
    .await
}

fn reason(typed: &Typed) -> Result<Option<ReasonCode>, Problem> {
    let given = typed.one("reason").filter(|text| !text.is_empty());
    let wrong = |_| Problem::new(Kind::BadData, "Choose one of the reasons.");
    given.map(ReasonCode::parse).transpose().map_err(wrong)
}

async fn decide(
    screens: &Screens,
    viewer: &Viewer,
    (request, name): (RequestId, &str),
    (ask, typed): (Ask, &Typed),
) -> Result<Response, Problem> {
    let caller = &viewer.caller;
    let command = command(caller, key_of(typed), None, ask, None);
    match receive(&screens.app, caller, request, command).await {
        Ok(receipt) => {
            let page = format!("{ROOT}/requests/{}", request.0);
            let to = Landing {
                page: &page,
                done: name,
                now: (screens.app.now)(),
            };
            Ok(land(&screens.door, viewer, &receipt, &to))
        }
        Err(problem) if problem.kind == Kind::NotNow => {
            let opened = Opened::load(screens, viewer, &request.0.to_string()).await?;
            let notice = too_late(&opened, &problem);
            Ok(conflict(opened.draw(Some(&notice)).await?))
        }
        Err(problem) => Err(problem),
    }
}

/// Who won, and until when.
fn too_late(opened: &Opened<'_>, problem: &Problem) -> Markup {
    let me = opened.viewer.caller.principal.id.as_str();
    let claim = opened.view.claim.as_ref().filter(|claim| claim.by != me);
    html! {
        div.card.red role="alert" {
            @if let Some(claim) = claim {
                h2 { "Somebody was faster" }
                p {
                    strong { (opened.viewer.person(&claim.by)) } " has claimed this request"
                    @if let Some(until) = claim.until { " until " (moment(until)) }
                    ". Nothing was changed by you."
                }
            } @else {
                h2 { "This is not possible now" }
                p { (problem.detail) }
            }
        }
    }
}

/// Who works on it, and what this reader may do about that.
pub(super) fn card(opened: &Opened<'_>) -> Markup {
    let view = &opened.view;
    let team = &opened.seen.request().owner.team;
    let member = opened.viewer.may(Action::Claim, Resource::Team(team));
    let me = opened.viewer.caller.principal.id.as_str();
    let base = format!("{ROOT}/requests/{}", view.id);
    let Some(claim) = &view.claim else {
        return html! {
            @if member && !view.state.ends {
                section.card aria-label="Claim" {
                    p { @match view.worker.as_deref() {
                        None => "Nobody has claimed this request. Whoever claims it works on it, and can read what was written.",
                        Some(worker) if worker == me => "You are the named worker. A claim tells your team that you are at it now.",
                        Some(worker) => {
                            strong { (opened.viewer.person(worker)) }
                            " is the named worker. Claim the request where you have to step in."
                        }
                    } }
                    form.claim method="post" action={ (base) "/claim" } {
                        input type="hidden" name="key" value=(Uuid::new_v4());
                        button.ds_button type="submit" { "Claim this request" }
                    }
                }
            }
        };
    };
    html! {
        section.card aria-label="Claim" {
            p {
                @if claim.by == me { strong { "You have claimed this request" } }
                @else { strong { (opened.viewer.person(&claim.by)) } " has claimed this request" }
                @if let Some(until) = claim.until { " until " (moment(until)) }
                ". "
                @if claim.stands_still { "The time of the claim stands still now." }
            }
            @if claim.by == me {
                form.claim method="post" action={ (base) "/release" } {
                    input type="hidden" name="key" value=(Uuid::new_v4());
                    button.ds_button.ds_button--secondary type="submit" { "Give it back to the team" }
                }
            } @else if !claim.reasons.is_empty() {
                form method="post" action={ (base) "/claim" } {
                    input type="hidden" name="key" value=(Uuid::new_v4());
                    label.ds_label for="reason" { "Why do you take it over?" }
                    div.ds_select-wrapper {
                        select.ds_select #reason name="reason" {
                            @for reason in &claim.reasons { option value=(reason.reason) { (reason.title) } }
                        }
                        span.ds_select-arrow aria-hidden="true" {}
                    }
                    div.buttons {
                        button.ds_button.ds_button--secondary type="submit" { "Take it over" }
                        button.ds_button.ds_button--secondary type="submit" formaction={ (base) "/release" } { "Give it back to the team" }
                    }
                }
            }
        }
    }
}
