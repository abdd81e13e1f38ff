//! Subscriptions: who is told where, with what waits on its way there.

use super::delivering::CURSOR;
use super::occasion::Occasion;
use super::webhook::Secret;
use crate::domain::ids::{Authority, PrincipalId};
use crate::log::Log;
use crate::log::vault::{Vault, VaultError};
use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

/// Of one account; a program that subscribes at each start would be told everything many times.
const SUBSCRIPTIONS_MAX: usize = 10;

#[derive(Debug, thiserror::Error)]
pub enum SubscriptionError {
    #[error("the store of subscriptions cannot be reached")]
    Unavailable,
    #[error("the key was used for another subscription")]
    KeyReused,
    #[error("the subscription of this key has ended")]
    Ended,
    #[error("{SUBSCRIPTIONS_MAX} subscriptions are open already, and no more are kept")]
    TooMany,
    #[error("there is no such subscription")]
    NotFound,
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error("the store of subscriptions holds what this build cannot read")]
    Broken,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    Webhook,
    Mail,
}

impl Channel {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Mail => "mail",
        }
    }

    pub(super) fn find(text: &str) -> Option<Self> {
        [Self::Webhook, Self::Mail]
            .into_iter()
            .find(|channel| channel.as_str() == text)
    }
}

/// What somebody asks for.
#[derive(Debug, Clone)]
pub struct NewSubscription {
    pub authority: Authority,
    pub principal: PrincipalId,
    /// The caller's Idempotency-Key: the same again is the same subscription.
    pub key: String,
    pub channel: Channel,
    /// A web address or one of e-mail; kept sealed.
    pub target: String,
    /// Absent is every event.
    pub occasions: Option<Vec<Occasion>>,
}

/// A subscription with its secret, where it has one.
#[derive(Debug, Clone)]
pub struct Subscribed {
    pub id: Uuid,
    pub secret: Option<Secret>,
}

/// As its owner and operators see it.
#[derive(Debug, Clone)]
pub struct Subscription {
    pub id: Uuid,
    pub principal: PrincipalId,
    pub channel: Channel,
    pub target: String,
    pub occasions: Vec<Occasion>,
    /// Of the newest secret; from 1 on.
    pub secret_number: i32,
    pub created_at: Timestamp,
    pub delivered_count: i64,
    pub last_delivered_at: Option<Timestamp>,
    pub waiting_count: i64,
    pub parked_count: i64,
    /// Of the oldest that failed.
    pub failure: Option<String>,
    pub ended_at: Option<Timestamp>,
    pub ended_because: Option<String>,
}

/// Which subscriptions: of one principal, or of all for those who operate; of one channel, or of both.
#[derive(Debug, Clone, Copy)]
pub struct Whose<'a> {
    pub authority: &'a Authority,
    pub principal: Option<&'a PrincipalId>,
    pub channel: Option<Channel>,
}

/// A cheap handle.
#[derive(Clone)]
pub struct Subscriptions {
    log: Log,
    vault: Vault,
}

impl Subscriptions {
    #[must_use]
    pub fn new(log: Log, vault: Vault) -> Self {
        Self { log, vault }
    }

    /// From now on, everything that happens; the same key again changes nothing.
    ///
    /// # Errors
    /// When the key was used for another one, or there are too many.
    pub async fn subscribe(&self, new: &NewSubscription) -> Result<Subscribed, SubscriptionError> {
        let authority = &new.authority;
        let space = Uuid::new_v5(&Uuid::NAMESPACE_OID, authority.as_str().as_bytes());
        let name = format!("subscription\n{}\n{}", new.principal, new.key);
        let id = Uuid::new_v5(&space, name.as_bytes());
        let whose = Whose {
            authority,
            principal: Some(&new.principal),
            channel: None,
        };
        let known = self.list(whose, None).await?;
        if let Some(known) = known.iter().find(|known| known.id == id) {
            let same = known.channel == new.channel
                && known.target == new.target
                && known.occasions == new.occasions.clone().unwrap_or_default();
            return match (same, known.ended_at) {
                // Whoever is told yes would wait for what never comes.
                (true, Some(_)) => Err(SubscriptionError::Ended),
                (true, None) => {
                    let number = known.secret_number;
                    self.subscribed(authority, id, new.channel, number).await
                }
                (false, _) => Err(SubscriptionError::KeyReused),
            };
        }
        let open = known.iter().filter(|known| known.ended_at.is_none());
        if open.count() >= SUBSCRIPTIONS_MAX {
            return Err(SubscriptionError::TooMany);
        }
        let sealed = self
            .vault
            .seal_setting(authority.as_str(), id, new.target.as_bytes())?;
        let occasions = new.occasions.as_ref().map(|occasions| {
            let codes = occasions.iter().map(|occasion| occasion.as_str());
            codes.collect::<Vec<_>>()
        });
        let mut client = self.client().await?;
        let transaction = client.transaction().await.map_err(unavailable)?;
        let cursor = include_str!("sql/cursor.sql");
        let epoch = self.log.epoch();
        transaction
            .execute(cursor, &[&CURSOR, &epoch])
            .await
            .map_err(unavailable)?;
        transaction
            .execute(
                include_str!("sql/subscribe.sql"),
                &[
                    &id,
                    &authority.as_str(),
                    &new.principal.as_str(),
                    &new.channel.as_str(),
                    &sealed,
                    &occasions,
                    &CURSOR,
                ],
            )
            .await
            .map_err(unavailable)?;
        transaction.commit().await.map_err(unavailable)?;
        self.subscribed(authority, id, new.channel, 1).await
    }

    async fn subscribed(
        &self,
        authority: &Authority,
        id: Uuid,
        channel: Channel,
        number: i32,
    ) -> Result<Subscribed, SubscriptionError> {
        let secret = match channel {
            Channel::Webhook => Some(secret(&self.vault, authority.as_str(), id, number)),
            Channel::Mail => None,
        };
        Ok(Subscribed { id, secret })
    }

    /// # Errors
    /// When the store is out of reach.
    pub async fn list(
        &self,
        whose: Whose<'_>,
        only: Option<Uuid>,
    ) -> Result<Vec<Subscription>, SubscriptionError> {
        let principal = whose.principal.map(PrincipalId::as_str);
        let channel = whose.channel.map(Channel::as_str);
        let values: [&(dyn ToSql + Sync); 4] =
            [&whose.authority.as_str(), &principal, &only, &channel];
        let client = self.client().await?;
        let rows = client.query(include_str!("sql/list.sql"), &values).await;
        let rows = rows.map_err(unavailable)?;
        rows.iter().map(|row| self.read(row)).collect()
    }

    fn read(&self, row: &Row) -> Result<Subscription, SubscriptionError> {
        let broken = || SubscriptionError::Broken;
        let (id, authority): (Uuid, &str) = (row.get(0), row.get(1));
        let target = self.vault.open_setting(authority, id, row.get(4))?;
        let occasions: Option<Vec<String>> = row.get(5);
        let occasions = occasions.unwrap_or_default();
        let occasions = occasions.iter().map(|code| code.parse());
        Ok(Subscription {
            id,
            principal: PrincipalId::parse(row.get(2)).map_err(|_| broken())?,
            channel: Channel::find(row.get(3)).ok_or_else(broken)?,
            target: String::from_utf8(target).map_err(|_| broken())?,
            occasions: occasions.collect::<Result<_, _>>().map_err(|_| broken())?,
            secret_number: row.get(6),
            created_at: row.get(7),
            delivered_count: row.get(8),
            last_delivered_at: row.get(9),
            ended_at: row.get(10),
            ended_because: row.get(11),
            waiting_count: row.get(12),
            parked_count: row.get(13),
            failure: row.get(14),
        })
    }

    /// Nothing more is sent; what waits is kept and shown.
    ///
    /// # Errors
    /// When there is no such subscription of theirs.
    pub async fn end(&self, whose: Whose<'_>, id: Uuid) -> Result<(), SubscriptionError> {
        let changed = self.change(include_str!("sql/end.sql"), whose, id).await?;
        if changed == 0 {
            return Err(SubscriptionError::NotFound);
        }
        Ok(())
    }

    /// What waits or is parked is tried now, and for three days once more; how many there are.
    ///
    /// # Errors
    /// When there is no such subscription of theirs.
    pub async fn redrive(&self, whose: Whose<'_>, id: Uuid) -> Result<u64, SubscriptionError> {
        if self.list(whose, Some(id)).await?.is_empty() {
            return Err(SubscriptionError::NotFound);
        }
        self.change(include_str!("sql/redrive.sql"), whose, id)
            .await
    }

    /// Another secret from now on; the two before it sign beside it.
    ///
    /// # Errors
    /// When there is no such webhook of theirs.
    pub async fn rotate(
        &self,
        whose: Whose<'_>,
        id: Uuid,
    ) -> Result<Subscribed, SubscriptionError> {
        let principal = whose.principal.map(PrincipalId::as_str);
        let client = self.client().await?;
        let statement = include_str!("sql/rotate.sql");
        let rotated = client
            .query_opt(statement, &[&id, &whose.authority.as_str(), &principal])
            .await
            .map_err(unavailable)?;
        let row = rotated.ok_or(SubscriptionError::NotFound)?;
        self.subscribed(whose.authority, id, Channel::Webhook, row.get(0))
            .await
    }

    async fn change(
        &self,
        statement: &str,
        whose: Whose<'_>,
        id: Uuid,
    ) -> Result<u64, SubscriptionError> {
        let (authority, principal, channel) = (
            whose.authority.as_str(),
            whose.principal.map(PrincipalId::as_str),
            whose.channel.map(Channel::as_str),
        );
        let client = self.client().await?;
        client
            .execute(statement, &[&id, &authority, &principal, &channel])
            .await
            .map_err(unavailable)
    }

    async fn client(&self) -> Result<deadpool_postgres::Object, SubscriptionError> {
        let client = self.log.pool().get().await;
        client.map_err(|_| SubscriptionError::Unavailable)
    }
}

fn unavailable(error: tokio_postgres::Error) -> SubscriptionError {
    tracing::warn!(%error, "the store of subscriptions");
    SubscriptionError::Unavailable
}

/// Made anew each time from the vault's root: it lies nowhere.
pub(super) fn secret(vault: &Vault, authority: &str, id: Uuid, number: i32) -> Secret {
    let parts: [&[u8]; 2] = [id.as_bytes(), &number.to_be_bytes()];
    Secret(vault.derive("webhook", authority, &parts))
}
