//! Who has opened a request, for those who look after that.

use super::layout::Page;
use super::shown::when;
use super::viewer::Viewer;
use super::words::plain;
use super::{ROOT, Screens};
use crate::api::extract::{Params, Segments};
use crate::api::problem::Problem;
use crate::api::requests::readings::read;
use axum::extract::State;
use maud::{Markup, html};

pub(super) async fn page(
    State(screens): State<Screens>,
    viewer: Viewer,
    Segments(id): Segments<String>,
    params: Params,
) -> Result<Markup, Problem> {
    let now = (screens.app.now)();
    let caller = viewer.caller.clone();
    let found = read(State(screens.app), caller, Segments(id.clone()), params);
    let found = found.await?.0;
    let title = "Who has opened this request";
    Ok(Page::of(title, &viewer).draw(&html! {
        p { a.ds_back-link href={ (ROOT) "/requests/" (id) } { "Back to the request" } }
        h1 { (title) }
        p { "Written down each time before anything is shown; who came last stands first." }
        @if found.readings.is_empty() { p { "Nobody has opened it yet." } } @else {
            div.scroll { table.stack {
                caption.unseen { (title) }
                thead { tr {
                    th scope="col" { "Who" }
                    th scope="col" { "What was open to them" }
                    th scope="col" { "How often" }
                    th scope="col" { "First" }
                    th scope="col" { "Last" }
                } }
                tbody { @for one in &found.readings { tr {
                    th scope="row" { (viewer.person(&one.principal)) }
                    td data-label="What was open to them:" {
                        (words(&one.opened))
                        @if let Some(reason) = &one.reason { " (" (plain(reason)) ")" }
                    }
                    td data-label="How often:" { (one.times) }
                    td data-label="First:" { (when(one.first_at, now)) }
                    td data-label="Last:" { (when(one.last_at, now)) }
                } } }
            } }
        }
    }))
}

fn words(opened: &str) -> &'static str {
    match opened {
        "content" => "What was written about the child and the family",
        "identity" => "Who the child is, where and with whom",
        "figure" => "That it stands behind a number",
        _ => "Where it is and who has it",
    }
}
