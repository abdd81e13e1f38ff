//! Which team gets a request, and why.

use super::super::definition::RouteTo;
use super::super::expression::{Expression, Path};
use super::super::phrase::{self, Titles};
use super::Source;
use super::page::Page;
use serde_json::Value;

pub(super) fn tell(page: &mut Page, source: Source<'_>) {
    page.heading("Which team gets it");
    page.paragraph("The first of these that fits; no request is ever without a team.");
    let titles = Titles::of(source.definition, &Value::Null);
    for rule in &source.definition.routing {
        let team = match &rule.team {
            RouteTo::Team(team) => source.team(team),
            RouteTo::LocalityAt(path) => {
                format!("the receiving team of the {}", last(path))
            }
        };
        let when = if rule.when.is_always() {
            "otherwise".to_owned()
        } else {
            condition(&rule.when, titles)
        };
        let because = phrase::lower(rule.because.trim_end_matches('.'));
        page.item(&format!(
            "{}: {team} (because: {because}).",
            phrase::upper(&when)
        ));
    }
}

/// A derived code has no field of its own.
fn condition(when: &Expression, titles: Titles<'_>) -> String {
    if let Expression::Has(Path::Request(path)) = when
        && let Some(code) = path.strip_prefix("derived.")
    {
        return format!("if the {} is known", phrase::words(code));
    }
    phrase::condition(when, titles)
}

fn last(path: &str) -> String {
    phrase::words(path.rsplit('.').next().unwrap_or(path))
}
