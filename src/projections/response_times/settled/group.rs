//! What the figures of one clock and one group of spells are made of.

use crate::domain::time::clock::SpellStatus;
use crate::projections::response_times::seen::Seen;
use crate::statistics::ranked::{Age, Ages};
use std::collections::BTreeMap;

/// One spell as the figures count it.
#[derive(Debug, Clone)]
pub(in crate::projections::response_times) struct Counted {
    pub(super) status: SpellStatus,
    pub(super) ended_by: Option<String>,
    pub(super) elapsed_ms: i64,
    pub(super) paused_ms: i64,
    /// Since help was first asked for.
    pub(super) childs_ms: i64,
    pub(super) working_days: u32,
    pub(super) met: Option<bool>,
    pub(super) extended: bool,
    pub(super) met_stated: Option<bool>,
}

impl From<&Seen> for Counted {
    fn from(seen: &Seen) -> Self {
        Self {
            status: seen.status,
            ended_by: seen.ended_by.clone(),
            elapsed_ms: seen.elapsed_ms,
            paused_ms: seen.paused_ms,
            childs_ms: seen.childs_ms(),
            working_days: seen.working_days,
            met: seen.met,
            extended: seen.extended,
            met_stated: seen.met_stated,
        }
    }
}

impl Counted {
    pub(super) fn stopped(&self) -> bool {
        self.status == SpellStatus::Stopped
    }

    /// As long as its three waits took: with pauses, without, and the child's own.
    pub(super) fn ages(&self, way: Option<usize>) -> [Age; 3] {
        let stopped = self.stopped();
        [
            Age::of(self.elapsed_ms, stopped, way),
            Age::of(self.elapsed_ms - self.paused_ms, stopped, None),
            Age::of(self.childs_ms, stopped, None),
        ]
    }
}

/// Sums over spells.
#[derive(Debug, Clone, Default)]
pub(super) struct Sums {
    pub(super) count: usize,
    pub(super) stopped: usize,
    pub(super) cancelled: usize,
    pub(super) open: usize,
    pub(super) paused: usize,
    pub(super) met: usize,
    pub(super) missed_stopped: usize,
    pub(super) missed_open: usize,
    pub(super) extended: usize,
    pub(super) met_stated: usize,
    pub(super) elapsed_ms: i64,
    pub(super) paused_ms: i64,
    pub(super) stopped_ms: i64,
    /// Of the stopped ones: how many took so many.
    pub(super) working_days: BTreeMap<u32, usize>,
    /// By the event that ended them.
    pub(super) ways: BTreeMap<String, usize>,
}

impl Sums {
    pub(super) fn add(&mut self, one: &Counted) {
        let stopped = one.stopped();
        let open = one.status.is_open();
        self.count += 1;
        self.stopped += usize::from(stopped);
        self.cancelled += usize::from(one.status == SpellStatus::Cancelled);
        self.open += usize::from(open);
        self.paused += usize::from(one.status == SpellStatus::Paused);
        self.met += usize::from(stopped && one.met == Some(true));
        self.missed_stopped += usize::from(stopped && one.met == Some(false));
        self.missed_open += usize::from(open && one.met == Some(false));
        self.extended += usize::from(one.extended);
        self.met_stated += usize::from(stopped && one.met_stated == Some(true));
        self.elapsed_ms += one.elapsed_ms;
        self.paused_ms += one.paused_ms;
        if stopped {
            self.stopped_ms += one.elapsed_ms;
            *self.working_days.entry(one.working_days).or_default() += 1;
        }
        if let Some(way) = &one.ended_by {
            match self.ways.get_mut(way) {
                Some(count) => *count += 1,
                None => {
                    self.ways.insert(way.clone(), 1);
                }
            }
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) sums: Sums,
    /// Ways to end in the order in which they were met: an age names one by its number.
    pub(super) ways: Vec<String>,
    /// With pauses, without, and the child's own.
    pub(super) ages: [Ages; 3],
}

impl Group {
    pub(super) fn is_empty(&self) -> bool {
        self.sums.count == 0
    }

    fn count(&mut self, one: &Counted) -> [Age; 3] {
        self.sums.add(one);
        let way = one
            .ended_by
            .as_ref()
            .map(|name| number_of(&mut self.ways, name));
        one.ages(way)
    }

    pub(super) fn add(&mut self, one: &Counted) {
        let new = self.count(one);
        for (ages, age) in self.ages.iter_mut().zip(new) {
            ages.add(age);
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.ages.iter().map(Ages::bytes).sum::<usize>() + size_of::<Self>()
    }
}

/// Of a way to end, which is taken down where it is new.
pub(super) fn number_of(ways: &mut Vec<String>, name: &String) -> usize {
    let known = ways.iter().position(|way| way == name);
    known.unwrap_or_else(|| {
        ways.push(name.clone());
        ways.len() - 1
    })
}

/// A group whose ages are put in order once, when all are there.
#[derive(Debug, Default)]
pub(super) struct Building {
    group: Group,
    ages: [Vec<Age>; 3],
}

impl Building {
    pub(super) fn add(&mut self, one: &Counted) {
        let new = self.group.count(one);
        for (ages, age) in self.ages.iter_mut().zip(new) {
            ages.push(age);
        }
    }

    pub(super) fn end(self) -> Group {
        Group {
            ages: self.ages.map(Ages::of),
            ..self.group
        }
    }
}
