//! `rfa workflow …`: what can be asked of workflow files.

mod check;
mod definition;
mod diagram;
mod explain;
mod findings;
mod sarif;
mod schema;
mod test;

use super::Outcome;
use crate::config::Config;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(super) enum Workflow {
    /// Find what is wrong with definition files, with line, column and what would be right
    Check(check::Check),
    /// Draw the states and moves of a workflow file
    Diagram(diagram::Diagram),
    /// Tell a workflow file in plain English
    Explain(explain::Explain),
    /// Walk through the scenarios beside the workflows and say what they cover
    Test(test::Test),
    /// Print or write the JSON Schemas of the files, for editors
    Schema(schema::Schema),
}

impl Workflow {
    pub(super) async fn run(self, config: &Config) -> Outcome {
        match self {
            Self::Check(check) => check.run(),
            Self::Diagram(diagram) => diagram.run(config).await,
            Self::Explain(explain) => explain.run(),
            Self::Test(test) => test.run(),
            Self::Schema(schema) => schema.run(),
        }
    }
}
