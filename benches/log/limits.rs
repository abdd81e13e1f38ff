//! What this machine and this Postgres can do at all.

use super::{COMMANDS_A_STREAM, EVENTS, connect};
use futures::TryStreamExt;
use std::io::Write;
use std::pin::pin;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::Type;
use uuid::Uuid;

/// Flushes a second of 8 KiB each, where the benchmark's files are.
pub(super) fn flushes() -> f64 {
    let path = std::env::temp_dir().join(format!("rfa-bench-{}", Uuid::new_v4()));
    let mut file = std::fs::File::create(&path).unwrap();
    let started = Instant::now();
    let mut count = 0;
    while started.elapsed() < Duration::from_millis(500) {
        file.write_all(&[7; 8_192]).unwrap();
        file.sync_data().unwrap();
        count += 1;
    }
    std::fs::remove_file(&path).unwrap();
    f64::from(count) / started.elapsed().as_secs_f64()
}

/// One INSERT of three rows a commit, by `count` clients over a connection each.
pub(super) async fn inserts(url: &str, count: usize, length: Duration) -> f64 {
    let owner = connect(url).await;
    owner
        .batch_execute(
            "drop table if exists limit_rows;
             create table limit_rows (position bigserial primary key, stream uuid, version int,
                 body bytea, unique (stream, version))",
        )
        .await
        .unwrap();
    let mut tasks = JoinSet::new();
    let end = Instant::now() + length;
    for _ in 0..count {
        let url = url.to_owned();
        tasks.spawn(async move {
            let client = connect(&url).await;
            let insert = "insert into limit_rows (stream, version, body)
                select $1, v, $2 from generate_series($3::int, $3 + 2) v";
            let insert = client.prepare(insert).await.unwrap();
            let body = vec![7_u8; 300];
            let mut done = 0_u32;
            while Instant::now() < end {
                let stream = Uuid::new_v4();
                for nth in 0..COMMANDS_A_STREAM {
                    client
                        .execute(&insert, &[&stream, &body, &(nth * 3)])
                        .await
                        .unwrap();
                    done += 1;
                }
            }
            done
        });
    }
    let done: u32 = tasks.join_all().await.iter().sum();
    f64::from(done) / length.as_secs_f64()
}

/// COPY BINARY of what was appended into a table like ours: commands a second.
pub(super) async fn copy_in(url: &str, batch: i64) -> f64 {
    let client = connect(url).await;
    client
        .batch_execute(
            "drop table if exists copied;
             create table copied (like event_log.events including all)",
        )
        .await
        .unwrap();
    let columns = client
        .prepare("select * from event_log.events where position <= $1 order by position")
        .await
        .unwrap();
    let types: Vec<Type> = columns
        .columns()
        .iter()
        .map(|c| c.type_().clone())
        .collect();
    let rows = client.query(&columns, &[&batch]).await.unwrap();
    let started = Instant::now();
    let sink = client
        .copy_in("copy copied from stdin (format binary)")
        .await
        .unwrap();
    let mut writer = pin!(BinaryCopyInWriter::new(sink, &types));
    for row in &rows {
        let values: Vec<Raw<'_>> = (0..types.len()).map(|at| row.get(at)).collect();
        let values: Vec<&(dyn tokio_postgres::types::ToSql + Sync)> =
            values.iter().map(|value| value as _).collect();
        writer.as_mut().write(&values).await.unwrap();
    }
    writer.finish().await.unwrap();
    rows.len() as f64 / f64::from(EVENTS) / started.elapsed().as_secs_f64()
}

/// The rows of what was appended, 64 commands a commit, by bare statements of one backend into a table
/// like ours: no command is judged, and nothing but positions is sent. Commands a second.
pub(super) async fn batches(url: &str, events: i64) -> f64 {
    let client = connect(url).await;
    client
        .batch_execute(
            "drop table if exists batched;
             create table batched (like event_log.events including all)",
        )
        .await
        .unwrap();
    let insert = "insert into batched
        select * from event_log.events where position between $1 and $2";
    let insert = client.prepare(insert).await.unwrap();
    let batch = i64::from(EVENTS) * 64;
    let (mut first, started) = (1, Instant::now());
    while first <= events {
        let last = (first + batch - 1).min(events);
        client.execute(&insert, &[&first, &last]).await.unwrap();
        first = last + 1;
    }
    events as f64 / f64::from(EVENTS) / started.elapsed().as_secs_f64()
}

/// A value as the server sent it.
#[derive(Debug)]
struct Raw<'a>(Option<&'a [u8]>);

impl<'a> tokio_postgres::types::FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(Some(raw)))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(None))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

impl tokio_postgres::types::ToSql for Raw<'_> {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut tokio_postgres::types::private::BytesMut,
    ) -> Result<tokio_postgres::types::IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self.0 {
            None => Ok(tokio_postgres::types::IsNull::Yes),
            Some(bytes) => {
                out.extend_from_slice(bytes);
                Ok(tokio_postgres::types::IsNull::No)
            }
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    tokio_postgres::types::to_sql_checked!();
}

/// What the server can give: every column that a replay reads, not decoded.
pub(super) async fn copy_out(url: &str) -> f64 {
    let client = connect(url).await;
    let started = Instant::now();
    let copy = "copy (select position, authority, stream, stream_kind, version, event_type,
        schema_version, occurred_at, recorded_at, actor, on_behalf_of, command_id, command_ordinal,
        correlation, causation, definition, audience, provenance, body, key_ids, sealed
        from event_log.events order by position) to stdout (format binary)";
    let stream = client.copy_out(copy).await.unwrap();
    let rows = pin!(stream)
        .try_fold(0_u64, |rows, chunk| async move {
            Ok(rows + u64::from(!chunk.is_empty()))
        })
        .await
        .unwrap();
    assert!(rows > 0);
    started.elapsed().as_secs_f64()
}
