//! The frame of every page: banner, who is signed in, where one can go.

use super::viewer::Viewer;
use super::{ROOT, assets};
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use maud::{DOCTYPE, Markup, html};

/// No code and no style but those of our own files; nothing from anywhere else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Headers that every page has.
pub(super) async fn guard(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        // The origin has to come with a form, or it is not taken.
        (header::REFERRER_POLICY, "same-origin"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), microphone=(), geolocation=()",
        ),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

pub(super) struct Page<'a> {
    title: &'a str,
    viewer: Option<&'a Viewer>,
    /// Comes first in the title: a form was not taken.
    is_wrong: bool,
    /// Address of what tells that the page has changed.
    live: Option<&'a str>,
}

impl<'a> Page<'a> {
    pub(super) fn new(title: &'a str) -> Self {
        Self {
            title,
            viewer: None,
            is_wrong: false,
            live: None,
        }
    }

    pub(super) fn of(title: &'a str, viewer: &'a Viewer) -> Self {
        Self {
            viewer: Some(viewer),
            ..Self::new(title)
        }
    }

    pub(super) fn wrong(self, is_wrong: bool) -> Self {
        Self { is_wrong, ..self }
    }

    pub(super) fn live(self, address: &'a str) -> Self {
        Self {
            live: Some(address),
            ..self
        }
    }

    pub(super) fn draw(&self, main: &Markup) -> Markup {
        html! {
            (DOCTYPE)
            html lang="en-GB" {
                head {
                    meta charset="utf-8";
                    title {
                        @if self.is_wrong { "Error: " }
                        (self.title) " – Request for assistance"
                    }
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    link rel="icon" href="data:,";
                    link rel="stylesheet" href=(assets::address("screens.css"));
                    @if self.live.is_some() {
                        // The library would add a style of its own to the page.
                        meta name="htmx-config" content=r#"{"includeIndicatorStyles":false,"allowEval":false,"selfRequestsOnly":true}"#;
                        script src=(assets::address("htmx.js")) defer {}
                        script src=(assets::address("live.js")) defer {}
                    }
                }
                body {
                    a.skip href="#main" { "Skip to the main content" }
                    aside.banner aria-label="Demonstration" {
                        p.wrap { strong { "Demonstration. " } "Nobody here is real. Do not type in real names." }
                    }
                    (self.header())
                    main.wrap #main tabindex="-1" data-live=[self.live] { (main) }
                    footer.foot { div.wrap {
                        p { "If a child is in danger now, ring " a href="tel:999" { "999" } "." }
                        p { a href={ (ROOT) "/accessibility" } { "Accessibility" } }
                    } }
                }
            }
        }
    }

    fn header(&self) -> Markup {
        html! {
            header.head { div.wrap {
                p.brand { a href=(ROOT) { "Request for assistance" } }
                @if let Some(viewer) = self.viewer {
                    form.leave method="post" action={ (ROOT) "/sign-out" } {
                        span { "Signed in as " strong { (viewer.title) } }
                        " "
                        button.plain type="submit" { "Sign out" }
                    }
                    nav aria-label="Pages" { ul.menu {
                        @for (address, words) in places(viewer) {
                            li { a href=(address) { (words) } }
                        }
                    } }
                }
            } }
        }
    }
}

/// Where this person can go.
fn places(viewer: &Viewer) -> Vec<(String, String)> {
    let mut places = Vec::new();
    let waits = viewer.agenda.as_ref().and_then(|agenda| agenda.counted());
    let counted = |words: &str| match &waits {
        Some(waits) => format!("{words} ({waits})"),
        None => words.to_owned(),
    };
    if viewer.asks {
        places.push((format!("{ROOT}/new"), "Ask for help".to_owned()));
        places.push((format!("{ROOT}/mine"), counted("My requests")));
    } else if waits.is_some() {
        places.push((format!("{ROOT}/mine"), counted("For you")));
    }
    for team in viewer.teams() {
        places.push((format!("{ROOT}/teams/{team}"), viewer.team(team.as_str())));
    }
    if viewer.sees_figures() {
        places.push((format!("{ROOT}/figures"), "Figures".to_owned()));
    }
    if viewer.sees_concerns() {
        places.push((format!("{ROOT}/concerns"), "Concerns".to_owned()));
    }
    places
}
