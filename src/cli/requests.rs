//! `rfa requests template`, `rfa requests import FILE --as PRINCIPAL`

use super::engine::{Engine, now};
use super::{Outcome, say};
use crate::api::wrong_rows;
use crate::config::Config;
use crate::domain::ids::{PrincipalId, WorkflowName};
use crate::sheet::{Form, NotTaken, Taking, Wrong, read, template};
use clap::{Args, Subcommand};
use std::error::Error;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use uuid::Uuid;

#[derive(Debug, Subcommand)]
pub(super) enum Requests {
    /// Write an empty sheet (CSV) with what goes into each column
    Template(Template),
    /// Send a request a row: all rows are checked before any is taken; the same sheet again opens nothing
    Import(Import),
}

#[derive(Debug, Args)]
pub(super) struct Template {
    /// RFA_USUAL_WORKFLOW if not given
    #[arg(long)]
    workflow: Option<WorkflowName>,
}

#[derive(Debug, Args)]
pub(super) struct Import {
    /// Whose sheet it is: the requests are made by this account or person
    #[arg(long = "as")]
    principal: PrincipalId,
    /// RFA_USUAL_WORKFLOW if not given
    #[arg(long)]
    workflow: Option<WorkflowName>,
    /// Take nothing
    #[arg(long)]
    check: bool,
    file: PathBuf,
}

impl Requests {
    pub(super) async fn run(self, config: Config) -> Outcome {
        let engine = Engine::open(&config).await?;
        match self {
            Self::Template(asked) => {
                let form = form(&engine, &config, asked.workflow)?;
                std::io::stdout().write_all(&template(&form.columns)?)?;
                Ok(ExitCode::SUCCESS)
            }
            Self::Import(import) => import.run(&engine, &config).await,
        }
    }
}

impl Import {
    async fn run(self, engine: &Engine, config: &Config) -> Outcome {
        let declared = engine.commands.registry().of(engine.authority.as_str());
        let actor = declared
            .find_principal(&self.principal)
            .filter(|principal| !principal.grants.is_empty())
            .ok_or_else(|| format!("{} holds no role in {}", self.principal, engine.authority))?;
        let form = form(engine, config, self.workflow)?;
        let sheet = match read(&std::fs::read(&self.file)?, &form.columns) {
            Ok(sheet) => sheet,
            Err(wrong) => return Ok(refused(&wrong)),
        };
        let taking = Taking {
            commands: engine.commands.clone(),
            authority: engine.authority.clone(),
            actor: actor.clone(),
            form,
            correlation: Uuid::new_v4(),
            now,
        };
        let taken = if self.check {
            taking.check(&sheet).await.map(|()| Vec::new())
        } else {
            taking.take(&sheet).await
        };
        let taken = match taken {
            Ok(taken) => taken,
            Err(NotTaken::Refused(rows)) => {
                return Ok(refused(&wrong_rows(rows, &taking.form.columns)));
            }
            Err(NotTaken::CutOff { taken, row, source }) if source.is_refusal() => {
                say(format!(
                    "{taken} rows were taken, then row {row} was refused; once it is mended the same file again takes the rest"
                ));
                return Ok(refused(&wrong_rows(
                    vec![(row, source)],
                    &taking.form.columns,
                )));
            }
            Err(other @ (NotTaken::Unchecked { .. } | NotTaken::CutOff { .. })) => {
                return Err(other.into());
            }
        };
        for one in &taken {
            let (row, reference) = (one.row, &one.receipt.reference);
            let before = if one.receipt.duplicate {
                "  taken before"
            } else {
                ""
            };
            say(format!("row {row:>4}  {reference}  {}{before}", one.key));
        }
        let before = taken.iter().filter(|one| one.receipt.duplicate).count();
        let (rows, opened) = (sheet.rows.len(), taken.len() - before);
        say(format!(
            "{rows} rows, {opened} requests opened, {before} taken before"
        ));
        Ok(ExitCode::SUCCESS)
    }
}

/// As `rfa history import`: 2 where rows were refused.
fn refused(wrong: &[Wrong]) -> ExitCode {
    wrong.iter().for_each(|wrong| say(line(wrong)));
    say(format!(
        "nothing was taken; wrong in the sheet: {}",
        wrong.len()
    ));
    ExitCode::from(2)
}

fn line(wrong: &Wrong) -> String {
    let place = match (wrong.row, wrong.column.as_str()) {
        (None, _) => "the file".to_owned(),
        (Some(row), "") => format!("row {row}"),
        (Some(row), column) => format!("row {row}, {column}"),
    };
    match wrong.allowed.as_str() {
        "" => format!("{place}: {}", wrong.what),
        allowed => format!("{place}: {}; allowed: {allowed}", wrong.what),
    }
}

fn form(
    engine: &Engine,
    config: &Config,
    asked: Option<WorkflowName>,
) -> Result<Form, Box<dyn Error + Send + Sync>> {
    let name = match asked {
        Some(name) => name,
        None => WorkflowName::parse(&config.settings.usual_workflow)?,
    };
    let declared = engine.commands.registry().of(engine.authority.as_str());
    Ok(Form::of(&declared, &name)?)
}
