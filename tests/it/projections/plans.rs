//! Plans of a page's statements: made on a young table, kept while it grows.

use super::worked;
use rfa::projections::{NAMES, Projection, Visitor, store, with_projection};
use tokio_postgres::Client;

/// How the rows of a page's requests are found.
struct LoadPlan<'a>(&'a Client);

impl Visitor for LoadPlan<'_> {
    type Output = String;

    async fn visit<P: Projection>(&self) -> String {
        let file = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/src/projections/sql/load_rows.sql"
        );
        let load = std::fs::read_to_string(file).unwrap();
        let load = load
            .replace("{table}", &store::live_table::<P>())
            .replace("{key}", P::KEY);
        let prepare = format!("prepare load_{} (uuid[]) as {load}", P::NAME);
        self.0.batch_execute(&prepare).await.unwrap();
        let explain = format!("explain execute load_{}(array[gen_random_uuid()])", P::NAME);
        let lines = self.0.query(&explain, &[]).await.unwrap();
        let lines: Vec<String> = lines.iter().map(|line| line.get(0)).collect();
        lines.join("\n")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rows_of_a_page_are_found_by_the_primary_key_of_a_table_that_was_never_analysed() {
    let engine = worked(1).await;
    engine.runner.prepare().await.unwrap();
    let owner = engine.database.connect().await;
    // As a page's transaction sets them.
    let settings = "set plan_cache_mode = force_generic_plan; set enable_seqscan = off";
    owner.batch_execute(settings).await.unwrap();
    for name in NAMES {
        let plan = with_projection(name, &LoadPlan(&owner)).await.unwrap();
        let condition = "Index Cond: (request_id = w.request_id)";
        assert!(plan.contains(&format!("{name}_pkey")), "{plan}");
        assert!(plan.contains(condition), "{plan}");
    }
}

/// A statement of the screens, its parameters' types, and how its rows are to be found.
const LOOKS: [(&str, &str, &str); 13] = [
    (
        "projections/sql/own_needs.sql",
        "text, text, text[], text[], bigint",
        "Index Cond: (authority = $1)",
    ),
    (
        "projections/sql/own_decided.sql",
        "text, text, bigint",
        "Index Cond: ((authority = $1) AND (requester = $2)",
    ),
    (
        "projections/sql/own_newest.sql",
        "text, text, boolean, timestamptz, uuid, uuid[], bigint",
        "Index Cond: ((authority = $1) AND (requester = $2)",
    ),
    (
        "projections/sql/held_requests.sql",
        "text, bigint",
        "Index Cond: (authority = $1)",
    ),
    (
        "projections/sql/expected_days.sql",
        "text, uuid[]",
        "(request_id = asked.id)",
    ),
    (
        "projections/sql/waiting.sql",
        "text, text, bigint",
        "Index Cond: ((authority = $1) AND (team = $2))",
    ),
    (
        "projections/sql/team_caseloads_open.sql",
        "text, timestamptz",
        "Index Cond: ((authority = $1) AND (to_at > $2))",
    ),
    (
        "projections/sql/last_told.sql",
        "text, text, text, text, bigint, text, text[]",
        "Index Cond: ((authority = $1) AND (workflow = $2) AND (event = $3))",
    ),
    (
        "log/sql/vault_find_any_indexed.sql",
        "text, text[], bytea[]",
        "Index Cond: ((authority = $1) AND (kind = asked.kind) AND (digest = asked.digest))",
    ),
    (
        "log/sql/vault_find_viewed.sql",
        "text, text, text[], bytea",
        "Index Cond: ((authority = $1) AND (kind = $2) AND (viewer = asked.viewer) AND (digest = $4))",
    ),
    (
        "projections/sql/response_times_settled.sql",
        "text, text, text, text, text, text, text",
        "Index Cond: ((authority = $1) AND (workflow = $2)",
    ),
    (
        "projections/sql/response_times_settled_since.sql",
        "text, text, bigint, text, text, text",
        "Index Cond: ((authority = $1) AND (workflow = $2) AND (settled_position > $3))",
    ),
    (
        "projections/sql/response_times_unsettled.sql",
        "text, text, bigint, text, text, text, text, text",
        "Index Cond: ((authority = $1) AND (workflow = $2) AND (\"position\" > $3))",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn whoever_looks_at_a_page_reads_no_table_from_end_to_end() {
    let engine = worked(1).await;
    engine.runner.prepare().await.unwrap();
    let owner = engine.database.connect().await;
    let settings = "set plan_cache_mode = force_generic_plan; set enable_seqscan = off";
    owner.batch_execute(settings).await.unwrap();
    for (number, (file, types, condition)) in LOOKS.into_iter().enumerate() {
        let file = format!("{}/src/{file}", env!("CARGO_MANIFEST_DIR"));
        let look = std::fs::read_to_string(file).unwrap();
        let prepare = format!("prepare look_{number} ({types}) as {look}");
        owner.batch_execute(&prepare).await.unwrap();
        let nothing = vec!["null"; types.split(", ").count()].join(", ");
        let explain = format!("explain execute look_{number}({nothing})");
        let lines = owner.query(&explain, &[]).await.unwrap();
        let lines: Vec<String> = lines.iter().map(|line| line.get(0)).collect();
        let plan = lines.join("\n");
        let by_index = |line: &String| line.contains("Index Cond: ") && line.contains(condition);
        assert!(lines.iter().any(by_index), "{plan}");
        assert!(!plan.contains("Seq Scan"), "{plan}");
    }
}
