//! `rfa openapi`

use super::{Outcome, say};
use crate::api::openapi::whole;
use clap::Args;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Openapi {}

impl Openapi {
    pub(super) fn run(self) -> Outcome {
        say(whole().to_pretty_json()?);
        Ok(ExitCode::SUCCESS)
    }
}
