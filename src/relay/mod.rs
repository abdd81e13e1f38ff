//! Log → RabbitMQ: at least once, in order per request, with ids and codes only.
//!
//! It never publishes what is not in the log and never decides anything. Invariant: the cursor is
//! the highest contiguous position whose messages are confirmed and not returned, or whose request
//! is parked. Copies carry the same message id. Where a binding came back in the middle, a version
//! may arrive before an earlier one, which follows: receivers go by `version`.

pub mod lane;
pub mod message;
mod origin;
mod outcome;
mod page;
mod parked;
mod publisher;
mod retry;
mod sending;
mod session;
pub mod status;
pub mod topology;
mod window;

pub use lane::RelayLane;
pub use outcome::{RelayError, RelayOutcome};
pub use publisher::{Mismatch, PublishError};
pub use status::{State, Status};

use crate::commands::Registry;
use message::Lane;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Both lanes of a replica. Without a broker's URL there is none, and its status is the default.
pub struct Relay {
    ordinary: RelayLane,
    restricted: RelayLane,
}

impl Relay {
    #[must_use]
    pub fn new(registry: &Registry, url: &str) -> Self {
        Self {
            ordinary: RelayLane::new(Lane::Ordinary, registry.clone(), url.to_owned()),
            restricted: RelayLane::new(Lane::Restricted, registry.clone(), url.to_owned()),
        }
    }

    /// What the ordinary lane is doing, for `/readyz`.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.ordinary.status()
    }

    /// What the restricted lane is doing.
    #[must_use]
    pub fn restricted_status(&self) -> watch::Receiver<Status> {
        self.restricted.status()
    }

    pub async fn run(self, shutdown: CancellationToken) {
        let restricted = tokio::spawn(self.restricted.run(shutdown.clone()));
        self.ordinary.run(shutdown).await;
        if restricted.await.is_err() {
            tracing::error!("the restricted lane of the relay ended early");
        }
    }
}
