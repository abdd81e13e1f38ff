//! Random waits with ties, open ones, late entries and several outcomes, and random series, each
//! with our curve, chances and limits.

use super::out;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rfa::statistics::Exposure;
use rfa::statistics::competing::AalenJohansen;
use rfa::statistics::control::{Part, between, proportions, xmr};
use rfa::statistics::kaplan_meier::KaplanMeier;
use serde_json::{Value, json};

const SETS: usize = 1_000;
const SEED: u64 = 5_059;
const OUTCOMES: usize = 3;
const DAYS: [f64; 5] = [0.0, 2.0, 5.0, 10.0, 25.0];

/// Half of the sets are looked at from a start of their own on.
fn waits(chance: &mut StdRng) -> Vec<Exposure> {
    let truncated = chance.random_bool(0.5);
    let count = chance.random_range(1..60);
    let wait = |_| {
        let entered = if truncated {
            chance.random_range(0..12)
        } else {
            0
        };
        let days = entered + chance.random_range(0..20_u32);
        let outcome = chance.random_range(0..OUTCOMES + 2);
        Exposure {
            entered_days: f64::from(entered),
            days: f64::from(days),
            outcome: (outcome < OUTCOMES).then_some(outcome),
        }
    };
    (0..count).map(wait).collect()
}

fn answer(waits: &[Exposure]) -> Value {
    let curve = KaplanMeier::of_exposures(waits);
    let competing = AalenJohansen::of(waits, OUTCOMES);
    let chances: Vec<Vec<[f64; 3]>> = (0..OUTCOMES)
        .map(|outcome| {
            let at = DAYS.map(|days| competing.at(outcome, days));
            at.map(|one| [one.share, one.lower, one.upper]).to_vec()
        })
        .collect();
    let steps: Vec<Value> = curve
        .steps()
        .iter()
        .map(|s| {
            json!([
                s.days,
                s.at_risk_count,
                s.ended_count,
                s.survival,
                s.lower,
                s.upper
            ])
        })
        .collect();
    json!({
        "steps": steps,
        "quantiles": [curve.quantile(0.5), curve.quantile(0.85), curve.quantile(0.95)],
        "chances": chances,
    })
}

fn limits(parts: &[Part]) -> Value {
    let signals = parts[0].signals.iter().map(|signal| json!(signal));
    match &parts[0].limits {
        Ok(limits) => json!({ "limits": limits, "signals": signals.collect::<Vec<_>>() }),
        Err(few) => json!({ "too_few": few.points }),
    }
}

fn series(chance: &mut StdRng) -> Value {
    let count = chance.random_range(8..40);
    // A drift in some, so that every rule has something to find.
    let drift = chance.random_range(-2..3);
    let values: Vec<f64> = (0..count)
        .map(|at| f64::from(chance.random_range(0..12) + drift * at / 3))
        .collect();
    let shares: Vec<proportions::Share> = (0..count)
        .map(|_| {
            let whole = chance.random_range(1..60_usize);
            let part = chance.random_range(0..=whole);
            proportions::Share { part, whole }
        })
        .collect();
    let counts: Vec<usize> = (0..count).map(|_| chance.random_range(0..30)).collect();
    let days: Vec<f64> = (0..count)
        .map(|_| f64::from(chance.random_range(0..90)))
        .collect();
    json!({
        "values": values,
        "shares": shares.iter().map(|s| [s.part, s.whole]).collect::<Vec<_>>(),
        "counts": counts,
        "days": days,
        "ours": {
            "xmr": limits(&xmr::chart(&values, &[])),
            "p": limits(&proportions::chart(&shares, &[])),
            "g": limits(&between::requests(&counts, &[])),
            "t": limits(&between::days(&days, &[])),
        },
    })
}

#[test]
fn random_waits_and_series_are_written_down_with_our_figures() {
    let mut chance = StdRng::seed_from_u64(SEED);
    let mut lines = String::new();
    for _ in 0..SETS {
        let waits = waits(&mut chance);
        let rows = waits
            .iter()
            .map(|w| json!([w.entered_days, w.days, w.outcome]));
        let case = json!({
            "waits": rows.collect::<Vec<_>>(),
            "days": DAYS,
            "ours": answer(&waits),
            "series": series(&mut chance),
        });
        lines.push_str(&case.to_string());
        lines.push('\n');
    }
    std::fs::write(out("curves.jsonl"), &lines).unwrap();
    let written = std::fs::read_to_string(out("curves.jsonl")).unwrap();
    for rule in [
        "outside-limits",
        "seven-on-one-side",
        "seven-rising-or-falling",
        "two-of-three",
    ] {
        assert!(written.contains(rule), "seed {SEED}: no signal of {rule}");
    }
    assert_eq!(written.lines().count(), SETS);
}
