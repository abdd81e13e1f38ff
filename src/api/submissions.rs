//! Commands that come as messages instead of calls: read, judged and answered with the same code.
//!
//! What HTTP says in headers stands in properties: the broker's checked user is who calls, the
//! message id is the key. It knows no broker; whoever does gives it what a message said.

use super::App;
use super::caller::Caller;
use super::extract::{Key, strict, too_large};
use super::fields::{MoveMessage, OpenBody};
use super::problem::{Kind, Problem};
use super::requests::moves::{ReceiptView, of_move, open_request, receive};
use crate::commands::Receipt;
use crate::domain::ids::RequestId;
use crate::domain::request::actor::PrincipalKind;
use futures::FutureExt as _;
use std::panic::AssertUnwindSafe;
use uuid::Uuid;

/// Types of messages, as they stand in the property `type`.
pub const OPEN_REQUEST: &str = "scot.rfa.open-request.v1";
pub const MAKE_MOVE: &str = "scot.rfa.make-move.v1";

const RETRY_AFTER_MS: u64 = 1_000;

/// Nobody can mend these by sending other data, or we cannot say what was sent.
const UNFIT: [Kind; 10] = [
    Kind::NotJson,
    Kind::BadEncoding,
    Kind::TooDeep,
    Kind::DuplicateKey,
    Kind::Nul,
    Kind::BadNumber,
    Kind::BadMessage,
    Kind::TooLarge,
    Kind::NoToken,
    Kind::Internal,
];

/// What is wrong with a message before anybody reads its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    pub property: &'static str,
    pub what: &'static str,
    pub allowed: &'static str,
}

/// A message with a command in it.
#[derive(Debug, Clone, Copy)]
pub struct Submission<'a> {
    /// The broker's user, as the broker checked it.
    pub sender: Option<&'a str>,
    pub key: Option<&'a str>,
    pub kind: Option<&'a str>,
    pub content_type: Option<&'a str>,
    pub content_encoding: Option<&'a str>,
    /// Correlation of what it records.
    pub call: Uuid,
    pub faults: &'a [Fault],
    pub body: &'a [u8],
}

/// What becomes of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The log has it.
    Taken,
    /// Understood, and not allowed or not now: for its sender to mend.
    Refused,
    /// Not understood at all, or more than we can do with it: for a person to look at.
    Unfit,
    /// The same message again may be taken.
    Later { retry_after_ms: u64 },
}

/// The document that HTTP would have answered with, and what that means for the message.
#[derive(Debug, Clone)]
pub struct Answer {
    pub fate: Fate,
    /// Of the problem; `accepted` for a receipt.
    pub code: &'static str,
    /// What is wrong and where, without a word of what was sent.
    pub detail: String,
    pub content_type: &'static str,
    /// UTF-8 JSON.
    pub body: Vec<u8>,
}

impl App {
    /// One message, judged as a call with the same content would be.
    pub async fn submit(&self, submission: Submission<'_>) -> Answer {
        let judged = AssertUnwindSafe(self.judge(submission)).catch_unwind();
        let outcome = match tokio::time::timeout(self.limits.call_deadline, judged).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(Problem::new(Kind::Internal, "It is logged.")),
            Err(_) => Err(Problem::unavailable(RETRY_AFTER_MS)),
        };
        let answer = match outcome {
            Ok(receipt) => self.receipt(receipt),
            Err(problem) => refusal(&problem, submission.call),
        };
        let (code, call) = (answer.code, submission.call);
        tracing::info!(code, %call, "a message is answered");
        metrics::counter!("rfa_intake_messages_total", "outcome" => code).increment(1);
        answer
    }

    async fn judge(&self, submission: Submission<'_>) -> Result<Receipt, Problem> {
        let caller = self.sender(&submission).await?;
        let key = check(self, &submission)?;
        let body = strict(self, submission.body)?;
        if submission.kind == Some(OPEN_REQUEST) {
            return open_request(self, &caller, key, OpenBody::parse(body)?).await;
        }
        let asked = MoveMessage::parse(body)?;
        if asked.epoch.is_some_and(|epoch| epoch != self.epoch) {
            return Err(Problem::new(
                Kind::Stale,
                "The log was restored since that version was told. Read the request again, then decide.",
            ));
        }
        let request = RequestId(asked.request);
        let made = (request, asked.move_name, asked.body);
        let command = of_move(&caller, key, asked.if_match, made);
        receive(self, &caller, request, command).await
    }

    /// The same answer for a user that is missing, unknown, without a role, or a person.
    async fn sender(&self, submission: &Submission<'_>) -> Result<Caller, Problem> {
        let refused = || {
            Problem::new(
                Kind::NoToken,
                "Set user_id to the broker's user of a service account that may send.",
            )
            .with(
                "#properties/user_id",
                "not one that may send",
                "a user that is allowed here",
            )
        };
        let user = submission.sender.ok_or_else(refused)?;
        let found = self.senders.find(user).await.map_err(|error| {
            tracing::warn!(%error, "a sender cannot be checked");
            Problem::unavailable(RETRY_AFTER_MS)
        })?;
        found
            .and_then(|holder| Caller::find(self, holder, submission.call))
            .filter(|caller| caller.principal.kind == PrincipalKind::ServiceAccount)
            .ok_or_else(refused)
    }

    fn receipt(&self, receipt: Receipt) -> Answer {
        match serde_json::to_vec(&ReceiptView::of(self, receipt)) {
            Ok(body) => Answer {
                fate: Fate::Taken,
                code: "accepted",
                detail: String::new(),
                content_type: "application/json",
                body,
            },
            Err(_) => refusal(
                &Problem::new(Kind::Internal, "The receipt cannot be written."),
                Uuid::nil(),
            ),
        }
    }
}

/// Whether the message can be read at all; gives its key.
fn check(app: &App, submission: &Submission<'_>) -> Result<String, Problem> {
    let mut problem = Problem::new(
        Kind::BadMessage,
        "Properties are missing, or are not what is read here.",
    );
    for fault in submission.faults {
        let pointer = format!("#properties/{}", fault.property);
        problem = problem.with(pointer, fault.what, fault.allowed);
    }
    if !matches!(submission.kind, Some(OPEN_REQUEST | MAKE_MOVE)) {
        let allowed = format!("one of: {OPEN_REQUEST}, {MAKE_MOVE}");
        problem = problem.with("#properties/type", "missing or unknown", allowed);
    }
    if submission.content_type != Some("application/json") {
        let allowed = "application/json";
        problem = problem.with("#properties/content_type", "not JSON", allowed);
    }
    if !matches!(
        submission.content_encoding,
        None | Some("utf-8" | "identity")
    ) {
        let what = "compressed, or in another character set";
        problem = problem.with("#properties/content_encoding", what, "none, or utf-8");
    }
    let key = submission.key.and_then(Key::find);
    if key.is_none() {
        let allowed = "1 to 128 visible ASCII characters, the same for every repetition";
        problem = problem.with("#properties/message_id", "missing or not usable", allowed);
    }
    let limit = app.limits.body_bytes_max;
    match key {
        Some(Key(key)) if problem.errors.is_empty() => {
            if submission.body.len() > limit {
                return Err(too_large(limit));
            }
            Ok(key)
        }
        Some(_) | None => Err(problem),
    }
}

fn refusal(problem: &Problem, call: Uuid) -> Answer {
    let fate = if problem.is_temporary() {
        let retry_after_ms = problem.retry_after_ms.unwrap_or(RETRY_AFTER_MS);
        Fate::Later { retry_after_ms }
    } else if UNFIT.contains(&problem.kind) {
        Fate::Unfit
    } else {
        Fate::Refused
    };
    let places = problem.errors.iter();
    let places = places.map(|error| format!(" {}: {}.", error.pointer, error.what));
    let detail = std::iter::once(problem.detail.clone())
        .chain(places)
        .collect();
    Answer {
        fate,
        code: problem.kind.code(),
        detail,
        content_type: "application/problem+json",
        body: serde_json::to_vec(&problem.document(call)).unwrap_or_default(),
    }
}
