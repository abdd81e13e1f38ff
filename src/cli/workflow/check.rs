//! `rfa workflow check`

use super::findings::{Asked, findings};
use super::sarif;
use crate::cli::engine::now;
use crate::cli::{Outcome, say};
use crate::domain::ids::Authority;
use crate::domain::workflow::lint::Severity;
use crate::domain::workflow::located::Problem;
use clap::{Args, ValueEnum};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

/// What the command line was not used as it is meant to be.
const USAGE: u8 = 2;

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
    /// SARIF 2.1.0, for code review
    Sarif,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Check {
    /// Folders of definition files, or single files
    #[arg(default_value = "workflows")]
    paths: Vec<PathBuf>,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// One organisation of the folder; every one when absent
    #[arg(long)]
    organisation: Option<Authority>,
    /// The day from which calendars have to reach 18 months ahead; today when absent
    #[arg(long)]
    today: Option<Date>,
    /// Fail on warnings too
    #[arg(long)]
    deny_warnings: bool,
}

impl Check {
    pub(super) fn run(self) -> Outcome {
        if let Some(missing) = self.paths.iter().find(|path| !path.exists()) {
            say(format!("{}: no such file or folder", missing.display()));
            return Ok(ExitCode::from(USAGE));
        }
        let asked = Asked {
            organisation: self.organisation,
            today: self.today.unwrap_or_else(today),
        };
        let mut found = Vec::new();
        for path in &self.paths {
            found.extend(findings(path, &asked)?);
        }
        let errors = count(&found, Severity::Error);
        let warnings = count(&found, Severity::Warning);
        match self.format {
            Format::Text => say(text(&found)),
            Format::Json => say(serde_json::to_string_pretty(&json!({
                "errors": errors,
                "warnings": warnings,
                "findings": found.iter().map(plain).collect::<Vec<_>>(),
            }))?),
            Format::Sarif => say(serde_json::to_string_pretty(&sarif::document(&found))?),
        }
        let ok = errors == 0 && (warnings == 0 || !self.deny_warnings);
        Ok(ExitCode::from(u8::from(!ok)))
    }
}

fn today() -> Date {
    now().to_zoned(TimeZone::system()).date()
}

fn count(found: &[Problem], severity: Severity) -> usize {
    let of = |problem: &&Problem| problem.rule.severity() == severity;
    found.iter().filter(of).count()
}

fn plain(problem: &Problem) -> Value {
    json!({
        "code": problem.rule.code(),
        "severity": problem.rule.severity(),
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "pointer": problem.pointer,
        "found": problem.found,
        "allowed": problem.allowed,
        "suggestion": problem.suggestion,
    })
}

/// Each finding with its line of the file, and OK or FAIL at the end.
fn text(found: &[Problem]) -> String {
    let mut sources = BTreeMap::new();
    let mut text = String::new();
    for problem in found {
        let source = sources
            .entry(problem.file.as_str())
            .or_insert_with(|| std::fs::read_to_string(&problem.file).unwrap_or_default());
        text.push_str(&excerpt(problem, source));
    }
    let errors = count(found, Severity::Error);
    let warnings = count(found, Severity::Warning);
    let verdict = if errors == 0 { "OK" } else { "FAIL" };
    text.push_str(&format!(
        "{verdict} (errors: {errors}, warnings: {warnings})"
    ));
    text
}

/// Columns of a source line that are shown.
const SHOWN: usize = 110;

fn excerpt(problem: &Problem, source: &str) -> String {
    let severity = match problem.rule.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let code = problem.rule.code();
    let (line, column) = (problem.line, problem.column);
    let edge = " ".repeat(line.to_string().len());
    let mut lines = vec![
        format!("{severity} {code}: {}", problem.found),
        format!("{edge}--> {}:{line}:{column}", problem.file),
    ];
    let shown = line.checked_sub(1).and_then(|i| source.lines().nth(i));
    if let Some(shown) = shown {
        // A long line is shown from shortly before the place.
        let skipped = column.saturating_sub(SHOWN / 2);
        let part: String = shown.chars().skip(skipped).take(SHOWN).collect();
        let before = " ".repeat(column.saturating_sub(1 + skipped));
        lines.push(format!("{line} | {part}"));
        lines.push(format!("{edge} | {before}^"));
    }
    if !problem.allowed.is_empty() {
        lines.push(format!("{edge} = allowed: {}", problem.allowed));
    }
    if let Some(name) = &problem.suggestion {
        lines.push(format!("{edge} = did you mean `{name}`?"));
    }
    lines.push(format!("{edge} = rule: {}\n\n", problem.rule.about().asks));
    lines.join("\n")
}
