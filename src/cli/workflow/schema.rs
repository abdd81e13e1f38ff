//! `rfa workflow schema`

use crate::cli::{Outcome, say};
use clap::Args;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(in crate::cli) struct Schema {}

impl Schema {
    pub(super) fn run(self) -> Outcome {
        say("");
        Ok(ExitCode::SUCCESS)
    }
}
