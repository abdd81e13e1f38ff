//! A real browser, with and without scripts, and at 320 pixels: `tests/screens/walk.mjs` says where it
//! goes, and what is asked of every page.

use super::Visitor;
use super::hours::closed_ten_minutes_ago;
use crate::support::client::Served;
use crate::support::{Broker, Postgres, ProcessUnderTest, WorkflowFiles, required};
use std::path::Path;
use tokio::process::Command;

#[tokio::test(flavor = "multi_thread")]
async fn the_three_groups_walk_through_their_pages_in_a_browser() {
    let files = WorkflowFiles::copied("screens-walk");
    closed_ten_minutes_ago(&files);
    let (database, vhost) = (Postgres::database().await, Broker::vhost().await);
    let folder = files.folder().to_str().expect("a path in UTF-8");
    let environment = [
        ("DATABASE_URL", database.url.as_str()),
        ("AMQP_URL", vhost.url.as_str()),
        ("RFA_WORKFLOWS", folder),
    ];
    worked_for_a_year(&environment).await;
    let ended = ended_sign_in(&environment).await;
    let more = [("RFA_WORKFLOWS", folder.to_owned())];
    let served = Served::over_by(&database.url, &vhost.url, &more).await;
    let walk = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/screens/walk.mjs");
    let mut node = Command::new("node");
    node.arg(walk)
        .arg(&served.process.http)
        .env("RFA_TEST_SCREENS_ENDED", ended)
        .env(
            "RFA_TEST_SCREENS_NODE_MODULES",
            required("RFA_TEST_SCREENS_NODE_MODULES"),
        )
        .env("RFA_TEST_CHROMIUM", required("RFA_TEST_CHROMIUM"))
        .kill_on_drop(true);
    if let Ok(pictures) = std::env::var("RFA_TEST_SCREENS_PICTURES") {
        node.arg(pictures);
    }
    let output = node.output().await.expect("node starts");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    println!("{said}");
    assert!(output.status.success(), "{said}");
}

/// An invented year, so that somebody has a queue and figures worth looking at.
async fn worked_for_a_year(environment: &[(&str, &str)]) {
    let arguments = ["simulate", "--seed", "1", "--requests", "201"];
    let mut year = ProcessUnderTest::spawn(&arguments, environment);
    assert!(year.wait().await.success(), "{}", year.output());
}

/// The cookie of the head teacher, whose sign-in ends at once.
async fn ended_sign_in(environment: &[(&str, &str)]) -> String {
    let arguments = ["serve", "--demo", "--sign-in-seconds", "1"];
    let mut short = ProcessUnderTest::spawn(&arguments, environment);
    short.wait_for("/readyz").await;
    let head = Visitor::signed_in(&short.http, "head.girvan").await;
    short.kill();
    head.cookie().to_owned()
}
