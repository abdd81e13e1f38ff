//! From the commit to the message in a receiver's hands, 500 a second; beside from publishing to the same
//! hands.

use super::bare::{self, consume, empty, id_of, open};
use super::figures::Round;
use super::relayed::Relay;
use super::story::Story;
use futures::StreamExt;
use rfa::log::{Position, Verdict};
use std::collections::HashMap;
use std::time::{Duration, Instant};
use tokio::time::interval;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const COUNT: usize = 2_500;
const EVERY: Duration = Duration::from_millis(2);
const SOON: Duration = Duration::from_secs(30);

pub(crate) async fn measure(relay: Relay, amqp: &str, body: &[u8], round: &mut Round) {
    let published = publish(amqp, body).await;
    keep("bare", published, round);
    let relayed = relayed(relay, amqp).await;
    keep("relayed", relayed, round);
}

fn keep(name: &str, mut times: Vec<f64>, round: &mut Round) {
    times.sort_by(f64::total_cmp);
    round.keep(&format!("{name}_p50_ms"), times[times.len() / 2]);
    round.keep(&format!("{name}_p99_ms"), times[times.len() * 99 / 100]);
}

/// When each message arrived.
async fn arrivals(amqp: String) -> HashMap<Uuid, Instant> {
    let (_connection, channel) = open(&amqp).await;
    let mut consumer = consume(&channel).await;
    let mut arrived = HashMap::new();
    while arrived.len() < COUNT {
        let next = tokio::time::timeout(SOON, consumer.next()).await;
        let delivery = next.expect("in time").unwrap().unwrap();
        arrived.entry(id_of(&delivery)).or_insert_with(Instant::now);
    }
    arrived
}

fn waits(sent: &[(Uuid, Instant)], arrived: &HashMap<Uuid, Instant>) -> Vec<f64> {
    let wait = |(id, at): &(Uuid, Instant)| {
        let waited = arrived[id].saturating_duration_since(*at);
        waited.as_secs_f64() * 1_000.0
    };
    sent.iter().map(wait).collect()
}

async fn publish(amqp: &str, body: &[u8]) -> Vec<f64> {
    let (_connection, channel) = open(amqp).await;
    empty(&channel).await;
    let arriving = tokio::spawn(arrivals(amqp.to_owned()));
    let mut tick = interval(EVERY);
    let mut sent = Vec::with_capacity(COUNT);
    for _ in 0..COUNT {
        tick.tick().await;
        let id = Uuid::new_v4();
        sent.push((id, Instant::now()));
        let (channel, body) = (channel.clone(), body.to_vec());
        tokio::spawn(async move { bare::publish(channel, id, &body).await });
    }
    waits(&sent, &arriving.await.unwrap())
}

async fn relayed(relay: Relay, amqp: &str) -> Vec<f64> {
    relay.free().await;
    let shutdown = CancellationToken::new();
    let lane = relay.lane();
    let mut status = lane.status();
    let running = tokio::spawn(lane.run(shutdown.clone()));
    let head = relay.log.head().await.unwrap();
    let ready = status.wait_for(|status| status.position == head);
    drop(tokio::time::timeout(SOON, ready).await.unwrap().unwrap());
    let (_connection, channel) = open(amqp).await;
    empty(&channel).await;
    let arriving = tokio::spawn(arrivals(amqp.to_owned()));
    let mut tick = interval(EVERY);
    let mut appending = Vec::with_capacity(COUNT);
    for _ in 0..COUNT {
        tick.tick().await;
        let (log, story) = (relay.log.clone(), Story::of("garf"));
        appending.push(tokio::spawn(async move {
            let verdict = log.append(story.opened()).await;
            let Ok(Verdict::Appended(receipt)) = verdict else {
                panic!("{verdict:?}");
            };
            (receipt.position, Instant::now())
        }));
    }
    let mut committed: HashMap<Position, Instant> = HashMap::new();
    for append in appending {
        committed.extend([append.await.unwrap()]);
    }
    let recorded = relay.log.read_after(head, 1_000_000).await.unwrap();
    let sent: Vec<(Uuid, Instant)> = recorded
        .iter()
        .map(|event| (event.event_id(), committed[&event.position]))
        .collect();
    let waits = waits(&sent, &arriving.await.unwrap());
    shutdown.cancel();
    running.await.unwrap();
    waits
}
