//! The shipped files: every one of them has to be read, and the workflows made ready, by the engine.

use rfa::domain::workflow::located::Problem;
use rfa::domain::workflow::parse::{parse, parse_calendar, parse_organisation, parse_table};
use rfa::domain::workflow::schema::Workflow;
use rfa::domain::workflow::together::{Together, unknown_names};
use std::path::{Path, PathBuf};

/// `RFA_WORKFLOWS` or the files of this repository.
fn folder() -> PathBuf {
    std::env::var_os("RFA_WORKFLOWS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("workflows"),
        PathBuf::from,
    )
}

/// Every `.yaml` and `.csv` file below, as path and text.
fn files(folder: &Path) -> Vec<(String, String)> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|e| e == "yaml" || e == "csv") {
            let name = path.to_str().unwrap().to_owned();
            found.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
    found.sort();
    found
}

/// `v<N>.yaml`
fn is_version(file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap();
    let digits = name.strip_prefix('v').and_then(|n| n.strip_suffix(".yaml"));
    digits.is_some_and(|d| d.bytes().all(|b| b.is_ascii_digit()))
}

/// What is wrong with one file, by the kind that its place gives it.
fn problems_of(file: &str, text: &str) -> Vec<String> {
    let said = |problems: Vec<Problem>| problems.iter().map(ToString::to_string).collect();
    if file.ends_with(".csv") {
        parse_table(file, text).map_or_else(said, |_| Vec::new())
    } else if file.contains("/calendars/") {
        parse_calendar(file, text).map_or_else(said, |_| Vec::new())
    } else if file.contains("/organisation/") {
        parse_organisation(file, text).map_or_else(said, |_| Vec::new())
    } else if is_version(file) {
        let made = parse(file, text).map(Workflow::new);
        made.map_or_else(said, |made| made.err().unwrap_or_default())
    } else {
        // Scenarios and migrations have readers of their own.
        Vec::new()
    }
}

#[test]
fn every_shipped_file_is_read() {
    let problems: Vec<String> = files(&folder())
        .iter()
        .flat_map(|(file, text)| problems_of(file, text))
        .collect();
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn the_shipped_files_name_nothing_that_no_file_declares() {
    let files = files(&folder());
    let texts = |part: &'static str| files.iter().filter(move |(file, _)| file.contains(part));
    let calendars: Vec<_> = texts("/calendars/")
        .map(|(file, text)| parse_calendar(file, text).unwrap())
        .collect();
    assert!(!calendars.is_empty(), "there are calendars");
    let definitions: Vec<_> = texts("/v")
        .filter(|(file, _)| is_version(file))
        .map(|(file, text)| parse(file, text).unwrap())
        .collect();
    let tables: Vec<_> = texts(".csv")
        .map(|(file, text)| parse_table(file, text).unwrap())
        .collect();
    let organisations: Vec<_> = texts("/organisation/")
        .filter(|(file, _)| file.ends_with(".yaml"))
        .map(|(file, text)| parse_organisation(file, text).unwrap())
        .collect();
    let unknown = unknown_names(&Together {
        definitions: definitions.iter().collect(),
        organisation: organisations.first(),
        tables: tables.iter().collect(),
        calendars: calendars.iter().collect(),
    });
    assert!(unknown.is_empty(), "\n{}", unknown.join("\n"));
}
