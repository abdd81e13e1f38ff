//! The scenarios beside the workflows of a folder, walked through on what the folder declares.

use super::folder::{self, Folder};
use super::publish::{Declaration, PublishError, declarations};
use crate::domain::declared::Declared;
use crate::domain::ids::WorkflowName;
use crate::domain::request::actor::Principal;
use crate::domain::workflow::lint::{Covered, Placed, Rule};
use crate::domain::workflow::located::{Node, Place, Problem};
use crate::domain::workflow::scenario::{Miss, Scenario, Stage, Walk, parse_scenario_placed, walk};
use crate::domain::workflow::schema::Workflow;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// A version of a workflow.
pub type Version = (WorkflowName, u32);

/// Every scenario of one organisation, walked.
#[derive(Debug, Default)]
pub struct Walks {
    /// What keeps scenarios and examples from being read.
    pub problems: Vec<Problem>,
    pub walked: Vec<Walked>,
    /// By version; none where a version has no scenario.
    pub covered: BTreeMap<Version, Covered>,
}

#[derive(Debug)]
pub struct Walked {
    pub file: String,
    pub title: String,
    pub version: Version,
    pub step_count: usize,
    pub misses: Vec<Miss>,
}

impl Folder {
    /// Plays the scenarios of every workflow in the folder that tell of this organisation.
    ///
    /// # Errors
    /// When a file cannot be opened or a definition cannot be put in force.
    pub fn walk(&self, people: &[Principal]) -> Result<Walks, PublishError> {
        let mut found = Walks::default();
        let mut all = declarations(self)?;
        for person in people {
            all.push(Declaration::grants(person)?);
        }
        let declared = in_force(&all)?;
        let mut seen = Vec::new();
        for definition in &self.definitions {
            let Some(beside) = Path::new(&definition.file).parent() else {
                continue;
            };
            if seen.contains(&beside) {
                continue;
            }
            seen.push(beside);
            let examples = examples(&beside.join("examples"), &mut found.problems)?;
            for (file, text) in folder::files(&beside.join("scenarios"), "yaml")? {
                match parse_scenario_placed(&file, &text) {
                    Err(wrong) => found.problems.extend(wrong),
                    Ok((declares, root)) => {
                        let placed = Placed {
                            file,
                            root,
                            declares,
                        };
                        self.play(&placed, (&declared, &examples), &mut found);
                    }
                }
            }
        }
        Ok(found)
    }

    fn play(
        &self,
        placed: &Placed<Scenario>,
        (declared, examples): (&Declared, &BTreeMap<String, Value>),
        found: &mut Walks,
    ) {
        let scenario = &placed.declares;
        let ours = self.organisation.as_ref();
        if ours.is_some_and(|file| file.declares.organisation != scenario.organisation) {
            return;
        }
        let version = (scenario.workflow.clone(), scenario.version);
        let Some(workflow) = find(declared, &version) else {
            found.problems.push(no_version(placed, declared));
            return;
        };
        let stage = Stage {
            declared,
            workflow,
            examples,
        };
        let Walk {
            misses, covered, ..
        } = walk(scenario, &stage);
        found
            .covered
            .entry(version.clone())
            .or_default()
            .add(covered);
        found.walked.push(Walked {
            file: placed.file.clone(),
            title: scenario.title.clone(),
            version,
            step_count: scenario.steps.len(),
            misses,
        });
    }
}

fn find<'a>(declared: &'a Declared, (name, number): &Version) -> Option<&'a Workflow> {
    let mut all = declared.workflows().map(AsRef::as_ref);
    all.find(|w| w.definition.workflow == *name && w.definition.version == *number)
}

fn in_force(declarations: &[Declaration]) -> Result<Declared, PublishError> {
    let mut declared = Declared::default();
    for declaration in declarations {
        declaration
            .apply_to(&mut declared)
            .map_err(|error| PublishError::Wrong {
                file: declaration.name().to_owned(),
                why: error.to_string(),
            })?;
    }
    Ok(declared)
}

fn examples(
    folder: &Path,
    problems: &mut Vec<Problem>,
) -> Result<BTreeMap<String, Value>, PublishError> {
    let mut found = BTreeMap::new();
    for (file, text) in folder::files(folder, "json")? {
        match serde_json::from_str(&text) {
            Ok(value) => {
                let name = Path::new(&file).file_name().and_then(|name| name.to_str());
                found.extend(name.map(|name| (name.to_owned(), value)));
            }
            Err(error) => {
                let place = Place {
                    line: error.line(),
                    column: error.column(),
                };
                problems.push(problem(
                    &file,
                    place,
                    (Rule::E31, error.to_string(), "JSON"),
                ));
            }
        }
    }
    Ok(found)
}

fn no_version(placed: &Placed<Scenario>, declared: &Declared) -> Problem {
    let scenario = &placed.declares;
    let known: Vec<String> = declared
        .workflows()
        .map(|w| format!("{} v{}", w.definition.workflow, w.definition.version))
        .collect();
    let found = format!("{} v{}", scenario.workflow, scenario.version);
    let place = placed.root.find("workflow").map(|node: &Node| node.place);
    let at = place.unwrap_or(placed.root.place);
    problem(&placed.file, at, (Rule::E11, found, &known.join(", ")))
}

fn problem(file: &str, at: Place, (rule, found, allowed): (Rule, String, &str)) -> Problem {
    Problem {
        rule,
        file: file.to_owned(),
        line: at.line,
        column: at.column,
        pointer: String::new(),
        found,
        allowed: allowed.to_owned(),
        suggestion: None,
    }
}
