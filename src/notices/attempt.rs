//! One attempt to deliver, by whichever way the subscriber chose.

use super::body::message_for;
use super::due::Due;
use super::mail::{Letter, MailError, Mailer};
use super::subscription::{Channel, secret};
use super::webhook::{Answered, Post, Sender, Target, signature};
use crate::domain::request::actor::Principal;
use crate::log::Log;
use crate::log::vault::Vault;
use crate::relay::message::Message;
use hyper::body::Bytes;
use jiff::Timestamp;
use serde_json::Value;

/// What became of one attempt.
pub(super) enum Outcome {
    Arrived,
    Gone,
    Failed(String),
    /// Trying again changes nothing.
    Refused(String),
}

/// How things leave.
#[derive(Clone)]
pub struct Outlets {
    pub webhooks: Sender,
    /// Absent where no mail server is configured.
    pub mailer: Option<Mailer>,
}

impl Outlets {
    pub(super) async fn attempt(
        &self,
        (log, vault): (&Log, &Vault),
        (due, owner): (&Due, Option<&Principal>),
        at: Timestamp,
    ) -> Outcome {
        let owner = owner.filter(|owner| !owner.grants.is_empty());
        let message = match owner {
            Some(owner) => message_for(owner, log, due.position).await,
            None => Ok(None),
        };
        let message = match message {
            Ok(Some(message)) => message,
            Ok(None) => {
                return Outcome::Failed("whoever subscribed may not know of it now".to_owned());
            }
            Err(error) => return Outcome::Failed(error.to_string()),
        };
        match (due.channel, &self.mailer) {
            (Channel::Webhook, _) => webhook(vault, &self.webhooks, due, message, at).await,
            (Channel::Mail, Some(mailer)) => mail(vault, mailer, due, message, at).await,
            (Channel::Mail, None) => Outcome::Failed("no mail server is configured".to_owned()),
        }
    }
}

async fn webhook(
    vault: &Vault,
    sender: &Sender,
    due: &Due,
    message: Message,
    at: Timestamp,
) -> Outcome {
    let failed = |error: &dyn std::fmt::Display| Outcome::Failed(error.to_string());
    let target = match target_of(vault, due).as_deref().map(Target::parse) {
        Some(Ok(target)) => target,
        Some(Err(error)) => return failed(&error),
        None => return failed(&"where to cannot be opened"),
    };
    let id = message.id.to_string();
    let timestamp = at.as_second();
    // The two secrets before this one sign too: whoever verifies may change it a moment later.
    let numbers = [0, 1, 2].map(|before| due.secret_number - before);
    let signatures = numbers
        .into_iter()
        .filter(|number| *number > 0)
        .map(|number| {
            let secret = secret(vault, &due.authority, due.subscription, number);
            signature(&secret, &id, timestamp, &message.body)
        });
    let signatures: Vec<String> = signatures.collect();
    let post = Post {
        id: &id,
        timestamp,
        signatures: &signatures.join(" "),
        body: Bytes::copy_from_slice(&message.body),
        content_type: "application/cloudevents+json",
    };
    match sender.send(&target, post).await {
        Ok(Answered::Taken) => Outcome::Arrived,
        Ok(Answered::Gone) => Outcome::Gone,
        Ok(Answered::Refused(status)) => failed(&format!("answered {status}")),
        Err(error) => failed(&error),
    }
}

async fn mail(
    vault: &Vault,
    mailer: &Mailer,
    due: &Due,
    message: Message,
    at: Timestamp,
) -> Outcome {
    let failed = |error: &dyn std::fmt::Display| Outcome::Failed(error.to_string());
    let body = serde_json::from_slice::<Value>(&message.body);
    let reference = body
        .as_ref()
        .ok()
        .and_then(|body| body["data"]["reference"].as_str());
    let occasion = due.occasion.as_deref().and_then(|code| code.parse().ok());
    let to = target_of(vault, due);
    let (Some(reference), Some(occasion), Some(to)) = (reference, occasion, to) else {
        return failed(&"what it says or where to cannot be read");
    };
    let id = format!("{}.{}", message.id, due.subscription);
    let letter = Letter {
        id: &id,
        to: &to,
        occasion,
        reference,
        at,
    };
    match mailer.send(&letter).await {
        Ok(()) => Outcome::Arrived,
        Err(error @ (MailError::Refused(_) | MailError::Address)) => {
            Outcome::Refused(error.to_string())
        }
        Err(
            error @ (MailError::NotYet(_)
            | MailError::Server
            | MailError::From
            | MailError::Unwritable),
        ) => failed(&error),
    }
}

fn target_of(vault: &Vault, due: &Due) -> Option<String> {
    let target = vault.open_setting(&due.authority, due.subscription, &due.target);
    String::from_utf8(target.ok()?).ok()
}
