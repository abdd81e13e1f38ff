//! `rfa workflow schema`: the shapes of the files as JSON Schema 2020-12, for editors.

use crate::cli::people::People;
use crate::cli::{Outcome, say};
use crate::domain::measures::MeasuresFile;
use crate::domain::organisation::OrganisationFile;
use crate::domain::time::calendar::CalendarFile;
use crate::domain::workflow::form::WorkflowFile;
use crate::domain::workflow::scenario::form::ScenarioFile;
use crate::history::mapping::Mapping;
use clap::Args;
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema as JsonSchemaOf};
use serde_json::Value;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(in crate::cli) struct Schema {
    /// workflow, scenario, calendar, organisation, mapping, people or measures; all of them when absent
    kind: Option<String>,
    /// Write `<kind>-1.schema.json` into this folder instead of printing
    #[arg(long)]
    write: Option<PathBuf>,
}

impl Schema {
    pub(super) fn run(self) -> Outcome {
        let mut wanted = schemas();
        if let Some(kind) = &self.kind {
            wanted.retain(|(known, _)| known == kind);
        }
        if wanted.is_empty() {
            let known: Vec<&str> = schemas().iter().map(|(kind, _)| *kind).collect();
            return Err(format!("no such kind; allowed: {}", known.join(", ")).into());
        }
        for (kind, schema) in wanted {
            let mut text = serde_json::to_string_pretty(&schema)?;
            match &self.write {
                None => say(text),
                Some(folder) => {
                    text.push('\n');
                    std::fs::write(folder.join(format!("{kind}-1.schema.json")), text)?;
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Every kind of file.
fn schemas() -> Vec<(&'static str, Value)> {
    vec![
        ("workflow", schema_of::<WorkflowFile>()),
        ("scenario", schema_of::<ScenarioFile>()),
        ("calendar", schema_of::<CalendarFile>()),
        ("organisation", schema_of::<OrganisationFile>()),
        ("mapping", schema_of::<Mapping>()),
        ("people", schema_of::<People>()),
        ("measures", schema_of::<MeasuresFile>()),
    ]
}

fn schema_of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12();
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    RecursiveTransform(without_null).transform(&mut schema);
    schema.to_value()
}

/// What may be left out is left out: nothing in a file is `null`.
fn without_null(schema: &mut JsonSchemaOf) {
    let null = Value::from("null");
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|kind| *kind != null);
        if let [one] = types.as_slice() {
            let one = one.clone();
            schema.insert("type".to_owned(), one);
        }
    }
    let mut only = None;
    if let Some(Value::Array(branches)) = schema.get_mut("anyOf") {
        branches.retain(|branch| branch.get("type") != Some(&null));
        if let [one] = branches.as_slice() {
            only = Some(one.clone());
        }
    }
    if let Some(Value::Object(only)) = only {
        schema.remove("anyOf");
        for (key, value) in only {
            schema.insert(key, value);
        }
    }
    if schema.get("default") == Some(&Value::Null) {
        schema.remove("default");
    }
}
