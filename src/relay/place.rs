//! The place of a message among those about its request to one receiver: 1, 2, 3, without gaps.
//!
//! It is a pure fold of the request's events, so that whoever sends a message again gives it the place
//! that it had: a redrive, a request that was parked, another replica.

use super::message::{Lane, Party};
use crate::log::{Audience, Recorded};

/// How many messages about one request each receiver has been sent, up to one of its events.
///
/// An agency counts whether it has a queue or not: the organisation may change, and places do not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestPlaces {
    /// Version of the last event that was counted.
    version: i32,
    teams: Vec<ReceiverCount>,
    agencies: Vec<ReceiverCount>,
    /// The authority's queue of restricted events, whichever teams they name.
    restricted_count: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct ReceiverCount {
    code: Box<str>,
    count: u32,
}

impl RequestPlaces {
    /// Whether it is the event after the last one that was counted.
    #[must_use]
    pub fn expects(&self, recorded: &Recorded) -> bool {
        recorded.version == self.version + 1
    }

    /// Counts the request's next event, which concerns these parties. `false` if it is not the next:
    /// nothing is counted then.
    #[must_use]
    pub fn count(&mut self, recorded: &Recorded, parties: &[Party<'_>]) -> bool {
        if !self.expects(recorded) {
            return false;
        }
        self.version = recorded.version;
        for party in parties {
            match party {
                Party::Team(team) => add_one(&mut self.teams, team),
                Party::Agency(agency) => add_one(&mut self.agencies, agency),
            }
        }
        if recorded.audience == Audience::Restricted {
            self.restricted_count += 1;
        }
        true
    }

    /// The place, from 1, of the message about the event that was counted last; 0 for whoever was sent
    /// none yet. On the restricted lane all teams are one receiver.
    #[must_use]
    pub fn of(&self, lane: Lane, party: Party<'_>) -> u32 {
        let (counts, code) = match (lane, party) {
            (Lane::Restricted, _) => return self.restricted_count,
            (Lane::Ordinary, Party::Team(team)) => (&self.teams, team),
            (Lane::Ordinary, Party::Agency(agency)) => (&self.agencies, agency),
        };
        let known = counts.iter().find(|known| *known.code == *code);
        known.map_or(0, |known| known.count)
    }
}

fn add_one(counts: &mut Vec<ReceiverCount>, code: &str) {
    match counts.iter_mut().find(|known| *known.code == *code) {
        Some(known) => known.count += 1,
        None => counts.push(ReceiverCount {
            code: code.into(),
            count: 1,
        }),
    }
}
