use super::super::shipped::name;
use super::super::{CalendarFile, Calendars};
use jiff::civil::date;

fn file(text: &str) -> CalendarFile {
    serde_saphyr::from_str(text).unwrap()
}

/// The message of the refusal.
fn refused(files: &[&str]) -> String {
    Calendars::build(files.iter().map(|text| file(text)))
        .unwrap_err()
        .to_string()
}

fn with(name: &str, rest: &str) -> String {
    format!("format: 1\ncalendar: {name}\ntitle: T\n{rest}")
}

const BASE: &str =
    "zone: Europe/London\nwindows: { monday: [{ open: '09:00', close: '17:00' }] }\n";

#[test]
fn a_layer_adds_closures_and_lends_zone_windows_and_cut_off() {
    let base = with(
        "base",
        &format!(
            "{BASE}cut_off: '17:00'\nclosures: [{{ from: 2026-06-01, name: One, source: s }}]"
        ),
    );
    let other = with(
        "other",
        "zone: Europe/Paris\nclosures: [{ from: 2026-06-08, name: Two, source: s }, { from: 2026-06-01, name: Other, source: s }]",
    );
    let top = with(
        "top",
        "layers: [base, other]\nclosures: [{ from: 2026-06-15, to: 2026-06-22, name: Three, source: s }]",
    );
    let calendars = Calendars::build(
        [top, other.clone() + "\nlayers: [base]", base]
            .iter()
            .map(|t| file(t)),
    )
    .unwrap();
    let top = calendars.load(&name("top")).unwrap();
    let names = [1, 8, 15, 22, 29].map(|day| top.find_closure(date(2026, 6, day)));
    assert_eq!(
        names,
        [Some("One"), Some("Two"), Some("Three"), Some("Three"), None]
    );
    assert_eq!(
        top.covers_until(),
        Some(date(2026, 6, 1)),
        "the shortest layer decides"
    );
    // From `base`, the first layer that has them: 17:00 in London is past the cut-off.
    let at = "2026-06-29T16:00:00Z".parse().unwrap();
    assert_eq!(top.day_zero(at), date(2026, 7, 6));
    let other = calendars.load(&name("other")).unwrap();
    assert_eq!(
        other.local_date("2026-06-29T22:30:00Z".parse().unwrap()),
        date(2026, 6, 30)
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of wrong calendars")]
fn a_calendar_that_cannot_be_meant_is_refused_with_its_name() {
    let base = with("base", BASE);
    for (files, said) in [
        (
            vec![with("a", &format!("{BASE}layers: [nowhere]"))],
            "calendar `a`: layer `nowhere` does not exist",
        ),
        (
            vec![
                with("a", &format!("{BASE}layers: [b]")),
                with("b", "layers: [a]"),
            ],
            "calendar `a`: is a layer of itself: a on b on a",
        ),
        (
            vec![base.clone(), base.clone()],
            "calendar `base`: is given twice",
        ),
        (
            vec![with(
                "a",
                "windows: { monday: [{ open: '09:00', close: '17:00' }] }",
            )],
            "calendar `a`: has no zone, and none of its layers has",
        ),
        (
            vec![with("a", "zone: Europe/London")],
            "calendar `a`: has no windows, and none of its layers has",
        ),
        (
            vec![base.replace("London", "Ayr")],
            "calendar `base`: zone `Europe/Ayr` is no IANA time zone, such as Europe/London",
        ),
        (
            vec![base.replace("09:00", "17:00")],
            "calendar `base`: Monday: 17:00:00 is not before 17:00:00",
        ),
        (
            vec![base.replace("format: 1", "format: 2")],
            "calendar `base`: format 2 is not known; 1 is",
        ),
        (
            vec![base.replace("[{ open", "[{ open: '16:00', close: '24:00' }, { open")],
            "calendar `base`: Monday: one window closes at 17:00:00, the next opens at 16:00:00 before that",
        ),
        (
            vec![base.replace("[{ open: '09:00', close: '17:00' }]", "[]")],
            "calendar `base`: Monday has no window; leave the day out",
        ),
        (
            vec![format!(
                "{base}closures: [{{ from: 2026-06-02, to: 2026-06-01, name: n, source: s }}]"
            )],
            "calendar `base`: closure from 2026-06-02 ends before that, on 2026-06-01",
        ),
        (
            vec![format!(
                "{base}closures: [{{ from: 2026-06-02, to: 2062-06-01, name: n, source: s }}]"
            )],
            "calendar `base`: closure from 2026-06-02 to 2062-06-01 is longer than 400 days",
        ),
        (
            vec![format!(
                "{base}closures: [{{ from: 2026-06-02, name: n, source: ' ' }}]"
            )],
            "calendar `base`: closure from 2026-06-02 needs a name and a source",
        ),
        (
            vec![format!(
                "{base}covers_until: 2026-01-01\nclosures: [{{ from: 2026-06-02, name: n, source: s }}]"
            )],
            "calendar `base`: covers_until 2026-01-01 is before its last closure, 2026-06-02",
        ),
    ] {
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        assert_eq!(refused(&files), said);
    }
}

#[test]
fn an_unknown_calendar_is_an_error_not_weekdays_only() {
    let error = Calendars::default().load(&name("nowhere")).unwrap_err();
    assert_eq!(error.to_string(), "there is no calendar `nowhere`");
}

#[test]
fn a_file_reads_back_as_it_was_written() {
    let before = file(&with("a", &BASE.replace("17:00", "24:00")));
    let json = serde_json::to_string(&before).unwrap();
    assert_eq!(serde_json::from_str::<CalendarFile>(&json).unwrap(), before);
    assert!(before.windows.values().all(|w| w[0].is_until_midnight()));
}

#[test]
fn an_unknown_key_or_a_second_key_is_refused() {
    for text in [
        with("a", "holidays: []"),
        with("a", "title: U"),
        with("a", "windows: { mon: [] }"),
    ] {
        assert!(serde_saphyr::from_str::<CalendarFile>(&text).is_err());
    }
}
