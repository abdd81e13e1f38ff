//! What is in force, kept in step with the log, and the files that declare it.
//!
//! The log decides: a file only matters when its content differs from what was published last.

use crate::domain::declared::{Declared, DeclaredError};
use crate::log::{AppendError, Log, Position};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{Mutex, watch};

/// Per authority.
pub type InForce = HashMap<Arc<str>, Arc<Declared>>;

#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    #[error(transparent)]
    Log(#[from] AppendError),
    #[error("position {position}: {source}")]
    Declared {
        position: Position,
        source: DeclaredError,
    },
}

/// A cheap handle; every clone sees the same snapshot.
#[derive(Clone)]
pub struct Registry {
    log: Log,
    snapshot: watch::Sender<Arc<InForce>>,
    /// Held while reading on, so that two refreshes do not apply one event twice.
    read_up_to: Arc<Mutex<Position>>,
}

impl Registry {
    /// # Errors
    /// When the log cannot be read, or holds a declaration that this build does not know.
    pub async fn open(log: Log) -> Result<Self, RegistryError> {
        let registry = Self {
            log,
            snapshot: watch::Sender::new(Arc::default()),
            read_up_to: Arc::new(Mutex::new(Position(0))),
        };
        registry.refresh().await?;
        Ok(registry)
    }

    #[must_use]
    pub fn in_force(&self) -> Arc<InForce> {
        Arc::clone(&self.snapshot.borrow())
    }

    /// Nothing is in force for an authority that has declared nothing.
    #[must_use]
    pub fn of(&self, authority: &str) -> Arc<Declared> {
        self.snapshot
            .borrow()
            .get(authority)
            .cloned()
            .unwrap_or_default()
    }

    /// Reads on from the last declaration; called after a publication and every second.
    ///
    /// # Errors
    /// As `open`; the snapshot stays as it was.
    pub async fn refresh(&self) -> Result<(), RegistryError> {
        let mut read_up_to = self.read_up_to.lock().await;
        let events = self.log.read_declared(*read_up_to).await?;
        let Some(last) = events.last().map(|event| event.position) else {
            return Ok(());
        };
        let mut in_force = InForce::clone(&self.snapshot.borrow());
        let mut changed: HashMap<Arc<str>, Declared> = HashMap::new();
        for event in &events {
            // What was in force stays: a newer build wrote this, for its like.
            if let Err(error) = event.check() {
                tracing::error!(position = %event.position, %error, "a declaration is left out");
                continue;
            }
            let authority = Arc::clone(&event.authority);
            let declared = changed.entry(Arc::clone(&authority)).or_insert_with(|| {
                in_force
                    .get(&authority)
                    .map(|d| Declared::clone(d))
                    .unwrap_or_default()
            });
            declared
                .apply(event.position.0, &event.event_type, &event.body)
                .map_err(|source| RegistryError::Declared {
                    position: event.position,
                    source,
                })?;
        }
        in_force.extend(
            changed
                .into_iter()
                .map(|(authority, d)| (authority, Arc::new(d))),
        );
        self.snapshot.send_replace(Arc::new(in_force));
        *read_up_to = last;
        Ok(())
    }

    #[must_use]
    pub fn log(&self) -> &Log {
        &self.log
    }
}
