//! Which rung of an escalation ladder comes next, and when.
//!
//! Offsets are counted as the target is, while the clock runs. Invariant: a rung is never ready
//! before its instant, none is ready while the clock is paused, and an ended clock has none left.

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use super::calendar::Calendar;
use super::clock::Spell;
use super::clock::reading::View;
use crate::domain::workflow::definition::{Ladder, Offset, Rung};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// One occurrence of one rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub rung: Offset,
    /// From 1.
    pub occurrence: u32,
}

impl Step {
    /// Which of two steps of one ladder comes first.
    #[must_use]
    pub fn order(self, other: Self) -> Ordering {
        let rungs = self.rung.order(other.rung);
        rungs.then(self.occurrence.cmp(&other.occurrence))
    }
}

/// The next step of a ladder, as it comes when nothing more happens to the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Next {
    pub step: Step,
    /// `None` while the clock is paused without an end.
    pub due: Option<Due>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// Its own instant: what the record keeps, however late it is raised.
    pub due_at: Timestamp,
    /// From when it can be raised: never before its instant, nor before the clock runs again.
    pub ready_at: Timestamp,
    /// At its instant the target can still be met.
    on_target: bool,
}

impl Due {
    /// At an instant after which nothing can be met any more.
    pub(super) fn at(at: Timestamp) -> Self {
        Self {
            due_at: at,
            ready_at: at,
            on_target: false,
        }
    }

    #[must_use]
    pub fn is_ready(&self, now: Timestamp) -> bool {
        self.ready_at <= now && (self.due_at < now || !self.on_target)
    }
}

impl Ladder {
    /// Every occurrence of every rung, in order.
    pub fn steps(&self) -> impl Iterator<Item = (Step, &Rung)> {
        self.0.iter().flat_map(|rung| {
            (1..=rung.occurrences()).map(move |occurrence| {
                let step = Step {
                    rung: rung.at,
                    occurrence,
                };
                (step, rung)
            })
        })
    }

    /// The rung of that name.
    #[must_use]
    pub fn find(&self, at: Offset) -> Option<&Rung> {
        self.0.iter().find(|rung| rung.at == at)
    }
}

impl Spell {
    /// The first step after the last that was raised. `None` when the ladder or the clock has come
    /// to its end.
    #[must_use]
    pub fn next_step(
        &self,
        ladder: &Ladder,
        calendar: &Calendar,
        raised: Option<Step>,
    ) -> Option<Next> {
        if !self.status.is_open() {
            return None;
        }
        let climb = Climb::of(self, calendar);
        let late = climb.late(ladder);
        let mut steps = ladder.steps();
        let (step, rung) = steps.find(|(step, _)| {
            raised.is_none_or(|raised| step.order(raised) == Ordering::Greater)
                && late.is_none_or(|late| late.admits(*step))
        })?;
        Some(climb.next(step, rung.offset_of(step.occurrence)))
    }
}

/// A stretch in which the clock runs with one target: `[from, to)`, without an end where `to` is none.
struct Stretch<'a> {
    view: View<'a>,
    from: Timestamp,
    to: Option<Timestamp>,
}

/// A clock on its way up a ladder.
struct Climb<'a> {
    stretches: Vec<Stretch<'a>>,
    started_at: Timestamp,
    known_at: Timestamp,
}

/// What passed before anybody knew that the clock had started: of all that one step is raised, the
/// missed target where it is among them, else the last.
#[derive(Debug, Clone, Copy)]
struct Late {
    raised: Step,
    last: Step,
}

impl Late {
    fn admits(self, step: Step) -> bool {
        step == self.raised || step.order(self.last) == Ordering::Greater
    }
}

impl<'a> Climb<'a> {
    fn of(spell: &Spell, calendar: &'a Calendar) -> Self {
        let known_at = spell.known_at.unwrap_or(spell.started_at);
        let mut stretches = Vec::new();
        for (from, to) in View::of(spell, calendar, Timestamp::MAX).running() {
            let to = Some(to).filter(|to| *to < Timestamp::MAX);
            let mut cuts: Vec<Timestamp> = vec![from];
            let given = spell.extensions.iter().map(|given| given.at);
            cuts.extend(given.filter(|at| *at > from && to.is_none_or(|to| *at < to)));
            cuts.sort_unstable();
            let ends = cuts.iter().skip(1).copied().map(Some).chain([to]);
            for (from, to) in cuts.iter().copied().zip(ends) {
                if to.is_some_and(|to| to <= known_at) && spell.known_at.is_some() {
                    continue;
                }
                let from = from.max(known_at);
                stretches.push(Stretch {
                    view: View::of(spell, calendar, from),
                    from,
                    to,
                });
            }
        }
        Self {
            stretches,
            started_at: spell.started_at,
            known_at,
        }
    }

    fn late(&self, ladder: &Ladder) -> Option<Late> {
        if self.known_at <= self.started_at {
            return None;
        }
        let first = self.stretches.first()?;
        let passed: Vec<(Step, &Rung)> = ladder
            .steps()
            .take_while(|(step, rung)| {
                let at = first.view.instant_of(rung.offset_of(step.occurrence));
                at.is_some_and(|at| at < self.known_at)
            })
            .collect();
        let (last, _) = passed.last()?;
        let missed = passed.iter().find(|(_, rung)| rung.missed);
        Some(Late {
            raised: missed.map_or(*last, |(step, _)| *step),
            last: *last,
        })
    }

    fn next(&self, step: Step, offset: Offset) -> Next {
        let runs = self.stretches.last().filter(|last| last.to.is_none());
        let due = self.find_instant(offset).zip(runs);
        Next {
            step,
            due: due.map(|((due_at, on_target), last)| Due {
                due_at,
                ready_at: due_at.max(last.from),
                on_target,
            }),
        }
    }

    /// The instant of an offset, and whether it is the last at which the target is met.
    fn find_instant(&self, offset: Offset) -> Option<(Timestamp, bool)> {
        let mut stretches = self.stretches.iter().enumerate();
        stretches.find_map(|(i, stretch)| {
            let exact = stretch.view.instant_of(offset)?;
            // What fell into the pause before comes as the clock runs again; what passed before the
            // start was known keeps its own instant.
            let at = if i == 0 && exact < self.known_at {
                exact
            } else {
                exact.max(stretch.from)
            };
            let within = at < stretch.to.unwrap_or(Timestamp::MAX);
            within.then(|| (at, stretch.view.due() == Some(at)))
        })
    }
}
