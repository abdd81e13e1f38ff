//! `rfa webhooks list`, `… add URL --as PRINCIPAL`, `… end ID`, `… redrive ID`, `… secret ID`

use super::engine::Engine;
use super::{Outcome, say};
use crate::config::Config;
use crate::domain::ids::PrincipalId;
use crate::domain::request::actor::PrincipalKind;
use crate::notices::webhook::{Networks, Sender, Target};
use crate::notices::{Channel, Mailer, NewSubscription, Outlets, Subscriptions, Whose};
use clap::Subcommand;
use secrecy::ExposeSecret;
use std::error::Error;
use std::process::ExitCode;
use uuid::Uuid;

#[derive(Debug, Subcommand)]
pub(super) enum Webhooks {
    /// Every subscription of RFA_AUTHORITY, with what waits and what is parked
    List,
    /// Tell a service account there from now on; prints its id and its secret
    Add {
        url: String,
        #[arg(long = "as")]
        principal: PrincipalId,
        /// The same key again is the same webhook; one of its own if not given
        #[arg(long)]
        key: Option<String>,
    },
    /// Send nothing more
    End { id: Uuid },
    /// Try what waits or is parked once more, for three days
    Redrive { id: Uuid },
    /// Make another secret and print it
    Secret { id: Uuid },
}

/// As the configuration says.
pub(super) fn outlets(config: &Config) -> Result<Outlets, Box<dyn Error + Send + Sync>> {
    let settings = &config.settings;
    let allowed: Networks = settings
        .webhook_networks
        .parse()
        .map_err(|error| format!("RFA_WEBHOOK_NETWORKS: {error}"))?;
    let mailer = settings.mail_url.as_ref().map(|url| {
        Mailer::new(
            url.expose_secret(),
            &settings.mail_from,
            &settings.mail_link,
        )
    });
    Ok(Outlets {
        webhooks: Sender::new(allowed),
        mailer: mailer.transpose()?,
    })
}

pub(super) fn subscriptions(engine: &Engine) -> Subscriptions {
    Subscriptions::new(engine.log.clone(), engine.commands.vault().clone())
}

impl Webhooks {
    pub(super) async fn run(self, config: Config) -> Outcome {
        let engine = Engine::open(&config).await?;
        let subscriptions = subscriptions(&engine);
        let whose = Whose {
            authority: &engine.authority,
            principal: None,
            channel: None,
        };
        match self {
            Self::List => list(&subscriptions, whose).await?,
            Self::Add {
                url,
                principal,
                key,
            } => {
                let declared = engine.commands.registry().of(engine.authority.as_str());
                let found = declared.find_principal(&principal);
                if found.is_none_or(|found| found.kind != PrincipalKind::ServiceAccount) {
                    let authority = &engine.authority;
                    return Err(format!("{principal} is no service account of {authority}").into());
                }
                let target = Target::parse(&url)?;
                outlets(&config)?.webhooks.judge(&target).await?;
                let new = NewSubscription {
                    authority: engine.authority.clone(),
                    principal,
                    key: key.unwrap_or_else(|| Uuid::new_v4().to_string()),
                    channel: Channel::Webhook,
                    target: url,
                    occasions: None,
                };
                let made = subscriptions.subscribe(&new).await?;
                let secret = made.secret.map(|secret| secret.reveal());
                say(format!("{}  {}", made.id, secret.unwrap_or_default()));
            }
            Self::End { id } => subscriptions.end(whose, id).await?,
            Self::Redrive { id } => {
                let count = subscriptions.redrive(whose, id).await?;
                say(format!("{count} are tried once more"));
            }
            Self::Secret { id } => {
                let made = subscriptions.rotate(whose, id).await?;
                say(made
                    .secret
                    .map(|secret| secret.reveal())
                    .unwrap_or_default());
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Without where to: that is for whoever subscribed.
async fn list(
    subscriptions: &Subscriptions,
    whose: Whose<'_>,
) -> Result<(), crate::notices::SubscriptionError> {
    for one in subscriptions.list(whose, None).await? {
        let state = one.ended_because.as_deref().unwrap_or("open");
        say(format!(
            "{}  {:<8} {:<24} delivered {:>8}  waiting {:>6}  parked {:>6}  {state}{}",
            one.id,
            one.channel.as_str(),
            one.principal.to_string(),
            one.delivered_count,
            one.waiting_count,
            one.parked_count,
            one.failure
                .map(|why| format!("; {why}"))
                .unwrap_or_default(),
        ));
    }
    Ok(())
}
