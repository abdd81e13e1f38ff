//! Parked requests are tried again, without a flood of copies: requests that wait for the same
//! thing are one group, and one message shows whether the group can go on.

use super::RelayError;
use super::lane::RelayLane;
use super::message::Message;
use super::page::{Page, Sent};
use super::parked::{Key, Parked, Waiting};
use super::session::{Session, WINDOW};
use crate::log::Position;
use std::collections::BTreeMap;

/// Requests tried in one go; the others get their turn between pages.
const REQUESTS_MAX: usize = 256;

/// What a parked request has to say, up to the cursor.
struct Again {
    key: Key,
    told: Vec<(Sent, Vec<Message>)>,
    /// Where it would have to wait once more.
    unreadable: Option<Waiting>,
}

impl RelayLane {
    /// Nothing else may be on its way. Whether every group had its turn; if not, the next time begins
    /// behind the last one, so that a queue that fills again and again holds up no other.
    pub(super) async fn retry(&mut self, session: &mut Session) -> Result<bool, RelayError> {
        let mut groups: BTreeMap<String, Vec<Key>> = BTreeMap::new();
        for (key, waiting) in &session.parked {
            let group = groups.entry(waiting.reason.clone()).or_default();
            group.push(key.clone());
        }
        let last = &session.last_group;
        let (after, before): (Vec<_>, Vec<_>) =
            groups.into_iter().partition(|(reason, _)| reason > last);
        let mut room = REQUESTS_MAX;
        for (reason, keys) in after.into_iter().chain(before) {
            if room == 0 {
                return Ok(false);
            }
            let now = &keys[..keys.len().min(room)];
            let tried = self.retry_group(session, now).await?;
            session.last_group = reason;
            room -= tried;
            if tried > 0 && tried < keys.len() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// How many were tried: none of a group that still waits, which costs one message.
    async fn retry_group(
        &mut self,
        session: &mut Session,
        keys: &[Key],
    ) -> Result<usize, RelayError> {
        let mut probed: Option<Message> = None;
        let mut tried = Vec::with_capacity(keys.len());
        for key in keys {
            let again = self.read_again(session, key).await?;
            if tried.is_empty() {
                match self.probe(session, &again).await? {
                    Probe::Waits => return Ok(0),
                    Probe::Free(message) => probed = message,
                }
            }
            let messages = again.told.iter().flat_map(|(_, messages)| messages);
            for message in messages.filter(|message| probed.as_ref() != Some(message)) {
                session.window.push(session.publisher.send(message));
            }
            if session.window.len() >= WINDOW {
                self.confirm(session, session.window.len()).await?;
            }
            tried.push(again);
        }
        self.confirm(session, session.window.len()).await?;
        self.judge(session, tried).await?;
        Ok(keys.len())
    }

    /// Sends the one message that came back last time. Copies of its event that got through then
    /// are not sent again for nothing.
    async fn probe(&self, session: &mut Session, again: &Again) -> Result<Probe, RelayError> {
        let Some(waiting) = session.parked.get(&again.key) else {
            return Ok(Probe::Free(None));
        };
        let Some((_, first)) = again.told.first() else {
            let is_free = again.unreadable.is_none();
            return Ok(if is_free {
                Probe::Free(None)
            } else {
                Probe::Waits
            });
        };
        let Some(message) = first.iter().find(|message| waiting.is_for(&message.route)) else {
            return Ok(Probe::Free(None));
        };
        session.window.push(session.publisher.send(message));
        self.confirm(session, 1).await?;
        Ok(match session.window.take_untaken(message.id) {
            Some(_) => Probe::Waits,
            None => Probe::Free(Some(message.clone())),
        })
    }

    async fn read_again(&mut self, session: &Session, key: &Key) -> Result<Again, RelayError> {
        let from = session.parked.get(key).map(|waiting| waiting.from);
        let within = (from.unwrap_or(Position(0)), session.cursor);
        let mut page = Page::again(&self.log, key, within).await?;
        let told = self.tell(&mut page, &session.topology).await?;
        Ok(Again {
            key: key.clone(),
            told,
            unreadable: page.unreadable.remove(key),
        })
    }

    /// Parked again from where a message came back, or free.
    async fn judge(&self, session: &mut Session, tried: Vec<Again>) -> Result<(), RelayError> {
        let mut still = Parked::new();
        let mut free = Vec::new();
        for again in tried {
            let mut waiting = again.unreadable;
            for (event, _) in again.told.iter().rev() {
                if let Some(route) = session.window.take_untaken(event.id) {
                    waiting = Some(Waiting::for_route(event.position, &route));
                }
            }
            match waiting {
                Some(waiting) => {
                    still.insert(again.key, waiting);
                }
                None => free.push(again.key),
            }
        }
        self.keep((session.cursor, session.cursor), &still, &free)
            .await?;
        for key in &free {
            tracing::info!(authority = key.0, request = %key.1, "a parked request goes on");
            session.parked.remove(key);
        }
        session.parked.append(&mut still);
        Ok(())
    }
}

enum Probe {
    /// Still nothing takes it.
    Waits,
    /// The message that has just got through, if one had to be tried.
    Free(Option<Message>),
}
