//! Fresh databases on the cluster of the benchmarks.

use rfa::log::migrate::{migrate_log, migrate_vault};
use tokio_postgres::{Client, NoTls};

pub(crate) async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// With the schemas of the log and the vault.
pub(crate) async fn fresh(cluster: &str, name: &str) -> String {
    let client = connect(cluster).await;
    let again = format!("drop database if exists {name} with (force)");
    client.batch_execute(&again).await.unwrap();
    let create = format!("create database {name}");
    client.batch_execute(&create).await.unwrap();
    let (server, _) = cluster.rsplit_once('/').unwrap();
    let url = format!("{server}/{name}");
    migrate_log(&url).await.unwrap();
    migrate_vault(&url).await.unwrap();
    url
}
