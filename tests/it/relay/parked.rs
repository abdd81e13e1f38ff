//! Requests that wait: each group gets its turn, and only whoever has the lease lets one go.

use super::stage::{DEADLINE, Stage, drain, versions};
use super::story::Story;
use rfa::relay::RelayOutcome;
use std::time::Instant;

const GARF: &str = "rfa.team.south-ayrshire.garf";
const GARF_KEY: &str = "south-ayrshire.garf.*";
/// Comes before the other one wherever reasons are in order.
const CARRICK: &str = "rfa.team.south-ayrshire.carrick-team";
const CARRICK_KEY: &str = "south-ayrshire.carrick-team.*";
/// More than are tried again in one go.
const MANY: usize = 300;

fn requests(team: &'static str, count: usize) -> Vec<Story> {
    (0..count).map(|_| Story::of(team)).collect()
}

#[tokio::test]
async fn a_large_group_that_waits_holds_up_no_group_behind_it() {
    let stage = Stage::set().await;
    // With other settings than ours: it stays unbound.
    stage.declare_classic(CARRICK).await;
    let mut lane = stage.ordinary().await;
    stage.unbind(GARF, "rfa.events", GARF_KEY).await;
    let freed = Story::of("garf");
    stage.append_many(&requests("carrick-team", MANY), 1).await;
    stage.append(freed.opened()).await;
    drain(&mut lane).await;
    assert_eq!(lane.status().borrow().parked, MANY + 1);

    stage.declare_something().await;
    drain(&mut lane).await;
    assert_eq!(stage.consume(GARF, 1).await[0].request(), freed.request);
    assert_eq!(lane.status().borrow().parked, MANY);
}

#[tokio::test]
async fn a_large_group_whose_queue_fills_again_and_again_holds_up_no_group_behind_it() {
    let stage = Stage::set().await;
    stage.declare_for_one(CARRICK).await;
    let mut lane = stage.ordinary().await;
    stage.bind(CARRICK, "rfa.events", CARRICK_KEY).await;
    stage.unbind(GARF, "rfa.events", GARF_KEY).await;
    let freed = Story::of("garf");
    stage
        .append_many(&requests("carrick-team", 2 * MANY), 1)
        .await;
    stage.append(freed.opened()).await;
    drain(&mut lane).await;
    assert!(lane.status().borrow().parked > MANY);

    // Each time there is room for some of the first group, whose turn takes all of a go.
    for _ in 0..2 {
        stage.consume_all(CARRICK).await;
        stage.declare_something().await;
        drain(&mut lane).await;
    }
    assert!(lane.status().borrow().parked > 0);
    assert_eq!(stage.consume(GARF, 1).await[0].request(), freed.request);
}

#[tokio::test]
async fn a_large_group_that_is_free_goes_on_whole() {
    let stage = Stage::set().await;
    let mut lane = stage.ordinary().await;
    stage.unbind(CARRICK, "rfa.events", CARRICK_KEY).await;
    let waiting = requests("carrick-team", MANY);
    stage.append_many(&waiting, 2).await;
    drain(&mut lane).await;
    assert_eq!(lane.status().borrow().parked, MANY);

    stage.declare_something().await;
    let started = Instant::now();
    while lane.status().borrow().parked > 0 {
        assert!(started.elapsed() < DEADLINE, "they do not go on");
        drain(&mut lane).await;
    }
    let received = stage.consume_all(CARRICK).await;
    assert_eq!(received.len(), 2 * MANY, "a message came twice");
    assert!(versions(&received).values().all(|found| *found == [1, 2]));
}

/// As if another replica had taken the lease a moment ago, which this one does not know yet.
async fn take_the_lease(stage: &Stage) {
    let owner = stage.engine.database.connect().await;
    let take = "update reader.cursors set lease_owner = gen_random_uuid(), \
                lease_until = clock_timestamp() + interval '1 hour'";
    assert!(owner.execute(take, &[]).await.unwrap() > 0);
}

#[tokio::test]
async fn whoever_lost_the_lease_lets_no_request_go_that_the_new_owner_holds_back() {
    let stage = Stage::set().await;
    stage.declare_classic(CARRICK).await;
    let mut lane = stage.ordinary().await;
    stage.append(Story::of("carrick-team").opened()).await;
    drain(&mut lane).await;
    let parked = stage.parked().await;
    assert_eq!(parked.len(), 1);

    stage.bind(CARRICK, "rfa.events", CARRICK_KEY).await;
    stage.declare_something().await;
    take_the_lease(&stage).await;
    assert_eq!(lane.step().await.unwrap(), RelayOutcome::Elsewhere);
    assert_eq!(stage.parked().await, parked);
}

#[tokio::test]
async fn whoever_lost_the_lease_parks_nothing() {
    let stage = Stage::set().await;
    let mut lane = stage.ordinary().await;
    stage.unbind(CARRICK, "rfa.events", CARRICK_KEY).await;
    stage.append(Story::of("carrick-team").opened()).await;
    take_the_lease(&stage).await;
    assert_eq!(lane.step().await.unwrap(), RelayOutcome::Elsewhere);
    assert_eq!(stage.parked().await, []);
}
