//! A fresh, migrated database for one test.
//!
//! The cluster is the one of `DATABASE_URL`. A template is migrated once for a build of the tests;
//! every test gets a copy of it, which costs a tenth of a migration.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::SystemTime;

use tokio::sync::OnceCell;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

use super::url::with_path;
use super::{background, required};

/// Any number: the lock under which one process makes the template.
const TEMPLATE_LOCK: i64 = 0x7266_615f_7465_7374;

pub(crate) struct Postgres;

/// A database of its own, dropped with this value.
pub(crate) struct TestDatabase {
    /// What the engine connects to; it gives up the owner's rights by itself.
    pub(crate) url: String,
    /// For looking behind the engine's back, with every right.
    pub(crate) owner_url: String,
    name: String,
}

impl Postgres {
    pub(crate) async fn database() -> TestDatabase {
        static TEMPLATE: OnceCell<String> = OnceCell::const_new();
        let template = TEMPLATE.get_or_init(template).await;
        let name = format!("rfa_test_{}", Uuid::new_v4().simple());
        connect(&required("DATABASE_URL"))
            .await
            .batch_execute(&format!("create database {name} template {template}"))
            .await
            .expect("a copy of the template");
        let url = with_path(&required("DATABASE_URL"), &name);
        TestDatabase {
            owner_url: url.clone(),
            url,
            name,
        }
    }
}

impl TestDatabase {
    /// A connection with the owner's rights.
    pub(crate) async fn connect(&self) -> Client {
        connect(&self.owner_url).await
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let drop_it = format!("drop database if exists {} with (force)", self.name);
        background::finish(async move {
            let cluster = connect(&required("DATABASE_URL")).await;
            if let Err(error) = cluster.batch_execute(&drop_it).await {
                eprintln!("{drop_it}: {error}");
            }
        });
    }
}

/// Every schema that the engine needs: the one place to extend when another part brings its own.
async fn migrate(owner_url: &str) {
    rfa::log::migrate::migrate_log(owner_url)
        .await
        .expect("the log's schema");
    rfa::log::migrate::migrate_vault(owner_url)
        .await
        .expect("the vault's schema");
}

/// The name of the migrated template of this build, made if it is not there.
async fn template() -> String {
    let checkout = fingerprint(&env!("CARGO_MANIFEST_DIR"));
    let prefix = format!("rfa_template_{checkout:016x}_");
    let name = format!("{prefix}{:016x}", fingerprint(&built_at()));
    let cluster = connect(&required("DATABASE_URL")).await;
    cluster
        .execute("select pg_advisory_lock($1)", &[&TEMPLATE_LOCK])
        .await
        .expect("the lock for making the template");
    if !databases(&cluster, &name).await.is_empty() {
        return name;
    }
    for outdated in databases(&cluster, &prefix).await {
        run(&cluster, &format!("drop database {outdated} with (force)")).await;
    }
    // Named when it is whole, so that an interrupted migration leaves no template behind.
    let unfinished = format!("{prefix}unfinished");
    run(&cluster, &format!("create database {unfinished}")).await;
    migrate(&with_path(&required("DATABASE_URL"), &unfinished)).await;
    let forget = "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1";
    cluster
        .execute(forget, &[&unfinished])
        .await
        .expect("the migration's connections ended");
    run(
        &cluster,
        &format!("alter database {unfinished} rename to {name}"),
    )
    .await;
    name
}

async fn databases(cluster: &Client, prefix: &str) -> Vec<String> {
    cluster
        .query(
            "select datname::text from pg_database where starts_with(datname::text, $1)",
            &[&prefix],
        )
        .await
        .expect("the list of databases")
        .iter()
        .map(|row| row.get(0))
        .collect()
}

async fn run(client: &Client, statement: &str) {
    if let Err(error) = client.batch_execute(statement).await {
        panic!("{statement}: {error:?}");
    }
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls)
        .await
        .expect("a connection to the cluster of DATABASE_URL");
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            eprintln!("a test's connection to Postgres: {error}");
        }
    });
    client
}

/// When the running test program was linked: another build may bring other migrations.
fn built_at() -> SystemTime {
    std::env::current_exe()
        .and_then(std::fs::metadata)
        .and_then(|metadata| metadata.modified())
        .expect("the age of the test program")
}

fn fingerprint(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[tokio::test]
async fn every_test_has_a_database_of_its_own_that_goes_with_it() {
    let one = Postgres::database().await;
    let other = Postgres::database().await;
    run(&one.connect().await, "create table only_here (id bigint)").await;
    let seen = other
        .connect()
        .await
        .query("select 1 from pg_tables where tablename = 'only_here'", &[])
        .await
        .expect("the list of tables");
    assert!(seen.is_empty(), "a table of one database is in another");

    let name = one.name.clone();
    drop(one);
    let cluster = connect(&required("DATABASE_URL")).await;
    assert!(databases(&cluster, &name).await.is_empty());
    assert_eq!(databases(&cluster, &other.name).await.len(), 1);
}
