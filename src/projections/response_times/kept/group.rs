//! What the figures of one clock and one group of spells are made of.

use super::SpellKey;
use super::course::Course;
use crate::domain::time::calendar::Calendars;
use crate::domain::time::clock::SpellStatus;
use crate::projections::response_times::numbers::Numbers;
use crate::projections::response_times::seen::days;
use crate::statistics::ranked::{Age, Ages};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// One spell as the figures count it.
#[derive(Debug, Clone)]
pub(super) struct Counted {
    pub(super) status: SpellStatus,
    pub(super) ended_by: Option<String>,
    /// Since help was first asked for.
    pub(super) childs_ms: i64,
    pub(super) numbers: Numbers,
}

impl Counted {
    pub(super) fn stopped(&self) -> bool {
        self.status == SpellStatus::Stopped
    }

    /// As long as its three waits took: with pauses, without, and the child's own.
    pub(super) fn ages(&self, way: Option<usize>) -> [Age; 3] {
        let (stopped, numbers) = (self.stopped(), &self.numbers);
        [
            Age::of(numbers.elapsed_ms, stopped, way),
            Age::of(numbers.elapsed_ms - numbers.paused_ms, stopped, None),
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
        let (stopped, numbers) = (one.stopped(), &one.numbers);
        let open = one.status.is_open();
        self.count += 1;
        self.stopped += usize::from(stopped);
        self.cancelled += usize::from(one.status == SpellStatus::Cancelled);
        self.open += usize::from(open);
        self.paused += usize::from(one.status == SpellStatus::Paused);
        self.met += usize::from(stopped && numbers.met == Some(true));
        self.missed_stopped += usize::from(stopped && numbers.met == Some(false));
        self.missed_open += usize::from(open && numbers.met == Some(false));
        self.extended += usize::from(numbers.extended);
        self.met_stated += usize::from(stopped && numbers.met_stated == Some(true));
        self.elapsed_ms += numbers.elapsed_ms;
        self.paused_ms += numbers.paused_ms;
        if stopped {
            self.stopped_ms += numbers.elapsed_ms;
            *self.working_days.entry(numbers.working_days).or_default() += 1;
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
    /// Neither in the sums nor among the ages.
    pub(super) unsettled: BTreeMap<SpellKey, Course>,
}

/// A group at a moment.
#[derive(Debug)]
pub(super) struct Now {
    /// Of all.
    pub(super) sums: Sums,
    pub(super) ways: Vec<String>,
    /// Of those that are not settled, in order.
    pub(super) ages: [Vec<Age>; 3],
    pub(super) open_days: Vec<f64>,
}

impl Group {
    /// With others that are not kept. `None` where it cannot tell.
    pub(super) fn at(
        &self,
        others: &[Course],
        (calendars, as_of): (&Calendars, Timestamp),
    ) -> Option<Now> {
        let mut now = Now {
            sums: self.sums.clone(),
            ways: self.ways.clone(),
            ages: std::array::from_fn(|_| Vec::with_capacity(self.unsettled.len() + others.len())),
            open_days: Vec::new(),
        };
        for course in self.unsettled.values().chain(others) {
            if course.starts_after(as_of) {
                continue;
            }
            let one = course.counted(calendars, as_of)?;
            now.sums.add(&one);
            let way = one.ended_by.as_ref();
            let way = way.map(|name| number_of(&mut now.ways, name));
            for (ages, age) in now.ages.iter_mut().zip(one.ages(way)) {
                ages.push(age);
            }
            if one.status.is_open() {
                now.open_days.push(days(one.numbers.elapsed_ms));
            }
        }
        now.ages.iter_mut().for_each(|ages| ages.sort_unstable());
        Some(now)
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

    /// What it takes in memory, about.
    pub(super) fn bytes(&self) -> usize {
        let unsettled = self.unsettled.len() * size_of::<(SpellKey, Course)>();
        self.ages.iter().map(Ages::bytes).sum::<usize>() + unsettled + size_of::<Self>()
    }
}

/// Of a way to end, which is taken down where it is new.
fn number_of(ways: &mut Vec<String>, name: &String) -> usize {
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
