//! `rfa history import --workflow NAME@V --mapping MAP.yaml FILE`

use super::engine::{Engine, now};
use super::{Outcome, say};
use crate::commands::{ImportMark, Importer, mark_import};
use crate::config::Config;
use crate::domain::ids::{Authority, WorkflowName};
use crate::history::import::Plan;
use crate::history::mapping::Mapping;
use crate::history::rows;
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::process::ExitCode;
use uuid::Uuid;

#[derive(Debug, Subcommand)]
pub(super) enum History {
    /// Take the rows of an older log (.csv, .xes, each also .gz) as events with their own times
    Import(Import),
}

#[derive(Debug, Args)]
pub(super) struct Import {
    /// NAME@VERSION of the workflow
    #[arg(long)]
    workflow: String,
    /// What the columns mean
    #[arg(long)]
    mapping: PathBuf,
    /// The authority that the work belonged to; RFA_AUTHORITY if not given
    #[arg(long)]
    authority: Option<Authority>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    file: PathBuf,
}

impl History {
    pub(super) async fn run(self, config: Config) -> Outcome {
        match self {
            Self::Import(import) => import.run(config).await,
        }
    }
}

impl Import {
    async fn run(self, config: Config) -> Outcome {
        let (name, version) = self
            .workflow
            .split_once('@')
            .and_then(|(n, v)| Some((WorkflowName::parse(n).ok()?, v.parse::<u32>().ok()?)))
            .ok_or("--workflow: NAME@VERSION, e.g. permit-receipt@1")?;
        let mapping = Mapping::parse(
            &self.mapping.display().to_string(),
            &std::fs::read_to_string(&self.mapping)?,
        )?;
        let columns: Vec<&str> = mapping.columns().collect();
        let rows = rows::read(&self.file, &columns)?;
        let digest = Sha256::digest(std::fs::read(&self.file)?);
        let mut plan = Plan::new(mapping.clone(), rows)?;
        plan.look_ahead(now());
        let engine = Engine::open(&config).await?;
        let authority = self.authority.clone().unwrap_or(engine.authority.clone());
        engine.publish(&config, &authority, &authority).await?;
        let import = Uuid::new_v5(&Uuid::NAMESPACE_OID, &digest);
        mark_import(
            &engine.commands,
            &authority,
            &mapping.source,
            (import, ImportMark::Started),
            now(),
        )
        .await?;
        let mut importer = Importer::new(
            engine.commands.clone(),
            authority.clone(),
            (&name, version),
            import,
        )?;
        let bar = ProgressBar::new(plan.step_count()).with_style(ProgressStyle::with_template(
            "{bar:40} {pos}/{len} rows  {per_sec}  {eta}",
        )?);
        let report = plan
            .run(&mut importer, &authority, |done| bar.inc(done))
            .await?;
        bar.finish_and_clear();
        mark_import(
            &engine.commands,
            &authority,
            &mapping.source,
            (import, ImportMark::Ended),
            now(),
        )
        .await?;
        if self.json {
            say(serde_json::to_string_pretty(&report)?);
        } else {
            say(&report);
        }
        let code = if report.refused_count() == 0 { 0 } else { 2 };
        Ok(ExitCode::from(code))
    }
}
