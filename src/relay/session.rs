//! One stay of a lane at the broker, from connecting to the first error.

use super::broker_error::PublishError;
use super::page::Flight;
use super::parked::Parked;
use super::publisher::{Publisher, Sending};
use super::topology::Topology;
use super::window::Window;
use crate::commands::InForce;
use crate::log::Position;
use futures::FutureExt;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Messages that wait for their confirms at the same time; a page may go over it once.
pub(super) const WINDOW: usize = 2_048;
/// Bindings that somebody removed come back within this time.
pub(super) const CHECK_EVERY: Duration = Duration::from_secs(10);

/// All that ends with the connection or the lease: after any error a new one starts at the cursor.
pub(super) struct Session {
    pub(super) publisher: Publisher,
    pub(super) window: Window<Sending>,
    pub(super) flights: VecDeque<Flight>,
    pub(super) cursor: Position,
    pub(super) read_up_to: Position,
    pub(super) parked: Parked,
    pub(super) topology: Topology,
    in_force: Arc<InForce>,
    /// When everything is declared and what is parked is tried again.
    pub(super) check_at: Instant,
    pub(super) renewed_at: Instant,
    /// Newest position of the log, and when it was asked for.
    pub(super) head: Option<(Position, Instant)>,
}

impl Session {
    pub(super) async fn connect(url: &str, cursor: Position) -> Result<Self, PublishError> {
        Ok(Self {
            publisher: Publisher::connect(url, "rfa relay").await?,
            window: Window::default(),
            flights: VecDeque::new(),
            cursor,
            read_up_to: cursor,
            parked: Parked::default(),
            topology: Topology::default(),
            in_force: Arc::default(),
            check_at: Instant::now(),
            renewed_at: Instant::now(),
            head: None,
        })
    }

    /// The oldest page, whose confirms are in, with those after it that are through as well.
    pub(super) fn confirmed(&mut self) -> Result<Option<Flight>, PublishError> {
        let Some(mut flight) = self.flights.pop_front() else {
            return Ok(None);
        };
        while let Some(next) = self.flights.front() {
            match self.window.settle(next.messages).now_or_never() {
                Some(settled) => settled?,
                None => break,
            }
            if let Some(next) = self.flights.pop_front() {
                flight.join(next);
            }
        }
        Ok(Some(flight))
    }

    /// Also as soon as something was published that may need another queue.
    pub(super) fn must_check(&self, in_force: &Arc<InForce>) -> bool {
        Instant::now() >= self.check_at || !Arc::ptr_eq(&self.in_force, in_force)
    }

    pub(super) fn follow(&mut self, in_force: Arc<InForce>) {
        if !Arc::ptr_eq(&self.in_force, &in_force) {
            self.topology = Topology::of(&in_force);
            self.in_force = in_force;
        }
    }
}
