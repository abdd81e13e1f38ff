//! `rfa topology apply|check`, `rfa topology redrive --team … --from POSITION`

use super::engine::log;
use super::{Outcome, say};
use crate::commands::Registry;
use crate::config::Config;
use crate::domain::ids::{AgencyId, Authority, TeamId};
use crate::log::{Log, Position};
use crate::relay::Mismatch;
use crate::relay::management::{ManagementError, bindings, differences, policies};
use crate::relay::provision::{Provisioned, apply, check};
use crate::relay::redrive::{Receiver, Redrive, Redriven};
use crate::relay::topology::{self, about_dead_letters};
use clap::{Args, Subcommand};
use secrecy::ExposeSecret;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum Topology {
    /// Declare every exchange, queue and binding that is missing
    Apply,
    /// Name whatever is missing or has other settings; changes nothing
    Check {
        /// `http://user:password@host:port/api`: bindings and policies are looked at too, which the
        /// broker tells there alone; for policies the user needs the tag `policymaker`
        #[arg(long, env = "MANAGEMENT_URL", hide_env_values = true)]
        management: Option<String>,
    },
    /// Send one receiver's messages again, from the log, with the ids that they had
    Redrive(Again),
}

#[derive(Debug, Args)]
pub(super) struct Again {
    #[command(flatten)]
    to: To,
    /// The first event, as in messages and receipts (`EPOCH-POSITION`), or its number alone
    #[arg(long)]
    from: String,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct To {
    #[arg(long)]
    team: Option<TeamId>,
    #[arg(long)]
    agency: Option<AgencyId>,
    /// Child protection concerns of `RFA_AUTHORITY`, in full
    #[arg(long)]
    restricted: bool,
}

impl Topology {
    pub(super) async fn run(self, config: Config) -> Outcome {
        let url = config.amqp_url.clone().ok_or("AMQP_URL is not set")?;
        let url = url.expose_secret();
        let registry = Registry::open(log(&config).await?).await?;
        let wanted = topology::Topology::of(&registry.in_force());
        match self {
            Self::Apply => Ok(tell(&apply(url, &wanted).await?)),
            Self::Check { management } => {
                let mut found = check(url, &wanted).await?;
                if let Some(management) = management {
                    let bindings = bindings(&management, url).await?;
                    found.mismatches.extend(differences(&wanted, &bindings));
                    match policies(&management, url).await {
                        Ok(policies) => found.mismatches.extend(policies.overruled(&wanted)),
                        Err(error @ ManagementError::Refused(_)) => {
                            say(format!("policies are not looked at: {error}"));
                        }
                        Err(error) => return Err(error.into()),
                    }
                } else {
                    say("bindings and policies are not looked at: MANAGEMENT_URL is not set");
                }
                Ok(tell(&found))
            }
            Self::Redrive(again) => {
                let redrive = Redrive {
                    authority: Authority::parse(&config.settings.authority)?,
                    to: again.to.receiver(),
                    from: position(registry.log(), &again.from)?,
                };
                Ok(tell_again(&redrive.run(&registry, url).await?))
            }
        }
    }
}

impl To {
    /// Exactly one is given.
    fn receiver(self) -> Receiver {
        match (self.team, self.agency) {
            (Some(team), _) => Receiver::Team(team),
            (None, Some(agency)) => Receiver::Agency(agency),
            (None, None) => Receiver::Restricted,
        }
    }
}

fn position(log: &Log, text: &str) -> Result<Position, String> {
    let number = match text.split_once('-') {
        None => text,
        Some((epoch, number)) if epoch == log.epoch().simple().to_string() => number,
        Some(_) => {
            return Err(format!(
                "`{text}` is of another epoch than the log's; give the number of an event of this one"
            ));
        }
    };
    let position = number.parse().ok().filter(|position| *position >= 1);
    let position = position.ok_or_else(|| format!("`{text}` is no position: 1 or more"))?;
    Ok(Position(position))
}

fn tell_again(redriven: &Redriven) -> ExitCode {
    name(&redriven.mismatches);
    say(format!(
        "sent again: {}, taken by no queue: {}, requests that cannot be read: {}",
        redriven.messages, redriven.untaken, redriven.unreadable
    ));
    if let Some(first) = redriven.first_untaken {
        say(format!(
            "the first that no queue took is of position {first}: once there is room, --from {first}"
        ));
    }
    code(redriven.untaken == 0 && redriven.unreadable == 0)
}

fn name(mismatches: &[Mismatch]) {
    for mismatch in mismatches {
        say(format!("{}: {}", mismatch.name, mismatch.why));
    }
}

fn tell(found: &Provisioned) -> ExitCode {
    name(&found.mismatches);
    for (name, messages) in &found.unread {
        say(format!("{name}: {messages} messages that nobody reads"));
    }
    if let Some(about) = about_dead_letters(found.dead_letters) {
        say(about);
    }
    say(format!(
        "queues as they should be: {}, otherwise: {}",
        found.queue_count,
        found.mismatches.len()
    ));
    code(found.mismatches.is_empty())
}

fn code(is_well: bool) -> ExitCode {
    if is_well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
