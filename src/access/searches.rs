//! The record of searches: who looked a child up, why, and what they were shown. Written first.
//!
//! Rows are added and never changed; their time and the id of the call are the database's. The budget is
//! counted from the same rows, under a lock a principal, so that all replicas count together. People
//! over it are answered and an alarm is raised: whoever is on duty on a Monday morning, or answers a
//! concern at night, must not stand before a closed door. A program can wait.

use super::SOCIAL_WORK_RESPONDER;
use super::readings::{Reader, ReadingError};
use crate::domain::request::actor::{Principal, PrincipalKind};
use deadpool_postgres::Pool;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;
use uuid::Uuid;

macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $reason:ident, $code:literal;)+) => {
        /// Why somebody looks a child up: the whole list of what may be said.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum SearchReason { $($(#[doc = $doc])+ $reason),+ }

        impl SearchReason {
            pub const ALL: &'static [Self] = &[$(Self::$reason),+];

            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$reason => $code),+ }
            }
        }
    };
}

reasons! {
    /// Before a request is sent: whether there is one already.
    NewRequest, "new-request";
    /// The child, a parent or a carer asks.
    FamilyAsks, "family-asks";
    /// A colleague rings or writes about the child.
    ColleagueAsks, "colleague-asks";
    /// Work on a request of this child, or of a brother or sister.
    OngoingWork, "ongoing-work";
    /// A child protection concern.
    Concern, "concern";
    /// A number or a record is put right.
    Correction, "correction";
}

impl fmt::Display for SearchReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The code is none of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such reason")]
pub struct UnknownReason;

impl FromStr for SearchReason {
    type Err = UnknownReason;

    fn from_str(code: &str) -> Result<Self, UnknownReason> {
        let mut all = Self::ALL.iter().copied();
        all.find(|reason| reason.as_str() == code)
            .ok_or(UnknownReason)
    }
}

/// Searches within an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SearchBudget {
    /// Of one person, before an alarm is raised.
    pub per_person: u32,
    /// Of one service account, before it is refused.
    pub per_account: u32,
}

/// What somebody is about to search.
#[derive(Debug, Clone, Copy)]
pub struct NewSearch<'a> {
    pub reader: Reader<'a>,
    pub person: &'a Principal,
    /// Which system's number; never the number.
    pub kind: &'a str,
    pub reason: SearchReason,
}

/// What became of writing a search down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchStart {
    Recorded(RecordedSearch),
    /// A service account over its budget: nothing was searched.
    Refused {
        retry_after: Duration,
    },
}

/// A search in the record; nothing was looked up yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordedSearch {
    id: i64,
}

/// The store of searches. A cheap handle.
#[derive(Clone)]
pub struct Searches {
    pool: Pool,
    budget: SearchBudget,
}

impl Searches {
    /// `pool` holds connections with the application's rights.
    #[must_use]
    pub fn new(pool: Pool, budget: SearchBudget) -> Self {
        Self { pool, budget }
    }

    /// Writes a search down, or refuses it; a person over the budget raises the alarm.
    ///
    /// # Errors
    /// When it could not be written down: then nothing may be looked up.
    pub async fn begin(&self, search: NewSearch<'_>) -> Result<SearchStart, ReadingError> {
        let (budget, refuses) = self.limit_of(search.person);
        let client = self.pool.get().await?;
        let statement = include_str!("sql/begin_search.sql");
        let statement = client.prepare_cached(statement).await?;
        let (authority, principal) = (search.reader.authority, search.reader.principal);
        let budget = i32::try_from(budget).unwrap_or(i32::MAX);
        let row = client
            .query_one(
                &statement,
                &[
                    &authority.as_str(),
                    &principal.as_str(),
                    &search.kind,
                    &search.reason.as_str(),
                    &budget,
                    &refuses,
                ],
            )
            .await?;
        let id: Option<i64> = row.get("search_id");
        let outcome = if id.is_none() { "refused" } else { "searched" };
        metrics::counter!("rfa_searches_total", "outcome" => outcome).increment(1);
        let is_over: bool = row.get("is_over");
        if is_over {
            let asked_as = if refuses { "account" } else { "person" };
            metrics::counter!("rfa_searches_over_budget_total", "by" => asked_as).increment(1);
            tracing::error!(%authority, %principal, budget, asked_as, "more look-ups within an hour than the budget allows");
        }
        let Some(id) = id else {
            let ms: Option<i64> = row.get("retry_after_ms");
            let ms = ms.and_then(|ms| u64::try_from(ms).ok()).unwrap_or(1_000);
            let retry_after = Duration::from_millis(ms);
            return Ok(SearchStart::Refused { retry_after });
        };
        let (written_as, call): (Option<Uuid>, Uuid) = (row.get("call"), search.reader.call);
        tracing::info!(search = id, ?written_as, %call, "a search is written down");
        Ok(SearchStart::Recorded(RecordedSearch { id }))
    }

    /// Writes down which requests are about to be shown.
    ///
    /// # Errors
    /// When it could not be written down: then nothing may be shown.
    pub async fn show(
        &self,
        search: RecordedSearch,
        requests: &[Uuid],
    ) -> Result<(), ReadingError> {
        if requests.is_empty() {
            return Ok(());
        }
        let client = self.pool.get().await?;
        let statement = include_str!("sql/show_found.sql");
        let statement = client.prepare_cached(statement).await?;
        client.execute(&statement, &[&search.id, &requests]).await?;
        Ok(())
    }

    /// The budget of a principal, and whether more is refused. Responders are people here whatever they
    /// are: a concern is never kept waiting.
    fn limit_of(&self, person: &Principal) -> (u32, bool) {
        let mut grants = person.grants.iter();
        let responds = grants.any(|grant| grant.role.as_str() == SOCIAL_WORK_RESPONDER);
        match person.kind {
            PrincipalKind::ServiceAccount if !responds => (self.budget.per_account, true),
            PrincipalKind::ServiceAccount | PrincipalKind::Person => {
                (self.budget.per_person, false)
            }
        }
    }
}
