//! Choosing a person of the demonstration, and going again.

use super::door::{Door, Guest};
use super::form::Typed;
use super::layout::Page;
use super::viewer::Viewer;
use super::{ROOT, Screens};
use crate::access::Holder;
use crate::api::extract::Params;
use crate::api::problem::{Kind, Problem};
use crate::domain::ids::{Authority, PrincipalId};
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

/// Each to what they came for.
pub(super) async fn home(viewer: Viewer) -> Redirect {
    let place = if let Some(team) = viewer.teams().first() {
        format!("{ROOT}/teams/{team}")
    } else if viewer.asks {
        format!("{ROOT}/mine")
    } else if viewer.sees_figures() {
        format!("{ROOT}/figures")
    } else {
        format!("{ROOT}/concerns")
    };
    Redirect::to(&place)
}

/// To the sign-in and from there back to where somebody was. `kept` is whose draft waits there.
pub(super) fn ask(back: &str, kept: Option<&Holder>) -> Response {
    Redirect::to(&address(back, kept)).into_response()
}

/// The same for a page of which a part is asked for: the library leads its browser there.
pub(super) fn ask_whole(back: &str) -> Response {
    let there = [("hx-redirect", address(back, None))];
    (StatusCode::UNAUTHORIZED, there).into_response()
}

fn address(back: &str, kept: Option<&Holder>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("back", back);
    if let Some(holder) = kept {
        query.append_pair("kept", &value_of(holder));
    }
    format!("{ROOT}/sign-in?{}", query.finish())
}

/// Only our own pages are gone back to.
fn back_to(text: Option<&str>) -> &str {
    text.filter(|path| {
        let inside = path.strip_prefix(ROOT);
        inside.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
            && !path.contains(['\\', '\n', '\r'])
    })
    .unwrap_or(ROOT)
}

pub(super) async fn choose(
    State(screens): State<Screens>,
    params: Params,
) -> Result<Markup, Problem> {
    let params = params.only(&["back", "kept"])?;
    let guests = screens.door.guests();
    let back = back_to(params.text("back"));
    if guests.is_empty() {
        let words = "People cannot sign in here yet. Programs use the API.";
        return Err(Problem::new(Kind::NotFound, words));
    }
    let mut groups: Vec<&str> = Vec::new();
    for guest in guests {
        if !groups.contains(&guest.group) {
            groups.push(guest.group);
        }
    }
    Ok(Page::new("Choose a person").draw(&html! {
        h1 { "Choose a person" }
        @if let Some(kept) = params.text("kept") {
            div.ds_inset-text { div.ds_inset-text__text role="status" {
                p { strong { "You were signed out. " } "What you wrote is kept. Choose " strong { (title_of(guests, kept)) } " to go on with it." }
            } }
        }
        p { "This is a demonstration. Everybody here is invented. Choose whose work you want to see." }
        form method="post" action={ (ROOT) "/sign-in" } {
            input type="hidden" name="back" value=(back);
            @for group in groups {
                h2 { (group) }
                ul.people {
                    @for guest in guests.iter().filter(|guest| guest.group == group) {
                        li {
                            button.ds_button.ds_button--secondary.person type="submit" name="person" value=(value_of(&guest.holder)) {
                                (guest.title)
                            }
                        }
                    }
                }
            }
        }
    }))
}

fn title_of<'a>(guests: &'a [Guest], kept: &str) -> &'a str {
    let mut guests = guests.iter();
    let found = guests.find(|guest| value_of(&guest.holder) == kept);
    found.map_or("the same person", |guest| &guest.title)
}

fn value_of(holder: &Holder) -> String {
    format!("{} {}", holder.authority, holder.principal)
}

pub(super) async fn sign_in(
    State(screens): State<Screens>,
    typed: Typed,
) -> Result<Response, Problem> {
    let stranger = || Problem::new(Kind::BadData, "Choose one of the people on the page.");
    let person = typed.one("person").ok_or_else(stranger)?;
    let (authority, principal) = person.split_once(' ').ok_or_else(stranger)?;
    let holder = Holder {
        authority: Authority::parse(authority).map_err(|_| stranger())?,
        principal: PrincipalId::parse(principal).map_err(|_| stranger())?,
    };
    if screens.door.title_of(&holder).is_none() {
        return Err(stranger());
    }
    let pass = screens.door.pass(holder, (screens.app.now)());
    let pass = pass.ok_or_else(stranger)?;
    let back = Redirect::to(back_to(typed.one("back")));
    Ok(([(SET_COOKIE, pass)], back).into_response())
}

pub(super) async fn sign_out() -> Response {
    let back = Redirect::to(&format!("{ROOT}/sign-in"));
    ([(SET_COOKIE, Door::no_pass())], back).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_site() {
        assert_eq!(back_to(Some("/app/mine?a=b")), "/app/mine?a=b");
        for wrong in [
            "//example.org",
            "/application",
            "https://example.org",
            "/app\\..",
            "/requests",
        ] {
            assert_eq!(back_to(Some(wrong)), ROOT, "{wrong}");
        }
    }
}
