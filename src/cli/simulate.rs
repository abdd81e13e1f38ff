//! `rfa simulate --seed 1 --requests 1500`

use super::engine::{Engine, now};
use super::{Outcome, say};
use crate::commands::publish;
use crate::config::Config;
use crate::domain::ids::{Authority, IdError};
use crate::simulate::cast::Cast;
use crate::simulate::run::{Settings, run};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Simulate {
    /// The same seed, number and last day give the same year
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// 1,500 is a year of one partnership; 3,300 the stress year
    #[arg(long, default_value_t = 1_500)]
    requests: usize,
    /// Last day of the year; today if not given
    #[arg(long)]
    until: Option<Date>,
}

/// Synthetic work never shares an authority with people's.
pub(super) fn authority_of(authority: &Authority) -> Result<Authority, IdError> {
    Authority::parse(&format!("{authority}-synthetic"))
}

impl Simulate {
    pub(super) async fn run(self, config: Config) -> Outcome {
        let engine = Engine::open(&config).await?;
        let real = &engine.authority;
        let authority = authority_of(real)?;
        engine.publish(&config, real, &authority).await?;
        let cast = Cast::of(
            engine
                .commands
                .registry()
                .of(authority.as_str())
                .organisation(),
        );
        let registry = engine.commands.registry();
        publish(
            registry,
            &authority,
            cast.declarations()?,
            "rfa:simulate",
            now(),
        )
        .await?;
        let today = now().to_zoned(TimeZone::get("Europe/London")?).date();
        let settings = Settings {
            seed: self.seed,
            requests: self.requests,
            last: self.until.unwrap_or(today.yesterday()?),
        };
        let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template(
            "{bar:40} {pos}/{len} acts  {per_sec}  {eta}",
        )?);
        let progress = |done: u64, of: u64| {
            bar.set_length(of);
            bar.set_position(done);
        };
        let report = run(&engine.commands, &authority, &cast, &settings, &progress).await?;
        bar.finish_and_clear();
        say(&report);
        Ok(ExitCode::SUCCESS)
    }
}
