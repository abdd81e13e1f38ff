//! Users of the broker who may send: the broker checks the name, this table says who it is here.
//!
//! One user speaks for one account of one authority, so that a name that two authorities use
//! never opens the other one's door. Asked anew for every message: what is forbidden is so at once.

use super::tokens::{Holder, TokenError};
use crate::domain::ids::{Authority, PrincipalId};
use deadpool_postgres::Pool;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

#[derive(Clone)]
pub struct Senders {
    pool: Pool,
}

impl Senders {
    /// `pool` holds connections with the application's rights.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// # Errors
    /// When the store is out of reach.
    pub async fn find(&self, broker_user: &str) -> Result<Option<Holder>, TokenError> {
        let statement = include_str!("sql/find_broker_user.sql");
        let rows = self.rows(statement, &[&broker_user]).await?;
        rows.first().map(|row| holder(row, 0)).transpose()
    }

    /// # Errors
    /// As `find`.
    pub async fn allow(&self, broker_user: &str, holder: &Holder) -> Result<(), TokenError> {
        let (authority, principal) = (holder.authority.as_str(), holder.principal.as_str());
        let statement = include_str!("sql/allow_broker_user.sql");
        self.rows(statement, &[&broker_user, &authority, &principal])
            .await
            .map(drop)
    }

    /// Whether there was such a user.
    ///
    /// # Errors
    /// As `find`.
    pub async fn forbid(&self, broker_user: &str) -> Result<bool, TokenError> {
        let statement = include_str!("sql/forbid_broker_user.sql");
        Ok(!self.rows(statement, &[&broker_user]).await?.is_empty())
    }

    /// By name of the broker's user.
    ///
    /// # Errors
    /// As `find`.
    pub async fn list(&self) -> Result<Vec<(String, Holder)>, TokenError> {
        let statement = include_str!("sql/list_broker_users.sql");
        let rows = self.rows(statement, &[]).await?;
        rows.iter()
            .map(|row| Ok((row.get(0), holder(row, 1)?)))
            .collect()
    }

    async fn rows(
        &self,
        statement: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, TokenError> {
        let unavailable = TokenError::Unavailable;
        let Ok(client) = self.pool.get().await else {
            return Err(unavailable);
        };
        let Ok(statement) = client.prepare_cached(statement).await else {
            return Err(unavailable);
        };
        client
            .query(&statement, values)
            .await
            .map_err(|_| unavailable)
    }
}

fn holder(row: &Row, from: usize) -> Result<Holder, TokenError> {
    Ok(Holder {
        authority: Authority::parse(row.get(from)).map_err(|_| TokenError::Broken)?,
        principal: PrincipalId::parse(row.get(from + 1)).map_err(|_| TokenError::Broken)?,
    })
}
