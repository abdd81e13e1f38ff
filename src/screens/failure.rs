//! What went wrong, as a page: in plain words, with what to do next.

use super::layout::Page;
use super::viewer::Viewer;
use crate::api::caller::Call;
use crate::api::problem::{Kind, Problem};
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use uuid::Uuid;

/// Takes the place of the problem documents that programs get.
pub(super) async fn as_page(request: Request, next: Next) -> Response {
    let call = request.extensions().get::<Call>().copied();
    let mut response = next.run(request).await;
    let Some(problem) = response.extensions_mut().remove::<Problem>() else {
        if response.status() == StatusCode::METHOD_NOT_ALLOWED {
            return (
                StatusCode::METHOD_NOT_ALLOWED,
                page(&Problem::not_found(), None, Uuid::nil()),
            )
                .into_response();
        }
        return response;
    };
    let viewer = response.extensions_mut().remove::<Viewer>();
    let call = call.map_or_else(Uuid::nil, |call| call.0);
    let status = problem.kind.status();
    let mut drawn = (status, page(&problem, viewer.as_ref(), call)).into_response();
    if let Some(viewer) = viewer {
        let id = viewer.caller.principal.id.clone();
        drawn.extensions_mut().insert(id);
    }
    if let Some(ms) = problem.retry_after_ms {
        let seconds = HeaderValue::from(ms.div_ceil(1_000).max(1));
        drawn.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    drawn
}

fn page(problem: &Problem, viewer: Option<&Viewer>, call: Uuid) -> Markup {
    let (title, words) = in_words(problem);
    let page = match viewer {
        Some(viewer) => Page::of(title, viewer),
        None => Page::new(title),
    };
    page.draw(&html! {
        h1 { (title) }
        p { (words) }
        @for error in &problem.errors {
            p { (error.what) ": " (error.allowed) }
        }
        p { a href=(super::ROOT) { "Go to your start page" } }
        @if !call.is_nil() {
            p.small { "If you ask somebody for help with this, tell them this number: " (call) }
        }
    })
}

/// What is told to programs speaks of headers and keys; people get other words.
pub(super) fn in_words(problem: &Problem) -> (&'static str, String) {
    let own = || problem.detail.clone();
    match problem.kind {
        Kind::NotFound => (
            "There is nothing here for you",
            "Either this page does not exist, or it is about something that is not open to you.".to_owned(),
        ),
        Kind::NotYours => ("This is not open to you", own()),
        Kind::NoToken => ("Sign in first", "You are not signed in.".to_owned()),
        Kind::NotNow => ("This is not possible now", own()),
        Kind::Stale | Kind::NoVersion | Kind::BadIfMatch => (
            "Somebody was faster",
            "The request has changed since you opened it. Look at it again, then decide.".to_owned(),
        ),
        Kind::KeyReused => (
            "This was sent already",
            "This form was sent before with something else in it. Open the page again to send more.".to_owned(),
        ),
        Kind::TooLarge => ("That is too much text", "Make it shorter and send it again.".to_owned()),
        Kind::BadQuery | Kind::BadData | Kind::BadNumber | Kind::Nul => {
            ("Something in it is not right", own())
        }
        Kind::Unknown => (
            "We do not know whether that worked",
            "It may have been recorded. Go back and send it once more: it is never taken twice.".to_owned(),
        ),
        Kind::Unavailable | Kind::TooFarBehind => (
            "Try again in a moment",
            "Nothing was recorded. Wait a moment, then go back and send it again.".to_owned(),
        ),
        Kind::TooMany => ("That is too often for one hour", own()),
        Kind::Internal => (
            "Something is broken here",
            "It is not your fault, and it is written down for those who look after this.".to_owned(),
        ),
        Kind::NotJson
        | Kind::BadEncoding
        | Kind::TooDeep
        | Kind::DuplicateKey
        | Kind::BadKey
        | Kind::BadMessage
        | Kind::BadMethod
        | Kind::TooSlow
        | Kind::BadMedia => (
            "That cannot be read",
            "What your browser sent cannot be read. Go back and try again.".to_owned(),
        ),
    }
}
