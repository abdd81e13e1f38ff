//! Four rules for signals, as NHS England codes them in its R package `NHSRplotthedots`.

use super::Limits;
use serde::Serialize;

/// Points in a row on one side of the centre, or rising, or falling.
const IN_A_ROW: usize = 7;
/// "Close" is beyond this part of the way from the centre to the limit.
const CLOSE: f64 = 2.0 / 3.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    OutsideLimits,
    SevenOnOneSide,
    SevenRisingOrFalling,
    /// Three in a row on one side, two of them beyond two thirds of the way to the limit.
    TwoOfThreeCloseToALimit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    Above,
    Below,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Signal {
    pub rule: Rule,
    /// Of a trend: `Above` is rising.
    pub side: Side,
    /// Index of the first point and the one after the last.
    pub from: usize,
    pub to: usize,
}

/// `values` and `limits` are one phase; `offset` is where it begins in the whole series.
pub(super) fn find(values: &[f64], limits: &[Limits], offset: usize) -> Vec<Signal> {
    let sides: Vec<Option<Side>> = values
        .iter()
        .zip(limits)
        .map(|(value, limits)| side(*value, limits.centre))
        .collect();
    let mut found = Vec::new();
    for (at, (value, limits)) in values.iter().zip(limits).enumerate() {
        if let Some(side) = outside(*value, limits) {
            found.push(Signal {
                rule: Rule::OutsideLimits,
                side,
                from: at,
                to: at + 1,
            });
        }
    }
    found.extend(runs(&sides, IN_A_ROW, Rule::SevenOnOneSide));
    let steps: Vec<Option<Side>> = values.windows(2).map(|w| side(w[1], w[0])).collect();
    // Seven points are six steps; the run of steps ends one point later.
    found.extend(
        runs(&steps, IN_A_ROW - 1, Rule::SevenRisingOrFalling).map(|signal| Signal {
            to: signal.to + 1,
            ..signal
        }),
    );
    found.extend(two_of_three(values, limits, &sides));
    for signal in &mut found {
        signal.from += offset;
        signal.to += offset;
    }
    found.sort_by_key(|signal| (signal.from, signal.to));
    found
}

fn side(value: f64, centre: f64) -> Option<Side> {
    if value > centre {
        Some(Side::Above)
    } else if value < centre {
        Some(Side::Below)
    } else {
        None
    }
}

fn outside(value: f64, limits: &Limits) -> Option<Side> {
    if value > limits.upper {
        Some(Side::Above)
    } else if value < limits.lower {
        Some(Side::Below)
    } else {
        None
    }
}

fn runs(sides: &[Option<Side>], at_least: usize, rule: Rule) -> impl Iterator<Item = Signal> + '_ {
    let mut at = 0;
    let chunks = sides.chunk_by(|a, b| a == b);
    chunks.filter_map(move |chunk| {
        let from = at;
        at += chunk.len();
        let side = chunk.first().copied().flatten()?;
        (chunk.len() >= at_least).then_some(Signal {
            rule,
            side,
            from,
            to: at,
        })
    })
}

fn two_of_three(values: &[f64], limits: &[Limits], sides: &[Option<Side>]) -> Vec<Signal> {
    let close = |at: usize| {
        let (value, limits) = (values[at], limits[at]);
        let reach = if value > limits.centre {
            limits.upper - limits.centre
        } else {
            limits.centre - limits.lower
        };
        (value - limits.centre).abs() > CLOSE * reach
    };
    let mut found: Vec<Signal> = Vec::new();
    for (from, three) in sides.windows(3).enumerate() {
        let Some(side) = three[0].filter(|_| three[0] == three[1] && three[1] == three[2]) else {
            continue;
        };
        if (from..from + 3).filter(|at| close(*at)).count() < 2 {
            continue;
        }
        match found.last_mut() {
            Some(last) if last.side == side && last.to > from => last.to = from + 3,
            Some(_) | None => found.push(Signal {
                rule: Rule::TwoOfThreeCloseToALimit,
                side,
                from,
                to: from + 3,
            }),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signals(values: &[f64]) -> Vec<(Rule, usize, usize)> {
        let limits = Limits {
            centre: 0.0,
            lower: -3.0,
            upper: 3.0,
        };
        let found = find(values, &vec![limits; values.len()], 0);
        found.iter().map(|s| (s.rule, s.from, s.to)).collect()
    }

    /// The published test cases of the package, as rules: seven and not six, strictly, one side.
    #[test]
    fn seven_in_a_row_is_a_signal_and_six_is_not() {
        let one_side = [1.0, 0.5, 1.0, 0.5, 1.0, 0.5, 1.0];
        assert_eq!(signals(&one_side), [(Rule::SevenOnOneSide, 0, 7)]);
        assert_eq!(signals(&one_side[..6]), []);
        let mut broken = one_side;
        broken[3] = 0.0;
        assert_eq!(signals(&broken), []);
    }

    #[test]
    fn a_trend_is_seven_strictly_rising_or_falling_points() {
        let rising = [-0.3, -0.2, -0.1, 0.1, 0.2, 0.3, 0.4];
        assert_eq!(signals(&rising), [(Rule::SevenRisingOrFalling, 0, 7)]);
        assert_eq!(signals(&rising[1..]), []);
        let level = [-0.3, -0.2, -0.1, -0.1, 0.2, 0.3, 0.4];
        assert_eq!(signals(&level), []);
        let within = [0.5, -0.3, -0.2, -0.1, 0.1, 0.2, 0.3, 0.4, 0.0];
        assert_eq!(signals(&within), [(Rule::SevenRisingOrFalling, 1, 8)]);
    }

    #[test]
    fn two_of_three_must_be_on_one_side() {
        assert_eq!(
            signals(&[2.1, 0.5, 2.2]),
            [(Rule::TwoOfThreeCloseToALimit, 0, 3)]
        );
        assert_eq!(signals(&[2.1, -0.5, 2.2]), []);
        assert_eq!(signals(&[2.1, 0.5, -2.2]), []);
        assert_eq!(signals(&[1.9, 0.5, 2.2]), []);
    }

    #[test]
    fn a_point_outside_the_limits_is_a_signal_and_one_on_them_is_not() {
        assert_eq!(signals(&[0.0, 3.1, 0.0]), [(Rule::OutsideLimits, 1, 2)]);
        assert_eq!(signals(&[0.0, 3.0, -3.0]), []);
    }
}
