//! `rfa`: reads the command line and the environment, and runs one subcommand.

use clap::Parser;
use rfa::cli::Cli;
use rfa::config::Config;
use rfa::telemetry;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let config = match Config::from_env() {
        Ok(config) => config,
        Err(error) => return fail(&error),
    };
    if let Err(error) = telemetry::start(&config.settings.log, config.settings.log_json) {
        return fail(error.as_ref());
    }
    match cli.run(config) {
        Ok(code) => code,
        Err(error) => fail(error.as_ref()),
    }
}

/// The error and what it came from, once.
#[expect(
    clippy::print_stderr,
    reason = "the last word to whoever started the program"
)]
fn fail(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("rfa: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  because: {error}");
        cause = error.source();
    }
    ExitCode::FAILURE
}
