//! The real log of a municipality, read without our importer: calendar and statistics alone against
//! figures that were computed elsewhere.

use jiff::Timestamp;
use rfa::domain::ids::CalendarName;
use rfa::domain::time::calendar::{Calendar, Calendars};
use rfa::statistics::Observation;
use rfa::statistics::kaplan_meier::KaplanMeier;
use rfa::statistics::summary::{ClosedOnly, oldest_open_days};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;

/// `None` where the data are not at hand, which no one may overlook.
fn find_data() -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let folder = std::env::var_os("RFA_TEST_DATA").map_or(beside, PathBuf::from);
    if folder.join("permit-receipt.csv").is_file() {
        return Some(folder);
    }
    let said = format!(
        "NOT RUN: permit figures, no permit-receipt.csv in {}",
        folder.display()
    );
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{said}");
    // Past the test harness, which keeps what passing tests print.
    let mut terminal = std::io::stderr();
    writeln!(terminal, "{said}").unwrap();
    None
}

struct Request {
    channel: String,
    received: Timestamp,
    confirmed: Option<Timestamp>,
}

fn time(text: &str) -> Timestamp {
    text.replacen(' ', "T", 1).parse().unwrap()
}

fn read(path: &PathBuf, stop: &str) -> Vec<Request> {
    let mut requests: BTreeMap<String, Request> = BTreeMap::new();
    let mut rows = csv::Reader::from_path(path).unwrap();
    let header = rows.headers().unwrap().clone();
    let column = |name| header.iter().position(|h| h == name).unwrap();
    let names = [
        "case:concept:name",
        "case:channel",
        "case:startdate",
        "concept:name",
        "time:timestamp",
    ];
    let [id, channel, start, activity, at] = names.map(column);
    for row in rows.records().map(Result::unwrap) {
        let occurred = time(&row[at]);
        let received = time(&row[start]).min(occurred);
        let request = requests
            .entry(row[id].to_owned())
            .or_insert_with(|| Request {
                channel: row[channel].to_owned(),
                received,
                confirmed: None,
            });
        request.received = request.received.min(received);
        if &row[activity] == stop {
            request.confirmed = Some(request.confirmed.map_or(occurred, |c| c.min(occurred)));
        }
    }
    requests.into_values().collect()
}

fn amsterdam() -> Calendar {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/workflows/calendars/amsterdam-weekdays.yaml"
    );
    let file = serde_saphyr::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let calendars = Calendars::build([file]).unwrap();
    let name = CalendarName::parse("amsterdam-weekdays").unwrap();
    calendars.load(&name).unwrap().clone()
}

fn assert_close(found: Option<f64>, expected: &Value, what: &str) {
    match (found, expected.as_f64()) {
        (None, None) => {}
        (Some(a), Some(b)) if (a - b).abs() < 1e-6 => {}
        (found, expected) => panic!("{what}: {found:?}, expected {expected:?}"),
    }
}

fn check(requests: &[&Request], calendar: &Calendar, as_of: Timestamp, expected: &Value) {
    let observations: Vec<Observation> = requests
        .iter()
        .map(|request| Observation {
            days: request
                .received
                .duration_until(request.confirmed.unwrap_or(as_of))
                .as_secs_f64()
                / 86_400.0,
            ended: request.confirmed.is_some(),
        })
        .collect();
    let closed = ClosedOnly::of(&observations);
    let count = |name: &str| usize::try_from(expected[name].as_u64().unwrap()).unwrap();
    assert_eq!(requests.len(), count("requests"));
    assert_eq!(closed.count, count("acknowledged"));
    assert_eq!(requests.len() - closed.count, count("open"));
    let curve = KaplanMeier::of(&observations);
    let (plain, km) = (
        &expected["closed_only_days"],
        &expected["kaplan_meier_days"],
    );
    assert_close(closed.mean_days, &plain["mean"], "mean");
    assert_close(closed.median_days, &plain["median"], "median of the closed");
    assert_close(curve.median(), &km["median"], "median");
    assert_close(curve.quantile(0.85), &km["p85"], "p85");
    assert_close(curve.quantile(0.95), &km["p95"], "p95");
    assert_close(
        oldest_open_days(&observations),
        &expected["oldest_open_days"],
        "oldest",
    );
    for (days, share) in expected["survival_at_days"].as_object().unwrap() {
        assert_close(Some(curve.survival_at(days.parse().unwrap())), share, days);
    }
    let within = requests.iter().filter(|request| {
        request.confirmed.is_some_and(|at| {
            let zero = calendar.day_zero(request.received);
            at <= calendar.end_of_day(calendar.nth_working_day_after(zero, 5))
        })
    });
    assert_eq!(within.count(), count("within_5_working_days"));
}

#[test]
fn calendar_and_statistics_meet_the_permit_figures_whole_and_by_channel() {
    let Some(folder) = find_data() else { return };
    let text = std::fs::read_to_string(folder.join("permit-receipt.expected.json")).unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    let stop = expected["clock"]["stop"].as_str().unwrap();
    let as_of = time(expected["as_of"].as_str().unwrap());
    let requests = read(&folder.join("permit-receipt.csv"), stop);
    let calendar = amsterdam();
    check(
        &requests.iter().collect::<Vec<_>>(),
        &calendar,
        as_of,
        &expected["all"],
    );
    let channels = expected["by_channel"].as_object().unwrap();
    assert_eq!(channels.len(), 5);
    for (channel, figures) in channels {
        let of_channel: Vec<&Request> = requests.iter().filter(|r| r.channel == *channel).collect();
        check(&of_channel, &calendar, as_of, figures);
    }
}
