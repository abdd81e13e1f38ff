//! Which team gets a request, and why.

use super::super::definition::RouteTo;
use super::super::phrase;
use super::Source;
use super::page::Page;
use serde_json::Value;

pub(super) fn tell(page: &mut Page, source: Source<'_>) {
    page.heading("Which team gets it");
    page.paragraph("The first of these that fits; no request is ever without a team.");
    let opening = source.definition.moves.values().find(|rule| rule.opens);
    let schema = opening.map_or(&Value::Null, |rule| &rule.data);
    for rule in &source.definition.routing {
        let team = match &rule.team {
            RouteTo::Team(team) => source.team(team),
            RouteTo::LocalityAt(path) => {
                format!("the receiving team of the {}", last(path))
            }
        };
        let when = if rule.when.is_empty() {
            "otherwise".to_owned()
        } else {
            condition(&rule.when, schema)
        };
        let because = phrase::lower(rule.because.trim_end_matches('.'));
        page.item(&format!(
            "{}: {team} (because: {because}).",
            phrase::upper(&when)
        ));
    }
}

/// A derived code has no field of its own.
fn condition(when: &super::super::definition::Condition, schema: &Value) -> String {
    let derived = when.0.keys().find_map(|path| path.strip_prefix("derived."));
    if let (Some(code), [(_, values)]) = (derived, when.0.iter().collect::<Vec<_>>().as_slice())
        && values.iter().any(|value| value == "*")
    {
        return format!("if the {} is known", phrase::words(code));
    }
    phrase::condition(when, schema)
}

fn last(path: &str) -> String {
    phrase::words(path.rsplit('.').next().unwrap_or(path))
}
