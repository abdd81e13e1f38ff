//! Findings as SARIF 2.1.0 (OASIS), as code review tools read them.

use crate::domain::workflow::lint::{RULES, Severity};
use crate::domain::workflow::located::Problem;
use serde_json::{Value, json};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json";

pub(super) fn document(found: &[Problem]) -> Value {
    let rules: Vec<Value> = RULES
        .iter()
        .map(|about| {
            json!({
                "id": about.code,
                "shortDescription": { "text": about.asks },
                "defaultConfiguration": { "level": level(about.rule.severity()) },
            })
        })
        .collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "rfa",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            // Our columns count characters, not UTF-16 units.
            "columnKind": "unicodeCodePoints",
            "results": found.iter().map(result).collect::<Vec<_>>(),
        }],
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn result(problem: &Problem) -> Value {
    let mut text = problem.found.clone();
    if !problem.allowed.is_empty() {
        text.push_str(&format!("; allowed: {}", problem.allowed));
    }
    if let Some(name) = &problem.suggestion {
        text.push_str(&format!("; did you mean `{name}`?"));
    }
    let mut place = json!({ "artifactLocation": { "uri": uri(&problem.file) } });
    // Line 0 is the file as a whole.
    if problem.line > 0 {
        place["region"] = json!({
            "startLine": problem.line,
            "startColumn": problem.column.max(1),
        });
    }
    json!({
        "ruleId": problem.rule.code(),
        "ruleIndex": problem.rule as usize,
        "level": level(problem.rule.severity()),
        "message": { "text": text },
        "locations": [{ "physicalLocation": place }],
    })
}

/// A relative path is a relative reference (RFC 3986); what may not stand in one is escaped.
fn uri(file: &str) -> String {
    let mut uri = String::new();
    for byte in file.replace('\\', "/").bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}
