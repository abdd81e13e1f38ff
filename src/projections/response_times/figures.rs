//! The figures of one clock and one group of its spells.

use super::answer::{
    ClockFigures, ClosedFigures, OpenAgesFigures, OutcomeFigures, Quantiles, Question, Window,
};
use super::seen::{Seen, days};
use crate::domain::declared::Declared;
use crate::domain::time::clock::SpellStatus;
use crate::statistics::ages::OpenAges;
use crate::statistics::competing::AalenJohansen;
use crate::statistics::kaplan_meier::KaplanMeier;
use crate::statistics::summary::ClosedOnly;
use crate::statistics::target::WithinTarget;
use crate::statistics::{Exposure, Observation};
use std::collections::BTreeSet;

pub(super) const SURVIVAL_DAYS: [u32; 5] = [1, 5, 10, 20, 40];

/// A cancelled spell is neither met nor waiting: it leaves the risk set when it is cancelled.
fn curve(spells: &[&Seen], exposure: fn(&Seen, Option<usize>) -> Exposure) -> KaplanMeier {
    let exposures: Vec<Exposure> = spells
        .iter()
        .map(|seen| exposure(seen, (seen.status == SpellStatus::Stopped).then_some(0)))
        .collect();
    KaplanMeier::of_exposures(&exposures)
}

pub(super) fn figures(
    declared: &Declared,
    question: &Question,
    (clock, group): (String, Option<String>),
    spells: &[&Seen],
) -> ClockFigures {
    let count = |test: &dyn Fn(&Seen) -> bool| spells.iter().filter(|seen| test(seen)).count();
    let stopped = |seen: &Seen| seen.status == SpellStatus::Stopped;
    let missed_stopped = count(&|s| stopped(s) && s.met == Some(false));
    let missed_open = count(&|s| s.status.is_open() && s.met == Some(false));
    let open = count(&|s| s.status.is_open());
    let target = WithinTarget {
        met: count(&|s| stopped(s) && s.met == Some(true)),
        missed: missed_stopped + missed_open,
        undecided: open - missed_open,
    };
    let unadjusted = curve(spells, Seen::unadjusted);
    let (title, target_text) = labels(declared, question, &clock);
    ClockFigures {
        title,
        target: target_text,
        clock,
        group,
        started: spells.len(),
        stopped: count(&stopped),
        open,
        cancelled: count(&|s| s.status == SpellStatus::Cancelled),
        paused: count(&|s| s.status == SpellStatus::Paused),
        within_target: target.met,
        extended: count(&|s| s.extended),
        within_stated_target: count(&|s| stopped(s) && s.met_stated == Some(true)),
        missed_stopped,
        missed_open,
        share_within_target: target.share(),
        share_interval: target.interval(),
        share_bounds: target.bounds(),
        open_within_target_share: share(open - missed_open, open),
        survival_at_days: SURVIVAL_DAYS
            .into_iter()
            .map(|days| (days.to_string(), unadjusted.survival_at(f64::from(days))))
            .collect(),
        kaplan_meier_days: quantiles(&unadjusted),
        adjusted_for_pauses_days: quantiles(&curve(spells, Seen::adjusted)),
        childs_wait_days: quantiles(&curve(spells, Seen::childs)),
        outcomes: outcomes(spells),
        fewest_at_risk: match question.window {
            Window::Period { .. } => unadjusted.fewest_at_risk(),
            Window::All | Window::Cohort { .. } => None,
        },
        closed_only_days: closed(question, spells),
        oldest_open_days: open_ages(spells).map(|ages| ages.oldest_days),
        open_ages_snapshot_days: open_ages(spells).map(|ages| OpenAgesFigures {
            p50: ages.p50_days,
            p90: ages.p90_days,
        }),
        median_working_days_stopped: median_working_days(spells),
        pause_share: pause_share(spells),
    }
}

fn quantiles(curve: &KaplanMeier) -> Quantiles {
    let interval = curve.median_interval();
    Quantiles {
        median: curve.median(),
        median_low: interval.lower_days,
        median_high: interval.upper_days,
        p85: curve.quantile(0.85),
        p95: curve.quantile(0.95),
    }
}

/// Every event that ended a spell, as competing outcomes.
fn outcomes(spells: &[&Seen]) -> Vec<OutcomeFigures> {
    let names: BTreeSet<&String> = spells.iter().filter_map(|s| s.ended_by.as_ref()).collect();
    let names: Vec<&String> = names.into_iter().collect();
    let of = |seen: &Seen| {
        let event = seen.ended_by.as_ref()?;
        names.binary_search(&event).ok()
    };
    let exposures: Vec<Exposure> = spells
        .iter()
        .map(|seen| seen.unadjusted(of(seen)))
        .collect();
    let competing = AalenJohansen::of(&exposures, names.len());
    let at = |outcome| {
        let days = SURVIVAL_DAYS.into_iter();
        days.map(|days| {
            let chance = competing.at(outcome, f64::from(days));
            (days.to_string(), [chance.share, chance.lower, chance.upper])
        })
        .collect()
    };
    names
        .iter()
        .enumerate()
        .map(|(outcome, name)| OutcomeFigures {
            outcome: (*name).clone(),
            count: spells
                .iter()
                .filter(|seen| of(seen) == Some(outcome))
                .count(),
            chance_by_days: at(outcome),
        })
        .collect()
}

/// Never shown of a period: what was closed in it says nothing of who waits.
fn closed(question: &Question, spells: &[&Seen]) -> ClosedFigures {
    let closed = match question.window {
        Window::Period { .. } => ClosedOnly::default(),
        Window::All | Window::Cohort { .. } => {
            ClosedOnly::of(&ended(spells, |s| days(s.elapsed_ms)))
        }
    };
    ClosedFigures {
        mean: closed.mean_days,
        median: closed.median_days,
    }
}

fn median_working_days(spells: &[&Seen]) -> Option<f64> {
    ClosedOnly::of(&ended(spells, |s| f64::from(s.working_days))).median_days
}

fn ended(spells: &[&Seen], days: fn(&Seen) -> f64) -> Vec<Observation> {
    let stopped = spells.iter().filter(|s| s.status == SpellStatus::Stopped);
    stopped
        .map(|seen| Observation {
            days: days(seen),
            ended: true,
        })
        .collect()
}

fn open_ages(spells: &[&Seen]) -> Option<OpenAges> {
    let open = spells.iter().filter(|seen| seen.status.is_open());
    OpenAges::of(&open.map(|seen| days(seen.elapsed_ms)).collect::<Vec<_>>())
}

#[expect(clippy::cast_precision_loss, reason = "counts of requests")]
pub(super) fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn pause_share(spells: &[&Seen]) -> Option<f64> {
    let sum = |of: fn(&Seen) -> i64| spells.iter().map(|seen| of(seen)).sum::<i64>();
    let elapsed = sum(|seen| seen.elapsed_ms);
    (elapsed > 0).then(|| days(sum(|seen| seen.paused_ms)) / days(elapsed))
}

pub(super) fn labels(declared: &Declared, question: &Question, clock: &str) -> (String, String) {
    declared
        .newest_workflow(&question.workflow)
        .and_then(|workflow| workflow.definition.clocks.get(clock))
        .map(|rule| (rule.title.clone(), rule.target.to_string()))
        .unwrap_or_default()
}
