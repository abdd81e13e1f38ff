//! Connections as the application's role, and the settings that the promises rest on.

use super::event::AppendError;
use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio_postgres::error::{Severity, SqlState};
use tokio_postgres::{AsyncMessage, Client, Config, NoTls};

/// Where the log is and how hard it may be used.
#[derive(Debug, Clone)]
pub struct LogConfig {
    /// `DATABASE_URL`
    pub database_url: String,
    /// Commands waiting in the committer's queue, at most.
    pub queue_commands_max: usize,
    /// Read connections, at most.
    pub pool_max: usize,
}

/// The role that may read the log and append, and nothing else.
pub const APPLICATION_ROLE: &str = "rfa_app";

const AS_APPLICATION: &str = "set role rfa_app; set statement_timeout = '10s'; \
    set lock_timeout = '3s'; set idle_in_transaction_session_timeout = '15s'";

/// Planning for the sizes of each batch costs more than the batch. The one plan may be made while
/// the tables are empty, where reading all of them looks cheap; compiling it never pays.
pub(super) const ONE_PLAN: &str =
    "set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set jit = off";

#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("the database URL cannot be read")]
    Url,
    #[error("Postgres cannot be reached: {0}")]
    Unavailable(#[source] tokio_postgres::Error),
    #[error("this database has no event log: run `rfa migrate`")]
    NotMigrated,
    #[error("Postgres has `{name}` = {found}; the log's promises need {needed}")]
    Setting {
        name: &'static str,
        found: String,
        needed: &'static str,
    },
}

impl From<ConnectError> for AppendError {
    fn from(error: ConnectError) -> Self {
        tracing::warn!(%error, "no connection for appending");
        Self::Unavailable
    }
}

/// # Errors
/// When the URL is not one of Postgres. It is not shown: it may hold a password.
pub fn settings(url: &str) -> Result<Config, ConnectError> {
    let mut config: Config = url.parse().map_err(|_| ConnectError::Url)?;
    config
        .application_name("rfa")
        .connect_timeout(Duration::from_secs(5))
        .tcp_user_timeout(Duration::from_secs(10))
        .keepalives_idle(Duration::from_secs(10));
    Ok(config)
}

/// Connections that hold the application's rights only.
///
/// # Errors
/// When the URL is not one of Postgres.
pub fn pool(url: &str, max: usize) -> Result<Pool, ConnectError> {
    pool_with(url, max, "")
}

/// The same, with one plan a statement.
pub(super) fn pool_of_one_plan(url: &str, max: usize) -> Result<Pool, ConnectError> {
    pool_with(url, max, ONE_PLAN)
}

fn pool_with(url: &str, max: usize, settings_sql: &str) -> Result<Pool, ConnectError> {
    let greeting = format!("{AS_APPLICATION}; {settings_sql}");
    let manager = Manager::from_config(
        settings(url)?,
        NoTls,
        ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        },
    );
    let wait = Some(Duration::from_secs(5));
    Pool::builder(manager)
        .max_size(max)
        .runtime(Runtime::Tokio1)
        .wait_timeout(wait)
        .create_timeout(wait)
        .post_create(Hook::async_fn(move |client, _| {
            let greeting = greeting.clone();
            Box::pin(async move {
                client
                    .batch_execute(&greeting)
                    .await
                    .map_err(HookError::Backend)
            })
        }))
        .build()
        .map_err(|_| ConnectError::Url)
}

/// A connection outside the pool; its task ends with the client.
///
/// # Errors
/// When Postgres is out of reach or the role is missing.
pub async fn dedicated(url: &str) -> Result<Client, ConnectError> {
    watched(url).await.map(|(client, _)| client)
}

/// Set when the server warns. That is the only sign of a commit whose wait for the standby was
/// cancelled: the driver reports it as done.
pub(super) type Warned = Arc<AtomicBool>;

pub(super) async fn watched(url: &str) -> Result<(Client, Warned), ConnectError> {
    let (client, mut connection) = settings(url)?
        .connect(NoTls)
        .await
        .map_err(ConnectError::Unavailable)?;
    let warned = Warned::default();
    let seen = Arc::clone(&warned);
    tokio::spawn(async move {
        while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
            match message {
                Ok(message) => seen.fetch_or(is_warning(&message), Ordering::Release),
                Err(error) => {
                    tracing::debug!(%error, "a connection to Postgres ended");
                    return;
                }
            };
        }
    });
    client.batch_execute(AS_APPLICATION).await?;
    Ok((client, warned))
}

/// A connection that hears what others are told on `channel`; when it is lost, so is the sender.
pub(super) async fn listening(
    url: &str,
    channel: &str,
) -> Result<(Client, watch::Receiver<u64>), ConnectError> {
    let (client, mut connection) = settings(url)?
        .connect(NoTls)
        .await
        .map_err(ConnectError::Unavailable)?;
    let (heard, hears) = watch::channel(0);
    tokio::spawn(async move {
        while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
            if matches!(message, AsyncMessage::Notification(_)) {
                heard.send_modify(|count| *count += 1);
            }
        }
    });
    client.batch_execute(AS_APPLICATION).await?;
    client.batch_execute(&format!("listen {channel}")).await?;
    Ok((client, hears))
}

fn is_warning(message: &AsyncMessage) -> bool {
    matches!(message, AsyncMessage::Notice(notice)
        if notice.parsed_severity() == Some(Severity::Warning))
}

/// Of statements that any migrated database takes.
impl From<tokio_postgres::Error> for ConnectError {
    fn from(error: tokio_postgres::Error) -> Self {
        const MISSING: [SqlState; 3] = [
            SqlState::INVALID_PARAMETER_VALUE,
            SqlState::INVALID_SCHEMA_NAME,
            SqlState::UNDEFINED_TABLE,
        ];
        match error.code() {
            Some(code) if MISSING.contains(code) => Self::NotMigrated,
            Some(_) | None => Self::Unavailable(error),
        }
    }
}

/// Refuses to run where an acknowledged command could be lost.
///
/// # Errors
/// Naming the setting, what it is and what it must be.
pub async fn check_settings(client: &Client) -> Result<(), ConnectError> {
    const NEEDED: [&str; 3] = ["fsync", "full_page_writes", "synchronous_commit"];
    let statement = include_str!("sql/settings.sql");
    let rows = client.query(statement, &[&&NEEDED[..]]).await?;
    for (row, name) in rows.iter().zip(NEEDED) {
        let found: String = row.get(1);
        let fine = found == "on" || (name == "synchronous_commit" && found.starts_with("remote"));
        if !fine {
            return Err(ConnectError::Setting {
                name,
                found,
                needed: "on",
            });
        }
    }
    Ok(())
}
