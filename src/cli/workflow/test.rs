//! `rfa workflow test`

use super::findings::{everybody, organisations};
use crate::cli::{Outcome, say};
use crate::commands::{Folder, Walked, Walks};
use crate::domain::ids::Authority;
use crate::domain::workflow::Definition;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Test {
    /// Folder of definition files
    #[arg(default_value = "workflows")]
    folder: PathBuf,
    /// One organisation of the folder; every one when absent
    #[arg(long)]
    organisation: Option<Authority>,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// One version of a workflow, and what the scenarios left out.
struct Coverage<'a> {
    definition: &'a Definition,
    moves: Vec<&'a str>,
    clocks: Vec<&'a str>,
    rungs: Vec<String>,
}

impl Test {
    pub(super) fn run(self) -> Outcome {
        let mut problems = Vec::new();
        let people = everybody(&self.folder, &mut problems)?;
        let mut count = 0;
        let mut failed = !problems.is_empty();
        let mut told = Vec::new();
        for authority in organisations(&self.folder, self.organisation.as_ref())? {
            let folder = Folder::read(&self.folder, &authority)?;
            problems.extend(folder.problems.iter().cloned());
            if !folder.problems.is_empty() {
                continue;
            }
            let walks = folder.walk(&people)?;
            problems.extend(walks.problems.iter().cloned());
            count += walks.walked.len();
            failed |= walks.walked.iter().any(|walked| !walked.misses.is_empty());
            let coverage = coverage(&folder, &walks);
            match self.format {
                Format::Text => say_text(&authority, &walks.walked, &coverage),
                Format::Json => told.push(document(&authority, &walks.walked, &coverage)),
            }
        }
        failed |= !problems.is_empty() || count == 0;
        let verdict = if failed { "FAIL" } else { "OK" };
        match self.format {
            Format::Text => {
                problems.iter().for_each(|problem| say(problem.to_string()));
                say(format!("{verdict} (scenarios: {count})"));
            }
            Format::Json => say(serde_json::to_string_pretty(&json!({
                "ok": !failed,
                "problems": problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "organisations": told,
            }))?),
        }
        Ok(ExitCode::from(u8::from(failed)))
    }
}

/// Of the versions that have a scenario.
fn coverage<'a>(folder: &'a Folder, walks: &Walks) -> Vec<Coverage<'a>> {
    let definitions = folder.definitions.iter().map(|file| &file.declares);
    definitions
        .filter_map(|definition| {
            let version = (definition.workflow.clone(), definition.version);
            let covered = walks.covered.get(&version)?;
            let moves = definition.moves.keys();
            let clocks = definition.clocks.keys();
            Some(Coverage {
                definition,
                moves: moves
                    .filter(|name| !covered.moves.contains(*name))
                    .map(|name| name.as_str())
                    .collect(),
                clocks: clocks
                    .filter(|name| !covered.clocks.contains(*name))
                    .map(|name| name.as_str())
                    .collect(),
                rungs: definition
                    .rungs()
                    .filter(|rung| !covered.rungs.contains(rung))
                    .map(|(clock, at)| format!("{clock} {at}"))
                    .collect(),
            })
        })
        .collect()
}

fn say_text(authority: &Authority, walked: &[Walked], coverage: &[Coverage<'_>]) {
    for one in coverage {
        let Definition {
            workflow, version, ..
        } = one.definition;
        say(format!("{workflow} v{version}, {authority}"));
        let told = walked
            .iter()
            .filter(|walked| walked.version == (workflow.clone(), *version));
        for walked in told {
            let verdict = if walked.misses.is_empty() {
                "ok  "
            } else {
                "FAIL"
            };
            say(format!(
                "  {verdict}  {} ({} steps)",
                walked.title, walked.step_count
            ));
            for miss in &walked.misses {
                let (line, column) = (miss.place.line, miss.place.column);
                say(format!(
                    "        {}:{line}:{column}, {}",
                    walked.file, miss.when
                ));
                say(format!("          expected  {}", miss.expected));
                say(format!("          found     {}", miss.found));
            }
        }
        say(share("moves", one.definition.moves.len(), &one.moves));
        say(share("clocks", one.definition.clocks.len(), &one.clocks));
        let rungs: Vec<&str> = one.rungs.iter().map(String::as_str).collect();
        say(share("rungs", one.definition.rungs().count(), &rungs));
        say("");
    }
}

fn share(what: &str, count: usize, missing: &[&str]) -> String {
    let walked = count - missing.len();
    if missing.is_empty() {
        format!("  all {count} {what} walked through")
    } else {
        format!(
            "  {walked} of {count} {what} walked through; not: {}",
            missing.join(", ")
        )
    }
}

fn document(authority: &Authority, walked: &[Walked], coverage: &[Coverage<'_>]) -> Value {
    let scenarios: Vec<Value> = walked
        .iter()
        .map(|walked| {
            let misses = walked.misses.iter().map(|miss| {
                json!({
                    "line": miss.place.line, "column": miss.place.column, "at": miss.when,
                    "expected": miss.expected, "found": miss.found,
                })
            });
            json!({
                "file": walked.file, "scenario": walked.title, "steps": walked.step_count,
                "workflow": walked.version.0, "version": walked.version.1,
                "misses": misses.collect::<Vec<_>>(),
            })
        })
        .collect();
    let covered: Vec<Value> = coverage
        .iter()
        .map(|one| {
            json!({
                "workflow": one.definition.workflow, "version": one.definition.version,
                "moves": { "count": one.definition.moves.len(), "not_walked": one.moves },
                "clocks": { "count": one.definition.clocks.len(), "not_walked": one.clocks },
                "rungs": { "count": one.definition.rungs().count(), "not_walked": one.rungs },
            })
        })
        .collect();
    json!({ "organisation": authority, "scenarios": scenarios, "coverage": covered })
}
