//! How people come in, and what keeps other sites out.
//!
//! A sign-in is a cookie that names a person and when it ends, signed. OpenID Connect is to be
//! another way through this door: it ends in `Door::pass`, as the demonstration does.

use super::Screens;
use crate::access::Holder;
use crate::api::extract::one;
use crate::api::problem::{Kind, Problem};
use crate::domain::ids::{Authority, PrincipalId};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use sha2::Sha256;

const COOKIE: &str = "rfa-sign-in";
/// A sign-in that has ended still says whose draft is to be kept.
const REMEMBERED_SECONDS: i64 = 7 * 86_400;

/// An invented person of the demonstration.
#[derive(Debug, Clone)]
pub struct Guest {
    pub holder: Holder,
    pub title: String,
    /// What they do in the demonstration, in words.
    pub group: &'static str,
}

#[derive(Debug)]
pub enum Door {
    /// Nobody can sign in yet.
    Closed,
    Demonstration {
        guests: Vec<Guest>,
        /// Others who are met on the pages, as people call them.
        known: Vec<(Holder, String)>,
        key: [u8; 32],
        lasts: SignedDuration,
    },
}

/// What a cookie says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pass {
    pub(super) holder: Holder,
    pub(super) ends_at: Timestamp,
}

impl Door {
    pub(super) fn guests(&self) -> &[Guest] {
        match self {
            Self::Closed => &[],
            Self::Demonstration { guests, .. } => guests,
        }
    }

    pub(super) fn title_of(&self, holder: &Holder) -> Option<&str> {
        let mut guests = self.guests().iter();
        if let Some(found) = guests.find(|guest| guest.holder == *holder) {
            return Some(&found.title);
        }
        let mut known = match self {
            Self::Closed => [].iter(),
            Self::Demonstration { known, .. } => known.iter(),
        };
        let found = known.find(|(known, _)| known == holder)?;
        Some(&found.1)
    }

    /// The cookie of somebody who has come in.
    pub(super) fn pass(&self, holder: Holder, now: Timestamp) -> Option<HeaderValue> {
        let Self::Demonstration { key, lasts, .. } = self else {
            return None;
        };
        let ends_at = now.checked_add(*lasts).ok()?;
        let text = signed(key, &Pass { holder, ends_at })?;
        let path = super::ROOT;
        HeaderValue::from_str(&format!(
            "{COOKIE}={text}; Path={path}; Max-Age={REMEMBERED_SECONDS}; HttpOnly; SameSite=Lax"
        ))
        .ok()
    }

    pub(super) fn no_pass() -> HeaderValue {
        HeaderValue::from_static("rfa-sign-in=; Path=/app; Max-Age=0; HttpOnly; SameSite=Lax")
    }

    /// What the cookie says, ended or not; `None` where it is not ours.
    pub(super) fn read(&self, headers: &HeaderMap) -> Option<Pass> {
        let Self::Demonstration { key, .. } = self else {
            return None;
        };
        verified(key, cookie(headers, COOKIE)?)
    }

    /// A text that only this door can have written, for one purpose.
    pub(super) fn sign(&self, purpose: &str, text: &str) -> Option<String> {
        let Self::Demonstration { key, .. } = self else {
            return None;
        };
        sealed(key, purpose, text)
    }

    /// The text, where this door signed it for the purpose.
    pub(super) fn verify(&self, purpose: &str, signed: &str) -> Option<String> {
        let Self::Demonstration { key, .. } = self else {
            return None;
        };
        unsealed(key, purpose, signed)
    }
}

/// The value of a cookie.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut cookies = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    let found = cookies.find(|(known, _)| *known == name);
    found.map(|(_, value)| value)
}

/// The sign-in itself has none.
const NO_PURPOSE: &str = "";

fn mac(key: &[u8; 32], purpose: &str, text: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(purpose.as_bytes());
    // No text has it: the end of the purpose cannot be moved.
    mac.update(&[0]);
    mac.update(text);
    Some(mac)
}

fn sealed(key: &[u8; 32], purpose: &str, text: &str) -> Option<String> {
    let mac = mac(key, purpose, text.as_bytes())?;
    let (text, mac) = (
        URL_SAFE_NO_PAD.encode(text),
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()),
    );
    Some(format!("{text}.{mac}"))
}

fn unsealed(key: &[u8; 32], purpose: &str, signed: &str) -> Option<String> {
    let (text, given) = signed.split_once('.')?;
    let (text, given) = (
        URL_SAFE_NO_PAD.decode(text).ok()?,
        URL_SAFE_NO_PAD.decode(given).ok()?,
    );
    mac(key, purpose, &text)?.verify_slice(&given).ok()?;
    String::from_utf8(text).ok()
}

fn signed(key: &[u8; 32], pass: &Pass) -> Option<String> {
    let Holder {
        authority,
        principal,
    } = &pass.holder;
    let text = format!("{authority} {principal} {}", pass.ends_at.as_second());
    sealed(key, NO_PURPOSE, &text)
}

fn verified(key: &[u8; 32], text: &str) -> Option<Pass> {
    let text = unsealed(key, NO_PURPOSE, text)?;
    let mut parts = text.split(' ');
    let (authority, principal, ends) = (parts.next()?, parts.next()?, parts.next()?);
    Some(Pass {
        holder: Holder {
            authority: Authority::parse(authority).ok()?,
            principal: PrincipalId::parse(principal).ok()?,
        },
        ends_at: Timestamp::from_second(ends.parse().ok()?).ok()?,
    })
}

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// A form is taken from our own pages alone; and the demonstration answers to this machine's names
/// alone, so that no other site can pass itself off as it.
pub(super) async fn same_origin(
    State(screens): State<Screens>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let host = one(headers, &header::HOST).unwrap_or_default();
    let demonstrates = matches!(*screens.door, Door::Demonstration { .. });
    if demonstrates && !is_loopback(host) {
        let words = "The demonstration is open on this computer only.";
        return Problem::new(Kind::NotYours, words).into_response();
    }
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if !reads && !is_own(headers, host) {
        let words = "This form came from another site, so nothing was done.";
        return Problem::new(Kind::NotYours, words).into_response();
    }
    next.run(request).await
}

fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        Some(_) | None => host,
    };
    matches!(name, "127.0.0.1" | "localhost" | "[::1]")
}

fn is_own(headers: &HeaderMap, host: &str) -> bool {
    match one(headers, &FETCH_SITE) {
        Some(site) => matches!(site, "same-origin" | "none"),
        None => one(headers, &header::ORIGIN)
            .and_then(|origin| origin.split_once("://"))
            .is_some_and(|(_, from)| from == host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass() -> Pass {
        Pass {
            holder: Holder {
                authority: Authority::parse("example").unwrap(),
                principal: PrincipalId::parse("duty.example").unwrap(),
            },
            ends_at: Timestamp::from_second(1_800_000_000).unwrap(),
        }
    }

    #[test]
    fn a_pass_is_read_back_and_a_changed_one_is_not() {
        let key = [7; 32];
        let text = signed(&key, &pass()).unwrap();
        assert_eq!(verified(&key, &text), Some(pass()));
        assert_eq!(verified(&[8; 32], &text), None);
        let (_, mac) = text.split_once('.').unwrap();
        let other = URL_SAFE_NO_PAD.encode("example lead.example 1800000000");
        assert_eq!(verified(&key, &format!("{other}.{mac}")), None);
        for wrong in ["", ".", "a.b", &text[1..]] {
            assert_eq!(verified(&key, wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_signed_for_one_purpose_is_good_for_no_other() {
        let key = [7; 32];
        let text = sealed(&key, "done", "a b 1800000000").unwrap();
        assert_eq!(
            unsealed(&key, "done", &text).as_deref(),
            Some("a b 1800000000")
        );
        assert_eq!(unsealed(&key, "don", &text), None);
        assert_eq!(verified(&key, &text), None);
    }

    #[test]
    fn a_form_of_another_site_is_not_ours() {
        let headers = |pairs: &[(&'static str, &'static str)]| {
            let pairs = pairs.iter().map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            });
            pairs.collect::<HeaderMap>()
        };
        let own = |pairs: &[(&'static str, &'static str)]| is_own(&headers(pairs), "localhost:80");
        assert!(own(&[("sec-fetch-site", "same-origin")]));
        assert!(own(&[("origin", "http://localhost:80")]));
        assert!(!own(&[]));
        assert!(!own(&[("sec-fetch-site", "cross-site")]));
        assert!(!own(&[
            ("sec-fetch-site", "same-site"),
            ("origin", "http://localhost:80")
        ]));
        assert!(!own(&[("origin", "http://localhost:81")]));
        assert!(!own(&[("origin", "null")]));
    }

    #[test]
    fn the_demonstration_answers_to_this_machine_only() {
        assert!(
            ["127.0.0.1:80", "localhost", "[::1]:8080"]
                .into_iter()
                .all(is_loopback)
        );
        assert!(
            !["example.org", "127.0.0.1.example.org", "", "localhost:x"]
                .into_iter()
                .any(is_loopback)
        );
    }
}
