//! The message of success: written by the receipt of a command, shown once to whoever sent it.
//!
//! It travels in a signed cookie of the page that comes next, and that page takes it away. Invariant:
//! nobody can write such a message, and no address shows one.

use super::ROOT;
use super::door::{Door, cookie};
use super::viewer::Viewer;
use crate::commands::Receipt;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::{SignedDuration, Timestamp};

const COOKIE: &str = "rfa-done";
/// A browser that takes longer to come back is not told.
const LASTS_SECONDS: i64 = 60;
/// Signed beside other cookies of the same key: none can stand for another.
const PURPOSE: &str = "done";

/// Where the person is led after a command was taken.
pub(super) struct Landing<'a> {
    /// The page, which alone gets the message.
    pub(super) page: &'a str,
    /// Name of the move, `claim` or `release`.
    pub(super) done: &'a str,
    pub(super) now: Timestamp,
}

/// To the page, with the message that the receipt allows.
pub(super) fn land(door: &Door, viewer: &Viewer, receipt: &Receipt, to: &Landing<'_>) -> Response {
    let told = said(door, viewer, receipt, to);
    let mut response = Redirect::to(to.page).into_response();
    if let Some(told) = told {
        response.headers_mut().append(header::SET_COOKIE, told);
    }
    response
}

fn said(door: &Door, viewer: &Viewer, receipt: &Receipt, to: &Landing<'_>) -> Option<HeaderValue> {
    let ends = to
        .now
        .checked_add(SignedDuration::from_secs(LASTS_SECONDS))
        .ok()?;
    let id = receipt.request_id.0;
    let text = format!("{} {id} {} {}", who(viewer), to.done, ends.as_second());
    let text = door.sign(PURPOSE, &text)?;
    let (page, lasts) = (to.page, LASTS_SECONDS);
    let cookie = format!("{COOKIE}={text}; Path={page}; Max-Age={lasts}; HttpOnly; SameSite=Lax");
    HeaderValue::from_str(&cookie).ok()
}

fn who(viewer: &Viewer) -> String {
    format!("{} {}", viewer.caller.authority, viewer.caller.principal.id)
}

/// A message that came with a call.
pub(super) struct Success {
    pub(super) request: String,
    pub(super) done: String,
}

impl Success {
    /// Nothing where it was told to somebody else, has been kept too long, or is not ours.
    pub(super) fn find(
        door: &Door,
        viewer: &Viewer,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Option<Self> {
        let text = door.verify(PURPOSE, cookie(headers, COOKIE)?)?;
        let rest = text.strip_prefix(&who(viewer))?.strip_prefix(' ')?;
        let mut parts = rest.split(' ');
        let (request, done, ends) = (parts.next()?, parts.next()?, parts.next()?);
        let ends = Timestamp::from_second(ends.parse().ok()?).ok()?;
        (now <= ends).then(|| Self {
            request: request.to_owned(),
            done: done.to_owned(),
        })
    }
}

/// For the page that has shown it.
pub(super) fn taken_away(page: &str) -> [(HeaderName, String); 1] {
    let gone = format!("{COOKIE}=; Path={page}; Max-Age=0; HttpOnly; SameSite=Lax");
    [(header::SET_COOKIE, gone)]
}

/// The page after which a request is no longer this person's to see.
pub(super) fn gone_page() -> String {
    format!("{ROOT}/done")
}
