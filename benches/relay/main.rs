//! The relay beside a bare publisher to the same quorum queue, measured in the same run: messages a
//! second, and the time from commit to delivery.
//! `make bench` runs it; the method and the last figures are in the README of benches.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark prints, and ends at the first surprise"
)]

mod bare;
#[path = "../cluster/mod.rs"]
mod cluster;
#[path = "../figures/mod.rs"]
mod figures;
mod latency;
mod relayed;
/// What the stories of the tests name.
mod stage {
    pub(crate) const AUTHORITY: &str = "south-ayrshire";
}
#[path = "../../tests/it/relay/story.rs"]
#[expect(
    dead_code,
    reason = "the benchmark tells shorter stories than the tests"
)]
mod story;

use cluster::{connect, fresh};
use figures::Round;

const ROUNDS: usize = 3;
const QUEUE: &str = "rfa.team.south-ayrshire.garf";
const RATIOS: [(&str, &str); 3] = [
    ("relay_per_s", "bare_per_s"),
    ("relayed_p50_ms", "bare_p50_ms"),
    ("relayed_p99_ms", "bare_p99_ms"),
];

#[tokio::main]
async fn main() {
    let as_json = std::env::args().any(|argument| argument == "--json");
    let cluster = std::env::var("DATABASE_URL").expect("DATABASE_URL; run `make bench`");
    let amqp = std::env::var("AMQP_URL").expect("AMQP_URL; run `make bench`");
    let mut rounds = Vec::new();
    for number in 0..ROUNDS {
        let name = format!("rfa_bench_{}_relay_{number}", std::process::id());
        let mut round = Round::default();
        let relay = relayed::Relay::over(&fresh(&cluster, &name).await, &amqp).await;
        let example = relayed::measure(&relay, &mut round).await;
        round.keep("bare_per_s", bare::rate(&amqp, &example).await);
        latency::measure(relay, &amqp, &example, &mut round).await;
        let gone = format!("drop database {name} with (force)");
        connect(&cluster).await.batch_execute(&gone).await.unwrap();
        rounds.push(round);
    }
    figures::print(&rounds, &RATIOS, &connect(&cluster).await, as_json).await;
}
