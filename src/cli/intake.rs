//! `rfa intake …`: messages that wait for a person, and who may send.

use super::app::app;
use super::desk::desk;
use super::engine::Engine;
use super::webhooks::outlets;
use super::{Outcome, say};
use crate::access::{Holder, Senders};
use crate::api::Status;
use crate::config::Config;
use crate::domain::ids::PrincipalId;
use crate::domain::request::actor::PrincipalKind;
use crate::relay::intake::desk::{Submission, Verdict};
use crate::relay::intake::quarantine::{Quarantine, Settled, Waiting};
use clap::Subcommand;
use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::sync::watch;
use uuid::Uuid;

#[derive(Debug, Subcommand)]
pub(super) enum Intake {
    /// Messages that could not be taken, with the reason; what they say is sealed
    List,
    /// Judge a message once more, as if it had come now
    Redrive {
        id: Uuid,
        /// The broker's user whose message it is, where the broker had not checked it
        #[arg(long)]
        sender: Option<String>,
    },
    /// End a message that nobody needs; it cannot be read afterwards
    Discard { id: Uuid },
    /// Let a user of the broker send for a service account of `RFA_AUTHORITY`
    Allow {
        broker_user: String,
        principal: PrincipalId,
    },
    /// Take that back, at once
    Forbid { broker_user: String },
    /// Users of the broker who may send
    Senders,
}

impl Intake {
    pub(super) async fn run(self, config: Config) -> Outcome {
        let engine = Engine::open(&config).await?;
        let quarantine = Quarantine::new(&engine.log, engine.commands.vault().clone());
        let senders = Senders::new(engine.log.pool().clone());
        match self {
            Self::List => quarantine.list().await?.iter().for_each(show),
            Self::Redrive { id, sender } => {
                return redrive(&engine, &config, &quarantine, (id, sender)).await;
            }
            Self::Discard { id } => quarantine.settle(id, Settled::Discarded).await?,
            Self::Allow {
                broker_user,
                principal,
            } => allow(&engine, &senders, &broker_user, principal).await?,
            Self::Forbid { broker_user } => {
                if !senders.forbid(&broker_user).await? {
                    return Err(format!("`{broker_user}` was not allowed to send").into());
                }
            }
            Self::Senders => {
                for (name, holder) in senders.list().await? {
                    say(format!(
                        "{name:<24} {} {}",
                        holder.authority, holder.principal
                    ));
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn show(waiting: &Waiting) {
    let sender = waiting.sender.as_deref().unwrap_or("-");
    let kept = if waiting.is_kept { "" } else { ", not kept" };
    say(format!(
        "{}  {}  times {:>3}  sender {sender}  {} bytes{kept}  {}: {}",
        waiting.id,
        waiting.first_at,
        waiting.times,
        waiting.byte_count,
        waiting.reason,
        waiting.detail
    ));
}

async fn redrive(
    engine: &Engine,
    config: &Config,
    quarantine: &Quarantine,
    (id, sender): (Uuid, Option<String>),
) -> Outcome {
    let app = app(
        engine,
        &config.settings,
        (outlets(config)?, watch::channel(Status::default()).1),
    )?;
    let message = quarantine.open(id).await?;
    let message = Submission {
        sender: sender.or(message.sender),
        // Whoever sent none cannot repeat it either.
        key: message.key.or_else(|| Some(format!("parked-{id}"))),
        ..message
    };
    match desk(app)(Arc::new(message)).await {
        Verdict::Taken(document) => {
            quarantine.settle(id, Settled::Taken).await?;
            say(String::from_utf8_lossy(&document.body));
            Ok(ExitCode::SUCCESS)
        }
        Verdict::Refused(document, _) | Verdict::Unfit(document, _) => {
            say(String::from_utf8_lossy(&document.body));
            Ok(ExitCode::FAILURE)
        }
        Verdict::Later(_) => Err("it cannot be judged now; it still waits".into()),
    }
}

async fn allow(
    engine: &Engine,
    senders: &Senders,
    broker_user: &str,
    principal: PrincipalId,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let authority = engine.authority.clone();
    let declared = engine.commands.registry().of(authority.as_str());
    let found = declared.find_principal(&principal);
    let found = found.ok_or_else(|| format!("{principal} holds no role in {authority}"))?;
    if found.kind != PrincipalKind::ServiceAccount {
        return Err(format!("{principal} is a person; messages are for service accounts").into());
    }
    // A queue is its sender's whose name it begins with, up to a dot.
    let is_within = |inner: &str, outer: &str| {
        let rest = inner.strip_prefix(outer);
        rest.is_some_and(|rest| rest.starts_with('.'))
    };
    let others = senders.list().await?;
    let mut others = others.iter().map(|(name, _)| name.as_str()).chain(["rfa"]);
    let overlapping = others.find(|other| {
        is_within(broker_user, other) || is_within(other, broker_user) || broker_user == "rfa"
    });
    if let Some(other) = overlapping {
        return Err(format!(
            "`{broker_user}` and `{other}` could name each other's queues for replies: neither may begin with the other and a dot"
        )
        .into());
    }
    let holder = Holder {
        authority,
        principal,
    };
    Ok(senders.allow(broker_user, &holder).await?)
}
