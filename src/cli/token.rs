//! `rfa token issue PRINCIPAL`, `rfa token revoke PRINCIPAL`

use super::engine::Engine;
use super::{Outcome, say};
use crate::access::{Holder, Tokens};
use crate::config::Config;
use crate::domain::ids::PrincipalId;
use clap::Subcommand;
use secrecy::ExposeSecret;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum Token {
    /// Make a token and print it; it is not kept in the clear
    Issue {
        principal: PrincipalId,
        #[arg(long, default_value_t = 90)]
        lifetime_days: i32,
    },
    /// End every token of a principal
    Revoke { principal: PrincipalId },
}

impl Token {
    pub(super) async fn run(self, config: Config) -> Outcome {
        let engine = Engine::open(&config).await?;
        let tokens = Tokens::new(engine.log.pool().clone());
        let holder = |principal| Holder {
            authority: engine.authority.clone(),
            principal,
        };
        match self {
            Self::Issue {
                principal,
                lifetime_days,
            } => {
                let declared = engine.commands.registry().of(engine.authority.as_str());
                if declared.find_principal(&principal).is_none() {
                    return Err(format!("{principal} holds no role in {}", engine.authority).into());
                }
                let token = tokens
                    .issue(&holder(principal), "issued", lifetime_days)
                    .await?;
                say(token.expose_secret());
            }
            Self::Revoke { principal } => tokens.revoke_all(&holder(principal)).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}
