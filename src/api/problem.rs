//! RFC 9457 problem documents, and the one place that picks status codes.
//!
//! Invariant: a problem says what, where and what is allowed; it never repeats what was sent.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

macro_rules! kinds {
    ($($kind:ident, $code:literal, $status:ident, $title:literal;)+) => {
        /// Every problem that the API can answer with.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Kind { $($kind),+ }

        impl Kind {
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// The fragment of the problem's `type`.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$kind => $code),+ }
            }

            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$kind => StatusCode::$status),+ }
            }

            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$kind => $title),+ }
            }
        }
    };
}

kinds! {
    NotJson, "not-json", BAD_REQUEST, "The body is not JSON";
    BadEncoding, "invalid-encoding", BAD_REQUEST, "The body is not UTF-8";
    TooDeep, "too-deep", BAD_REQUEST, "The body is nested too deeply";
    DuplicateKey, "duplicate-key", BAD_REQUEST, "A field is given twice";
    BadKey, "bad-idempotency-key", BAD_REQUEST, "The Idempotency-Key is missing or cannot be used";
    BadIfMatch, "bad-if-match", BAD_REQUEST, "If-Match is not a version";
    BadMessage, "bad-message", BAD_REQUEST, "The message cannot be taken as it was sent";
    BadQuery, "bad-query", BAD_REQUEST, "The query cannot be used";
    NoToken, "unauthorised", UNAUTHORIZED, "A valid token is needed";
    NotYours, "not-yours", FORBIDDEN, "This is not open to you";
    NotFound, "not-found", NOT_FOUND, "There is nothing here";
    BadMethod, "method-not-allowed", METHOD_NOT_ALLOWED, "This cannot be done here";
    TooSlow, "body-too-slow", REQUEST_TIMEOUT, "The body took too long to arrive";
    NotNow, "not-now", CONFLICT, "The request does not allow this now";
    Stale, "stale-version", PRECONDITION_FAILED, "The request has moved on";
    TooLarge, "body-too-large", PAYLOAD_TOO_LARGE, "The body is too large";
    BadMedia, "unsupported-media-type", UNSUPPORTED_MEDIA_TYPE, "The body must be of the kind that is asked for";
    BadData, "bad-data", UNPROCESSABLE_ENTITY, "The data is not what is asked for";
    BadNumber, "number-range", UNPROCESSABLE_ENTITY, "A number is out of range";
    Nul, "nul-not-allowed", UNPROCESSABLE_ENTITY, "The body holds a NUL character";
    TooMany, "too-many", TOO_MANY_REQUESTS, "Too many of these within an hour";
    KeyReused, "key-reused", UNPROCESSABLE_ENTITY, "The Idempotency-Key was used for something else";
    NoVersion, "version-required", PRECONDITION_REQUIRED, "If-Match is needed";
    Internal, "internal", INTERNAL_SERVER_ERROR, "Something is broken here";
    Unavailable, "unavailable", SERVICE_UNAVAILABLE, "Try again in a moment";
    Unknown, "outcome-unknown", SERVICE_UNAVAILABLE, "The outcome is unknown";
    TooFarBehind, "too-far-behind", SERVICE_UNAVAILABLE, "This read table has not caught up yet";
}

/// One thing wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// JSON pointer into the body; for headers and the query: `#header`, `#query`; into a sheet:
    /// `#row/3/child.family_name`, the header is row 1.
    pub pointer: String,
    pub what: String,
    /// What is allowed there, in words.
    pub allowed: String,
}

#[derive(Debug, Clone)]
pub struct Problem {
    pub kind: Kind,
    /// This occurrence, in words.
    pub detail: String,
    pub errors: Vec<FieldError>,
    /// What may be done instead: moves, workflows, teams, methods.
    pub allowed: Vec<String>,
    pub retry_after_ms: Option<u64>,
    /// How far a read table has come, when it is too far behind.
    pub as_of: Option<String>,
}

/// The document as it is sent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct Document {
    /// `/openapi#<code>`; the page there explains each of them.
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    detail: String,
    /// The id of this call (`urn:uuid:…`), also in our logs.
    instance: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    allowed: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<String>,
}

impl Problem {
    /// Nobody is told what it is that is not theirs.
    #[must_use]
    pub fn closed() -> Self {
        Self::new(Kind::NotYours, "None of your roles opens this.")
    }

    #[must_use]
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            errors: Vec::new(),
            allowed: Vec::new(),
            retry_after_ms: None,
            as_of: None,
        }
    }

    /// The same words for what does not exist and for what must not be seen.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(Kind::NotFound, "Nothing with this address is open to you.")
    }

    #[must_use]
    pub fn unavailable(retry_after_ms: u64) -> Self {
        Self::new(
            Kind::Unavailable,
            "Nothing was recorded; the same request may be sent again.",
        )
        .retry_after(retry_after_ms)
    }

    #[must_use]
    pub fn with(
        mut self,
        pointer: impl Into<String>,
        what: impl Into<String>,
        allowed: impl Into<String>,
    ) -> Self {
        self.errors.push(FieldError {
            pointer: pointer.into(),
            what: what.into(),
            allowed: allowed.into(),
        });
        self
    }

    #[must_use]
    pub fn allow(mut self, allowed: impl IntoIterator<Item = impl ToString>) -> Self {
        self.allowed
            .extend(allowed.into_iter().map(|one| one.to_string()));
        self
    }

    #[must_use]
    pub fn retry_after(mut self, retry_after_ms: u64) -> Self {
        self.retry_after_ms = Some(retry_after_ms);
        self
    }

    /// Every answer of this kind ends by itself: the same command again may find another.
    pub(super) fn is_temporary(&self) -> bool {
        self.kind.status() == StatusCode::SERVICE_UNAVAILABLE
    }

    pub(super) fn document(&self, instance: uuid::Uuid) -> Document {
        Document {
            kind: format!("/openapi#{}", self.kind.code()),
            title: self.kind.title(),
            status: self.kind.status().as_u16(),
            detail: self.detail.clone(),
            instance: instance.urn().to_string(),
            errors: self.errors.clone(),
            allowed: self.allowed.clone(),
            as_of: self.as_of.clone(),
        }
    }
}

impl IntoResponse for Problem {
    /// Without a body: `edge` writes the document, because it knows the id of the call.
    fn into_response(self) -> Response {
        let mut response = self.kind.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}
