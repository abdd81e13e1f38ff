//! A read table as this build writes it: made, recognised, and made anew where another build made it.

use super::shards::{Unit, cursors};
use super::store::{StoreError, live_table, unpark};
use super::{Projection, Visitor};
use deadpool_postgres::GenericClient;
use sha2::{Digest, Sha256};

/// Whoever holds their rows knows where a read table stands.
pub(super) const LOCK_CURSORS: &str = include_str!("sql/lock_cursors.sql");

/// # Errors
/// When Postgres refuses.
pub async fn create<P: Projection, C: GenericClient>(
    client: &C,
    table: &str,
) -> Result<(), tokio_postgres::Error> {
    create_bare::<P, C>(client, table).await?;
    index::<P, C>(client, table).await
}

/// With its primary key, and without the other indexes.
pub(super) async fn create_bare<P: Projection, C: GenericClient>(
    client: &C,
    table: &str,
) -> Result<(), tokio_postgres::Error> {
    let (create, _) = P::TABLE.split_once(';').unwrap_or((P::TABLE, ""));
    let create = create.replace("{table}", table);
    let comment = format!("comment on table {table} is '{}'", shape_of::<P>());
    client.batch_execute(&format!("{create}; {comment}")).await
}

pub(super) async fn index<P: Projection, C: GenericClient>(
    client: &C,
    table: &str,
) -> Result<(), tokio_postgres::Error> {
    let (_, indexes) = P::TABLE.split_once(';').unwrap_or((P::TABLE, ""));
    client
        .batch_execute(&indexes.replace("{table}", table))
        .await
}

/// Kept as the table's comment.
pub(super) fn shape_of<P: Projection>() -> String {
    let digest = Sha256::digest(format!("fold {}\n{}", P::FOLD, P::TABLE));
    format!(
        "shape {:x}",
        u64::from_be_bytes(std::array::from_fn(|i| digest[i]))
    )
}

/// The live table is there afterwards, as this build writes it. One that is missing or that another
/// build made is made anew, empty, with its cursors at the beginning; until it has caught up, readers
/// see how far it is. Whoever folds into it meanwhile waits here or finds its cursors gone.
pub(super) struct Shape<'a>(pub(super) &'a deadpool_postgres::Pool);

impl Visitor for Shape<'_> {
    type Output = Result<(), StoreError>;

    async fn visit<P: Projection>(&self) -> Self::Output {
        let mut client = self.0.get().await.map_err(|_| StoreError::Away)?;
        let table = live_table::<P>();
        let names = cursors(Unit::of(P::NAME));
        // Whoever compares two tables holds the cursors for long: not asked for without need.
        if is_as_written::<P, _>(&client, &table).await?.1 {
            return Ok(());
        }
        let transaction = client.transaction().await?;
        // In this order everywhere: cursors first, then tables.
        transaction.query(LOCK_CURSORS, &[&names]).await?;
        let (exists, is_ours) = is_as_written::<P, _>(&transaction, &table).await?;
        if is_ours {
            return Ok(());
        }
        if exists {
            let drop_it = format!("drop table {table}");
            transaction.batch_execute(&drop_it).await?;
            tracing::info!(
                projection = P::NAME,
                "a table of another build is made anew"
            );
        }
        create::<P, _>(&transaction, &table).await?;
        unpark(&transaction, P::NAME).await?;
        let rewind = include_str!("sql/rewind.sql");
        transaction.execute(rewind, &[&names]).await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// Whether a table is there, and as this build writes it.
async fn is_as_written<P: Projection, C: GenericClient>(
    client: &C,
    table: &str,
) -> Result<(bool, bool), tokio_postgres::Error> {
    let look = include_str!("sql/table_shape.sql");
    let row = client.query_one(look, &[&table]).await?;
    let (exists, shape): (bool, Option<String>) = (row.get(0), row.get(1));
    Ok((exists, exists && shape == Some(shape_of::<P>())))
}

/// What the live table has to look like.
pub(super) struct ShapeOf;

impl Visitor for ShapeOf {
    type Output = String;

    async fn visit<P: Projection>(&self) -> String {
        shape_of::<P>()
    }
}
