//! The shipped files: every one of them has to be read, and the workflows made ready, by the engine.

use rfa::commands::read_folder;
use rfa::domain::ids::Authority;
use rfa::domain::workflow::located::Problem;
use rfa::domain::workflow::parse::{parse, parse_calendar, parse_organisation, parse_table};
use rfa::domain::workflow::schema::Workflow;
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
fn the_shipped_files_of_each_organisation_fit_together() {
    for (authority, workflow) in [
        ("south-ayrshire", "request-for-assistance/v1"),
        ("permit-office", "permit-receipt/v1"),
    ] {
        let authority = Authority::parse(authority).unwrap();
        let declarations = read_folder(&folder(), &authority).unwrap();
        assert!(
            declarations.iter().any(|d| d.name() == workflow),
            "{workflow}"
        );
    }
}

#[test]
fn the_services_that_can_be_asked_for_are_those_of_the_list() {
    let folder = folder().join("request-for-assistance");
    let list = std::fs::read_to_string(folder.join("services.yaml")).unwrap();
    let listed: Vec<&str> = list
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- { code: ")?.split(',').next())
        .collect();
    let file = folder.join("v1.yaml");
    let definition = parse(
        file.to_str().unwrap(),
        &std::fs::read_to_string(&file).unwrap(),
    )
    .unwrap();
    let asked = definition.moves["send"].data["properties"]["help_wanted"]["items"]["enum"].clone();
    let asked: Vec<String> = serde_json::from_value(asked).unwrap();
    assert_eq!(asked, listed);
}

#[test]
fn every_example_fits_its_move() {
    let folder = folder().join("request-for-assistance");
    let file = folder.join("v1.yaml");
    let definition = parse(
        file.to_str().unwrap(),
        &std::fs::read_to_string(&file).unwrap(),
    )
    .unwrap();
    let workflow = Workflow::new(definition).unwrap();
    let mut count = 0;
    for entry in std::fs::read_dir(folder.join("examples")).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let moves = workflow
            .definition
            .moves
            .keys()
            .filter(|name| stem.starts_with(name.as_str()));
        let name = moves.max_by_key(|name| name.as_str().len()).unwrap();
        let data = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(workflow.check(name, &data), Ok(()), "{}", path.display());
        count += 1;
    }
    assert!(count >= 3);
}
