//! Spells kept in memory for questions about now: those whose figures stay as they are counted once and in
//! order, the others as they were read.
//!
//! Kept by clock and group of one question's shape. Invariant: a base holds every spell as it was where the
//! slowest shard stood, but for what parked streams did after they were parked, and nothing from beyond it.

mod course;
mod figures;
mod group;
pub(super) mod read;

use super::answer::{Answer, Question, Window};
use super::charted::Waits;
use crate::domain::declared::Declared;
use crate::domain::ids::{ClockName, WorkflowName};
use crate::domain::time::calendar::Calendars;
use course::Course;
use group::Group;
use jiff::Timestamp;
use read::{Changed, Stand};
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

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

    /// Whether a spell of the authority and the workflow is one that is asked about.
    fn holds(&self, clock: &str, started_at: Timestamp) -> bool {
        let asked = self.clock.as_ref();
        asked.is_none_or(|asked| asked.as_str() == clock)
            && match self.window {
                Window::Cohort { from, to } => started_at >= from && started_at < to,
                Window::All | Window::Period { .. } => true,
            }
    }
}

pub(super) type Place = (String, Option<String>);

/// Of a clock: a request's spell, and its number.
type SpellKey = (Uuid, i32);

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
    stand: Stand,
    /// It can tell of no earlier moment.
    pub(super) latest: Timestamp,
    groups: BTreeMap<Place, Group>,
    /// By which unsettled spells were read.
    calendars: Arc<Calendars>,
}

impl Base {
    /// Whether unsettled spells would be read the same again.
    pub(super) fn is_by(&self, declared: &Declared) -> bool {
        Arc::ptr_eq(&self.calendars, &declared.shared_calendars())
    }

    /// What changed since, up to where all shards have come; the rest is given back.
    pub(super) fn follow(&mut self, shape: &Shape, (changed, stand): (Changed, Stand)) -> Others {
        for (clock, key) in &changed.keys {
            self.forget(clock, key);
        }
        let by = shape.by.as_ref();
        let mut others = Others::default();
        for ended in changed.settled {
            self.latest = self.latest.max(ended.latest());
            let is_kept = ended.position <= stand.reached;
            for place in places(&ended.clock, &ended.codes, by) {
                if is_kept {
                    self.groups.entry(place).or_default().add(&ended.counted);
                } else {
                    let ended = Course::Ended(ended.counted.clone());
                    others.0.entry(place).or_default().push(ended);
                }
            }
        }
        for one in changed.unsettled {
            self.latest = self.latest.max(one.from);
            let is_kept = one.position <= stand.reached;
            for place in places(&one.clock, &one.codes, by) {
                let course = one.course.clone();
                if is_kept {
                    let group = self.groups.entry(place).or_default();
                    group.unsettled.insert(one.key, course);
                } else {
                    others.0.entry(place).or_default().push(course);
                }
            }
        }
        self.stand = stand;
        others
    }

    /// Whatever it was counted under before.
    fn forget(&mut self, clock: &str, key: &SpellKey) {
        let groups = self.groups.range_mut((clock.to_owned(), None)..);
        let groups = groups.take_while(|((name, _), _)| name == clock);
        for (_, group) in groups {
            group.unsettled.remove(key);
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.groups.values().map(Group::bytes).sum()
    }

    /// With those that are not kept. `None` where it cannot tell.
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
        let moment = (declared.calendars(), question.as_of);
        let mut clocks = Vec::with_capacity(self.groups.len());
        for (place, group) in &mut self.groups {
            let others = others.remove(place).unwrap_or_default();
            let now = group.at(&others, moment)?;
            if now.sums.count > 0 {
                let of_clock = figures::figures(declared, question, place, (group, &now))?;
                clocks.push(of_clock);
            }
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
    pub(super) fn waits(
        &self,
        declared: &Declared,
        question: &Question,
        others: &Others,
    ) -> Option<Waits> {
        let place = (question.clock.as_ref()?.to_string(), None);
        let nothing = Group::default();
        let kept = self.groups.get(&place).unwrap_or(&nothing);
        let others = others.0.get(&place).map_or(&[][..], Vec::as_slice);
        let mut now = kept.at(others, (declared.calendars(), question.as_of))?;
        now.open_days.sort_by(|a, b| b.total_cmp(a));
        Some(Waits {
            curve: kept.ages[0].drawn(&now.ages[0], DRAWN_MS),
            count: now.sums.count,
            open_days: now.open_days,
        })
    }
}

/// Spells from beyond where the slowest shard stands, by where they are counted: read each time.
#[derive(Debug, Default)]
pub(super) struct Others(BTreeMap<Place, Vec<Course>>);
