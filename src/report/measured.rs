//! A measure's values by period, with limits, targets and what was said of them.

use super::between::{Gap, gap_mark, gaps_between, newest_gaps};
use super::facts::{
    decision, ends, not_available, outcomes, views_before_decision, wellbeing_change,
};
use super::may_share;
use crate::charts::{Line, Mark, Series, Step, Tried};
use crate::domain::ids::{ClockName, WorkflowName};
use crate::domain::measures::note::{Note, Says};
use crate::domain::measures::{Chart, Figure, Measure, Unit, Valued};
use crate::projections::acts::Story;
use crate::projections::response_times::Question;
use crate::projections::response_times::charted::{ByMonth, by_month, month_of};
use crate::projections::response_times::known::Known;
use crate::projections::{QueryError, ReadPool};
use crate::statistics::control::proportions::{CASES_WANTED, Share};
use crate::statistics::control::run::RunChart;
use crate::statistics::control::{Part, Phase, between, proportions, xmr};
use crate::statistics::disclosure::Policy;
use crate::statistics::target::WithinTarget;
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Months that a chart goes back.
const MONTHS: usize = 24;
/// One of so many may be undecided in a month that is drawn.
const UNDECIDED_AT_MOST: usize = 20;

/// What measures are counted from.
pub struct Ground<'a> {
    pub pool: &'a ReadPool,
    pub known: &'a Known,
    pub stories: &'a [Story],
    pub authority: &'a str,
    pub workflow: &'a WorkflowName,
    pub as_of: Timestamp,
    pub policy: Policy,
}

/// Parts of wholes by month, means of so many, or times between rare things in their order.
enum Counted {
    Shares(BTreeMap<String, Share>),
    Means(BTreeMap<String, (f64, usize)>),
    Between(Vec<Gap>),
}

/// # Errors
/// When the read tables are out of reach.
pub async fn series(
    ground: &Ground<'_>,
    measure: &Measure,
    notes: &[Note],
) -> Result<Series, QueryError> {
    let typed = measure.figure == Figure::TypedIn;
    let (mut points, mut shares, mut gaps) = (Vec::new(), Vec::new(), Vec::new());
    if typed {
        points = typed_in(measure, notes);
    } else {
        match counted(ground, &measure.figure).await? {
            Counted::Shares(months) => {
                for (month, share) in newest(ground, months) {
                    if may_share(share.part, share.whole, ground.policy) {
                        points.push(Mark {
                            label: month,
                            value: share.value(),
                            few: share.whole < CASES_WANTED,
                        });
                        shares.push(share);
                    }
                }
            }
            Counted::Means(months) => {
                for (month, (value, count)) in newest(ground, months) {
                    if ground.policy.may_rate(count as u64) {
                        points.push(Mark {
                            label: month,
                            value,
                            few: count < CASES_WANTED,
                        });
                    }
                }
            }
            Counted::Between(found) => {
                gaps = newest_gaps(ground, found);
                points = gaps.iter().enumerate().map(gap_mark(measure)).collect();
            }
        }
    }
    let steps = steps(measure, &points);
    let values: Vec<f64> = points.iter().map(|mark| mark.value).collect();
    let phases = phases(measure, &steps);
    let run = (measure.chart == Chart::Run).then(|| RunChart::of(&values));
    let parts: Vec<Part> = match (&measure.figure, &run) {
        (_, Some(_)) => Vec::new(),
        (Figure::DaysBetween { .. }, _) => between::days(&values, &phases),
        (Figure::RequestsBetween { .. }, _) => {
            let counts: Vec<usize> = gaps.iter().map(|gap| gap.requests).collect();
            between::requests(&counts, &phases)
        }
        (_, None) if shares.is_empty() => xmr::chart(&values, &phases),
        (_, None) => proportions::chart(&shares, &phases),
    };
    Ok(Series {
        title: measure.title.clone(),
        axis: axis(measure.unit).to_owned(),
        is_share: measure.unit == Unit::Share,
        tried: tried(measure, notes, &points),
        along: if measure.figure.is_between() {
            "One after the other"
        } else {
            "Period"
        },
        points,
        parts,
        run,
        levels: levels(measure),
        steps,
    })
}

fn newest<T>(ground: &Ground<'_>, months: BTreeMap<String, T>) -> Vec<(String, T)> {
    // The month that is not over would always look different from the others.
    let running = month_of(ground.as_of);
    let mut all: Vec<(String, T)> = months.into_iter().filter(|(m, _)| *m < running).collect();
    all.split_off(all.len().saturating_sub(MONTHS))
}

fn axis(unit: Unit) -> &'static str {
    match unit {
        Unit::Count => "Number",
        Unit::Share => "Share",
        Unit::Days => "Days",
        Unit::Points => "Points of the scale",
    }
}

fn levels(measure: &Measure) -> Vec<Line> {
    let targets = &measure.targets;
    [
        ("baseline", measure.baseline.value),
        ("short term", targets.short_term.value),
        ("medium term", targets.medium_term.value),
        ("impact", targets.impact.value),
    ]
    .map(|(label, value)| Line {
        label: label.to_owned(),
        value,
    })
    .to_vec()
}

fn steps(measure: &Measure, points: &[Mark]) -> Vec<Step> {
    let at = |from: &str| points.iter().position(|mark| mark.label.as_str() >= from);
    let steps = measure.step_changes.iter();
    steps
        .filter_map(|step| {
            Some(Step {
                at: at(&step.from).filter(|at| *at > 0)?,
                because: step.because.clone(),
            })
        })
        .collect()
}

fn phases(measure: &Measure, steps: &[Step]) -> Vec<Phase> {
    let first = Phase {
        from: 0,
        frozen: measure.frozen_periods,
    };
    let later = steps.iter().map(|step| Phase {
        from: step.at,
        frozen: None,
    });
    std::iter::once(first).chain(later).collect()
}

/// The file's values and the notes', the newest word for each period.
#[must_use]
pub fn typed_in(measure: &Measure, notes: &[Note]) -> Vec<Mark> {
    values(measure, notes)
        .into_iter()
        .map(|value| Mark {
            label: value.period,
            value: value.value,
            few: false,
        })
        .collect()
}

/// With their sources.
#[must_use]
pub fn values(measure: &Measure, notes: &[Note]) -> Vec<Valued> {
    let of_file = measure.values.iter().cloned();
    let of_notes = notes.iter().filter_map(|note| match &note.says {
        Says::Value {
            measure: of,
            period,
            value,
            source,
        } if *of == measure.id => Some(Valued {
            period: period.clone(),
            value: *value,
            source: source.clone(),
        }),
        Says::Value { .. }
        | Says::Narrative { .. }
        | Says::TestOfChange { .. }
        | Says::Quote { .. }
        | Says::QuoteChecked { .. }
        | Says::PackIssued { .. } => None,
    });
    let all = of_file.chain(of_notes);
    let newest: BTreeMap<String, Valued> = all.map(|value| (value.period.clone(), value)).collect();
    newest.into_values().collect()
}

async fn counted(ground: &Ground<'_>, figure: &Figure) -> Result<Counted, QueryError> {
    Ok(match figure {
        Figure::TypedIn => Counted::Means(BTreeMap::new()),
        Figure::WithinTarget { clock } => {
            Counted::Shares(within(&months(ground, clock, None).await?))
        }
        Figure::EquityGap { clock } => {
            let by = Some("simd_quintile".to_owned());
            Counted::Means(gap(&months(ground, clock, by).await?))
        }
        Figure::Requests => {
            let mut found: BTreeMap<String, (f64, usize)> = BTreeMap::new();
            for story in ground.stories {
                let month = found
                    .entry(month_of(story.opening().occurred_at))
                    .or_default();
                *month = (month.0 + 1.0, month.1 + 1);
            }
            Counted::Means(found)
        }
        Figure::ViewsBeforeDecision => shares(ground.stories.iter().filter_map(|story| {
            Some((decision(story)?.occurred_at, views_before_decision(story)?))
        })),
        Figure::UnmetNeed => shares(ground.stories.iter().filter_map(|story| {
            let decided = decision(story)?;
            Some((decided.occurred_at, !not_available(decided).is_empty()))
        })),
        Figure::HopesAchieved => shares(ends(ground.stories).flat_map(|(_, end)| {
            let known = outcomes(end)
                .into_iter()
                .filter(|outcome| outcome != "not-known");
            known.map(|outcome| (end.occurred_at, outcome == "achieved"))
        })),
        Figure::HandOffs => shares(ground.stories.iter().map(|story| {
            let passed_on = story.acts.iter().any(|act| act.left_team.is_some());
            (story.opening().occurred_at, passed_on)
        })),
        Figure::DaysBetween { event } | Figure::RequestsBetween { event } => {
            Counted::Between(gaps_between(ground.stories, event.as_str()))
        }
        Figure::WellbeingChange => means(
            ends(ground.stories)
                .filter_map(|(story, end)| Some((end.occurred_at, wellbeing_change(story, end)?))),
        ),
    })
}

/// Steps of tests of change of this measure, at the point of their day.
fn tried(measure: &Measure, notes: &[Note], points: &[Mark]) -> Vec<Tried> {
    let tests = notes.iter().filter_map(|note| match &note.says {
        Says::TestOfChange {
            title,
            measure: of,
            step,
            on,
            ..
        } if of.as_deref() == Some(&measure.id) => Some((title, step, *on)),
        Says::TestOfChange { .. }
        | Says::Narrative { .. }
        | Says::Value { .. }
        | Says::Quote { .. }
        | Says::QuoteChecked { .. }
        | Says::PackIssued { .. } => None,
    });
    let mut found: Vec<Tried> = tests
        .filter_map(|(title, step, on)| {
            let at = points.iter().position(|mark| holds(&mark.label, on))?;
            let day = on.strftime("%-d %B %Y");
            let words = format!("{title}: {}, on {day}", step.word());
            Some(Tried { at, words })
        })
        .collect();
    found.sort_by_key(|tried| tried.at);
    found
}

/// Whether a year, a quarter or a month holds a day.
fn holds(period: &str, on: Date) -> bool {
    let quarter = (on.month() - 1) / 3 + 1;
    let year = on.year();
    let periods = [
        format!("{year:04}"),
        format!("{year:04}-Q{quarter}"),
        format!("{year:04}-{:02}", on.month()),
    ];
    periods.iter().any(|known| known == period)
}

async fn months(
    ground: &Ground<'_>,
    clock: &ClockName,
    by: Option<String>,
) -> Result<ByMonth, QueryError> {
    let question = Question {
        clock: Some(clock.clone()),
        by,
        ..Question::whole(ground.authority, ground.workflow.clone(), ground.as_of)
    };
    by_month(ground.pool, ground.known, &question).await
}

/// Of a month that is too young only the quick ones are decided: it waits until few are open.
fn is_ripe(within: &WithinTarget) -> bool {
    within.undecided * UNDECIDED_AT_MOST <= within.met + within.missed
}

fn within(months: &ByMonth) -> BTreeMap<String, Share> {
    let share = |((month, _), within): (&(String, Option<String>), &_)| {
        let within: &WithinTarget = within;
        let share = Share {
            part: within.met,
            whole: within.met + within.missed,
        };
        (month.clone(), share)
    };
    let ripe = months.iter().filter(|(_, within)| is_ripe(within));
    ripe.map(share).collect()
}

/// Least deprived less most deprived; counted are the fewer of the two.
fn gap(months: &ByMonth) -> BTreeMap<String, (f64, usize)> {
    let of = |month: &String, quintile: &str| {
        let within = months.get(&(month.clone(), Some(quintile.to_owned())))?;
        let within = Some(within).filter(|within| is_ripe(within))?;
        Some((within.share()?, within.met + within.missed))
    };
    let names = months.keys().map(|(month, _)| month);
    names
        .filter_map(|month| {
            let ((least, a), (most, b)) = (of(month, "5")?, of(month, "1")?);
            Some((month.clone(), (least - most, a.min(b))))
        })
        .collect()
}

fn shares(all: impl Iterator<Item = (Timestamp, bool)>) -> Counted {
    let mut found: BTreeMap<String, Share> = BTreeMap::new();
    for (at, holds) in all {
        let none = Share { part: 0, whole: 0 };
        let share = found.entry(month_of(at)).or_insert(none);
        share.whole += 1;
        share.part += usize::from(holds);
    }
    Counted::Shares(found)
}

fn means(all: impl Iterator<Item = (Timestamp, f64)>) -> Counted {
    let mut found: BTreeMap<String, (f64, usize)> = BTreeMap::new();
    for (at, value) in all {
        let (mean, count) = found.entry(month_of(at)).or_default();
        *count += 1;
        *mean += (value - *mean) / f64::from(u32::try_from(*count).unwrap_or(u32::MAX));
    }
    Counted::Means(found)
}
