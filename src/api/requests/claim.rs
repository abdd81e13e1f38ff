//! `POST …/claim` and `…/release`, and what is shown of a claim.

use super::clocks::{calendar_of, fold};
use super::moves::{ReceiptView, command, execute};
use super::{Seen, parse_id};
use crate::api::App;
use crate::api::caller::Caller;
use crate::api::extract::{Key, MaybeJson, Params, Segments};
use crate::api::fields::ReasonBody;
use crate::api::problem::Problem;
use crate::commands::Ask;
use crate::domain::declared::Declared;
use crate::domain::request::actor::Principal;
use crate::domain::request::claim::may_end;
use crate::domain::time::clock::{Lease, SpellStatus};
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// Who works on the request.
#[derive(Serialize, ToSchema)]
#[schema(as = Claim)]
pub(crate) struct ClaimView {
    pub by: String,
    /// When it lapses, if its holder does nothing before. Absent while it stands still, and where
    /// claims last until they are given back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Somebody else has the request in hand: no time of the claim goes by.
    pub stands_still: bool,
    /// With one of these the caller may take it over or give it back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<ReasonView>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Reason)]
pub(crate) struct ReasonView {
    pub reason: String,
    pub title: String,
}

impl ClaimView {
    pub(crate) fn of(
        by: &str,
        lease: Option<&Lease>,
        declared: &Declared,
        now: Timestamp,
    ) -> Result<Self, Problem> {
        let spell = lease.and_then(Lease::find);
        let reading = spell
            .map(|spell| Ok::<_, Problem>(spell.reading(calendar_of(spell, declared)?, now)))
            .transpose()?;
        Ok(Self {
            by: by.to_owned(),
            until: reading.as_ref().and_then(|reading| reading.due_at),
            stands_still: reading.is_some_and(|r| r.status == SpellStatus::Paused),
            reasons: Vec::new(),
        })
    }
}

impl Seen {
    /// `None` where nobody has claimed it, and outside while it is in another process.
    pub(super) fn claim(
        &self,
        principal: &Principal,
        declared: &Declared,
        now: Timestamp,
    ) -> Result<Option<ClaimView>, Problem> {
        let Some(holder) = self.request.claimed_by.as_ref().filter(|_| self.may_know()) else {
            return Ok(None);
        };
        let clocks = fold(self, declared);
        let mut view = ClaimView::of(holder.as_str(), Some(&clocks.lease), declared, now)?;
        let definition = &self.workflow.definition;
        let rule = may_end(definition, &self.request, self.who(principal))
            .filter(|_| *holder != principal.id);
        if let Some(rule) = rule.filter(|_| self.member) {
            let reasons = rule.reasons.iter();
            let shown = reasons.map(|(code, title)| ReasonView {
                reason: code.to_string(),
                title: title.clone(),
            });
            view.reasons = shown.collect();
        }
        Ok(Some(view))
    }
}

/// Claim a request
///
/// A member of the team that holds it takes it to work on it. Every act of theirs on the request
/// renews the claim; without one it lapses, where the workflow says so. With a reason of the
/// workflow those who may take a colleague's claim over.
#[utoipa::path(
    post, path = "/requests/{id}/claim", tag = "Requests",
    params(
        ("id" = Uuid, Path, description = "Id of the request"),
        ("Idempotency-Key" = String, Header, description = "1 to 128 visible ASCII characters"),
    ),
    request_body = Option<ReasonBody>,
    responses((status = 200, body = ReceiptView)),
)]
#[expect(
    clippy::too_many_arguments,
    reason = "an extractor a parameter is how a handler is written"
)]
pub(crate) async fn claim(
    State(app): State<App>,
    caller: Caller,
    Segments(id): Segments<String>,
    Key(key): Key,
    params: Params,
    MaybeJson(body): MaybeJson,
) -> Result<Response, Problem> {
    params.only(&[])?;
    let request = parse_id(&id)?;
    let reason = ReasonBody::parse(body)?.reason;
    let command = command(&caller, key, None, Ask::Claim { request, reason }, None);
    execute(&app, &caller, request, command).await
}

/// Give a claim back
///
/// The request goes back to the team's queue. With a reason of the workflow those who may give a
/// colleague's claim back.
#[utoipa::path(
    post, path = "/requests/{id}/release", tag = "Requests",
    params(
        ("id" = Uuid, Path, description = "Id of the request"),
        ("Idempotency-Key" = String, Header, description = "1 to 128 visible ASCII characters"),
    ),
    request_body = Option<ReasonBody>,
    responses((status = 200, body = ReceiptView)),
)]
#[expect(
    clippy::too_many_arguments,
    reason = "an extractor a parameter is how a handler is written"
)]
pub(crate) async fn release(
    State(app): State<App>,
    caller: Caller,
    Segments(id): Segments<String>,
    Key(key): Key,
    params: Params,
    MaybeJson(body): MaybeJson,
) -> Result<Response, Problem> {
    params.only(&[])?;
    let request = parse_id(&id)?;
    let reason = ReasonBody::parse(body)?.reason;
    let command = command(&caller, key, None, Ask::Release { request, reason }, None);
    execute(&app, &caller, request, command).await
}
