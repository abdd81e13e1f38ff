use super::*;
use crate::domain::time::calendar::Calendar;
use crate::domain::time::golden::{calendar, scotland};
use jiff::SignedDuration;
use proptest::prelude::*;
use std::sync::LazyLock;

static SCOTLAND: LazyLock<Calendar> = LazyLock::new(|| calendar(scotland()));

#[derive(Debug, Clone, Copy)]
enum Turn {
    /// The holder does something.
    Renew,
    /// A question goes out, or is answered.
    Freeze,
    Thaw,
}

fn turns() -> impl Strategy<Value = Vec<(i64, Turn)>> {
    let turn = prop_oneof![Just(Turn::Renew), Just(Turn::Freeze), Just(Turn::Thaw)];
    prop::collection::vec((0i64..4_000, turn), 0..8)
}

fn targets() -> impl Strategy<Value = Target> {
    prop_oneof![
        (1u32..80).prop_map(Target::WorkingHours),
        (1u32..10).prop_map(Target::WorkingDays),
    ]
}

fn due(lease: &Lease, now: Timestamp) -> Option<Timestamp> {
    lease.find()?.reading(&SCOTLAND, now).due_at
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn a_lease_never_ends_early_and_renewing_it_never_makes_it_shorter(
        start in 0i64..525_600, target in targets(), turns in turns()
    ) {
        let frozen_in = [StateName::parse("asking").unwrap()];
        let working = StateName::parse("working").unwrap();
        let terms = LeaseTerms { target, frozen_in: &frozen_in };
        let minutes = SignedDuration::from_mins;
        let first: Timestamp = "2026-01-01T00:00Z".parse().unwrap();
        let mut now = first.saturating_add(minutes(start)).unwrap();
        let mut lease = Lease::default();
        let name = CalendarName::parse("scotland").unwrap();
        lease.enter(&working, terms, now);
        lease.begin(terms, name.clone(), now);
        // Working time since the last act of the holder, counted here once more.
        let (mut ran_ms, mut runs) = (0, true);
        for (wait, turn) in turns {
            let next = now.saturating_add(minutes(wait)).unwrap();
            if due(&lease, next).is_some_and(|due| due < next) {
                break;
            }
            if runs {
                ran_ms += SCOTLAND.working_ms_between(now, next);
            }
            now = next;
            let before = due(&lease, now);
            match turn {
                Turn::Renew => {
                    lease.begin(terms, name.clone(), now);
                    ran_ms = 0;
                    if let (Some(before), Some(after)) = (before, due(&lease, now)) {
                        prop_assert!(before <= after);
                    }
                }
                Turn::Freeze => {
                    lease.enter(&frozen_in[0], terms, now);
                    runs = false;
                    let status = lease.find().map(|spell| spell.status);
                    prop_assert_eq!(status, Some(SpellStatus::Paused));
                }
                Turn::Thaw => {
                    lease.enter(&working, terms, now);
                    runs = true;
                }
            }
        }
        match (due(&lease, now), target) {
            (None, _) => prop_assert!(!runs),
            (Some(due), Target::WorkingHours(hours)) => {
                let left = SCOTLAND.working_ms_between(now, due);
                prop_assert_eq!(ran_ms + left, i64::from(hours) * 3_600_000);
            }
            (Some(due), _) => prop_assert!(due >= now),
        }
    }
}
