//! Clients that nobody here wrote: `pika` and `amqplib`, and whoever follows docs/integrating.md.
//! `make test-peers` installs them and says where; without them these tests are not run.

mod cuts;
mod everything;
mod guide;
mod proxy;
mod timing;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

fn checkout() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Set by scripts/test-peers.sh: an interpreter with the packages of tests/peers/requirements.txt.
fn python() -> PathBuf {
    variable("RFA_TEST_PEERS_PYTHON")
}

/// The same for tests/peers/package.json.
fn node_modules() -> PathBuf {
    variable("RFA_TEST_PEERS_NODE_MODULES")
}

fn variable(name: &str) -> PathBuf {
    std::env::var_os(name)
        .unwrap_or_else(|| panic!("{name} is not set: run `make test-peers`"))
        .into()
}

/// Runs in a folder, with these variables and the shell's path alone.
fn command(program: &Path, folder: &Path, variables: &[(&str, String)]) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("NODE_PATH", node_modules())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}
