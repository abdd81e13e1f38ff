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
