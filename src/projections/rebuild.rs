//! A read table built anew beside the live one, compared with it, and put in its place.

use super::bulk::Bulk;
use super::group::PAGE_EVENTS;
use super::page::{Known, cut, decode};
use super::runner::{Runner, RunnerError};
use super::shape::LOCK_CURSORS;
use super::shards::{SHARDS, Shards, Unit, cursors};
use super::store::{self, Page, Parked};
use super::{Projection, Visitor, with_projection};
use crate::log::Position;
use deadpool_postgres::{GenericClient, Transaction};
use serde::Serialize;
use uuid::Uuid;

/// Keys that are named one by one.
const EXAMPLES_MAX: usize = 10;
/// Whole tables may take longer than any call of a reader is given.
const NO_LIMIT: &str = "set local statement_timeout = 0";
const STANDS: &str = include_str!("sql/cursor_positions.sql");

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
        self.runner.shape(P::NAME).await?;
        let live = store::live_table::<P>();
        let next = format!("{live}_next");
        let mut client = self.runner.pool.get().await?;
        let drop_it = format!("drop table if exists {next}");
        client.batch_execute(&drop_it).await?;
        let mut building = self.bulk::<P>(&mut client, &next).await?;
        // What came meanwhile, so that little is left while the live table stands still.
        let slowest = self.stands::<P>(&client, STANDS).await?.slowest();
        let transaction = client.transaction().await?;
        transaction.batch_execute(NO_LIMIT).await?;
        let stands = Stands([slowest; SHARDS]);
        self.follow::<P>(&transaction, (&next, &stands), &mut building)
            .await?;
        transaction.commit().await?;
        // The cursors' rows are held: the live table stands still while the two are compared.
        let transaction = client.transaction().await?;
        transaction.batch_execute(NO_LIMIT).await?;
        let stands = self.stands::<P>(&transaction, LOCK_CURSORS).await?;
        self.follow::<P>(&transaction, (&next, &stands), &mut building)
            .await?;
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
/// Where the cursor of each shard stands.
struct Stands([Position; SHARDS]);

impl Stands {
    fn slowest(&self) -> Position {
        self.0.iter().min().copied().unwrap_or_default()
    }

    /// Shards that are further than a place, and the first place at which one of them stops.
    fn beyond(&self, at: Position) -> Option<(Shards, Position)> {
        let further = (0..SHARDS).filter(|shard| self.0[*shard] > at);
        let first = further.clone().map(|shard| self.0[shard]).min()?;
        Some((Shards::of(further), first))
    }
}

/// Streams that were parked get another chance: the fold may have been mended.
struct Building {
    at: Position,
    known: Known,
    parked: Vec<Parked>,
}

impl Rebuild<'_> {
    /// All that the live table holds of every shard.
    async fn bulk<P: Projection>(
        &self,
        client: &mut deadpool_postgres::Client,
        table: &str,
    ) -> Result<Building, RunnerError> {
        let at = self.stands::<P>(client, STANDS).await?.slowest();
        let progress = |read| (self.progress)(Position(read), at);
        let bulk = Bulk {
            log: &self.runner.log,
            up_to: at,
            progress: &progress,
        };
        let transaction = client.transaction().await?;
        transaction.batch_execute(NO_LIMIT).await?;
        let parked = bulk.write::<P>(&transaction, table).await?;
        transaction.commit().await?;
        (self.progress)(at, at);
        let known = self.runner.recall(at).await?;
        Ok(Building { at, known, parked })
    }

    async fn stands<P: Projection>(
        &self,
        client: &impl GenericClient,
        statement: &str,
    ) -> Result<Stands, RunnerError> {
        let mut stands = Stands([Position(0); SHARDS]);
        let names = cursors(Unit::of(P::NAME));
        for row in client.query(statement, &[&names]).await? {
            let name: &str = row.get(0);
            if let Some(shard) = names.iter().position(|known| known == name) {
                stands.0[shard] = Position(row.get(1));
            }
        }
        Ok(stands)
    }

    /// Page by page, each shard to where it stands.
    async fn follow<P: Projection>(
        &self,
        transaction: &Transaction<'_>,
        (table, stands): (&str, &Stands),
        building: &mut Building,
    ) -> Result<(), RunnerError> {
        while let Some((shards, up_to)) = stands.beyond(building.at) {
            let limit = PAGE_EVENTS.min(up_to.0 - building.at.0);
            let mut page = self.runner.log.follow(building.at, limit).await?;
            cut(&mut page);
            let Some(last) = page.last().map(|event| event.position) else {
                building.at = up_to;
                continue;
            };
            for declared in page.iter().filter(|event| event.stream_kind.declares()) {
                building.known.take(declared)?;
            }
            let entries = decode(building.at, page, shards)?;
            let parked = building.parked.iter().map(|one| one.request.clone());
            let page = Page {
                entries: &entries,
                known: &building.known,
                parked: &parked.collect(),
                shards,
            };
            let newly = store::apply::<P>(transaction, table, &page).await?;
            building.parked.extend(newly);
            building.at = last;
        }
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
