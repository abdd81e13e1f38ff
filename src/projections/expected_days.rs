//! When help is expected, of some requests, with the runs of their clocks that are open.

use super::{QueryError, ReadPool};
use crate::domain::ids::Authority;
use crate::domain::time::clock::Spell;
use jiff::civil::Date;
use tokio_postgres::types::Json;
use uuid::Uuid;

#[derive(Debug, Clone)]
pub struct ExpectedRow {
    pub request_id: Uuid,
    pub workflow: String,
    pub workflow_version: i32,
    pub on: Date,
    pub because: Option<String>,
    pub spells: Vec<Spell>,
}

/// Those of which a day was said.
///
/// # Errors
/// When the read tables are out of reach.
pub async fn query(
    pool: &ReadPool,
    authority: &Authority,
    requests: &[Uuid],
) -> Result<Vec<ExpectedRow>, QueryError> {
    let client = pool.get().await?;
    let statement = include_str!("sql/expected_days.sql");
    let statement = client.prepare_cached(statement).await?;
    let rows = client
        .query(&statement, &[&authority.as_str(), &requests])
        .await?;
    let rows: Result<Vec<ExpectedRow>, tokio_postgres::Error> = rows
        .iter()
        .map(|row| {
            let spells: Vec<Json<Spell>> = row.try_get("spells")?;
            Ok(ExpectedRow {
                request_id: row.try_get("request_id")?,
                workflow: row.try_get("workflow")?,
                workflow_version: row.try_get("workflow_version")?,
                on: row.try_get("expected_on")?,
                because: row.try_get("expected_because")?,
                spells: spells.into_iter().map(|Json(spell)| spell).collect(),
            })
        })
        .collect();
    Ok(rows?)
}
