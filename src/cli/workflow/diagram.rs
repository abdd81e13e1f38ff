//! `rfa workflow diagram`

use super::definition::read;
use crate::cli::engine::{log, now};
use crate::cli::{Outcome, say};
use crate::config::Config;
use crate::domain::ids::Authority;
use crate::domain::workflow::Definition;
use crate::domain::workflow::diagram::{Live, mermaid, svg};
use crate::projections::request_list::open_by_state;
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Svg,
    /// `stateDiagram-v2`
    Mermaid,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Diagram {
    /// A workflow file
    file: PathBuf,
    #[arg(long, value_enum, default_value_t = Format::Svg)]
    format: Format,
    /// Write here instead of printing
    #[arg(long)]
    output: Option<PathBuf>,
    /// Write the open requests of RFA_AUTHORITY beside each state, from the read tables of DATABASE_URL
    #[arg(long)]
    live: bool,
}

impl Diagram {
    pub(super) async fn run(self, config: &Config) -> Outcome {
        let definition = match read(&self.file) {
            Ok(definition) => definition,
            Err(wrong) => {
                say(wrong);
                return Ok(ExitCode::FAILURE);
            }
        };
        let live = if self.live {
            Some(live(config, &definition).await?)
        } else {
            None
        };
        let picture = match self.format {
            Format::Svg => svg(&definition, live.as_ref()),
            Format::Mermaid => mermaid(&definition, live.as_ref()),
        };
        match &self.output {
            Some(path) => std::fs::write(path, picture)?,
            None => say(picture.trim_end()),
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn live(
    config: &Config,
    definition: &Definition,
) -> Result<Live, Box<dyn Error + Send + Sync>> {
    let log = log(config).await?;
    let authority = Authority::parse(&config.settings.authority)?;
    let head = log.head().await?;
    let workflow = (&definition.workflow, definition.version);
    let counted = open_by_state(log.pool(), &authority, workflow).await?;
    let mut as_of = format!("{} (position {})", local(now()), counted.as_of);
    // The log may have grown since it was asked: then nothing is behind.
    let behind = (head.0 - counted.as_of.0).max(0);
    if behind > 0 {
        let events = if behind == 1 { "event" } else { "events" };
        as_of.push_str(&format!(", {behind} {events} behind"));
    }
    Ok(Live {
        as_of,
        open: counted.open,
        elsewhere: counted.of_other_versions,
    })
}

fn local(at: Timestamp) -> String {
    let local = at.to_zoned(TimeZone::system());
    local.strftime("%-d %B %Y %H:%M").to_string()
}
