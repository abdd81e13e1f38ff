//! The topology for whoever operates the broker: declared at once, or compared with what is there.

use super::broker_error::{Mismatch, PublishError};
use super::publisher::{Declared, Publisher};
use super::topology::{Topology, UNREAD_FROM, dead_letters, unread};
use std::time::Duration;

/// What an operator is told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Provisioned {
    /// Queues that are as they should be.
    pub queue_count: usize,
    /// What is missing or has other settings.
    pub mismatches: Vec<Mismatch>,
    /// Queues that nobody reads to speak of, with what is in them.
    pub unread: Vec<(String, u32)>,
    /// Messages that receivers gave back too often.
    pub dead_letters: u32,
}

impl From<Declared> for Provisioned {
    fn from(declared: Declared) -> Self {
        Self {
            queue_count: declared.depths.len(),
            dead_letters: dead_letters(&declared.depths),
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
    through_stalls(url, topology, Purpose::Declare).await
}

/// Changes nothing.
///
/// # Errors
/// When the broker is out of reach.
pub async fn check(url: &str, topology: &Topology) -> Result<Provisioned, PublishError> {
    through_stalls(url, topology, Purpose::Compare).await
}

#[derive(Debug, Clone, Copy)]
enum Purpose {
    Declare,
    Compare,
}

/// A broker whose disk stalls ends connections in the midst of a declaration (`INTERNAL_ERROR`). What
/// it was asked for stays asked for, and asking twice changes nothing: begin again with a new one.
async fn through_stalls(
    url: &str,
    topology: &Topology,
    purpose: Purpose,
) -> Result<Provisioned, PublishError> {
    let mut tries_left = TRIES;
    loop {
        let asked = match Publisher::connect(url, CONNECTION).await {
            Ok(publisher) => asked(publisher, topology, purpose).await,
            // A wrong address or password is told at once.
            Err(error) if tries_left == TRIES => return Err(error),
            Err(error) => Err(error),
        };
        tries_left -= 1;
        match asked {
            Err(error) if tries_left > 0 && error.may_pass() => {
                tracing::warn!(%error, tries_left, "the broker broke off; asking again");
                tokio::time::sleep(PAUSE).await;
            }
            asked => return asked.map(Provisioned::from),
        }
    }
}

async fn asked(
    mut publisher: Publisher,
    topology: &Topology,
    purpose: Purpose,
) -> Result<Declared, PublishError> {
    let asked = match purpose {
        Purpose::Declare => publisher.declare(topology).await,
        Purpose::Compare => publisher.compare(topology).await,
    };
    publisher.close().await;
    asked
}

const CONNECTION: &str = "rfa topology";
const TRIES: usize = 5;
const PAUSE: Duration = Duration::from_secs(2);
