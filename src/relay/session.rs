//! One stay of a lane at the broker, from connecting to the first error.

use super::broker_error::PublishError;
use super::page::Flight;
use super::parked::Parked;
use super::publisher::{Publisher, Sending};
use super::topology::Topology;
use super::window::{Untaken, Window};
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
    /// What the requests wait for that were tried again last.
    pub(super) last_group: String,
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
            last_group: String::new(),
            topology: Topology::default(),
            in_force: Arc::default(),
            check_at: Instant::now(),
            renewed_at: Instant::now(),
            head: None,
        })
    }

    pub(super) fn confirmed(&mut self) -> Result<Option<Flight>, PublishError> {
        confirmed(&mut self.window, &mut self.flights)
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

/// The oldest page, whose confirms are in, with those after it that are through as well.
fn confirmed<F>(
    window: &mut Window<F>,
    flights: &mut VecDeque<Flight>,
) -> Result<Option<Flight>, PublishError>
where
    F: Future<Output = Result<Vec<Untaken>, PublishError>> + Unpin,
{
    let Some(mut flight) = flights.pop_front() else {
        return Ok(None);
    };
    while let Some(next) = flights.front() {
        match window.settle(next.messages).now_or_never() {
            Some(settled) => settled?,
            None => break,
        }
        if let Some(next) = flights.pop_front() {
            flight.join(next);
        }
    }
    Ok(Some(flight))
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::channel::oneshot;
    use futures::future::BoxFuture;

    type Confirm = oneshot::Sender<()>;
    type Pages = (
        Window<BoxFuture<'static, Result<Vec<Untaken>, PublishError>>>,
        VecDeque<Flight>,
        Vec<Confirm>,
    );

    /// Pages of so many messages on their way, each ending at its number.
    fn pages(messages: &[usize]) -> Pages {
        let (mut window, mut flights, mut confirms) =
            (Window::default(), VecDeque::new(), Vec::new());
        for (number, messages) in (1..).zip(messages) {
            for _ in 0..*messages {
                let (confirm, confirmed) = oneshot::channel::<()>();
                window.push(Box::pin(async move {
                    confirmed.await.map_err(|_| PublishError::NotConfirmed)?;
                    Ok(Vec::new())
                }) as BoxFuture<'static, _>);
                confirms.push(confirm);
            }
            flights.push_back(Flight {
                to: Position(number),
                events: *messages,
                messages: *messages,
                sent: Vec::new(),
                unreadable: Parked::new(),
            });
        }
        (window, flights, confirms)
    }

    #[test]
    fn the_cursor_goes_over_pages_that_are_through_and_stops_before_one_that_is_not() {
        let (mut window, mut flights, confirms) = pages(&[1, 2, 0, 2, 1]);
        // Of the fourth page one is missing; the fifth does not overtake it.
        for (number, confirm) in confirms.into_iter().enumerate() {
            if number != 4 {
                confirm.send(()).unwrap();
            } else {
                std::mem::forget(confirm);
            }
        }
        window.settle(1).now_or_never().unwrap().unwrap();
        let through = confirmed(&mut window, &mut flights).unwrap().unwrap();
        assert_eq!((through.to, through.messages), (Position(3), 3));
        assert_eq!((flights.len(), window.len()), (2, 3));
    }

    #[test]
    fn an_unknown_outcome_of_a_later_page_moves_the_cursor_over_none() {
        let (mut window, mut flights, mut confirms) = pages(&[1, 1]);
        confirms.remove(0).send(()).unwrap();
        window.settle(1).now_or_never().unwrap().unwrap();
        drop(confirms);
        assert!(confirmed(&mut window, &mut flights).is_err());
        let (mut window, mut flights, _) = pages(&[]);
        assert!(confirmed(&mut window, &mut flights).unwrap().is_none());
    }
}
