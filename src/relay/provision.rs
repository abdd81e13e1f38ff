//! The topology for whoever operates the broker: declared at once, or compared with what is there.

use super::broker_error::{Mismatch, PublishError};
use super::publisher::{Declared, Publisher};
use super::topology::{Topology, UNREAD_FROM, unread};

/// What an operator is told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Provisioned {
    /// Queues that are as they should be.
    pub queue_count: usize,
    /// What is missing or has other settings.
    pub mismatches: Vec<Mismatch>,
    /// Queues that nobody reads to speak of, with what is in them.
    pub unread: Vec<(String, u32)>,
}

impl From<Declared> for Provisioned {
    fn from(declared: Declared) -> Self {
        Self {
            queue_count: declared.depths.len(),
            mismatches: declared.mismatches,
            unread: unread(declared.depths, UNREAD_FROM),
        }
    }
}

/// Declares what is missing; what exists with other settings is left as it is, and named.
///
/// # Errors
/// When the broker is out of reach, or an exchange is not what we rely on.
pub async fn apply(url: &str, topology: &Topology) -> Result<Provisioned, PublishError> {
    let mut publisher = Publisher::connect(url, CONNECTION).await?;
    let declared = publisher.declare(topology).await?;
    publisher.close().await;
    Ok(declared.into())
}

/// Changes nothing.
///
/// # Errors
/// When the broker is out of reach.
pub async fn check(url: &str, topology: &Topology) -> Result<Provisioned, PublishError> {
    let mut publisher = Publisher::connect(url, CONNECTION).await?;
    let declared = publisher.compare(topology).await?;
    publisher.close().await;
    Ok(declared.into())
}

const CONNECTION: &str = "rfa topology";
