//! `rfa workflow check`: what it prints and how it ends.

use super::pairs::{PAIRS, WORKFLOW};
use super::{checkout, text_of, tripped};
use rfa::domain::workflow::lint::Rule;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder of its own with one workflow file, gone with the test.
struct Folder(PathBuf);

impl Folder {
    fn with(name: &str, text: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(folder.join("small")).unwrap();
        std::fs::write(folder.join("small/v1.yaml"), text).unwrap();
        Self(folder)
    }

    fn check(&self, options: &[&str]) -> (i32, String) {
        check(&[&["small/v1.yaml"], options].concat(), &self.0)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            eprintln!("{}: {error}", self.0.display());
        }
    }
}

/// Exit code and standard output.
fn check(arguments: &[&str], folder: &Path) -> (i32, String) {
    let run = Command::new(env!("CARGO_BIN_EXE_rfa"))
        .args(["workflow", "check", "--today", "2026-11-23"])
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    let text = String::from_utf8(run.stdout).unwrap();
    (run.status.code().unwrap(), text)
}

fn of(rule: Rule) -> String {
    tripped(PAIRS.iter().find(|pair| pair.rule == rule).unwrap())
}

#[test]
fn the_shipped_files_pass_without_a_warning() {
    let (code, text) = check(&["--deny-warnings"], checkout());
    assert_eq!(text, "OK (errors: 0, warnings: 0)\n");
    assert_eq!(code, 0);
}

#[test]
fn a_finding_shows_its_line_and_what_would_be_right() {
    let folder = Folder::with("check-text", &of(Rule::E15));
    let (code, text) = folder.check(&[]);
    assert_eq!(code, 1);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines,
        [
            "error E15: whoever asked could make the decision `help` themselves",
            "  --> small/v1.yaml:52:3",
            "52 |   help:",
            "   |   ^",
            "   = allowed: `not_by: [requester]`",
            "   = rule: Nobody decides on a request of their own",
            "",
            "FAIL (errors: 1, warnings: 0)",
        ]
    );
}

#[test]
fn a_warning_fails_only_where_warnings_are_denied() {
    let folder = Folder::with("check-warning", &of(Rule::W24));
    assert_eq!(folder.check(&[]).0, 0);
    assert_eq!(folder.check(&["--deny-warnings"]).0, 1);
}

#[test]
fn what_was_not_meant_as_a_command_ends_with_two() {
    assert_eq!(check(&["nowhere"], checkout()).0, 2);
    assert_eq!(check(&["--format", "xml"], checkout()).0, 2);
}

#[test]
fn programs_get_code_place_and_words() {
    let folder = Folder::with("check-json", &of(Rule::E10));
    let (code, text) = folder.check(&["--format", "json"]);
    assert_eq!(code, 1);
    let said: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(said["errors"], 1);
    let first = &said["findings"][0];
    assert_eq!(first["code"], "E10");
    assert_eq!(first["severity"], "error");
    assert_eq!(first["file"], "small/v1.yaml");
    assert_eq!(first["pointer"], "/clocks/decide/target");
}

#[test]
fn code_review_gets_sarif_in_its_published_shape() {
    let shape = include_str!("sarif-shape.json");
    let shape = jsonschema::draft202012::new(&serde_json::from_str(shape).unwrap()).unwrap();
    for (name, text) in [
        ("check-sarif", of(Rule::E15)),
        ("check-sarif-unknown", of(Rule::E31)),
        ("check-sarif-empty", String::new()),
        ("check-sarif-fine", text_of(WORKFLOW)),
    ] {
        let folder = Folder::with(name, &text);
        let (_, said) = folder.check(&["--format", "sarif"]);
        let said: Value = serde_json::from_str(&said).unwrap();
        let errors: Vec<String> = shape.iter_errors(&said).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
        for result in said["runs"][0]["results"].as_array().unwrap() {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            let rules = &said["runs"][0]["tool"]["driver"]["rules"];
            assert_eq!(rules[index]["id"], result["ruleId"]);
        }
    }
}
