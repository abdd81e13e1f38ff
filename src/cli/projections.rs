//! `rfa projections list`, `rfa projections rebuild NAME`

use super::engine::Engine;
use super::{Outcome, say};
use crate::config::Config;
use crate::projections::{ParkedStream, Runner, lags, list_parked};
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum Projections {
    /// Every read table, how far it is and how far behind, and the requests that it cannot follow
    List,
    /// Build a read table anew, show the difference, and put it in place
    Rebuild { name: String },
}

impl Projections {
    pub(super) async fn run(self, config: Config) -> Outcome {
        let engine = Engine::open(&config).await?;
        let runner = Runner::new(engine.log.clone());
        match self {
            Self::List => {
                let head = engine.log.head().await?;
                for lag in lags(engine.log.pool(), head).await? {
                    say(format!(
                        "{:<16} position {:>10}  behind {:>8}  parked {:>6}",
                        lag.projection, lag.position, lag.behind, lag.parked
                    ));
                }
                for parked in list_parked(engine.log.pool()).await? {
                    let ParkedStream {
                        projection,
                        authority,
                        request,
                        from,
                        reason,
                    } = parked;
                    say(format!(
                        "{projection}: parked {authority} {request} from position {from}: {reason}"
                    ));
                }
            }
            Self::Rebuild { name } => {
                let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template(
                    "{bar:40} {pos}/{len} events  {per_sec}  {eta}",
                )?);
                let progress = |at: crate::log::Position, goal: crate::log::Position| {
                    bar.set_length(goal.0.unsigned_abs());
                    bar.set_position(at.0.unsigned_abs());
                };
                let difference = runner.rebuild(&name, &progress).await?;
                bar.finish_and_clear();
                if difference.is_none() {
                    say(format!("{name}: rebuilt, no difference"));
                } else {
                    say(format!(
                        "{name}: rebuilt; requests that differed: {}, only in the old table: {}, only in the new: {}",
                        difference.differing, difference.only_live, difference.only_rebuilt
                    ));
                    for (authority, request) in &difference.examples {
                        say(format!("  {authority} {request}"));
                    }
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
