//! The event log on a real Postgres: what it promises, and that its promises can be checked.

mod checkpoints;
mod cursors;
mod driver;
mod epochs;
mod fences;
mod growing;
mod proof;
mod racing;
mod reading;
mod sealing;
mod traps;
mod travelling;
mod verdicts;
mod viewers;

use crate::support::engine::now;
use crate::support::{Postgres, TestDatabase};
use rfa::log::connect::LogConfig;
use rfa::log::{
    Append, AppendError, Audience, Log, NewEvent, Position, Provenance, Receipt, SealedPart,
    StreamKind, Verdict,
};
use uuid::Uuid;

const AUTHORITY: &str = "south-ayrshire";

struct LogUnderTest {
    log: Log,
    database: TestDatabase,
}

impl LogUnderTest {
    async fn start() -> Self {
        let database = Postgres::database().await;
        let log = replica(&database.url, 1_000).await;
        Self { log, database }
    }

    /// With every right, behind the log's back.
    async fn as_owner(&self, statements: &str) -> Result<(), tokio_postgres::Error> {
        let owner = self.database.connect().await;
        owner.batch_execute(statements).await
    }

    /// As somebody who can switch the triggers off.
    async fn tamper(&self, statements: &str) {
        let tampering = format!("set session_replication_role = replica; {statements}");
        self.as_owner(&tampering).await.unwrap();
    }

    async fn head(&self) -> i64 {
        self.log.head().await.unwrap().0
    }
}

async fn replica(url: &str, queue_commands_max: usize) -> Log {
    Log::connect(&config(url, queue_commands_max))
        .await
        .unwrap()
}

fn config(url: &str, queue_commands_max: usize) -> LogConfig {
    LogConfig {
        database_url: url.to_owned(),
        queue_commands_max,
        pool_max: 4,
    }
}

/// A command of its own for `stream`, with every part of the envelope filled.
fn command(stream: Uuid, expected_version: i32, event_count: usize) -> Append {
    let event = |i| NewEvent {
        event_type: "request-sent".to_owned(),
        schema_version: 1,
        occurred_at: now(),
        audience: Audience::Ordinary,
        body: format!("{{\"number\":{i}}}").into_bytes(),
        sealed: vec![SealedPart {
            key: Uuid::new_v4(),
            bytes: vec![1, 2, 3],
        }],
    };
    Append {
        authority: AUTHORITY.to_owned(),
        stream,
        stream_kind: StreamKind::Request,
        expected_version,
        command_id: Uuid::new_v4(),
        fingerprint: [7; 16],
        actor: "c.campbell".to_owned(),
        on_behalf_of: Some("a.brown".to_owned()),
        correlation: Uuid::new_v4(),
        causation: Some(Uuid::new_v4()),
        definition: Some([3; 32]),
        provenance: Provenance::Live,
        events: (0..event_count).map(event).collect(),
        keys: None,
    }
}

fn appended(verdict: Result<Verdict, AppendError>) -> Receipt {
    match verdict {
        Ok(Verdict::Appended(receipt)) => receipt,
        other => panic!("not appended: {other:?}"),
    }
}
