//! What an unsettled spell counts for at any later moment, without its row.

use super::group::Counted;
use crate::domain::declared::Declared;
use crate::domain::time::calendar::Calendars;
use crate::domain::time::clock::{Spell, Steady};
use crate::projections::QueryError;
use crate::projections::response_times::numbers::Numbers;
use crate::projections::response_times::seen::between_ms;
use jiff::Timestamp;
use std::sync::Arc;

#[derive(Debug, Clone)]
pub(super) enum Course {
    /// It goes on by itself.
    Runs {
        received_at: Timestamp,
        steady: Steady,
    },
    /// It pauses: judged each time.
    Judged {
        received_at: Timestamp,
        spell: Arc<Spell>,
    },
    /// With more time than the workflow states, while its calendar was not known, or beyond what is kept.
    Ended(Counted),
}

impl Course {
    /// With the earliest moment that it can tell of.
    pub(super) fn of(
        declared: &Declared,
        spell: Spell,
        (received_at, ended_by): (Timestamp, Option<String>),
    ) -> Result<(Self, Timestamp), QueryError> {
        let calendar = declared.calendars().load(&spell.calendar);
        let calendar = calendar.map_err(|error| QueryError::Calendar(error.to_string()))?;
        if let Some(ended_at) = spell.ended_at {
            let given = spell.extensions.iter().map(|given| given.at);
            let from = given.fold(ended_at.max(spell.started_at), Timestamp::max);
            let ended = Counted {
                status: spell.status,
                ended_by,
                childs_ms: between_ms(received_at, ended_at),
                numbers: spell.reading(calendar, from).into(),
            };
            return Ok((Self::Ended(ended), from));
        }
        Ok(match spell.steady(calendar) {
            Some(steady) => {
                let runs = Self::Runs {
                    received_at,
                    steady,
                };
                (runs, steady.from)
            }
            None => {
                let spell = Arc::new(spell);
                (Self::Judged { received_at, spell }, Timestamp::MIN)
            }
        })
    }

    /// Whoever asks about an earlier moment does not see it.
    pub(super) fn starts_after(&self, moment: Timestamp) -> bool {
        match self {
            Self::Runs { steady, .. } => steady.started_at > moment,
            Self::Judged { spell, .. } => spell.started_at > moment,
            Self::Ended(_) => false,
        }
    }

    /// `None` where its calendar is not known any more.
    pub(super) fn counted(&self, calendars: &Calendars, as_of: Timestamp) -> Option<Counted> {
        let (received_at, verdict) = match self {
            Self::Ended(counted) => return Some(counted.clone()),
            Self::Runs {
                received_at,
                steady,
            } => (*received_at, steady.verdict(as_of)),
            Self::Judged { received_at, spell } => {
                let calendar = calendars.load(&spell.calendar).ok()?;
                (*received_at, spell.verdict(calendar, as_of))
            }
        };
        Some(Counted {
            status: verdict.status,
            ended_by: None,
            childs_ms: between_ms(received_at, as_of),
            numbers: Numbers::from(verdict),
        })
    }
}
