//! The real log of a municipality, through the importer, the log and the read tables.

use crate::support::engine::{Engine, workflows};
use jiff::Timestamp;
use rfa::commands::Importer;
use rfa::domain::declared::Declared;
use rfa::domain::ids::{Authority, WorkflowName};
use rfa::history::import::Plan;
use rfa::history::mapping::Mapping;
use rfa::history::report::Report;
use rfa::history::rows;
use rfa::log::{Log, Position};
use rfa::projections::response_times::answer::{ClockFigures, Question, query};
use serde_json::Value;
use std::path::{Path, PathBuf};
use uuid::Uuid;

const AUTHORITY: &str = "permit-office";

/// `None` where the data are not at hand; says so loudly, and fails where CI runs it.
pub(crate) fn find_data() -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let folder = std::env::var_os("RFA_TEST_DATA").map_or(beside, PathBuf::from);
    if folder.join("permit-receipt.csv").is_file() {
        return Some(folder);
    }
    let said = format!("NOT RUN: no permit-receipt.csv in {}", folder.display());
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{said}");
    std::io::Write::write_all(&mut std::io::stderr(), format!("{said}\n").as_bytes()).unwrap();
    None
}

fn mapping() -> Mapping {
    let file = workflows().join("permit-receipt/mapping.yaml");
    Mapping::parse("mapping.yaml", &std::fs::read_to_string(file).unwrap()).unwrap()
}

async fn import(engine: &Engine, mapping: Mapping, file: &Path) -> Report {
    let columns: Vec<String> = mapping.columns().map(str::to_owned).collect();
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let plan = Plan::new(mapping, rows::read(file, &columns).unwrap()).unwrap();
    let authority = Authority::parse(AUTHORITY).unwrap();
    let name = WorkflowName::parse("permit-receipt").unwrap();
    let commands = engine.commands.clone();
    let mut importer =
        Importer::new(commands, authority.clone(), (&name, 1), Uuid::new_v4()).unwrap();
    plan.run(&mut importer, &authority, |_| {}).await.unwrap()
}

async fn figures(
    log: &Log,
    declared: &Declared,
    by: Option<&str>,
    as_of: Timestamp,
) -> Vec<ClockFigures> {
    let workflow = WorkflowName::parse("permit-receipt").unwrap();
    let mut question = Question::whole(AUTHORITY, workflow, as_of);
    question.by = by.map(str::to_owned);
    query(log.pool(), declared, &question).await.unwrap().clocks
}

fn close(ours: Option<f64>, theirs: &Value, what: &str) {
    match (ours, theirs.as_f64()) {
        (None, None) => {}
        (Some(ours), Some(theirs)) => {
            assert!(
                (ours - theirs).abs() < 1e-6,
                "{what}: {ours} is not {theirs}"
            );
        }
        (ours, theirs) => panic!("{what}: {ours:?} is not {theirs:?}"),
    }
}

fn compare(ours: &ClockFigures, theirs: &Value, what: &str) {
    assert_eq!(
        Some(ours.started as u64),
        theirs["requests"].as_u64(),
        "{what} requests"
    );
    assert_eq!(
        Some(ours.stopped as u64),
        theirs["acknowledged"].as_u64(),
        "{what} acknowledged"
    );
    assert_eq!(
        Some(ours.open as u64),
        theirs["open"].as_u64(),
        "{what} open"
    );
    let within = theirs["within_5_working_days"].as_u64();
    assert_eq!(
        Some(ours.within_target as u64),
        within,
        "{what} within five working days"
    );
    close(
        ours.closed_only_days.mean,
        &theirs["closed_only_days"]["mean"],
        what,
    );
    close(
        ours.closed_only_days.median,
        &theirs["closed_only_days"]["median"],
        what,
    );
    close(
        ours.kaplan_meier_days.median,
        &theirs["kaplan_meier_days"]["median"],
        what,
    );
    close(
        ours.kaplan_meier_days.p85,
        &theirs["kaplan_meier_days"]["p85"],
        what,
    );
    close(
        ours.kaplan_meier_days.p95,
        &theirs["kaplan_meier_days"]["p95"],
        what,
    );
    close(ours.oldest_open_days, &theirs["oldest_open_days"], what);
    for (days, survival) in theirs["survival_at_days"].as_object().unwrap() {
        close(ours.survival_at_days.get(days).copied(), survival, what);
    }
}

async fn figures_are_as_expected(engine: &Engine, data: &Path) {
    engine.runner.run_until_idle().await.unwrap();
    let declared = engine.commands.registry().of(AUTHORITY);
    expected_figures(&engine.log, &declared, data).await;
}

/// Of the read tables, against what others computed.
pub(crate) async fn expected_figures(log: &Log, declared: &Declared, data: &Path) {
    let text = std::fs::read_to_string(data.join("permit-receipt.expected.json")).unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    let as_of: Timestamp = expected["as_of"].as_str().unwrap().parse().unwrap();
    let whole = figures(log, declared, None, as_of).await;
    assert_eq!(whole.len(), 1);
    compare(&whole[0], &expected["all"], "all");
    let by_channel = figures(log, declared, Some("channel"), as_of).await;
    assert_eq!(
        by_channel.len(),
        expected["by_channel"].as_object().unwrap().len()
    );
    for ours in &by_channel {
        let channel = ours.group.as_deref().unwrap();
        compare(ours, &expected["by_channel"][channel], channel);
    }
}

async fn count_of_events(engine: &Engine) -> (i64, i64) {
    let client = engine.database.connect().await;
    let row = client
        .query_one(
            "select count(*), count(distinct stream) from event_log.events \
             where stream_kind = 'request'",
            &[],
        )
        .await
        .unwrap();
    (row.get(0), row.get(1))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_log_gives_the_figures_that_others_computed() {
    let Some(data) = find_data() else { return };
    let engine = Engine::start().await;
    engine.publish_folder(AUTHORITY).await;
    let file = data.join("permit-receipt.csv");

    let report = import(&engine, mapping(), &file).await;
    assert_eq!(
        (report.appended, report.refused_count()),
        (8_577, 0),
        "{report}"
    );
    assert_eq!(count_of_events(&engine).await, (8_577, 1_434));
    assert_eq!(report.by_activity, activities_of(&file));
    let late = report
        .findings
        .iter()
        .find(|f| f.what.starts_with("the start lies after"))
        .unwrap();
    assert_eq!(late.examples, ["case-4677", "case-5704"]);
    figures_are_as_expected(&engine, &data).await;

    let again = import(&engine, mapping(), &file).await;
    assert_eq!((again.appended, again.known), (0, 8_577));
    assert_eq!(count_of_events(&engine).await, (8_577, 1_434));

    let verified = rfa::log::verify::verify(&engine.database.connect().await, None, |_| {}).await;
    let rfa::log::verify::Verified::Clean { checkpoint, .. } = verified.unwrap() else {
        panic!("the chain is broken")
    };
    assert_eq!(
        checkpoint.unwrap().position,
        engine.log.head().await.unwrap()
    );
    assert!(engine.log.head().await.unwrap() > Position(8_577));
}

/// The same two requests, once as CSV and once as XES.
const XES: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1.0" xmlns="http://www.xes-standard.org/">
  <trace>
    <string key="concept:name" value="case-1"/>
    <string key="channel" value="Desk"/>
    <date key="startdate" value="2011-03-01T09:00:00.000+01:00"/>
    <string key="department" value="General"/>
    <event>
      <string key="concept:name" value="Confirmation of receipt"/>
      <date key="time:timestamp" value="2011-03-02T10:00:00.000+01:00"/>
      <string key="org:resource" value="Resource01"/>
      <string key="org:group" value="Group 1"/>
      <string key="concept:instance" value="task-1"/>
    </event>
    <event>
      <string key="concept:name" value="T05 Print and send confirmation of receipt"/>
      <date key="time:timestamp" value="2011-03-04T10:00:00.000+01:00"/>
      <string key="org:resource" value="Resource02"/>
      <string key="org:group" value="EMPTY"/>
      <string key="concept:instance" value="task-2"/>
    </event>
  </trace>
</log>
"#;

const CSV: &str = "case:concept:name,case:channel,case:startdate,case:department,concept:name,time:timestamp,org:resource,org:group,concept:instance
case-1,Desk,2011-03-01 09:00:00+01:00,General,Confirmation of receipt,2011-03-02 10:00:00+01:00,Resource01,Group 1,task-1
case-1,Desk,2011-03-01 09:00:00+01:00,General,T05 Print and send confirmation of receipt,2011-03-04 10:00:00+01:00,Resource02,EMPTY,task-2
case-2,Desk,2011-03-01 09:00:00+01:00,General,An activity of nobody,2011-03-04 10:00:00+01:00,Resource02,EMPTY,task-3
case-3,Desk,2011-03-01 09:00:00+01:00,General,Confirmation of receipt,yesterday,Resource02,EMPTY,task-4
case-4,Desk
";

#[tokio::test(flavor = "multi_thread")]
async fn xes_and_csv_bring_the_same_rows_and_a_bad_row_is_refused_with_its_line() {
    let engine = Engine::start().await;
    engine.publish_folder(AUTHORITY).await;
    let folder = tempfile::tempdir();
    let (xes, csv) = (folder.join("log.xes.gz"), folder.join("log.csv"));
    let file = std::fs::File::create(&xes).unwrap();
    let mut gz = flate2::write::GzEncoder::new(file, flate2::Compression::default());
    std::io::Write::write_all(&mut gz, XES.as_bytes()).unwrap();
    gz.finish().unwrap();
    std::fs::write(&csv, CSV).unwrap();

    let first = import(&engine, mapping(), &xes).await;
    assert_eq!((first.appended, first.refused_count()), (2, 0), "{first}");
    let second = import(&engine, mapping(), &csv).await;
    assert_eq!((second.appended, second.known), (0, 2), "{second}");
    let refused: Vec<(u64, &str)> = second
        .refused
        .iter()
        .map(|row| (row.line, row.reason.as_str()))
        .collect();
    assert_eq!(
        refused,
        [
            (4, "the mapping does not know this activity"),
            (5, "`time:timestamp` is not a time"),
            (6, "2 fields instead of 9"),
        ]
    );
    std::fs::remove_dir_all(folder).unwrap();
}

const HEADER: &str = "case:concept:name,case:channel,case:startdate,case:department,concept:name,time:timestamp,org:resource,org:group,concept:instance\n";

/// Rows of an invented log: request, activity, time and who did it.
async fn import_rows(engine: &Engine, mapping: Mapping, rows: &[[&str; 4]]) -> Report {
    let line = |[request, activity, time, actor]: &[&str; 4]| {
        format!(
            "{request},Desk,2011-03-01 09:00:00+01:00,General,{activity},{time},{actor},EMPTY,\n"
        )
    };
    let folder = tempfile::tempdir();
    let file = folder.join("log.csv");
    let lines: String = rows.iter().map(line).collect();
    std::fs::write(&file, format!("{HEADER}{lines}")).unwrap();
    let report = import(engine, mapping, &file).await;
    std::fs::remove_dir_all(folder).unwrap();
    report
}

const CONFIRMED: &str = "Confirmation of receipt";
const CHECKED: &str = "T02 Check confirmation of receipt";
const SENT: &str = "T05 Print and send confirmation of receipt";

fn found<'r>(report: &'r Report, beginning: &str) -> Option<&'r [String]> {
    let mut findings = report.findings.iter();
    let found = findings.find(|finding| finding.what.starts_with(beginning));
    found.map(|finding| finding.examples.as_slice())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_stands_twice_counts_once_and_costs_no_other() {
    let engine = Engine::start().await;
    engine.publish_folder(AUTHORITY).await;
    let rows = [
        ["case-1", CONFIRMED, "2011-03-02 10:00:00+01:00", "R1"],
        ["case-1", CHECKED, "2011-03-03 10:00:00+01:00", "R1"],
        ["case-1", CHECKED, "2011-03-03 10:00:00+01:00", "R1"],
        ["case-1", SENT, "2011-03-04 10:00:00+01:00", "R1"],
    ];
    let first = import_rows(&engine, mapping(), &rows).await;
    assert_eq!((first.appended, first.refused_count()), (3, 0), "{first}");
    assert_eq!(
        found(&first, "a row stands twice"),
        Some(&["case-1".to_owned()][..])
    );
    let again = import_rows(&engine, mapping(), &rows).await;
    assert_eq!((again.known, again.refused_count()), (3, 0), "{again}");

    let mut other = rows;
    other[2][3] = "R2";
    let other = import_rows(&engine, mapping(), &other).await;
    assert_eq!((other.known, other.refused_count()), (3, 1), "{other}");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_of_the_older_log_have_codes_and_no_names() {
    let engine = Engine::start().await;
    engine.publish_folder(AUTHORITY).await;
    let rows = [
        [
            "case-1",
            CONFIRMED,
            "2011-03-02 10:00:00+01:00",
            "J. Canary",
        ],
        ["case-1", CHECKED, "2011-03-03 10:00:00+01:00", "J-Canary"],
        [
            "case-2",
            CONFIRMED,
            "2011-03-03 10:00:00+01:00",
            "J. Canary",
        ],
    ];
    let report = import_rows(&engine, mapping(), &rows).await;
    assert_eq!(
        (report.appended, report.refused_count()),
        (3, 0),
        "{report}"
    );
    let client = engine.database.connect().await;
    let actors = "select stream, version, actor from event_log.events \
                  where stream_kind = 'request' order by version, stream";
    let actors = client.query(actors, &[]).await.unwrap();
    let actors: Vec<String> = actors.iter().map(|row| row.get(2)).collect();
    assert!(actors.iter().all(|actor| !actor.contains("Canary")));
    assert_eq!(actors[0], actors[1], "one person, two requests");
    assert_ne!(actors[0], actors[2], "two people");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_local_time_that_does_not_exist_is_refused_and_one_that_exists_twice_is_told() {
    let engine = Engine::start().await;
    engine.publish_folder(AUTHORITY).await;
    let rows = [
        ["case-1", CONFIRMED, "2011-03-27 02:30:00", "R1"],
        ["case-2", CONFIRMED, "2011-10-30 02:30:00", "R1"],
        ["case-3", CONFIRMED, "2011-10-31 02:30:00", "R1"],
    ];
    let report = import_rows(&engine, mapping(), &rows).await;
    assert_eq!(
        (report.appended, report.refused_count()),
        (2, 1),
        "{report}"
    );
    let gap = "`time:timestamp` is a local time that does not exist: the clocks went forward";
    assert_eq!(
        (report.refused[0].line, report.refused[0].reason.as_str()),
        (2, gap)
    );
    assert_eq!(
        found(&report, "a local time that exists twice"),
        Some(&["case-2".to_owned()][..])
    );
}

#[test]
fn rows_that_lie_in_the_future_are_told() {
    let texts = |request: &str, time: &str| {
        let texts = [
            ("case:concept:name", request),
            ("concept:name", CONFIRMED),
            ("time:timestamp", time),
        ];
        let texts = texts.map(|(column, text)| (column.to_owned(), text.to_owned()));
        Ok(rows::Row {
            line: 2,
            texts: texts.into(),
        })
    };
    let read = vec![
        texts("case-1", "2026-06-01T10:00:00Z"),
        texts("case-2", "2026-06-01T10:00:01Z"),
    ];
    let mut plan = Plan::new(mapping(), read).unwrap();
    plan.look_ahead("2026-06-01T10:00:00Z".parse().unwrap());
    assert_eq!(
        found(&plan.report, "rows that lie in the future"),
        Some(&["case-2".to_owned()][..])
    );
}

fn activities_of(file: &Path) -> std::collections::BTreeMap<String, u64> {
    let mut counts = std::collections::BTreeMap::new();
    for row in rows::read(file, &["concept:name"]).unwrap() {
        *counts
            .entry(row.unwrap().texts["concept:name"].clone())
            .or_default() += 1;
    }
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn renamed_activities_and_shuffled_rows_change_no_figure() {
    let Some(data) = find_data() else { return };
    let engine = Engine::start().await;
    engine.publish_folder(AUTHORITY).await;
    let folder = tempfile::tempdir();
    let file = folder.join("renamed.csv");
    let mut mapping = mapping();
    let old = std::mem::take(&mut mapping.activities);
    mapping.activities = old
        .into_iter()
        .map(|(label, name)| (format!("Stap {label}"), name))
        .collect();
    shuffle(&data.join("permit-receipt.csv"), &file);
    let report = import(&engine, mapping, &file).await;
    assert_eq!(
        (report.appended, report.refused_count()),
        (8_577, 0),
        "{report}"
    );
    figures_are_as_expected(&engine, &data).await;
    std::fs::remove_dir_all(folder).unwrap();
}

/// Every row with another label, in an order that has nothing to do with the old one.
fn shuffle(from: &Path, to: &Path) {
    let mut reader = csv::Reader::from_path(from).unwrap();
    let headers = reader.headers().unwrap().clone();
    let activity = headers.iter().position(|h| h == "concept:name").unwrap();
    let mut rows: Vec<Vec<String>> = reader
        .records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect())
        .collect();
    for row in &mut rows {
        row[activity] = format!("Stap {}", row[activity]);
    }
    let seed: u64 = rand::random();
    println!("seed {seed}");
    rows.sort_by_cached_key(|row| {
        Uuid::new_v5(&Uuid::from_u128(u128::from(seed)), row.join("|").as_bytes())
    });
    let mut writer = csv::Writer::from_path(to).unwrap();
    writer.write_record(&headers).unwrap();
    rows.iter()
        .for_each(|row| writer.write_record(row).unwrap());
    writer.flush().unwrap();
}

mod tempfile {
    /// A folder of its own; the test removes it.
    pub(super) fn tempdir() -> std::path::PathBuf {
        let folder = std::env::temp_dir().join(format!("rfa-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&folder).unwrap();
        folder
    }
}
