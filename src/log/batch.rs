//! Which of the waiting commands are committed together: at most one a stream and of an id.

use super::append::append_bytes;
use super::committer::Waiting;
use std::collections::HashSet;
use uuid::Uuid;

pub(super) const BATCH_COMMANDS_MAX: usize = 256;
const BATCH_EVENTS_MAX: usize = 1_000;
const BATCH_BYTES_MAX: usize = 1 << 20;

#[derive(Default)]
pub(super) struct Batch {
    pub(super) commands: Vec<Waiting>,
    streams: HashSet<Uuid>,
    ids: HashSet<Uuid>,
    events: usize,
    bytes: usize,
}

impl Batch {
    pub(super) fn has_room(&self) -> bool {
        self.commands.len() < BATCH_COMMANDS_MAX
            && self.events < BATCH_EVENTS_MAX
            && self.bytes < BATCH_BYTES_MAX
    }

    /// Gives the command back when it must wait.
    pub(super) fn take(&mut self, one: Waiting) -> Option<Waiting> {
        let append = &one.append;
        if !self.has_room()
            || self.streams.contains(&append.stream)
            || self.ids.contains(&append.command_id)
        {
            // Later commands of the stream may not overtake this one.
            self.streams.insert(append.stream);
            return Some(one);
        }
        self.streams.insert(append.stream);
        self.ids.insert(append.command_id);
        self.events += append.events.len();
        self.bytes += append_bytes(append);
        self.commands.push(one);
        None
    }
}
