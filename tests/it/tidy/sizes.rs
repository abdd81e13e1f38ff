//! How long a file may be. Functions and parameters are clippy's to count.

use super::rust::lines_without_tests;
use super::{Source, assert_tidy, checkout, read};

const RUST_LINES_MAX: usize = 400;
const MAIN_LINES_MAX: usize = 80;
const SQL_LINES_MAX: usize = 30;
const MODULE_DOC_LINES_MAX: usize = 6;

/// Longer on purpose.
const EXCEPTIONS: &[(&str, usize, &str)] = &[
    (
        "migrations/log/V1__event_log.sql",
        60,
        "the tables of the log belong together: one is not true without the others",
    ),
    (
        "migrations/log/V2__log_append.sql",
        80,
        "one function, because one call under one lock is the whole promise",
    ),
    (
        "migrations/log/V7__one_event.sql",
        80,
        "the same promise for one command with one event, read from top to bottom",
    ),
];

fn complaints(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources {
        let lines = if source.is_rust() {
            lines_without_tests(&source.text)
        } else {
            source.text.lines().count()
        };
        if let Some(limit) = limit(source).filter(|limit| lines > *limit) {
            complaints.push(format!(
                "{}: {lines} lines, at most {limit}: split it by noun",
                source.path
            ));
        }
        let documented = source
            .text
            .lines()
            .take_while(|line| line.starts_with("//!"))
            .count();
        if source.path.ends_with("/mod.rs")
            && !source.text.trim().is_empty()
            && !(1..=MODULE_DOC_LINES_MAX).contains(&documented)
        {
            complaints.push(format!(
                "{}: opens with {documented} lines on what it is for, wanted 1 to {MODULE_DOC_LINES_MAX}",
                source.path
            ));
        }
    }
    complaints
}

fn limit(source: &Source) -> Option<usize> {
    if let Some((_, limit, _)) = EXCEPTIONS.iter().find(|(path, ..)| *path == source.path) {
        return Some(*limit);
    }
    match source.path.as_str() {
        "src/main.rs" => Some(MAIN_LINES_MAX),
        _ if source.has_extension("sql") => Some(SQL_LINES_MAX),
        _ if source.is_rust() && !source.is_test() => Some(RUST_LINES_MAX),
        _ => None,
    }
}

#[test]
fn files_stay_short() {
    assert_tidy(&complaints(&read(&["src", "benches", "migrations"])));
}

#[test]
fn a_file_that_is_too_long_is_seen() {
    let long = |lines: usize| "x\n".repeat(lines);
    for (path, lines) in [
        ("src/log/read.rs", 401),
        ("src/main.rs", 81),
        ("src/log/sql/head.sql", 31),
        ("migrations/log/V2__log_append.sql", 81),
        ("src/log/mod.rs", 1),
    ] {
        let complaints = complaints(&[Source::new(path, &long(lines))]);
        assert_eq!(complaints.len(), 1, "{path}: {complaints:?}");
    }
    assert!(complaints(&[Source::new("src/log/read.rs", &long(400))]).is_empty());
}

/// What clippy counts is only counted while it is asked to.
fn missing_lints(cargo: &str, clippy: &str) -> Vec<String> {
    let wanted_in_cargo = [
        "unsafe_code = \"forbid\"",
        "allow_attributes = ",
        "allow_attributes_without_reason = ",
        "await_holding_lock = ",
        "dbg_macro = ",
        "expect_used = ",
        "let_underscore_must_use = ",
        "print_stdout = ",
        "todo = ",
        "too_many_lines = ",
        "unwrap_used = ",
        "wildcard_enum_match_arm = ",
    ];
    let wanted_in_clippy = [
        "too-many-lines-threshold = 70",
        "too-many-arguments-threshold = 5",
        "std::time::SystemTime::now",
        "jiff::Timestamp::now",
        "jiff::Zoned::now",
    ];
    let lacks = |text: &str, wanted: &str| {
        !text
            .lines()
            .any(|line| line.contains(wanted) && !line.starts_with('#'))
    };
    let in_cargo = wanted_in_cargo.iter().filter(|wanted| lacks(cargo, wanted));
    let in_clippy = wanted_in_clippy
        .iter()
        .filter(|wanted| lacks(clippy, wanted));
    in_cargo
        .chain(in_clippy)
        .map(|wanted| format!("lint lost: {wanted}"))
        .collect()
}

#[test]
fn the_lints_that_count_for_us_are_on() {
    let text =
        |file: &str| std::fs::read_to_string(checkout().join(file)).expect("a readable file");
    assert_tidy(&missing_lints(&text("Cargo.toml"), &text("clippy.toml")));
}

#[test]
fn a_lost_lint_is_seen() {
    let lost = missing_lints(
        "# todo = \"warn\"\nunwrap_used = \"warn\"",
        "too-many-lines-threshold = 700",
    );
    assert!(lost.iter().any(|complaint| complaint.contains("todo")));
    assert!(
        lost.iter()
            .all(|complaint| !complaint.contains("unwrap_used"))
    );
}
