//! A read table built anew beside the live one, compared with it, and put in its place.

use super::page::{Known, cut, decode};
use super::runner::{PAGE_EVENTS, Runner, RunnerError};
use super::store::{self, Parked};
use super::{Projection, Visitor, with_projection};
use crate::log::Position;
use deadpool_postgres::GenericClient;
use serde::Serialize;
use uuid::Uuid;

/// Keys that are named one by one.
const EXAMPLES_MAX: usize = 10;

/// Requests whose rows were not what the log says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Difference {
    pub only_live: usize,
    pub only_rebuilt: usize,
    pub differing: usize,
    pub examples: Vec<(String, Uuid)>,
}

impl Difference {
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.only_live + self.only_rebuilt + self.differing == 0
    }
}

/// What to do with a rebuilt table that differs from the live one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfDifferent {
    /// Put it in place: the difference is what was mended.
    Flip,
    /// Leave the live table as it is, and drop the new one.
    Keep,
}

/// How a rebuild ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt {
    pub difference: Difference,
    /// Whether the new table is in place.
    pub flipped: bool,
}

impl Runner {
    /// Builds, compares at the live table's position, and flips if it is to. `progress` hears the
    /// position reached and the head.
    ///
    /// # Errors
    /// When there is no such projection, Postgres is out of reach, or the log has a hole; the live
    /// table then stays.
    pub async fn rebuild(
        &self,
        name: &str,
        if_different: IfDifferent,
        progress: &(dyn Fn(Position, Position) + Sync),
    ) -> Result<Rebuilt, RunnerError> {
        with_projection(
            name,
            &Rebuild {
                runner: self,
                if_different,
                progress,
            },
        )
        .await
        .unwrap_or_else(|| {
            Err(RunnerError::UnknownProjection {
                found: name.to_owned(),
            })
        })
    }
}

struct Rebuild<'a> {
    runner: &'a Runner,
    if_different: IfDifferent,
    progress: &'a (dyn Fn(Position, Position) + Sync),
}

impl Visitor for Rebuild<'_> {
    type Output = Result<Rebuilt, RunnerError>;

    async fn visit<P: Projection>(&self) -> Self::Output {
        // The live table must exist to be compared with.
        self.runner.step(P::NAME).await?;
        let live = store::live_table::<P>();
        let next = format!("{live}_next");
        let mut client = self.runner.pool.get().await?;
        client
            .batch_execute(&format!("drop table if exists {next}"))
            .await?;
        store::create::<P, _>(&client, &next).await?;
        let mut building = Building::default();
        let cursor = self.runner.reader(P::NAME).name;
        let row = client
            .query_one(include_str!("sql/cursor_position.sql"), &[&cursor])
            .await?;
        let goal = Position(row.get(0));
        while building.at < goal {
            let transaction = client.transaction().await?;
            self.page::<P>(&transaction, &next, &mut building, goal)
                .await?;
            transaction.commit().await?;
            (self.progress)(building.at, goal);
        }
        // The cursor's row is held: the live table stands still while the two are compared.
        let transaction = client.transaction().await?;
        // Two whole tables may take longer than any call of a reader is given.
        transaction
            .batch_execute("set local statement_timeout = 0")
            .await?;
        let row = transaction
            .query_one(include_str!("sql/lock_cursor.sql"), &[&cursor])
            .await?;
        let stand = Position(row.get(0));
        while building.at < stand {
            self.page::<P>(&transaction, &next, &mut building, stand)
                .await?;
        }
        let difference = compare(&transaction, &live, &next).await?;
        if !difference.is_none() && self.if_different == IfDifferent::Keep {
            let drop_it = format!("drop table {next}");
            transaction.batch_execute(&drop_it).await?;
            transaction.commit().await?;
            return Ok(Rebuilt {
                difference,
                flipped: false,
            });
        }
        store::unpark(&transaction, P::NAME).await?;
        store::park(&transaction, P::NAME, &building.parked).await?;
        let flip = format!(
            "drop table {live}; alter table {next} rename to {}",
            P::NAME
        );
        transaction.batch_execute(&flip).await?;
        transaction.commit().await?;
        Ok(Rebuilt {
            difference,
            flipped: true,
        })
    }
}

/// Streams that were parked get another chance: the fold may have been mended.
#[derive(Default)]
struct Building {
    at: Position,
    known: Known,
    parked: Vec<Parked>,
}

impl Rebuild<'_> {
    async fn page<P: Projection>(
        &self,
        transaction: &deadpool_postgres::Transaction<'_>,
        table: &str,
        building: &mut Building,
        up_to: Position,
    ) -> Result<(), RunnerError> {
        let limit = PAGE_EVENTS.min(up_to.0 - building.at.0);
        let mut page = self.runner.log.follow(building.at, limit).await?;
        cut(&mut page);
        let Some(last) = page.last().map(|event| event.position) else {
            building.at = up_to;
            return Ok(());
        };
        for declared in page.iter().filter(|event| event.stream_kind.declares()) {
            building.known.take(declared)?;
        }
        let entries = decode(building.at, page)?;
        let parked = building
            .parked
            .iter()
            .map(|one| one.request.clone())
            .collect();
        let newly =
            store::apply::<P, _>(transaction, table, &entries, &building.known, &parked).await?;
        building.parked.extend(newly);
        building.at = last;
        Ok(())
    }
}

async fn compare<C: GenericClient>(
    client: &C,
    live: &str,
    next: &str,
) -> Result<Difference, RunnerError> {
    let statement = include_str!("sql/difference.sql")
        .replace("{live}", live)
        .replace("{next}", next);
    let mut difference = Difference::default();
    for row in client.query(&statement, &[]).await? {
        match (row.get(2), row.get(3)) {
            (true, _) => difference.only_rebuilt += 1,
            (_, true) => difference.only_live += 1,
            (false, false) => difference.differing += 1,
        }
        if difference.examples.len() < EXAMPLES_MAX {
            difference.examples.push((row.get(0), row.get(1)));
        }
    }
    Ok(difference)
}
