//! `rfa workflow …`: what can be asked of workflow files without a server.

mod check;
mod findings;
mod sarif;
mod schema;
mod test;

use super::Outcome;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(super) enum Workflow {
    /// Find what is wrong with definition files, with line, column and what would be right
    Check(check::Check),
    /// Walk through the scenarios beside the workflows and say what they cover
    Test(test::Test),
    /// Print or write the JSON Schemas of the files, for editors
    Schema(schema::Schema),
}

impl Workflow {
    pub(super) fn run(self) -> Outcome {
        match self {
            Self::Check(check) => check.run(),
            Self::Test(test) => test.run(),
            Self::Schema(schema) => schema.run(),
        }
    }
}
