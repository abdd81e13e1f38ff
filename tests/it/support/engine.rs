//! The engine inside the test's own process, against a database of its own.

use super::{Postgres, TestDatabase};
use jiff::Timestamp;
use rfa::commands::{Commands, Declaration, Registry, publish, read_folder};
use rfa::domain::ids::{Authority, PrincipalId, RequestId};
use rfa::log::Log;
use rfa::log::connect::LogConfig;
use rfa::log::vault::{MasterKey, Vault, VaultConfig};
use rfa::projections::Runner;
use std::path::{Path, PathBuf};
use std::time::Duration;
use uuid::Uuid;

pub(crate) const MASTER_KEY: &str =
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

pub(crate) struct Engine {
    pub(crate) database: TestDatabase,
    pub(crate) log: Log,
    pub(crate) commands: Commands,
    pub(crate) runner: Runner,
}

/// The repository's own definition files.
pub(crate) fn workflows() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("workflows")
}

/// The edge of a test: where its time comes from.
#[expect(clippy::disallowed_methods, reason = "a test is an edge")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

pub(crate) fn vault_config(url: &str) -> VaultConfig {
    VaultConfig {
        url: url.to_owned(),
        pool_max: 4,
        key_ttl: Duration::from_secs(300),
    }
}

impl Engine {
    pub(crate) async fn start() -> Self {
        let database = Postgres::database().await;
        Self::over(database).await
    }

    pub(crate) async fn over(database: TestDatabase) -> Self {
        let vault_url = database.url.clone();
        Self::with_vault(database, &vault_url).await
    }

    /// The keys may live in a database of their own.
    pub(crate) async fn with_vault(database: TestDatabase, vault_url: &str) -> Self {
        let config = LogConfig {
            database_url: database.url.clone(),
            queue_commands_max: 1_000,
            pool_max: 6,
        };
        let log = Log::connect(&config).await.unwrap();
        let master = MasterKey::parse(MASTER_KEY).unwrap();
        let vault = Vault::connect(&vault_config(vault_url), master)
            .await
            .unwrap();
        let registry = Registry::open(log.clone()).await.unwrap();
        let commands = Commands::new(registry, vault);
        let runner = Runner::new(log.clone());
        Self {
            database,
            log,
            commands,
            runner,
        }
    }

    pub(crate) async fn publish(&self, authority: &str, declarations: Vec<Declaration>) -> usize {
        let authority = Authority::parse(authority).unwrap();
        publish(
            self.commands.registry(),
            &authority,
            declarations,
            "test",
            now(),
        )
        .await
        .unwrap()
    }

    /// Written down before a text is shown, as every door does.
    pub(crate) async fn read(&self, authority: &str, request: RequestId, person: &PrincipalId) {
        let client = self.database.connect().await;
        let written = "insert into access.readings (authority, request_id, principal, opened, call)
            values ($1, $2, $3, 'content', $4)";
        let (person, call) = (person.as_str(), Uuid::new_v4());
        let rows = client
            .execute(written, &[&authority, &request.0, &person, &call])
            .await;
        assert_eq!(rows.unwrap(), 1);
    }

    pub(crate) async fn publish_folder(&self, authority: &str) -> usize {
        let parsed = Authority::parse(authority).unwrap();
        self.publish(authority, read_folder(&workflows(), &parsed).unwrap())
            .await
    }
}
