//! What a lane is doing, for whoever operates it.

use super::broker_error::Mismatch;
use crate::log::Position;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum State {
    /// No broker is configured: the backlog grows, commands are accepted.
    #[default]
    Off,
    Connected,
    /// Another replica has the lease.
    Elsewhere,
    /// The broker is connected and takes nothing: its memory or its disk is short.
    Blocked,
    /// Something is out of reach or wrong; `trouble` says what. Tried again by itself.
    Waiting,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    pub state: State,
    /// `true` also on a replica that leaves the broker to another one.
    pub connected: bool,
    /// Everything up to here is with the broker or parked.
    pub position: Position,
    /// Events that the broker does not have yet.
    pub behind: i64,
    /// Requests whose messages no queue takes.
    pub parked: usize,
    /// Queues that exist with other settings than ours.
    pub mismatches: Vec<Mismatch>,
    /// Queues that nobody reads to speak of, with what is in them.
    pub unread: Vec<(String, u32)>,
    /// Messages that receivers gave back too often.
    pub dead_letters: u32,
    /// Why it stands still, if it does.
    pub trouble: Option<String>,
}

impl Status {
    /// Before the first step.
    #[must_use]
    pub fn waiting() -> Self {
        Self {
            state: State::Waiting,
            ..Self::default()
        }
    }

    pub(super) fn enter(&mut self, state: State, trouble: Option<String>) {
        self.state = state;
        self.connected = !matches!(state, State::Off | State::Waiting);
        self.trouble = trouble;
    }

    pub(super) fn go_on(&mut self, position: Position, behind: i64, parked: usize) {
        self.enter(State::Connected, None);
        self.position = position;
        self.behind = behind;
        self.parked = parked;
    }

    pub(super) fn measure(&self, lane: &'static str) {
        let gauge = |value: i64| f64::from(i32::try_from(value).unwrap_or(i32::MAX));
        metrics::gauge!("rfa_relay_behind", "lane" => lane).set(gauge(self.behind));
        let parked = i64::try_from(self.parked).unwrap_or(i64::MAX);
        metrics::gauge!("rfa_relay_parked", "lane" => lane).set(gauge(parked));
        let wrong = i64::try_from(self.mismatches.len()).unwrap_or(i64::MAX);
        metrics::gauge!("rfa_relay_wrong_queues", "lane" => lane).set(gauge(wrong));
        let unread = i64::try_from(self.unread.len()).unwrap_or(i64::MAX);
        metrics::gauge!("rfa_relay_unread_queues", "lane" => lane).set(gauge(unread));
        let dead_letters = i64::from(self.dead_letters);
        metrics::gauge!("rfa_relay_dead_letters", "lane" => lane).set(gauge(dead_letters));
        metrics::gauge!("rfa_relay_connected", "lane" => lane).set(if self.connected {
            1.0
        } else {
            0.0
        });
    }
}
