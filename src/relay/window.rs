//! Messages that are sent and not yet confirmed, in the order in which they were sent.
//!
//! The client attaches a returned message to whichever confirm completes next, not to its own. So
//! one confirm says nothing about its message; only a prefix does: when every confirm up to a place
//! is in, every return up to that place has been handed to a confirm that is in too (the broker
//! returns before it acknowledges, and each acknowledgement takes one return from the front of the
//! client's queue). Some of those confirms may belong to later messages, so all that have completed
//! are looked at before the prefix is judged.

use super::broker_error::PublishError;
use super::message::Route;
use futures::FutureExt;
use std::collections::{HashMap, VecDeque};
use std::future::Future;
use uuid::Uuid;

/// What a confirm brought along: a message that no queue took, by its id.
pub(super) type Untaken = (Uuid, Route);

pub(super) struct Window<F> {
    /// `None` once confirmed.
    sent: VecDeque<Option<F>>,
    untaken: HashMap<Uuid, Route>,
}

impl<F> Default for Window<F> {
    fn default() -> Self {
        Self {
            sent: VecDeque::new(),
            untaken: HashMap::new(),
        }
    }
}

impl<F> Window<F>
where
    F: Future<Output = Result<Vec<Untaken>, PublishError>> + Unpin,
{
    pub(super) fn len(&self) -> usize {
        self.sent.len()
    }

    pub(super) fn push(&mut self, sending: F) {
        self.sent.push_back(Some(sending));
    }

    /// Waits for the oldest `count` confirms and forgets them; what `take_untaken` says of their
    /// messages is final then. May be dropped and called again.
    ///
    /// # Errors
    /// When it is not known of a message whether the broker has it. The window is useless then.
    pub(super) async fn settle(&mut self, count: usize) -> Result<(), PublishError> {
        for place in 0..count.min(self.sent.len()) {
            if let Some(sending) = &mut self.sent[place] {
                let outcome = sending.await;
                self.sent[place] = None;
                self.untaken.extend(outcome?);
            }
        }
        for later in self.sent.iter_mut().skip(count) {
            if let Some(outcome) = later.as_mut().and_then(FutureExt::now_or_never) {
                *later = None;
                self.untaken.extend(outcome?);
            }
        }
        self.sent.drain(..count.min(self.sent.len()));
        Ok(())
    }

    /// Where a settled message was sent in vain.
    pub(super) fn take_untaken(&mut self, id: Uuid) -> Option<Route> {
        self.untaken.remove(&id)
    }
}

#[cfg(test)]
mod tests {
    use super::super::message::EVENTS_EXCHANGE;
    use super::*;
    use futures::channel::oneshot;
    use futures::future::BoxFuture;

    type Confirm = oneshot::Sender<Vec<Untaken>>;

    fn sent(
        window: &mut Window<BoxFuture<'static, Result<Vec<Untaken>, PublishError>>>,
    ) -> Confirm {
        let (confirm, confirmed) = oneshot::channel();
        window.push(Box::pin(async move {
            confirmed.await.map_err(|_| PublishError::NotConfirmed)
        }));
        confirm
    }

    fn untaken(id: u128) -> Untaken {
        let route = Route {
            exchange: EVENTS_EXCHANGE,
            routing_key: format!("a.b.{id}"),
        };
        (Uuid::from_u128(id), route)
    }

    #[test]
    fn a_return_on_the_confirm_of_a_later_message_counts_for_its_own() {
        let mut window = Window::default();
        let [first, second, third] = [(); 3].map(|()| sent(&mut window));
        third.send(vec![untaken(1)]).unwrap();
        first.send(Vec::new()).unwrap();
        assert!(window.settle(2).now_or_never().is_none());
        second.send(Vec::new()).unwrap();
        window.settle(2).now_or_never().unwrap().unwrap();
        assert_eq!(window.len(), 1);
        assert_eq!(window.take_untaken(Uuid::from_u128(1)), Some(untaken(1).1));
        assert_eq!(window.take_untaken(Uuid::from_u128(2)), None);
    }

    #[test]
    fn a_wait_that_was_given_up_is_taken_up_again() {
        let mut window = Window::default();
        let [first, second] = [(); 2].map(|()| sent(&mut window));
        first.send(vec![untaken(2)]).unwrap();
        assert!(window.settle(2).now_or_never().is_none());
        second.send(Vec::new()).unwrap();
        window.settle(2).now_or_never().unwrap().unwrap();
        assert_eq!(window.len(), 0);
        assert!(window.take_untaken(Uuid::from_u128(2)).is_some());
    }

    #[test]
    fn one_unknown_outcome_leaves_nothing_settled() {
        let mut window = Window::default();
        let [first, second] = [(); 2].map(|()| sent(&mut window));
        first.send(Vec::new()).unwrap();
        drop(second);
        assert!(window.settle(1).now_or_never().unwrap().is_err());
    }
}
