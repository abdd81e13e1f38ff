//! Spells that are not settled, as they were read: another moment needs no row of them.

use super::group::Counted;
use crate::domain::declared::Declared;
use crate::domain::time::calendar::Calendars;
use crate::domain::time::clock::{Spell, Steady};
use crate::projections::QueryError;
use crate::projections::response_times::numbers::Numbers;
use crate::projections::response_times::seen::between_ms;
use jiff::Timestamp;
use std::sync::Arc;

/// A spell that is not settled.
#[derive(Debug, Clone)]
pub(super) struct Unsettled {
    received_at: Timestamp,
    course: Course,
}

#[derive(Debug, Clone)]
enum Course {
    Steady(Steady),
    /// It pauses: judged each time.
    Judged(Arc<Spell>),
    /// With more time than the workflow states, or settled a moment ago.
    Ended(Counted),
}

impl Unsettled {
    /// With the earliest moment at which it can be asked.
    pub(super) fn of(
        (declared, as_of): (&Declared, Timestamp),
        spell: Spell,
        (received_at, ended_by): (Timestamp, Option<String>),
    ) -> Result<(Self, Timestamp), QueryError> {
        let calendar = declared.calendars().load(&spell.calendar);
        let calendar = calendar.map_err(|error| QueryError::Calendar(error.to_string()))?;
        let (course, from) = if let Some(ended_at) = spell.ended_at {
            let given = spell.extensions.iter().map(|given| given.at);
            let from = given.fold(ended_at.max(spell.started_at), Timestamp::max);
            let ended = Counted {
                status: spell.status,
                ended_by,
                childs_ms: between_ms(received_at, ended_at),
                numbers: spell.reading(calendar, from).into(),
            };
            (Course::Ended(ended), from)
        } else {
            let steady = spell.steady(calendar);
            match steady.filter(|steady| steady.from <= as_of) {
                Some(steady) => (Course::Steady(steady), steady.from),
                None => {
                    let from = spell.started_at;
                    (Course::Judged(Arc::new(spell)), from)
                }
            }
        };
        Ok((
            Self {
                received_at,
                course,
            },
            from,
        ))
    }

    pub(super) fn ended(counted: Counted) -> Self {
        Self {
            received_at: Timestamp::MIN,
            course: Course::Ended(counted),
        }
    }

    /// As it is counted at a moment; `None` where its calendar is not known any more.
    pub(super) fn counted(&self, calendars: &Calendars, as_of: Timestamp) -> Option<Counted> {
        let verdict = match &self.course {
            Course::Ended(counted) => return Some(counted.clone()),
            Course::Steady(steady) => steady.verdict(as_of),
            Course::Judged(spell) => {
                let calendar = calendars.load(&spell.calendar).ok()?;
                spell.verdict(calendar, as_of)
            }
        };
        Some(Counted {
            status: verdict.status,
            ended_by: None,
            childs_ms: between_ms(self.received_at, as_of),
            numbers: Numbers::from(verdict),
        })
    }

    /// What it takes in memory, about.
    pub(super) fn bytes(&self) -> usize {
        let more = match &self.course {
            Course::Judged(_) => size_of::<Spell>(),
            Course::Steady(_) | Course::Ended(_) => 0,
        };
        size_of::<(super::SpellKey, Self)>() + more
    }
}
