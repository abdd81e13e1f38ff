use super::golden::{calendar, closed_on, scotland};
use super::shipped::file;
use super::{Calendar, CalendarFile, WeekdayName};
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Span, Timestamp};
use proptest::prelude::*;
use std::sync::LazyLock;

const HOUR_MS: i64 = 3_600_000;

/// Windows around the hours that are skipped and repeated, two a day, Sundays too.
fn nights() -> CalendarFile {
    let mut nights = scotland();
    let windows = "[{ open: '00:15', close: '01:30' }, { open: '01:45', close: '24:00' }]";
    let windows: Vec<super::Window> = serde_saphyr::from_str(windows).unwrap();
    for day in [WeekdayName::Monday, WeekdayName::Sunday] {
        nights.windows.insert(day, windows.clone());
    }
    nights.cut_off = Some("16:45".parse().unwrap());
    nights
}

static FILES: LazyLock<[CalendarFile; 3]> =
    LazyLock::new(|| [scotland(), nights(), file("all-hours")]);
static CALENDARS: LazyLock<[Calendar; 3]> =
    LazyLock::new(|| FILES.each_ref().map(|file| calendar(file.clone())));

fn any_calendar() -> impl Strategy<Value = &'static Calendar> {
    (0usize..3).prop_map(|i| &CALENDARS[i])
}

/// A second of 2026 or 2027; half of them within two days of a change of the clock.
pub(in crate::domain::time) fn instant() -> impl Strategy<Value = Timestamp> {
    let changes: Vec<i64> = ["2026-03-29", "2026-10-25", "2027-03-28", "2027-10-31"]
        .map(|day| {
            format!("{day}T01:00Z")
                .parse::<Timestamp>()
                .unwrap()
                .as_second()
        })
        .to_vec();
    let any = 1_767_225_600i64..1_830_297_600;
    let near = (prop::sample::select(changes), -172_800i64..172_800).prop_map(|(at, by)| at + by);
    prop_oneof![any, near].prop_map(|second| Timestamp::from_second(second).unwrap())
}

fn day() -> impl Strategy<Value = Date> {
    let first = date(2026, 1, 1);
    (0i64..700).prop_map(move |days| first.checked_add(Span::new().days(days)).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn working_time_after_adding_it_is_what_was_added(
        calendar in any_calendar(), from in instant(), ms in 0..40 * HOUR_MS
    ) {
        let to = calendar.add_working_ms(from, ms);
        prop_assert_eq!(calendar.working_ms_between(from, to), ms);
        let earlier = to.saturating_sub(SignedDuration::from_millis(1)).unwrap();
        prop_assert!(calendar.working_ms_between(from, earlier) < ms.max(1), "first such instant");
    }

    #[test]
    fn day_zero_is_a_working_day_on_or_after_the_local_date(
        calendar in any_calendar(), from in instant()
    ) {
        let zero = calendar.day_zero(from);
        prop_assert!(calendar.is_working_day(zero));
        prop_assert!(zero >= calendar.local_date(from));
        prop_assert!(calendar.end_of_day(zero) > from);
    }

    #[test]
    fn counting_working_days_undoes_adding_them(
        calendar in any_calendar(), from in day(), n in 0u32..60
    ) {
        let to = calendar.nth_working_day_after(from, n);
        prop_assert_eq!(calendar.working_days_between(from, to), n);
        prop_assert!(n == 0 || calendar.is_working_day(to));
    }

    #[test]
    fn an_hour_of_every_hour_is_an_hour(from in instant(), to in instant()) {
        let wall = (to.as_millisecond() - from.as_millisecond()).max(0);
        prop_assert_eq!(CALENDARS[2].working_ms_between(from, to), wall);
    }
}

proptest! {
    // Over months; each case walks hundreds of days.
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn working_time_adds_up_and_never_falls(
        calendar in any_calendar(), a in instant(), b in instant(), c in instant()
    ) {
        let mut at = [a, b, c];
        at.sort();
        let [a, b, c] = at;
        let (ab, bc) = (calendar.working_ms_between(a, b), calendar.working_ms_between(b, c));
        prop_assert!(ab >= 0 && bc >= 0);
        prop_assert_eq!(calendar.working_ms_between(a, c), ab + bc);
    }

    #[test]
    fn a_closure_never_makes_a_deadline_earlier_and_none_on_a_day_off(
        i in 0usize..3, from in instant(), closed in day(), n in 0u32..30
    ) {
        let before = &CALENDARS[i];
        let after = calendar(closed_on(FILES[i].clone(), closed));
        let due = |calendar: &Calendar| {
            (
                calendar.nth_working_day_after(calendar.day_zero(from), n),
                calendar.add_working_ms(from, i64::from(n) * HOUR_MS),
            )
        };
        let (was, is) = (due(before), due(&after));
        prop_assert!(is.0 >= was.0 && is.1 >= was.1);
        if !before.is_working_day(closed) {
            prop_assert_eq!(is, was);
        }
    }
}
