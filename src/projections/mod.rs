//! Read tables kept in step with the log, one file each: its table, its fold, its query.
//!
//! A projection never asks for the time and never writes to the log. Invariant: rows and cursor
//! move in one transaction, and a rebuilt table equals the live one.

pub mod acts;
mod bulk;
pub mod concerns;
mod copy;
pub mod due_rungs;
pub mod expected_days;
mod group;
pub mod held_requests;
pub mod known;
pub mod lag;
pub mod last_told;
pub mod own_requests;
pub mod page;
pub mod parked;
pub mod rebuild;
mod recount;
pub mod request_list;
pub mod response_times;
mod retold;
mod rows;
pub mod runner;
pub mod shape;
pub mod shards;
pub mod shared;
pub mod store;
pub mod team_caseloads;
pub mod waiting;
pub mod work;

pub use lag::{Behind, Lag, lags, wait_for};
pub use page::Decoded;
pub use parked::{ParkedStream, list_parked};
pub use runner::{Runner, RunnerError, Step};

use crate::domain::declared::Declared;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::future::Future;
use uuid::Uuid;

/// Connections for readers.
pub type ReadPool = deadpool_postgres::Pool;

/// One read table. All rows belong to a request and are folded from its events alone.
pub trait Projection: Send + Sync + 'static {
    const NAME: &'static str;
    /// `create table` with `{table}` for the name; primary key over `KEY`.
    const TABLE: &'static str;
    /// Columns that tell rows apart; the first two are `request_id` and `authority`, in this order: a table
    /// that was never analysed is read by the only index that begins with the request.
    const KEY: &'static str;
    /// Of which rows the requests are looked at again when a calendar or the organisation changes.
    const RECOUNT: Option<&'static str> = None;
    /// Raised when the fold changes: tables of the fold before it are made anew.
    const FOLD: u32 = 1;
    type Row: Serialize + DeserializeOwned + Clone + Debug + PartialEq + Send + Sync;

    /// Moves the rows of the event's request on.
    ///
    /// # Errors
    /// When the event does not fit: its stream is parked with this reason.
    fn fold(rows: &mut Vec<Self::Row>, event: &Decoded, declared: &Declared) -> Result<(), String>;

    /// The rows of one request again, by what is in force now.
    ///
    /// # Errors
    /// As `fold`.
    fn recount(_rows: &mut Vec<Self::Row>, _declared: &Declared) -> Result<(), String> {
        Ok(())
    }

    fn request_of(row: &Self::Row) -> (&str, Uuid);

    /// What tells a row from the others of its request: the rest of `KEY`.
    fn place_of(row: &Self::Row) -> (&str, i32);
}

/// All projections, for whoever has to do something with each.
pub trait Visitor {
    type Output;
    fn visit<P: Projection>(&self) -> impl Future<Output = Self::Output> + Send;
}

pub const NAMES: [&str; 5] = [
    acts::Acts::NAME,
    due_rungs::DueRungs::NAME,
    request_list::RequestList::NAME,
    response_times::ResponseTimes::NAME,
    team_caseloads::TeamCaseloads::NAME,
];

/// `None` when there is no projection of that name.
pub async fn with_projection<V: Visitor>(name: &str, visitor: &V) -> Option<V::Output> {
    match name {
        acts::Acts::NAME => Some(visitor.visit::<acts::Acts>().await),
        due_rungs::DueRungs::NAME => Some(visitor.visit::<due_rungs::DueRungs>().await),
        request_list::RequestList::NAME => Some(visitor.visit::<request_list::RequestList>().await),
        response_times::ResponseTimes::NAME => {
            Some(visitor.visit::<response_times::ResponseTimes>().await)
        }
        team_caseloads::TeamCaseloads::NAME => {
            Some(visitor.visit::<team_caseloads::TeamCaseloads>().await)
        }
        _ => None,
    }
}

/// Why a read table could not answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum QueryError {
    #[error("the read tables cannot be reached")]
    Unavailable,
    #[error("`{found}` is no dimension of this workflow")]
    UnknownDimension { found: String, allowed: Vec<String> },
    #[error("{0}")]
    Calendar(String),
}

impl From<tokio_postgres::Error> for QueryError {
    fn from(error: tokio_postgres::Error) -> Self {
        tracing::warn!(%error, "a query of a read table failed");
        Self::Unavailable
    }
}

impl From<deadpool_postgres::PoolError> for QueryError {
    fn from(_: deadpool_postgres::PoolError) -> Self {
        Self::Unavailable
    }
}
