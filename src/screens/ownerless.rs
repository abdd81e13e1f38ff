//! The requests without an owner, each with why it has none.

use super::layout::Page;
use super::loads::state_title;
use super::opened::{elsewhere, from, further, named};
use super::shown::when;
use super::viewer::Viewer;
use super::words::{count, known_on};
use super::{ROOT, Screens};
use crate::api::caseloads::ownerless::{GapView, OwnerlessRequest, read};
use crate::api::excerpt::skipped;
use crate::api::extract::Params;
use crate::api::problem::Problem;
use axum::extract::State;
use maud::{Markup, html};

pub(super) async fn page(
    State(screens): State<Screens>,
    viewer: Viewer,
    params: Params,
) -> Result<Markup, Problem> {
    let day = params.text("as_known_on").map(str::to_owned);
    let app = screens.app.clone();
    let now = (app.now)();
    let asked = params.clone();
    let found = read(State(app), viewer.caller.clone(), params).await?.0;
    let shown = (found.requests.len(), found.left_out);
    let further = further("/figures/without-owner", &asked, shown)?;
    let title = from("Requests without an owner".to_owned(), skipped(&asked)?);
    let back = known_on('?', day.as_deref());
    let many = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let reasons = &found.counted.reasons;
    Ok(Page::of(&title, &viewer).draw(&html! {
        p { a.ds_back-link href={ (ROOT) "/figures" (back) } { "Back to the figures" } }
        h1 { (title) }
        p {
            strong { (count(many(found.counted.count), "request", "requests")) }
            " that nobody can be counted on to move. Each still belongs to a team. The longest wait stands first."
        }
        @if !reasons.is_empty() { ul { @for gap in reasons { li { (gap.title) ": " (gap.count) } } } }
        (elsewhere(found.not_open_to_you, "in teams that you do not answer for, or in another process"))
        @if !found.requests.is_empty() {
            div.scroll { table.stack {
                caption.unseen { (title) }
                thead { tr {
                    th scope="col" { "Request" }
                    th scope="col" { "Team" }
                    th scope="col" { "Why" }
                    th scope="col" { "Where it is" }
                    th scope="col" { "Asked on" }
                    th scope="col" { "Like this since" }
                } }
                tbody { @for one in &found.requests { tr {
                    th scope="row" { (named(&viewer, (one.id, Some(&one.reference)), &one.team)) }
                    td data-label="Team:" { (viewer.team(&one.team)) }
                    td data-label="Why:" { (why(&viewer, one, reasons)) }
                    td data-label="Where it is:" { (state_title(&screens, &viewer, &one.state)) }
                    td data-label="Asked on:" { (when(one.received_at, now)) }
                    td data-label="Like this since:" { (when(one.state_since, now)) }
                } } }
            } }
        }
        (further)
    }))
}

fn why(viewer: &Viewer, one: &OwnerlessRequest, reasons: &[GapView]) -> Markup {
    let title = |code: &str| {
        let found = reasons.iter().find(|gap| gap.reason == code);
        found.map_or_else(String::new, |gap| gap.title.to_owned())
    };
    let titles: Vec<String> = one.reasons.iter().map(|code| title(code)).collect();
    html! {
        (titles.join("; "))
        @if let Some(worker) = &one.worker { " (worker: " (viewer.person(worker)) ")" }
    }
}
