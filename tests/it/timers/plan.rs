//! How a due rung is reached: by a range of an index, however many clocks are open.

use super::stage::{Stage, create_table, find_due};
use jiff::Timestamp;
use rfa::domain::request::rung::{Look, Place};
use serde_json::Value;
use std::time::Instant;
use uuid::Uuid;

const CLOCKS: i64 = 1_000_000;
/// Clocks that are due at `NOW`; all others come later.
const DUE: i64 = 40;
const NOW: &str = "2026-06-01T10:00Z";

/// Rows as the projection writes them, a second apart; one in five is paused.
const FILL: &str = "insert into read_model.due_rungs
    (authority, request_id, clock, spell, rung, occurrence, next_at)
    select 'south-ayrshire', gen_random_uuid(), 'decide', 1, '-3wd', 1,
        case when i % 5 > 0 or i <= 0 then $1::timestamptz + make_interval(secs => i) end
    from generate_series(1 - $2::bigint, $3::bigint - $2::bigint) as i";

/// Nothing of a million rows has to outlive a crash, and the disk serves other tests too.
const UNLOGGED: &str = "alter table read_model.due_rungs set unlogged";

/// Nodes of a plan with their relation, index and rows, outermost first.
fn nodes(plan: &Value, found: &mut Vec<(String, String, i64)>) {
    let text = |key: &str| plan[key].as_str().unwrap_or_default().to_owned();
    let rows = plan["Actual Rows"].as_f64().unwrap_or_default() as i64;
    found.push((text("Node Type"), text("Index Name"), rows));
    for inner in plan["Plans"].as_array().into_iter().flatten() {
        nodes(inner, found);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn among_a_million_open_clocks_a_due_rung_is_reached_by_a_range_of_an_index() {
    let stage = Stage::set().await;
    create_table(&stage.engine).await;
    let client = stage.engine.database.connect().await;
    let now: Timestamp = NOW.parse().unwrap();
    client.batch_execute(UNLOGGED).await.unwrap();
    client.execute(FILL, &[&now, &DUE, &CLOCKS]).await.unwrap();
    client
        .batch_execute("analyze read_model.due_rungs")
        .await
        .unwrap();

    // With a connection of the owner's: the engine's own forbid sequential scans anyhow.
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/src/projections/sql/due_rungs_query.sql"
    );
    let query = std::fs::read_to_string(file).unwrap();
    let explain = format!("explain (analyze, format json) {query}");
    let first = Place::FIRST;
    let row = client
        .query_one(
            &explain,
            &[
                &now,
                &first.next_at,
                &first.authority,
                &first.request,
                &first.clock,
                &0_i32,
                &500_i64,
            ],
        )
        .await
        .unwrap();
    let plan: Value = row.get(0);
    let mut found = Vec::new();
    nodes(&plan[0]["Plan"], &mut found);
    let scans: Vec<_> = found
        .iter()
        .filter(|(kind, _, _)| kind.contains("Scan"))
        .collect();
    let [(kind, index, rows)] = scans[..] else {
        panic!("{found:?}");
    };
    assert!(kind.starts_with("Index"), "{found:?}");
    assert!(index.contains("next_at"), "{found:?}");
    assert_eq!(*rows, DUE, "no row that is not due is read");
    assert!(found.iter().all(|(kind, _, _)| kind != "Sort"), "{found:?}");

    let look = |after, limit| Look {
        up_to: now,
        after,
        limit,
    };
    let find = find_due(&stage.engine.log);
    let started = Instant::now();
    let all = find(look(Place::FIRST, 500)).await.unwrap();
    let took = started.elapsed();
    assert_eq!(i64::try_from(all.len()), Ok(DUE));
    assert!(
        took.as_millis() < 250,
        "{took:?} to find {DUE} among {CLOCKS}"
    );
    // Page by page they are the same, in the same order.
    let mut paged: Vec<Uuid> = Vec::new();
    let mut after = Place::FIRST;
    loop {
        let page = find(look(after, 7)).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Place::of(last);
        paged.extend(page.iter().map(|due| due.request.0));
    }
    let all: Vec<Uuid> = all.iter().map(|due| due.request.0).collect();
    assert_eq!(paged, all);
}
