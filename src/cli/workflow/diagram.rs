//! `rfa workflow diagram`

use super::definition::read;
use crate::cli::{Outcome, say};
use crate::domain::workflow::diagram::{mermaid, svg};
use clap::{Args, ValueEnum};
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
}

impl Diagram {
    pub(super) fn run(self) -> Outcome {
        let definition = match read(&self.file) {
            Ok(definition) => definition,
            Err(wrong) => {
                say(wrong);
                return Ok(ExitCode::FAILURE);
            }
        };
        let picture = match self.format {
            Format::Svg => svg(&definition, None),
            Format::Mermaid => mermaid(&definition, None),
        };
        match &self.output {
            Some(path) => std::fs::write(path, picture)?,
            None => say(picture.trim_end()),
        }
        Ok(ExitCode::SUCCESS)
    }
}
