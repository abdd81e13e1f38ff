//! What a step of a lane ends with.

use super::broker_error::PublishError;
use super::page::Gap;
use crate::commands::RegistryError;
use crate::log::AppendError;
use crate::log::cursor::CursorError;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelayOutcome {
    /// So many events are through: taken by their queues, or parked.
    Published(usize),
    Idle,
    /// Another replica has the lease.
    Elsewhere,
}

#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    #[error(transparent)]
    Log(#[from] AppendError),
    #[error(transparent)]
    Cursor(#[from] CursorError),
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error(transparent)]
    Gap(#[from] Gap),
    #[error("Postgres cannot be reached")]
    Unavailable,
    #[error("another replica took the lease")]
    LostLease,
}

impl From<tokio_postgres::Error> for RelayError {
    fn from(_: tokio_postgres::Error) -> Self {
        Self::Unavailable
    }
}

impl From<deadpool_postgres::PoolError> for RelayError {
    fn from(_: deadpool_postgres::PoolError) -> Self {
        Self::Unavailable
    }
}
