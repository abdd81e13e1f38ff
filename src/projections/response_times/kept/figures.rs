//! Figures from what is kept and from what is read each time: the same as `super::super::figures`, which
//! counts every spell.

use super::Place;
use super::group::{Group, Now, Sums};
use crate::domain::declared::Declared;
use crate::projections::response_times::answer::{
    ClockFigures, ClosedFigures, OpenAgesFigures, OutcomeFigures, Quantiles, Question,
};
use crate::projections::response_times::figures::{SURVIVAL_DAYS, labels, share};
use crate::projections::response_times::seen::days;
use crate::statistics::ages::OpenAges;
use crate::statistics::float;
use crate::statistics::ranked::{Age, Ages, Chance, Curve, WAYS_MAX, Wanted};
use crate::statistics::target::WithinTarget;
use std::collections::BTreeMap;

/// `None` where there are more ways to end than can be told apart.
pub(super) fn figures(
    declared: &Declared,
    question: &Question,
    (clock, group): &Place,
    (kept, now): (&mut Group, &Now),
) -> Option<ClockFigures> {
    let Now {
        sums, ways, ages, ..
    } = now;
    if ways.len() > WAYS_MAX {
        return None;
    }
    let [unadjusted, adjusted, childs] =
        std::array::from_fn(|i| curve(&mut kept.ages[i], &ages[i]));
    let chances = kept.ages[0].chances(&ages[0], ways.len(), &survival_days());
    let target = WithinTarget {
        met: sums.met,
        missed: sums.missed_stopped + sums.missed_open,
        undecided: sums.open - sums.missed_open,
    };
    let (title, target_text) = labels(declared, question, clock);
    let open_ages = OpenAges::of(&now.open_days);
    Some(ClockFigures {
        clock: clock.clone(),
        title,
        target: target_text,
        group: group.clone(),
        started: sums.count,
        stopped: sums.stopped,
        open: sums.open,
        cancelled: sums.cancelled,
        paused: sums.paused,
        within_target: sums.met,
        extended: sums.extended,
        within_stated_target: sums.met_stated,
        missed_stopped: sums.missed_stopped,
        missed_open: sums.missed_open,
        share_within_target: target.share(),
        share_interval: target.interval(),
        share_bounds: target.bounds(),
        open_within_target_share: share(sums.open - sums.missed_open, sums.open),
        survival_at_days: by_day(unadjusted.survival.iter().copied()),
        kaplan_meier_days: quantiles(&unadjusted),
        adjusted_for_pauses_days: quantiles(&adjusted),
        childs_wait_days: quantiles(&childs),
        outcomes: outcomes(sums, ways, &chances),
        fewest_at_risk: None,
        closed_only_days: ClosedFigures {
            mean: (sums.stopped > 0).then(|| days(sums.stopped_ms) / float(sums.stopped)),
            median: kept.ages[0].median_stopped(&ages[0]),
        },
        oldest_open_days: open_ages.map(|ages| ages.oldest_days),
        open_ages_snapshot_days: open_ages.map(|ages| OpenAgesFigures {
            p50: ages.p50_days,
            p90: ages.p90_days,
        }),
        median_working_days_stopped: median_working_days(sums),
        pause_share: (sums.elapsed_ms > 0).then(|| days(sums.paused_ms) / days(sums.elapsed_ms)),
    })
}

const SHARES: [f64; 3] = [0.5, 0.85, 0.95];

fn survival_days() -> [f64; SURVIVAL_DAYS.len()] {
    SURVIVAL_DAYS.map(f64::from)
}

fn curve(kept: &mut Ages, others: &[Age]) -> Curve {
    let days = survival_days();
    let wanted = Wanted {
        quantiles: &SHARES,
        days: &days,
    };
    kept.curve(others, wanted)
}

fn quantiles(curve: &Curve) -> Quantiles {
    let at = |number: usize| curve.quantiles.get(number).copied().flatten();
    Quantiles {
        median: at(0),
        median_low: curve.median_interval.lower_days,
        median_high: curve.median_interval.upper_days,
        p85: at(1),
        p95: at(2),
    }
}

fn by_day<V>(values: impl Iterator<Item = V>) -> BTreeMap<String, V> {
    let days = SURVIVAL_DAYS.into_iter().map(|days| days.to_string());
    days.zip(values).collect()
}

fn outcomes(sums: &Sums, ways: &[String], chances: &[Vec<Chance>]) -> Vec<OutcomeFigures> {
    let by_name = sums.ways.iter();
    by_name
        .map(|(name, count)| {
            let number = ways.iter().position(|way| way == name);
            let of_way = chances.iter().filter_map(|by_way| by_way.get(number?));
            OutcomeFigures {
                outcome: name.clone(),
                count: *count,
                chance_by_days: by_day(of_way.map(|one| [one.share, one.lower, one.upper])),
            }
        })
        .collect()
}

/// Of an even count: the mean of the two in the middle.
fn median_working_days(sums: &Sums) -> Option<f64> {
    let at = |rank: usize| {
        let mut passed = 0;
        let mut by_days = sums.working_days.iter();
        let found = by_days.find(|(_, count)| {
            passed += **count;
            passed > rank
        });
        found.map(|(days, _)| f64::from(*days))
    };
    let upper = at(sums.stopped / 2)?;
    if sums.stopped % 2 == 1 {
        return Some(upper);
    }
    Some(at(sums.stopped / 2 - 1)?.midpoint(upper))
}
