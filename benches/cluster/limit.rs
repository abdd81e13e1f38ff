//! What one commit takes on this machine, whatever is committed.

use std::time::Instant;
use tokio_postgres::Client;

pub(crate) fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Milliseconds of a bare INSERT of 900 bytes with its commit, at the median.
pub(crate) async fn insert_p50(client: &Client) -> f64 {
    let table = "create table limit_row (id bigserial primary key, body bytea not null)";
    client.batch_execute(table).await.unwrap();
    let insert = "insert into limit_row (body) values ($1)";
    let insert = client.prepare(insert).await.unwrap();
    let body = vec![7_u8; 900];
    let mut times = Vec::new();
    for _ in 0..1_500 {
        let started = Instant::now();
        client.execute(&insert, &[&body]).await.unwrap();
        times.push(started.elapsed().as_secs_f64() * 1_000.0);
    }
    median(times.split_off(200))
}
