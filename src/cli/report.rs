//! `rfa report monthly MONTH [--output FOLDER] [--open]`

use super::engine::{Engine, now};
use super::{Outcome, say};
use crate::config::Config;
use crate::domain::ids::{Authority, WorkflowName};
use crate::domain::measures::note::Says;
use crate::projections::Runner;
use crate::report::pack::bounds;
use crate::report::{Ask, build};
use crate::statistics::disclosure::Policy;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum Report {
    /// The monthly pack of the planning group, as a page, as rows, and as a page for children
    Monthly(Monthly),
}

#[derive(Debug, Args)]
pub(super) struct Monthly {
    /// A month that is over, e.g. 2026-07
    month: String,
    /// Whose; `RFA_AUTHORITY` if not given
    #[arg(long)]
    authority: Option<Authority>,
    /// Where the three files are put
    #[arg(long, default_value = ".")]
    output: PathBuf,
    /// Show the page with the program that opens pages here
    #[arg(long)]
    open: bool,
}

impl Report {
    pub(super) async fn run(self, config: Config) -> Outcome {
        match self {
            Self::Monthly(monthly) => monthly.run(config).await,
        }
    }
}

impl Monthly {
    async fn run(self, config: Config) -> Outcome {
        let engine = Engine::open(&config).await?;
        let authority = self.authority.unwrap_or_else(|| engine.authority.clone());
        let (_, to) = bounds(&self.month)?;
        if to > now() {
            return Err(format!("{} is not over yet", self.month).into());
        }
        // What the server has not read yet is read here.
        Runner::new(engine.log.clone()).run_until_idle().await?;
        let declared = engine.commands.registry().of(authority.as_str());
        let issued = declared.notes().iter().find_map(|note| match &note.says {
            Says::PackIssued {
                month, position, ..
            } if *month == self.month => Some(*position),
            Says::PackIssued { .. }
            | Says::Quote { .. }
            | Says::QuoteChecked { .. }
            | Says::Narrative { .. }
            | Says::Value { .. }
            | Says::TestOfChange { .. } => None,
        });
        let position = match issued {
            Some(position) => crate::log::Position(position),
            None => engine.log.head().await?,
        };
        let settings = &config.settings;
        let ask = Ask {
            authority: authority.to_string(),
            workflow: WorkflowName::parse(&settings.usual_workflow)?,
            month: self.month.clone(),
            position,
            policy: Policy {
                fewer_than: settings.suppress_below,
                rate_needs: settings.rates_from,
            },
        };
        let pack = build(engine.log.pool(), &engine.log, &ask).await?;
        std::fs::create_dir_all(&self.output)?;
        let page = self.output.join(format!("{authority}-{}.html", self.month));
        let rows = self.output.join(format!("{authority}-{}.csv", self.month));
        std::fs::write(&page, &pack.html)?;
        std::fs::write(&rows, &pack.csv)?;
        let children = format!("{authority}-{}-for-children.html", self.month);
        let children = self.output.join(children);
        std::fs::write(&children, &pack.children_html)?;
        let state = if issued.is_some() {
            "as issued"
        } else {
            "not issued yet"
        };
        say(format!(
            "{} ({state}, as known at position {position})",
            page.display()
        ));
        say(rows.display());
        say(children.display());
        if self.open
            && !std::process::Command::new("xdg-open")
                .arg(&page)
                .status()?
                .success()
        {
            say("no program opens pages here");
        }
        Ok(ExitCode::SUCCESS)
    }
}
