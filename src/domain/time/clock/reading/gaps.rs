//! The pauses of a spell as they were known at a moment: in order and apart.

use super::super::Spell;
use crate::domain::time::calendar::Calendar;
use jiff::Timestamp;

/// A stretch that does not count: `[from, to)`, open when `to` is none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gap {
    pub(super) from: Timestamp,
    pub(super) to: Option<Timestamp>,
}

/// Pauses as known at `as_of`, in order and merged where corrections made them meet.
pub(super) fn gaps_seen(spell: &Spell, calendar: &Calendar, as_of: Timestamp) -> Vec<Gap> {
    let mut seen: Vec<Gap> = spell
        .pauses
        .iter()
        .filter(|pause| pause.from <= as_of)
        .map(|pause| {
            let cap = pause.ends_by(calendar);
            let to = pause.to.into_iter().chain(cap).min();
            Gap {
                from: pause.from.max(spell.started_at),
                to: to.filter(|to| *to <= as_of),
            }
        })
        .filter(|gap| gap.to.is_none_or(|to| gap.from < to))
        .collect();
    seen.sort_by_key(|gap| gap.from);
    let mut gaps: Vec<Gap> = Vec::with_capacity(seen.len());
    for gap in seen {
        match gaps.last_mut() {
            Some(last) if last.to.is_none_or(|to| gap.from <= to) => {
                last.to = last.to.zip(gap.to).map(|(one, other)| one.max(other));
            }
            Some(_) | None => gaps.push(gap),
        }
    }
    gaps
}

/// A walk along gaps by instants that never go back.
#[derive(Clone)]
pub(super) struct Along<'a> {
    gaps: &'a [Gap],
    /// Gaps that began before the last instant asked about.
    begun: usize,
}

impl<'a> Along<'a> {
    pub(super) fn new(gaps: &'a [Gap]) -> Self {
        Self { gaps, begun: 0 }
    }

    /// Whether the clock ran up to this instant, which belongs to what ends with it.
    pub(super) fn ran_up_to(&mut self, at: Timestamp) -> bool {
        let next = |along: &Self| along.gaps.get(along.begun).copied();
        while next(self).is_some_and(|gap| gap.from < at) {
            self.begun += 1;
        }
        let last = self
            .begun
            .checked_sub(1)
            .and_then(|last| self.gaps.get(last));
        last.is_none_or(|gap| gap.to.is_some_and(|to| to < at))
    }

    /// No gap has anything to say from here on, if it ran up to the last instant asked about.
    pub(super) fn is_through(&self) -> bool {
        self.begun == self.gaps.len()
    }
}
