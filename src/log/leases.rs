//! Many cursors of one owner at once: looked at, leased, moved and given back, each by one
//! statement. What somebody else has locked is passed over, never waited for.

use super::event::Position;
use deadpool_postgres::GenericClient;
use std::collections::BTreeSet;
use tokio_postgres::Error;
use uuid::Uuid;

/// Who holds a cursor now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    Me,
    Another,
    Nobody,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub name: String,
    pub epoch: Uuid,
    pub position: Position,
    pub holder: Holder,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    pub cursors: Vec<Seen>,
    pub head: Position,
    /// That have announced themselves.
    pub replicas: usize,
}

/// One owner among others.
#[derive(Debug, Clone)]
pub struct Leases {
    pub epoch: Uuid,
    pub owner: Uuid,
    pub lease_ms: i64,
}

impl Leases {
    /// Cursors that are not there begin at 0.
    ///
    /// # Errors
    /// When Postgres is out of reach, as of all that follow.
    pub async fn make<C: GenericClient>(&self, client: &C, names: &[String]) -> Result<(), Error> {
        let statement = include_str!("sql/leases_make.sql");
        let statement = client.prepare_cached(statement).await?;
        client.execute(&statement, &[&names, &self.epoch]).await?;
        Ok(())
    }

    /// Says that this owner is there to share the work, for as long as a lease.
    ///
    /// # Errors
    /// As `make`.
    pub async fn announce<C: GenericClient>(&self, client: &C) -> Result<(), Error> {
        let statement = include_str!("sql/leases_announce.sql");
        let statement = client.prepare_cached(statement).await?;
        client
            .execute(&statement, &[&self.owner, &self.lease_ms])
            .await?;
        Ok(())
    }

    /// # Errors
    /// As `make`.
    pub async fn look<C: GenericClient>(
        &self,
        client: &C,
        names: &[String],
    ) -> Result<Look, Error> {
        let statement = include_str!("sql/leases_look.sql");
        let statement = client.prepare_cached(statement).await?;
        let rows = client.query(&statement, &[&names, &self.owner]).await?;
        let mut look = Look {
            cursors: Vec::with_capacity(rows.len()),
            head: Position(0),
            replicas: 0,
        };
        for row in rows {
            let holder = match (row.get(3), row.get(4)) {
                (true, _) => Holder::Me,
                (false, true) => Holder::Another,
                (false, false) => Holder::Nobody,
            };
            look.cursors.push(Seen {
                name: row.get(0),
                epoch: row.get(1),
                position: Position(row.get(2)),
                holder,
            });
            look.head = Position(row.get(5));
            look.replicas = usize::try_from(row.get::<_, i64>(6)).unwrap_or(0);
        }
        Ok(look)
    }

    /// Takes or renews; those that were got, and where each stands.
    ///
    /// # Errors
    /// As `make`.
    pub async fn take<C: GenericClient>(
        &self,
        client: &C,
        names: &[String],
    ) -> Result<Vec<(String, Position)>, Error> {
        let statement = include_str!("sql/leases_take.sql");
        let statement = client.prepare_cached(statement).await?;
        let rows = client
            .query(
                &statement,
                &[&names, &self.owner, &self.epoch, &self.lease_ms],
            )
            .await?;
        let got = rows.iter().map(|row| (row.get(0), Position(row.get(1))));
        Ok(got.collect())
    }

    /// Lets the next owner start at once.
    ///
    /// # Errors
    /// As `make`; the leases then run out by themselves.
    pub async fn release<C: GenericClient>(
        &self,
        client: &C,
        names: &[String],
    ) -> Result<(), Error> {
        let statement = include_str!("sql/leases_release.sql");
        let statement = client.prepare_cached(statement).await?;
        client.execute(&statement, &[&names, &self.owner]).await?;
        Ok(())
    }

    /// Gives everything back and shares the work no longer.
    ///
    /// # Errors
    /// As `release`.
    pub async fn leave<C: GenericClient>(&self, client: &C, names: &[String]) -> Result<(), Error> {
        self.release(client, names).await?;
        let statement = include_str!("sql/leases_leave.sql");
        client.execute(statement, &[&self.owner]).await?;
        Ok(())
    }

    /// Those that moved, each by compare-and-set, in the transaction of what was done with the events.
    ///
    /// # Errors
    /// As `make`.
    pub async fn advance<C: GenericClient>(
        &self,
        client: &C,
        names: &[String],
        (from, to): (Position, Position),
    ) -> Result<BTreeSet<String>, Error> {
        let statement = include_str!("sql/leases_advance.sql");
        let statement = client.prepare_cached(statement).await?;
        let rows = client
            .query(
                &statement,
                &[&names, &self.epoch, &self.owner, &from.0, &to.0],
            )
            .await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }
}
