//! The published JSON Schemas: equal to the types, to the parser key by key, and to every file.

use super::pairs::{PAIRS, WORKFLOW};
use super::{checkout, text_of, tripped};
use jsonschema::Validator;
use rfa::domain::workflow::lint::Rule;
use rfa::domain::workflow::located::{Node, Problem, Yaml, read};
use rfa::domain::workflow::parse::{parse, parse_calendar, parse_organisation};
use rfa::domain::workflow::scenario::parse_scenario_placed;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// A scenario also names its workflow: what comes first wins.
const KINDS: [&str; 7] = [
    "scenario",
    "workflow",
    "calendar",
    "organisation",
    "mapping",
    "people",
    "measures",
];

fn published(kind: &str) -> Value {
    serde_json::from_str(&text_of(&format!("workflows/schema/{kind}-1.schema.json"))).unwrap()
}

fn validator(kind: &str) -> Validator {
    jsonschema::draft202012::new(&published(kind)).unwrap()
}

/// As an editor reads it: a date without quotes is a text.
fn json(node: &Node) -> Value {
    match &node.yaml {
        Yaml::Null => Value::Null,
        Yaml::Bool(value) => Value::Bool(*value),
        Yaml::Number(number) => Value::Number(number.clone()),
        Yaml::Text(text) | Yaml::BareDate(text) => Value::String(text.clone()),
        Yaml::List(items) => items.iter().map(json).collect(),
        Yaml::Map(entries) => {
            let pairs = entries.iter().map(|e| (e.key.clone(), json(&e.value)));
            Value::Object(pairs.collect::<Map<_, _>>())
        }
    }
}

fn tree(file: &str, text: &str) -> Value {
    json(&read(file, text).unwrap())
}

/// Every shipped file that has a schema, with its kind.
fn shipped() -> Vec<(String, &'static str)> {
    let mut found = Vec::new();
    let mut folders = vec![checkout().join("workflows")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let file = path.strip_prefix(checkout()).unwrap().display().to_string();
            let text = std::fs::read_to_string(&path).unwrap();
            let kind = KINDS.into_iter().find(|kind| {
                let root = format!("\n{kind}: ");
                let people = *kind == "people" && file.contains("/people/");
                file.ends_with(".yaml") && (people || text.contains(&root))
            });
            found.extend(kind.map(|kind| (file, kind)));
        }
    }
    found.sort();
    found
}

#[test]
fn the_published_schemas_are_those_of_the_types() {
    let printed = |kind: &str| -> Value {
        let run = Command::new(env!("CARGO_BIN_EXE_rfa"))
            .args(["workflow", "schema", kind])
            .output()
            .unwrap();
        serde_json::from_slice(&run.stdout).unwrap()
    };
    for kind in KINDS {
        let again = "run `rfa workflow schema --write workflows/schema`";
        assert_eq!(printed(kind), published(kind), "{kind}: {again}");
    }
}

#[test]
fn every_shipped_file_names_its_schema_and_fulfils_it() {
    let files = shipped();
    let kinds: BTreeSet<&str> = files.iter().map(|(_, kind)| *kind).collect();
    assert_eq!(kinds, BTreeSet::from(KINDS));
    for (file, kind) in files {
        let text = text_of(&file);
        let up = "../".repeat(file.matches('/').count() - 1);
        let first = format!("# yaml-language-server: $schema={up}schema/{kind}-1.schema.json");
        assert_eq!(text.lines().next(), Some(first.as_str()), "{file}");
        let value = tree(&file, &text);
        let validator = validator(kind);
        let errors: Vec<String> = validator
            .iter_errors(&value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{file}: {errors:#?}");
    }
}

#[test]
fn what_is_out_of_shape_is_refused_by_the_schema_too() {
    let validator = validator("workflow");
    assert!(validator.is_valid(&tree(WORKFLOW, &text_of(WORKFLOW))));
    let shape = [Rule::E10, Rule::E31];
    for pair in PAIRS.iter().filter(|pair| shape.contains(&pair.rule)) {
        let value = tree(WORKFLOW, &tripped(pair));
        assert!(!validator.is_valid(&value), "{:?}", pair.rule);
    }
    let unknown = text_of(WORKFLOW).replace("    anchor: ", "    ankor: ") + "\nrouts: []\n";
    assert!(!validator.is_valid(&tree(WORKFLOW, &unknown)));
}

/// The schemas that describe one place: references followed, alternatives side by side.
fn views<'s>(root: &'s Value, schema: &'s Value) -> Vec<&'s Value> {
    let mut found = vec![schema];
    if let Some(target) = schema["$ref"].as_str() {
        let target = root.pointer(target.trim_start_matches('#')).unwrap();
        found.extend(views(root, target));
    }
    for key in ["anyOf", "oneOf"] {
        for branch in schema[key].as_array().into_iter().flatten() {
            found.extend(views(root, branch));
        }
    }
    found
}

fn below<'s>(root: &'s Value, views_of: &[&'s Value], key: &str) -> Vec<&'s Value> {
    let children = views_of.iter().flat_map(|view| {
        let named = view["properties"].get(key);
        let patterns = view["patternProperties"].as_object().into_iter().flatten();
        let any = view
            .get("additionalProperties")
            .filter(|any| any.is_object());
        let items = view.get("items");
        named
            .into_iter()
            .chain(patterns.map(|(_, schema)| schema))
            .chain(any)
            .chain(items)
            .collect::<Vec<_>>()
    });
    children.flat_map(|child| views(root, child)).collect()
}

fn keys_of(views: &[&Value]) -> BTreeSet<String> {
    let properties = views
        .iter()
        .filter_map(|view| view["properties"].as_object());
    properties.flat_map(|p| p.keys().cloned()).collect()
}

/// One place of a file for every different map that the schema knows.
fn places<'s>(
    root: &'s Value,
    here: (&Value, String, Vec<&'s Value>),
    found: &mut BTreeMap<BTreeSet<String>, String>,
) {
    let (value, pointer, views_of) = here;
    let keys = keys_of(&views_of);
    if value.is_object() && !keys.is_empty() {
        found.entry(keys).or_insert_with(|| pointer.clone());
    }
    let children: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(k, v)| (k.clone(), v)).collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(i, v)| (i.to_string(), v))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    for (key, child) in children {
        let views = below(root, &views_of, &key);
        let pointer = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
        places(root, (child, pointer, views), found);
    }
}

/// The keys that the parser allows in a map, by what it says of one that nobody knows.
fn allowed(
    parser: fn(&str, &str) -> Vec<Problem>,
    file: &str,
    value: &Value,
    pointer: &str,
) -> BTreeSet<String> {
    let mut changed = value.clone();
    changed.pointer_mut(pointer).unwrap()["zzz"] = Value::from("?");
    let problems = parser(file, &changed.to_string());
    let at = format!("{pointer}/zzz");
    let ours = problems
        .iter()
        .find(|p| p.pointer == at && p.found.starts_with("unknown "));
    let ours = ours.unwrap_or_else(|| panic!("{file}{pointer} is open: {problems:#?}"));
    ours.allowed.split(", ").map(str::to_owned).collect()
}

#[test]
fn the_parser_and_the_schema_know_the_same_keys() {
    type Parser = fn(&str, &str) -> Vec<Problem>;
    let parsers: [(&str, &str, Parser); 4] = [
        (
            "scenario",
            "workflows/request-for-assistance/scenarios/02-one-act.yaml",
            |f, t| parse_scenario_placed(f, t).err().unwrap_or_default(),
        ),
        (
            "workflow",
            "workflows/request-for-assistance/v1.yaml",
            |f, t| parse(f, t).err().unwrap_or_default(),
        ),
        (
            "calendar",
            "workflows/calendars/south-ayrshire-council.yaml",
            |f, t| parse_calendar(f, t).err().unwrap_or_default(),
        ),
        (
            "organisation",
            "workflows/organisation/south-ayrshire.yaml",
            |f, t| parse_organisation(f, t).err().unwrap_or_default(),
        ),
    ];
    for (kind, file, parser) in parsers {
        let schema = published(kind);
        let value = tree(file, &text_of(file));
        let mut found = BTreeMap::new();
        let top = views(&schema, &schema);
        places(&schema, (&value, String::new(), top), &mut found);
        for (keys, pointer) in &found {
            let parsed = allowed(parser, file, &value, pointer);
            assert_eq!(*keys, parsed, "{kind} at `{pointer}`");
        }
        let closed = schema["$defs"].as_object().into_iter().flatten();
        let closed = closed.filter(|(_, schema)| schema["additionalProperties"] == false);
        for (name, schema) in closed {
            let keys = keys_of(&[schema]);
            assert!(
                found.keys().any(|seen| *seen == keys),
                "no {name} in {file}"
            );
        }
    }
}
