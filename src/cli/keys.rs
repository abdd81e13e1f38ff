//! `rfa keys rotate`

use super::engine::Engine;
use super::{Outcome, say};
use crate::config::Config;
use crate::log::destruction::sweep_pages;
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use secrecy::ExposeSecret;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum Keys {
    /// Wrap every key anew under the first master key that is configured
    Rotate,
}

impl Keys {
    pub(super) async fn run(self, config: Config) -> Outcome {
        let engine = Engine::open(&config).await?;
        match self {
            Self::Rotate => {
                let bar = ProgressBar::new_spinner().with_style(ProgressStyle::with_template(
                    "{spinner} {pos} keys  {per_sec}",
                )?);
                let vault = engine.commands.vault();
                let rotated = vault.rewrap(|count| bar.set_position(count)).await?;
                bar.finish_and_clear();
                // What was wrapped by the earlier key does not stay on the pages.
                sweep_pages(config.vault_url()?.expose_secret()).await?;
                say(format!(
                    "wrapped anew: {}; under the first master key already: {}",
                    rotated.rewrapped, rotated.kept
                ));
                say(if rotated.rewrapped == 0 {
                    "no key needs an earlier master key: it may go"
                } else {
                    "run it again when every replica has the new master key first in line"
                });
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
