//! Requests whose messages no queue takes: they wait here, the others go on.

use crate::log::{Position, Recorded};
use std::collections::BTreeMap;
use tokio_postgres::GenericClient;
use uuid::Uuid;

/// Authority and request.
pub(super) type Key = (String, Uuid);

pub(super) async fn load<C: GenericClient>(
    client: &C,
    lane: &str,
) -> Result<BTreeMap<Key, Position>, tokio_postgres::Error> {
    let rows = client
        .query(include_str!("sql/parked.sql"), &[&lane])
        .await?;
    Ok(rows
        .iter()
        .map(|row| ((row.get(0), row.get(1)), Position(row.get(2))))
        .collect())
}

pub(super) async fn park<C: GenericClient>(
    client: &C,
    lane: &str,
    recorded: &Recorded,
) -> Result<(), tokio_postgres::Error> {
    let authority: &str = &recorded.authority;
    client
        .execute(
            include_str!("sql/park.sql"),
            &[
                &lane,
                &authority,
                &recorded.stream,
                &recorded.position.0,
                &"no queue took it",
            ],
        )
        .await?;
    Ok(())
}

pub(super) async fn unpark<C: GenericClient>(
    client: &C,
    lane: &str,
    key: &Key,
) -> Result<(), tokio_postgres::Error> {
    client
        .execute(include_str!("sql/unpark.sql"), &[&lane, &key.0, &key.1])
        .await?;
    Ok(())
}
