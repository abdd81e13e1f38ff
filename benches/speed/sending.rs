//! Requests sent one after the other, by one who waits for each.

use super::figures::Round;
use super::median;
use super::served::{Connection, Served, example};
use std::time::Instant;

const SENDS: usize = 400;
const WARM_UP: usize = 50;

pub(crate) async fn measure(url: &str, round: &mut Round) {
    let served = Served::start(url, None).await;
    let token = served.token("head.girvan");
    let mut connection = Connection::open(&served.address).await.unwrap();
    let mut times = Vec::new();
    for _ in 0..SENDS {
        let started = Instant::now();
        let (status, answer) = connection.command("/requests", &token, &example()).await;
        times.push(started.elapsed().as_secs_f64() * 1_000.0);
        assert_eq!(status, 201, "{answer}");
    }
    round.keep("send_p50_ms", median(times.split_off(WARM_UP)));
}
