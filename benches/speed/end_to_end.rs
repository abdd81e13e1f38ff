//! From the command over HTTP to the message in the hands of the team that it is for.

use super::figures::Round;
use super::served::{Connection, Served, example};
use futures::StreamExt;
use lapin::options::{BasicConsumeOptions, QueuePurgeOptions};
use lapin::types::FieldTable;
use lapin::{Channel, ConnectionProperties};
use serde_json::Value;
use std::time::{Duration, Instant};

const QUEUE: &str = "rfa.team.south-ayrshire.carrick-team";
const SENDS: usize = 250;
const WARM_UP: usize = 50;
const SOON: Duration = Duration::from_secs(30);

pub(crate) async fn measure(url: &str, amqp: &str, round: &mut Round) {
    let served = Served::start(url, Some(amqp)).await;
    let broker = lapin::Connection::connect(amqp, ConnectionProperties::default());
    let broker = broker.await.unwrap();
    let channel = until_declared(&broker).await;
    let options = BasicConsumeOptions {
        no_ack: true,
        ..BasicConsumeOptions::default()
    };
    let consumer =
        channel.basic_consume(QUEUE.into(), "bench".into(), options, FieldTable::default());
    let mut consumer = consumer.await.unwrap();
    let token = served.token("head.girvan");
    let mut connection = Connection::open(&served.address).await.unwrap();
    let mut times = Vec::new();
    for _ in 0..SENDS {
        let began = Instant::now();
        let (status, answer) = connection.command("/requests", &token, &example()).await;
        assert_eq!(status, 201, "{answer}");
        let receipt: Value = serde_json::from_str(&answer).unwrap();
        loop {
            let delivery = tokio::time::timeout(SOON, consumer.next()).await;
            let delivery = delivery.expect("in time").unwrap().unwrap();
            let message: Value = serde_json::from_slice(&delivery.data).unwrap();
            if message["subject"] == receipt["request_id"] {
                break;
            }
        }
        times.push(began.elapsed().as_secs_f64() * 1_000.0);
    }
    let mut times = times.split_off(WARM_UP);
    times.sort_by(f64::total_cmp);
    round.keep("end_to_end_p50_ms", times[times.len() / 2]);
    round.keep("end_to_end_p99_ms", times[times.len() * 99 / 100]);
}

/// The relay declares the queue; what an earlier round left there is of another log.
async fn until_declared(broker: &lapin::Connection) -> Channel {
    loop {
        let channel = broker.create_channel().await.unwrap();
        let purged = channel.queue_purge(QUEUE.into(), QueuePurgeOptions::default());
        if purged.await.is_ok() {
            return channel;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
