//! Whether the cost stays the same while the log grows: appends and loads at 100,000 events and at
//! very many, in the same log.

use super::figures::{self, Round};
use super::{EVENTS, Settings, Store, clients, connect, fresh, load};
use rfa::log::verify::{Verified, verify};
use std::time::Duration;

const SMALL: i64 = 100_000;
const FILLERS: usize = 256;
const FILL: Duration = Duration::from_secs(5);
const RATIOS: [(&str, &str); 3] = [
    ("large_append_64_per_s", "small_append_64_per_s"),
    ("large_append_1_p50_ms", "small_append_1_p50_ms"),
    ("large_load_12_events_p50_ms", "small_load_12_events_p50_ms"),
];

pub(super) async fn measure(settings: &Settings, events: i64) {
    let name = format!("rfa_bench_flat_{}", std::process::id());
    let url = fresh(&settings.cluster, &name).await;
    let store = Store::open(&url).await;
    let mut round = Round::default();
    for (what, goal) in [("small", SMALL), ("large", events)] {
        while store.log.head().await.unwrap().0 < goal {
            clients(std::slice::from_ref(&store), FILLERS, FILL, false).await;
        }
        // What filling left behind is not what is asked for.
        let owner = connect(&url).await;
        for tidy in ["vacuum analyze", "checkpoint"] {
            owner.batch_execute(tidy).await.unwrap();
        }
        let head = store.log.head().await.unwrap().0;
        round.keep(&format!("{what}_events"), head as f64);
        for count in [1, 64] {
            let stores = std::slice::from_ref(&store);
            let rate = clients(stores, count, settings.length, true).await;
            round.keep(&format!("{what}_append_{count}_per_s"), rate.per_s);
            round.keep(&format!("{what}_append_{count}_p50_ms"), rate.p50_ms);
        }
        round.keep(
            &format!("{what}_load_12_events_p50_ms"),
            load(&store, &url).await,
        );
    }
    let client = connect(&url).await;
    let verified = verify(&client, None, |_| {}).await.unwrap();
    assert!(matches!(verified, Verified::Clean { .. }), "{verified:?}");
    assert_eq!(store.log.head().await.unwrap().0 % i64::from(EVENTS), 0);
    drop((client, store));
    let cluster = connect(&settings.cluster).await;
    figures::print(&[round], &RATIOS, &cluster, settings.as_json).await;
    let gone = format!("drop database {name} with (force)");
    cluster.batch_execute(&gone).await.unwrap();
}
