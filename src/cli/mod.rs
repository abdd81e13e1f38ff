//! The command line: one file a subcommand. Each reads its arguments, makes one call, prints.

mod app;
mod clock;
mod custody;
mod demonstration;
mod desk;
mod engine;
mod history;
mod intake;
mod keys;
mod log;
mod messages;
mod migrate;
mod openapi;
mod parts;
mod people;
mod projections;
mod records;
mod report;
mod requests;
mod serve;
mod signing;
mod simulate;
mod supervise;
mod token;
mod topology;
mod verify;
mod webhooks;

mod workflow;

use crate::config::Config;
use clap::{Parser, Subcommand};
use std::error::Error;
use std::process::ExitCode;

pub type Outcome = Result<ExitCode, Box<dyn Error + Send + Sync>>;

/// A request-for-assistance engine for children's services.
#[derive(Debug, Parser)]
#[command(version, about, disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Take commands, relay events, keep read tables
    Serve(serve::Serve),
    /// Bring the schemas of the log and the vault up to this build
    Migrate(migrate::Migrate),
    /// Recompute every hash and link of the log
    Verify(verify::Verify),
    /// Do an invented year of work in an authority of its own
    Simulate(simulate::Simulate),
    /// Why a clock is due when it is
    #[command(subcommand)]
    Clock(clock::Clock),
    /// Print the OpenAPI document
    Openapi(openapi::Openapi),
    /// Print the AsyncAPI document of the messages, or write it with their schemas
    Messages(messages::Messages),
    /// Workflow files: check them, write their schemas
    #[command(subcommand)]
    Workflow(workflow::Workflow),
    /// Work done before this system
    #[command(subcommand)]
    History(history::History),
    /// Requests from a sheet, for agencies without a program that sends them
    #[command(subcommand)]
    Requests(requests::Requests),
    /// Read tables
    #[command(subcommand)]
    Projections(projections::Projections),
    /// What goes to the planning group
    #[command(subcommand)]
    Report(report::Report),
    /// Tokens of people and service accounts
    #[command(subcommand)]
    Token(token::Token),
    /// Exchanges and queues on the broker
    #[command(subcommand)]
    Topology(topology::Topology),
    /// Messages that could not be taken, and who may send
    #[command(subcommand)]
    Intake(intake::Intake),
    /// Who is told by webhook, and what waits or is parked on its way
    #[command(subcommand)]
    Webhooks(webhooks::Webhooks),
    /// Holds on records, and their destruction
    #[command(subcommand)]
    Records(records::Records),
    /// Keys of the vault
    #[command(subcommand)]
    Keys(keys::Keys),
    /// The log itself: epochs and signed checkpoints
    #[command(subcommand)]
    Log(log::LogCommand),
}

impl Cli {
    /// To its end, on a runtime of its own: started here, so that none of it is compiled a second time
    /// for the program.
    ///
    /// # Errors
    /// Whatever keeps the subcommand from its work, for a person to read.
    pub fn run(self, config: Config) -> Outcome {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.enable_all().build()?;
        runtime.block_on(self.go_on(config))
    }

    async fn go_on(self, config: Config) -> Outcome {
        match self.command {
            Command::Serve(serve) => serve.run(config).await,
            Command::Migrate(migrate) => migrate.run(config).await,
            Command::Verify(verify) => verify.run(config).await,
            Command::Simulate(simulate) => simulate.run(config).await,
            Command::Clock(clock) => clock.run(&config),
            Command::Openapi(openapi) => openapi.run(),
            Command::Messages(messages) => messages.run(),
            Command::Workflow(workflow) => workflow.run(&config).await,
            Command::History(history) => history.run(config).await,
            Command::Requests(requests) => requests.run(config).await,
            Command::Projections(projections) => projections.run(config).await,
            Command::Report(report) => report.run(config).await,
            Command::Token(token) => token.run(config).await,
            Command::Topology(topology) => topology.run(config).await,
            Command::Intake(intake) => intake.run(config).await,
            Command::Webhooks(webhooks) => webhooks.run(config).await,
            Command::Records(records) => records.run(config).await,
            Command::Keys(keys) => keys.run(config).await,
            Command::Log(log) => log.run(config).await,
        }
    }
}

/// Says something to whoever ran the command.
#[expect(clippy::print_stdout, reason = "the command line's own output")]
fn say(text: impl std::fmt::Display) {
    println!("{text}");
}
