//! Spells whose figures stay as they are, counted once and kept in order, for questions about now.
//!
//! Kept by clock and group of one question's shape. Invariant: a base holds every settled spell up to
//! the place where the slowest shard stood, but for what parked streams did after they were parked, and
//! none from beyond it.

mod figures;
pub(super) mod group;
pub(super) mod read;

use super::answer::{Answer, Question, Window};
use super::charted::Waits;
use super::seen::days;
use crate::domain::declared::Declared;
use crate::domain::ids::{ClockName, WorkflowName};
use crate::statistics::ranked::Age;
use group::{Counted, Group};
use jiff::Timestamp;
use read::{Ended, Stand};
use std::collections::BTreeMap;

/// All of a question but for its moment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Shape {
    authority: String,
    workflow: WorkflowName,
    clock: Option<ClockName>,
    by: Option<String>,
    only: Option<(String, String)>,
    window: Window,
}

impl Shape {
    /// `None` for a period, of which each spell is seen from another age on.
    pub(super) fn of(question: &Question) -> Option<Self> {
        match question.window {
            Window::Period { .. } => None,
            Window::All | Window::Cohort { .. } => Some(Self {
                authority: question.authority.clone(),
                workflow: question.workflow.clone(),
                clock: question.clock.clone(),
                by: question.by.clone(),
                only: question.only.clone(),
                window: question.window,
            }),
        }
    }

    /// Whether a settled spell of the authority and the workflow is one that is asked about.
    pub(super) fn holds(&self, ended: &Ended) -> bool {
        let clock = self.clock.as_ref();
        clock.is_none_or(|clock| clock.as_str() == ended.clock)
            && match self.window {
                Window::Cohort { from, to } => ended.started_at >= from && ended.started_at < to,
                Window::All | Window::Period { .. } => true,
            }
    }
}

pub(super) type Place = (String, Option<String>);

/// Of a spell: where it is counted.
fn places<'a>(
    clock: &'a str,
    codes: &'a [String],
    by: Option<&String>,
) -> impl Iterator<Item = Place> + 'a {
    let whole = by.is_none().then_some(None);
    let codes = codes.iter().map(|code| Some(code.clone()));
    let groups = whole.into_iter().chain(codes);
    groups.map(move |group| (clock.to_owned(), group))
}

#[derive(Debug)]
pub(super) struct Base {
    pub(super) stand: Stand,
    /// No spell of it began or ended later.
    pub(super) latest: Timestamp,
    groups: BTreeMap<Place, Group>,
}

impl Base {
    /// What was settled since, up to where all shards have come.
    pub(super) fn follow(&mut self, shape: &Shape, settled: &[Ended], stand: Stand) {
        for ended in settled {
            self.latest = self.latest.max(ended.latest());
            for place in places(&ended.clock, &ended.codes, shape.by.as_ref()) {
                let group = self.groups.entry(place).or_default();
                group.add(&ended.counted);
            }
        }
        self.stand = stand;
    }

    pub(super) fn bytes(&self) -> usize {
        self.groups.values().map(Group::bytes).sum()
    }

    /// With what is not kept: open ones, and those that were settled a moment ago. `None` where it cannot
    /// tell.
    pub(super) fn answer(
        &mut self,
        declared: &Declared,
        question: &Question,
        others: Others,
    ) -> Option<Answer> {
        let mut others = others.0;
        let places: Vec<Place> = others.keys().cloned().collect();
        for place in places {
            self.groups.entry(place).or_default();
        }
        let mut clocks = Vec::with_capacity(self.groups.len());
        for (place, group) in &mut self.groups {
            let others = others.remove(place).unwrap_or_default();
            if group.is_empty() && others.is_empty() {
                continue;
            }
            clocks.push(figures::figures(
                declared,
                question,
                place,
                (group, &others),
            )?);
        }
        Some(Answer {
            figures_as_of: question.as_of,
            workflow: question.workflow.to_string(),
            by: question.by.clone(),
            clocks,
        })
    }
}

/// A tenth of a day: less than a dot of a chart.
const DRAWN_MS: i64 = 8_640_000;

impl Base {
    /// The waits of the one clock that is asked for, as a curve to be drawn.
    pub(super) fn waits(&self, question: &Question, others: &Others) -> Option<Waits> {
        let place = (question.clock.as_ref()?.to_string(), None);
        let nothing = Group::default();
        let kept = self.groups.get(&place).unwrap_or(&nothing);
        let others = others.0.get(&place).map_or(&[][..], Vec::as_slice);
        let open = others.iter().filter(|one| one.status.is_open());
        let mut open_days: Vec<f64> = open.map(|one| days(one.elapsed_ms)).collect();
        open_days.sort_by(|a, b| b.total_cmp(a));
        let mut ages: Vec<Age> = others.iter().map(|one| one.ages(None)[0]).collect();
        ages.sort_unstable();
        Some(Waits {
            curve: kept.ages[0].drawn(&ages, DRAWN_MS),
            count: kept.sums.count + others.len(),
            open_days,
        })
    }
}

/// Spells that are read each time, by where they are counted.
#[derive(Debug, Default)]
pub(super) struct Others(BTreeMap<Place, Vec<Counted>>);

impl Others {
    pub(super) fn add(
        &mut self,
        (clock, codes): (&str, &[String]),
        by: Option<&String>,
        counted: &Counted,
    ) {
        for place in places(clock, codes, by) {
            self.0.entry(place).or_default().push(counted.clone());
        }
    }
}
