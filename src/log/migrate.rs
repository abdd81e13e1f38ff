//! Schemas of the log and of the vault, each brought up to this build. Safe to start twice.

use super::connect::{ConnectError, settings};
use tokio_postgres::NoTls;

mod log_schema {
    refinery::embed_migrations!("migrations/log");
}

mod vault_schema {
    refinery::embed_migrations!("migrations/vault");
}

#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error("a migration failed: {0}")]
    Refinery(#[from] refinery::Error),
    #[error("Postgres refused: {0}")]
    Postgres(#[from] tokio_postgres::Error),
}

/// Of the log, the readers, tokens and read tables.
///
/// # Errors
/// When Postgres is out of reach or the schema is not one of ours.
pub async fn migrate_log(url: &str) -> Result<Vec<String>, MigrateError> {
    run(url, log_schema::migrations::runner(), "rfa_log_migrations").await
}

/// Of the vault, which may be elsewhere.
///
/// # Errors
/// As `migrate_log`.
pub async fn migrate_vault(url: &str) -> Result<Vec<String>, MigrateError> {
    run(
        url,
        vault_schema::migrations::runner(),
        "rfa_vault_migrations",
    )
    .await
}

async fn run(
    url: &str,
    mut runner: refinery::Runner,
    table: &str,
) -> Result<Vec<String>, MigrateError> {
    let (mut client, connection) = settings(url)?
        .connect(NoTls)
        .await
        .map_err(ConnectError::Unavailable)?;
    let driver = tokio::spawn(connection);
    // Another replica may be starting too.
    client
        .execute("select pg_advisory_lock(7740263, 3)", &[])
        .await?;
    let report = runner
        .set_migration_table_name(table)
        .run_async(&mut client)
        .await;
    // The lock goes with the connection.
    drop(client);
    if driver.await.is_err() {
        tracing::debug!("the migration's connection ended early");
    }
    Ok(report?
        .applied_migrations()
        .iter()
        .map(ToString::to_string)
        .collect())
}
