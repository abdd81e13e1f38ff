//! A log with a backlog, and the relay that sends it.

use super::bare::{MESSAGES, consume, empty, open};
use super::cluster::connect;
use super::figures::Round;
use super::stage::AUTHORITY;
use super::story::Story;
use futures::StreamExt;
use rfa::commands::{Registry, publish, read_folder};
use rfa::domain::ids::Authority;
use rfa::log::connect::LogConfig;
use rfa::log::{Log, Verdict};
use rfa::relay::message::Lane;
use rfa::relay::{RelayLane, RelayOutcome};
use std::path::Path;
use std::time::Instant;

/// Of one request.
const EVENTS: i32 = 10;

pub(crate) struct Relay {
    pub(crate) log: Log,
    registry: Registry,
    amqp: String,
    url: String,
}

impl Relay {
    pub(crate) async fn over(url: &str, amqp: &str) -> Self {
        let config = LogConfig {
            database_url: url.to_owned(),
            queue_commands_max: 100_000,
            pool_max: 8,
        };
        let log = Log::connect(&config).await.unwrap();
        let registry = Registry::open(log.clone()).await.unwrap();
        let authority = Authority::parse(AUTHORITY).unwrap();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("workflows");
        let files = read_folder(&folder, &authority).unwrap();
        let now = jiff::Timestamp::from_second(1_700_000_000).unwrap();
        publish(&registry, &authority, files, "bench", now)
            .await
            .unwrap();
        Self {
            log,
            registry,
            amqp: amqp.to_owned(),
            url: url.to_owned(),
        }
    }

    pub(crate) fn lane(&self) -> RelayLane {
        RelayLane::new(Lane::Ordinary, self.registry.clone(), self.amqp.clone())
    }

    /// The lease of a lane that is no more is not waited for.
    pub(crate) async fn free(&self) {
        let owner = connect(&self.url).await;
        let free = "update reader.cursors set lease_until = clock_timestamp()";
        owner.execute(free, &[]).await.unwrap();
    }

    async fn append(&self, messages: usize) {
        let requests = messages / usize::try_from(EVENTS).unwrap();
        let stories: Vec<Story> = (0..requests).map(|_| Story::of("garf")).collect();
        for version in 0..EVENTS {
            let appends = stories.iter().map(|story| match version {
                0 => story.opened(),
                later => story.noted(later),
            });
            for verdict in self.log.append_all(appends.collect()).await {
                assert!(matches!(verdict, Ok(Verdict::Appended(_))), "{verdict:?}");
            }
        }
    }
}

async fn drain(lane: &mut RelayLane) {
    while lane.step().await.unwrap() != RelayOutcome::Idle {}
}

/// Gives a message as it was sent.
pub(crate) async fn measure(relay: &Relay, round: &mut Round) -> Vec<u8> {
    let mut lane = relay.lane();
    drain(&mut lane).await;
    let (_connection, channel) = open(&relay.amqp).await;
    empty(&channel).await;
    relay.append(MESSAGES).await;
    let started = Instant::now();
    drain(&mut lane).await;
    let seconds = started.elapsed().as_secs_f64();
    round.keep("relay_per_s", MESSAGES as f64 / seconds);
    let mut consumer = consume(&channel).await;
    let example = consumer.next().await.unwrap().unwrap();
    round.keep("message_bytes", example.data.len() as f64);
    example.data
}
