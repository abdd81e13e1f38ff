//! `rfa workflow explain`

use super::definition::{read, read_beside};
use crate::cli::{Outcome, say};
use crate::domain::ids::{ClockName, MoveName, StateName};
use crate::domain::workflow::explain::{Part, explain};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(in crate::cli) struct Explain {
    /// A workflow file; calendars and organisations in its folder lend their titles
    file: PathBuf,
    /// Only this state
    #[arg(long, group = "part")]
    state: Option<StateName>,
    /// Only this clock
    #[arg(long, group = "part")]
    clock: Option<ClockName>,
    /// Only this move
    #[arg(long = "move", group = "part")]
    move_name: Option<MoveName>,
}

impl Explain {
    pub(super) fn run(self) -> Outcome {
        let definition = match read(&self.file) {
            Ok(definition) => definition,
            Err(wrong) => {
                say(wrong);
                return Ok(ExitCode::FAILURE);
            }
        };
        let beside = read_beside(&self.file, &definition)?;
        let part = match (self.state, self.clock, self.move_name) {
            (Some(state), _, _) => Part::State(state),
            (None, Some(clock), _) => Part::Clock(clock),
            (None, None, Some(name)) => Part::Move(name),
            (None, None, None) => Part::Whole,
        };
        say(explain(&definition, &beside, &part)?.trim_end());
        Ok(ExitCode::SUCCESS)
    }
}
