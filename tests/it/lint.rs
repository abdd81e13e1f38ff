//! The rules over workflow files: each has a change that trips it and a file that does not.

mod bad_input;
mod check;
mod guards;
mod pairs;
mod plan;
mod schema;

use jiff::civil::Date;
use pairs::{CALENDAR, PAIRS, Pair, WORKFLOW};
use rfa::domain::ids::{ClockName, MoveName, RoleName};
use rfa::domain::request::actor::Grant;
use rfa::domain::workflow::definition::Offset;
use rfa::domain::workflow::lint::{
    Covered, Placed, RULES, Rule, Surroundings, lint, lint_calendar,
};
use rfa::domain::workflow::located::Problem;
use rfa::domain::workflow::parse::{
    parse_calendar, parse_calendar_placed, parse_organisation, parse_placed,
};
use std::path::{Path, PathBuf};

const ORGANISATION: &str = "tests/workflows/lint/organisation/example.yaml";
const CLOCKS: [&str; 4] = ["handover", "take_over", "decide", "answer"];
const TODAY: Date = jiff::civil::date(2026, 11, 23);

fn checkout() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text_of(file: &str) -> String {
    let path: PathBuf = checkout().join(file);
    std::fs::read_to_string(path).unwrap()
}

/// Everything that is said of a file whose text is given, with the files of the example around it.
fn said(file: &str, text: &str) -> Vec<Problem> {
    if file == CALENDAR {
        return match parse_calendar_placed(file, text) {
            Err(problems) => problems,
            Ok((declares, root)) => {
                let file = file.to_owned();
                lint_calendar(
                    &Placed {
                        file,
                        root,
                        declares,
                    },
                    TODAY,
                )
            }
        };
    }
    let (declares, root) = match parse_placed(file, text) {
        Err(problems) => return problems,
        Ok(read) => read,
    };
    let calendar = parse_calendar(CALENDAR, &text_of(CALENDAR)).unwrap();
    let organisation = parse_organisation(ORGANISATION, &text_of(ORGANISATION)).unwrap();
    let grants = ["named-person", "locality-worker", "social-work-responder"]
        .map(|role| Grant::new(RoleName::parse(role).unwrap(), None, None));
    let around = Surroundings {
        organisation: Some(&organisation),
        calendars: Some(vec![&calendar]),
        grants: Some(grants.iter().collect()),
        covered: Some(&covered()),
        ..Surroundings::default()
    };
    let file = file.to_owned();
    lint(
        &Placed {
            file,
            root,
            declares,
        },
        &around,
    )
}

/// As if a scenario had walked through every move of the example.
fn covered() -> Covered {
    let moves = [
        "send",
        "ask",
        "answer",
        "help",
        "end",
        "reopen",
        "raise-concern",
        "not-reached",
        "concern-answered",
        "take-over",
        "close-concern",
    ];
    let clocks = CLOCKS.map(|name| ClockName::parse(name).unwrap());
    Covered {
        moves: moves.map(|name| MoveName::parse(name).unwrap()).into(),
        clocks: clocks.into(),
        // When a claim lapses.
        rungs: [(ClockName::of_claim(), Offset::AtTarget)].into(),
    }
}

fn tripped(pair: &Pair) -> String {
    let text = text_of(pair.file);
    assert_eq!(text.matches(pair.change).count(), 1, "{} once", pair.change);
    text.replacen(pair.change, pair.into, 1)
}

/// Line and column, from 1, of a text that stands once.
fn place_of(text: &str, piece: &str) -> (usize, usize) {
    assert_eq!(text.matches(piece).count(), 1, "{piece} once");
    let before = &text[..text.find(piece).unwrap()];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
    (line, column)
}

#[test]
fn the_neighbour_of_every_change_passes() {
    for file in [WORKFLOW, CALENDAR] {
        let found: Vec<String> = said(file, &text_of(file))
            .iter()
            .map(ToString::to_string)
            .collect();
        assert!(found.is_empty(), "{found:#?}");
    }
}

#[test]
fn each_rule_finds_its_change_at_its_place() {
    let wrong: Vec<String> = PAIRS.iter().filter_map(complaint).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is not as the table says.
fn complaint(pair: &Pair) -> Option<String> {
    let text = tripped(pair);
    let found = said(pair.file, &text);
    let (line, column) = place_of(&text, pair.at);
    let wanted = format!("{line}:{column}: {:?} {}", pair.rule, pair.found);
    let all: Vec<String> = found
        .iter()
        .map(|p| format!("{}:{}: {:?} {}", p.line, p.column, p.rule, p.found))
        .collect();
    let right = found.iter().find(|p| p.rule == pair.rule);
    let right = right.is_some_and(|p| !p.allowed.is_empty()) && all.contains(&wanted);
    (!right).then(|| format!("wanted {wanted}\n   found {}", all.join("\n         ")))
}

#[test]
fn every_rule_of_the_table_has_its_pair() {
    let shown: Vec<Rule> = PAIRS.iter().map(|pair| pair.rule).collect();
    let missing: Vec<&str> = RULES
        .iter()
        .filter(|about| !shown.contains(&about.rule))
        .map(|about| about.code)
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
