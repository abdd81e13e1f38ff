//! Before anything else: is a child at risk now? With what to ring at this hour.

use super::form::Typed;
use super::layout::Page;
use super::numbers::numbers;
use super::viewer::Viewer;
use super::{ROOT, Screens, asking};
use crate::access::{Action, Resource};
use crate::api::concerns::{NumberView, numbers_at};
use crate::api::extract::Params;
use crate::api::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

fn to_ring(screens: &Screens, viewer: &Viewer) -> Result<Vec<NumberView>, Problem> {
    viewer
        .caller
        .must(Action::ReadConcernNumbers, Resource::Whole)?;
    Ok(numbers_at(&viewer.declared, (screens.app.now)()))
}

pub(super) async fn question(
    State(screens): State<Screens>,
    viewer: Viewer,
    params: Params,
) -> Result<Markup, Problem> {
    params.only(&[])?;
    Ok(draw(&viewer, &to_ring(&screens, &viewer)?, false))
}

fn draw(viewer: &Viewer, ring: &[NumberView], unanswered: bool) -> Markup {
    let title = "Is a child at risk of harm now?";
    let class = if unanswered {
        "ds_question ds_question--error"
    } else {
        "ds_question"
    };
    Page::of(title, viewer).wrong(unanswered).draw(&html! {
        @if unanswered {
            div.ds_error-summary role="alert" aria-labelledby="error-summary-title" {
                h2.ds_error-summary__title #error-summary-title { "There is a problem" }
                ul.ds_error-summary__list { li { a href="#risk" { "Choose yes or no" } } }
            }
        }
        h1 { (title) }
        section.card.red aria-labelledby="ring" {
            h2 #ring { "If so, ring now" }
            p { "Do not write first. Do not wait until you are sure." }
            (numbers(ring))
        }
        form method="post" action={ (ROOT) "/new" } novalidate {
            div class=(class) {
                fieldset aria-describedby=[unanswered.then_some("risk-error")] {
                    legend.ds_label { "Is a child at risk of harm now?" }
                    @if unanswered {
                        p.ds_question__error-message #risk-error { span.unseen { "Error: " } "Choose yes or no" }
                    }
                    div.choices {
                        div.ds_radio {
                            input.ds_radio__input #risk name="risk" type="radio" value="yes";
                            label.ds_radio__label for="risk" { "Yes, or I am not sure" }
                        }
                        div.ds_radio {
                            input.ds_radio__input #risk-1 name="risk" type="radio" value="no";
                            label.ds_radio__label for="risk-1" { "No" }
                        }
                    }
                }
            }
            div.buttons { button.ds_button type="submit" { "Go on" } }
        }
    })
}

pub(super) async fn answer(
    State(screens): State<Screens>,
    viewer: Viewer,
    typed: Typed,
) -> Result<Response, Problem> {
    let ring = to_ring(&screens, &viewer)?;
    match typed.one("risk") {
        Some("yes") => Ok(Redirect::to(&format!("{ROOT}/danger")).into_response()),
        Some("no") => asking::begin(&screens, &viewer).await,
        Some(_) | None => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Ok((status, draw(&viewer, &ring, true)).into_response())
        }
    }
}

pub(super) async fn danger(
    State(screens): State<Screens>,
    viewer: Viewer,
) -> Result<Markup, Problem> {
    let ring = to_ring(&screens, &viewer)?;
    Ok(Page::of("Ring now", &viewer).draw(&html! {
        h1 { "Ring now" }
        section.card.red aria-label="Numbers for this hour" { (numbers(&ring)) }
        p { "Say what you saw or heard, when it was, and where the child is now. They tell you what to do next." }
        p { "If you have sent a request for this child before, open it and write down there that you rang: the red button is at the top of the page." }
        p { a href={ (ROOT) "/mine" } { "My requests" } }
        p { a href={ (ROOT) "/new" } { "I have rung. I want to ask for other help, too" } }
    }))
}
