//! The scripts around the servers: what the caller has is used, whatever a folder remembers.

use std::path::Path;
use std::process::Command;

#[test]
fn a_database_of_the_callers_own_is_used_beside_the_memory_of_a_private_one() {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("servers");
    std::fs::create_dir_all(folder.join("postgres")).unwrap();
    std::fs::create_dir_all(folder.join("rabbitmq")).unwrap();
    let stale = "DATABASE_URL='postgres://stale'\n";
    std::fs::write(folder.join("postgres/env.part"), stale).unwrap();
    std::fs::write(folder.join("rabbitmq/env.part"), "AMQP_URL='stale'\n").unwrap();
    let output = Command::new(checkout.join("scripts/servers.sh"))
        .args(["start", folder.to_str().unwrap()])
        .env("DATABASE_URL", "postgres://own")
        .env("AMQP_URL", "amqp://own")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let environment = std::fs::read_to_string(folder.join("env")).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(environment, "");
}
