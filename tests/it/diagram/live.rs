//! Open requests beside each state, from the read tables of a real database.

use super::{FILES, definition_of};
use crate::support::engine::Engine;
use rfa::commands::read_folder;
use rfa::domain::ids::{Authority, StateName};
use rfa::projections::request_list::open_by_state;
use rfa::simulate::cast::Cast;
use rfa::simulate::run::{Settings, run};
use std::collections::BTreeMap;
use std::process::Command;

const AUTHORITY: &str = "south-ayrshire-synthetic";

/// An invented month of work.
async fn worked() -> Engine {
    let engine = Engine::start().await;
    let files = crate::support::engine::workflows();
    let files = read_folder(&files, &Authority::parse("south-ayrshire").unwrap()).unwrap();
    engine.publish(AUTHORITY, files).await;
    let cast = Cast::of(engine.commands.registry().of(AUTHORITY).organisation());
    engine
        .publish(AUTHORITY, cast.declarations().unwrap())
        .await;
    let settings = Settings {
        seed: 11,
        requests: 40,
        last: jiff::civil::date(2026, 8, 14),
    };
    let authority = Authority::parse(AUTHORITY).unwrap();
    run(&engine.commands, &authority, &cast, &settings, &|_, _| {})
        .await
        .unwrap();
    engine.runner.run_until_idle().await.unwrap();
    engine
}

#[tokio::test(flavor = "multi_thread")]
async fn the_counts_are_those_of_the_open_rows_and_say_as_of_when() {
    let engine = worked().await;
    let definition = definition_of(FILES[0]);
    let client = engine.database.connect().await;
    let list = "select state from read_model.request_list where not ended";
    let mut wanted: BTreeMap<StateName, i64> = BTreeMap::new();
    for row in client.query(list, &[]).await.unwrap() {
        *wanted
            .entry(StateName::parse(row.get(0)).unwrap())
            .or_default() += 1;
    }
    assert!(wanted.len() > 1, "{wanted:?}");
    let authority = Authority::parse(AUTHORITY).unwrap();
    let asked = |version| {
        open_by_state(
            engine.log.pool(),
            &authority,
            (&definition.workflow, version),
        )
    };
    let counted = asked(definition.version).await.unwrap();
    assert_eq!(counted.open, wanted);
    assert_eq!(counted.of_other_versions, 0);
    assert_eq!(counted.as_of, engine.log.head().await.unwrap());
    let of_none = asked(definition.version + 1).await.unwrap();
    assert!(of_none.open.is_empty());
    assert_eq!(of_none.of_other_versions, wanted.values().sum::<i64>());
    assert_eq!(of_none.as_of, counted.as_of);

    let drawn = Command::new(env!("CARGO_BIN_EXE_rfa"))
        .args(["workflow", "diagram", FILES[0], "--live"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_clear()
        .env("DATABASE_URL", &engine.database.url)
        .env("RFA_AUTHORITY", AUTHORITY)
        .output()
        .unwrap();
    let text = String::from_utf8(drawn.stdout).unwrap();
    assert!(drawn.status.success(), "{text}");
    let elements = super::elements(&text);
    for (state, count) in &wanted {
        if definition.states[state].restricted {
            continue;
        }
        let inside = format!("state {state}");
        let words = format!("{count} open");
        assert!(
            elements
                .iter()
                .any(|e| e.inside == inside && e.text == words),
            "{state}: {words}"
        );
    }
    let as_of = format!("(position {})", counted.as_of);
    assert!(elements.iter().any(|e| e.text.ends_with(&as_of)), "{as_of}");
}
