//! `rfa projections list`, `rfa projections rebuild NAME [--accept]`

use super::engine::Engine;
use super::{Outcome, say};
use crate::config::Config;
use crate::log::Position;
use crate::projections::rebuild::{IfDifferent, Rebuilt};
use crate::projections::{ParkedStream, Runner, lags, list_parked};
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum Projections {
    /// Every read table, how far it is and how far behind, and the requests that it cannot follow
    List,
    /// Build a read table anew, show the difference, and put it in place if there is none
    Rebuild {
        name: String,
        /// Put it in place although it differs
        #[arg(long)]
        accept: bool,
    },
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
            Self::Rebuild { name, accept } => return rebuild(&runner, &name, accept).await,
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn rebuild(runner: &Runner, name: &str, accept: bool) -> Outcome {
    let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template(
        "{bar:40} {pos}/{len} events  {per_sec}  {eta}",
    )?);
    let progress = |at: Position, goal: Position| {
        bar.set_length(goal.0.unsigned_abs());
        bar.set_position(at.0.unsigned_abs());
    };
    let if_different = if accept {
        IfDifferent::Flip
    } else {
        IfDifferent::Keep
    };
    let Rebuilt {
        difference,
        flipped,
    } = runner.rebuild(name, if_different, &progress).await?;
    bar.finish_and_clear();
    if difference.is_none() {
        say(format!("{name}: rebuilt, no difference"));
        return Ok(ExitCode::SUCCESS);
    }
    say(format!(
        "{name}: requests that differ: {}, only in the live table: {}, only in the new: {}",
        difference.differing, difference.only_live, difference.only_rebuilt
    ));
    for (authority, request) in &difference.examples {
        say(format!("  {authority} {request}"));
    }
    if flipped {
        say("the new table is in place");
        return Ok(ExitCode::SUCCESS);
    }
    say("the live table is as it was; --accept puts the new one in place");
    Ok(ExitCode::FAILURE)
}
