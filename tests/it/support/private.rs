//! Servers that belong to one test, so that it may stop them in the middle of something.

use std::path::{Path, PathBuf};
use std::process::Command;

use uuid::Uuid;

/// A Postgres cluster of its own, removed with this value.
pub(crate) struct PrivatePostgres(PrivateServer);

/// A RabbitMQ node of its own, removed with this value.
pub(crate) struct PrivateBroker(PrivateServer);

impl PrivatePostgres {
    pub(crate) async fn start() -> Self {
        Self(PrivateServer::start("postgres").await)
    }

    /// The superuser's URL of the database `postgres`; the same after `start_again`.
    pub(crate) fn url(&self) -> String {
        self.0.variable("DATABASE_URL")
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.0.folder.join("postgres/data")
    }

    /// An immediate stop: no checkpoint, recovery at the next start.
    pub(crate) async fn kill(&self) {
        self.0.run("kill").await;
    }

    pub(crate) async fn stop(&self) {
        self.0.run("stop").await;
    }

    pub(crate) async fn start_again(&self) {
        self.0.run("start").await;
    }
}

impl PrivateBroker {
    pub(crate) async fn start() -> Self {
        Self(PrivateServer::start("rabbitmq").await)
    }

    /// The URL of the vhost `/`; the same after `start_again`.
    pub(crate) fn url(&self) -> String {
        self.0.variable("AMQP_URL")
    }

    pub(crate) fn management_url(&self) -> String {
        self.0.variable("MANAGEMENT_URL")
    }

    /// Where the broker's own tool is.
    pub(crate) fn control_program(&self) -> String {
        self.0.variable("RABBITMQCTL")
    }

    /// The tool, as an operator would use it; gives what it says.
    pub(crate) async fn control(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(self.control_program());
        command.args(arguments);
        let output = tokio::task::spawn_blocking(move || command.output())
            .await
            .expect("it was not interrupted")
            .expect("rabbitmqctl runs");
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).expect("the tool speaks UTF-8")
    }

    /// Mnesia, queues, message stores and logs.
    pub(crate) fn data_dir(&self) -> PathBuf {
        self.0.folder.join("rabbitmq")
    }

    pub(crate) async fn kill(&self) {
        self.0.run("kill").await;
    }

    pub(crate) async fn stop(&self) {
        self.0.run("stop").await;
    }

    pub(crate) async fn start_again(&self) {
        self.0.run("start").await;
    }
}

struct PrivateServer {
    folder: PathBuf,
    part: &'static str,
}

impl PrivateServer {
    async fn start(part: &'static str) -> Self {
        let id = Uuid::new_v4().simple().to_string();
        let server = Self {
            folder: checkout().join("var/test").join(format!("private-{id}")),
            part,
        };
        server.run("start").await;
        server
    }

    async fn run(&self, verb: &str) {
        let mut command = servers(verb, &self.folder);
        command.arg(self.part);
        let output = tokio::task::spawn_blocking(move || command.output())
            .await
            .expect("the script was not interrupted")
            .expect("scripts/servers.sh runs");
        assert!(
            output.status.success(),
            "servers.sh {verb} {}: {}",
            self.part,
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// A variable of the folder's `env` file.
    fn variable(&self, name: &str) -> String {
        let file = self.folder.join("env");
        let text = std::fs::read_to_string(&file).expect("the servers' env file");
        let assignment = format!("{name}='");
        text.lines()
            .find_map(|line| line.strip_prefix(&assignment)?.strip_suffix('\''))
            .unwrap_or_else(|| panic!("{name} is not in {}", file.display()))
            .to_owned()
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        match servers("drop", &self.folder).output() {
            Ok(output) if output.status.success() => {}
            other => eprintln!("{} was left behind: {other:?}", self.folder.display()),
        }
    }
}

/// A program of the newest Postgres that is installed, as `scripts/servers` finds it.
pub(crate) fn postgres_program(name: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten();
    let newest = versions
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .max();
    newest.map_or_else(
        || PathBuf::from(name),
        |version| PathBuf::from(format!("/usr/lib/postgresql/{version}/bin/{name}")),
    )
}

fn servers(verb: &str, folder: &Path) -> Command {
    let mut command = Command::new(checkout().join("scripts/servers.sh"));
    command.arg(verb).arg(folder);
    command
}

fn checkout() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[tokio::test]
async fn a_private_cluster_comes_back_after_an_immediate_stop() {
    let postgres = PrivatePostgres::start().await;
    let url = postgres.url();
    let connect = || tokio_postgres::connect(&url, tokio_postgres::NoTls);
    assert!(connect().await.is_ok());
    postgres.kill().await;
    assert!(connect().await.is_err());
    assert!(postgres.data_dir().join("PG_VERSION").exists());
    postgres.start_again().await;
    assert_eq!(postgres.url(), url);
    assert!(connect().await.is_ok());

    let folder = postgres.0.folder.clone();
    drop(postgres);
    assert!(!folder.exists());
}

#[tokio::test]
async fn a_private_broker_comes_back_where_it_was() {
    let broker = PrivateBroker::start().await;
    let url = broker.url();
    let connect = || lapin::Connection::connect(&url, lapin::ConnectionProperties::default());
    assert!(connect().await.is_ok());
    broker.stop().await;
    assert!(connect().await.is_err());
    broker.start_again().await;
    assert_eq!(broker.url(), url);
    assert!(connect().await.is_ok());
    broker.kill().await;
    assert!(connect().await.is_err());
}
