//! `rfa records show|hold|lift|destroy|replay`

use super::engine::{Engine, now};
use super::signing::records;
use super::{Outcome, say};
use crate::commands::records::{Decision, Destroyed, Record, Records as Keeper, Whose};
use crate::config::Config;
use crate::domain::ids::{Authority, PrincipalId, ReasonCode, RequestId};
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use std::process::ExitCode;
use std::time::Duration;
use uuid::Uuid;

#[derive(Debug, Subcommand)]
pub(super) enum Records {
    /// What was decided about a record
    Show {
        #[command(flatten)]
        whose: WhoseArgs,
    },
    /// Keep a record from being destroyed until the hold is lifted
    Hold {
        #[command(flatten)]
        whose: WhoseArgs,
        #[command(flatten)]
        decision: DecisionArgs,
    },
    /// End a hold
    Lift {
        #[command(flatten)]
        whose: WhoseArgs,
        #[command(flatten)]
        decision: DecisionArgs,
    },
    /// Destroy the keys of a record for ever, and wait until no replica has one in memory
    Destroy {
        #[command(flatten)]
        whose: WhoseArgs,
        #[command(flatten)]
        decision: DecisionArgs,
        /// Do not wait; the same command later says that it is done
        #[arg(long)]
        no_wait: bool,
    },
    /// Destroy again what the journal knows: after a restore, before anything is served
    Replay,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct WhoseArgs {
    /// A child, with all requests
    #[arg(long)]
    child: Option<Uuid>,
    /// One request
    #[arg(long)]
    request: Option<Uuid>,
}

#[derive(Debug, Args)]
pub(super) struct DecisionArgs {
    /// Who decided
    #[arg(long)]
    by: PrincipalId,
    /// Why, as a code, e.g. `retention-ended`
    #[arg(long)]
    reason: ReasonCode,
}

impl WhoseArgs {
    fn whose(&self) -> Whose {
        match (self.child, self.request) {
            (Some(child), _) => Whose::Child(child),
            (None, request) => Whose::Request(RequestId(request.unwrap_or_default())),
        }
    }
}

impl DecisionArgs {
    fn decision(self) -> Decision {
        Decision {
            by: self.by,
            reason: self.reason,
            at: now(),
        }
    }
}

impl Records {
    pub(super) async fn run(self, config: Config) -> Outcome {
        let engine = Engine::open(&config).await?;
        let keeper = records(&engine, &config)?;
        let authority = &engine.authority;
        match self {
            Self::Show { whose } => show(&keeper.find(authority, whose.whose()).await?),
            Self::Hold { whose, decision } => {
                let is_new = keeper
                    .hold(authority, whose.whose(), &decision.decision())
                    .await?;
                say(if is_new { "held" } else { "held already" });
            }
            Self::Lift { whose, decision } => {
                keeper
                    .lift(authority, whose.whose(), &decision.decision())
                    .await?;
                say("the hold is lifted");
            }
            Self::Destroy {
                whose,
                decision,
                no_wait,
            } => {
                let destroyed = keeper
                    .destroy(authority, whose.whose(), &decision.decision())
                    .await?;
                finish(&keeper, authority, &destroyed, no_wait).await?;
            }
            Self::Replay => {
                let replayed = keeper.replay().await?;
                say(format!(
                    "{} destructions known; keys destroyed again: {}; told to the log again: {}",
                    replayed.known, replayed.keys, replayed.events
                ));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn show(record: &Record) {
    say(format!("child {}", record.child));
    for request in &record.requests {
        say(format!("request {request}"));
    }
    match &record.state.hold {
        None => say("not held"),
        Some(hold) => say(format!("held since {} ({})", hold.at, hold.reason)),
    }
    for one in &record.state.destroyed {
        let done = if record.state.completed.contains(&one.id) {
            "done"
        } else {
            "not yet done"
        };
        let count = one.requests.len();
        say(format!(
            "destroyed {} by {} ({}), {count} requests, {done}",
            one.at, one.by, one.reason
        ));
    }
}

async fn finish(
    keeper: &Keeper,
    authority: &Authority,
    destroyed: &Destroyed,
    no_wait: bool,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let Destroyed {
        destruction,
        done_at,
    } = destroyed;
    say(format!(
        "{authority}: the keys of child {} and {} requests are destroyed; in no memory from {done_at} on",
        destruction.child,
        destruction.requests.len()
    ));
    if no_wait && now() < *done_at {
        return Ok(());
    }
    wait(*done_at).await?;
    keeper.complete(destroyed, now()).await?;
    say("done");
    Ok(())
}

async fn wait(done_at: Timestamp) -> Result<(), indicatif::style::TemplateError> {
    let left = |at: Timestamp| u64::try_from(done_at.duration_since(at).as_secs() + 1).unwrap_or(0);
    let bar = ProgressBar::new(left(now())).with_style(ProgressStyle::with_template(
        "{bar:40} {pos}/{len} s until the caches of keys have expired",
    )?);
    while now() < done_at {
        tokio::time::sleep(Duration::from_millis(200)).await;
        bar.set_position(bar.length().unwrap_or(0).saturating_sub(left(now())));
    }
    bar.finish_and_clear();
    Ok(())
}
