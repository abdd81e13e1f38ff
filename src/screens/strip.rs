//! Why a clock is due when it is: day by day.

use super::layout::Page;
use super::viewer::Viewer;
use super::words::day;
use super::{ROOT, Screens};
use crate::api::extract::{Params, Segments};
use crate::api::problem::Problem;
use crate::api::requests::clock::explain;
use axum::extract::State;
use jiff::civil::Date;
use maud::{Markup, html};

/// A closure that is named after its weekday says nothing beside the date.
fn why<'a>(date: &str, why: &'a str) -> &'a str {
    let weekday = date
        .parse::<Date>()
        .map(|date| date.strftime("%A").to_string());
    if weekday.is_ok_and(|weekday| weekday == why) {
        "nobody works, so it does not count"
    } else {
        why
    }
}

pub(super) async fn page(
    State(screens): State<Screens>,
    viewer: Viewer,
    Segments((id, clock)): Segments<(String, String)>,
    params: Params,
) -> Result<Markup, Problem> {
    let caller = viewer.caller.clone();
    let at = Segments((id.clone(), clock));
    let told = explain(State(screens.app), caller, at, params).await?.0;
    let title = told.reading.title.clone();
    Ok(Page::of(&title, &viewer).draw(&html! {
        p { a.ds_back-link href={ (ROOT) "/requests/" (id) } { "Back to the request" } }
        h1 { (title) }
        p { (told.sentence) }
        h2 { "Day by day" }
        ol.strip {
            @for one in &told.days {
                li.counts[one.counted] {
                    @match one.date.parse::<Date>() {
                        Ok(date) => strong { (day(date)) },
                        Err(_) => strong { (one.date) },
                    }
                    ": " (why(&one.date, &one.why))
                }
            }
        }
        @if told.cut { p { "Later days are left out." } }
    }))
}
