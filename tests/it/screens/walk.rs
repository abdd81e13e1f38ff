//! A real browser, with and without scripts: `tests/screens/walk.mjs` says where it goes, and what is
//! asked of every page.

use super::hours::closed_ten_minutes_ago;
use crate::support::client::Served;
use crate::support::{WorkflowFiles, required};
use std::path::Path;
use tokio::process::Command;

#[tokio::test(flavor = "multi_thread")]
async fn the_three_groups_walk_through_their_pages_in_a_browser() {
    let files = WorkflowFiles::copied("screens-walk");
    closed_ten_minutes_ago(&files);
    let served = Served::by(files.folder()).await;
    let walk = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/screens/walk.mjs");
    let mut node = Command::new("node");
    node.arg(walk)
        .arg(&served.process.http)
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
