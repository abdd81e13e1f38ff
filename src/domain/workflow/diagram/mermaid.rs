//! The same table as a Mermaid `stateDiagram-v2`.

use super::super::arrows::{Arrow, arrows, in_reading_order, is_everywhere};
use super::super::definition::Definition;
use super::Live;
use super::groups::label;
use super::notes::sentences;
use crate::domain::ids::StateName;

/// A diagram that pages and documents can draw.
#[must_use]
pub fn mermaid(definition: &Definition, live: Option<&Live>) -> String {
    let mut lines = vec![
        "---".to_owned(),
        format!("title: {}", quoted(&heading(definition, live))),
        "---".to_owned(),
        "stateDiagram-v2".to_owned(),
    ];
    for (name, rule) in in_reading_order(definition) {
        let mut title = rule.title.clone();
        if let Some(live) = live.filter(|_| !rule.ends) {
            title.push_str(&format!(" ({})", live.words(name, rule.restricted)));
        }
        lines.push(format!("    state \"{}\" as {}", words(&title), id(name)));
    }
    for (from, to, moves) in pairs(definition) {
        let from = from.map_or_else(|| "[*]".to_owned(), id);
        lines.push(format!(
            "    {from} --> {} : {}",
            id(to),
            moves.join("<br/>")
        ));
    }
    note(definition, &mut lines);
    classes(definition, &mut lines);
    lines.push(String::new());
    lines.join("\n")
}

fn heading(definition: &Definition, live: Option<&Live>) -> String {
    let about = format!(
        "{} ({}, version {})",
        definition.title, definition.workflow, definition.version
    );
    live.map_or_else(
        || about.clone(),
        |live| format!("{about}, open requests as of {}", live.as_of),
    )
}

type Pair<'d> = (Option<&'d StateName>, &'d StateName, Vec<String>);

/// Each pair of states once, with all that leads from the one to the other. What can be done
/// everywhere is in the note.
fn pairs(definition: &Definition) -> Vec<Pair<'_>> {
    let mut pairs: Vec<Pair<'_>> = Vec::new();
    let drawn = |arrow: &&Arrow<'_>| arrow.from.is_none() || !is_everywhere(definition, arrow.rule);
    for arrow in arrows(definition).iter().filter(drawn) {
        let words = words(&label(arrow));
        let same = |(from, to, _): &&mut Pair<'_>| *from == arrow.from && *to == arrow.to;
        match pairs.iter_mut().find(same) {
            Some((_, _, moves)) => moves.push(words),
            None => pairs.push((arrow.from, arrow.to, vec![words])),
        }
    }
    pairs
}

fn note(definition: &Definition, lines: &mut Vec<String>) {
    let everywhere = sentences(definition);
    let Some(first) = definition.states.keys().next() else {
        return;
    };
    if everywhere.is_empty() {
        return;
    }
    lines.push(format!("    note left of {}", id(first)));
    lines.push("        In every state:".to_owned());
    for (_, sentence) in everywhere {
        lines.push(format!("        {}", words(&sentence)));
    }
    lines.push("    end note".to_owned());
}

fn classes(definition: &Definition, lines: &mut Vec<String>) {
    let named = |wanted: &dyn Fn(&super::super::definition::StateRule) -> bool| {
        let states = definition.states.iter().filter(|(_, rule)| wanted(rule));
        states
            .map(|(name, _)| id(name))
            .collect::<Vec<_>>()
            .join(",")
    };
    let paused = definition.states.keys().filter(|state| {
        super::super::arrows::paused_in(definition, state)
            .next()
            .is_some()
    });
    let paused = paused.map(id).collect::<Vec<_>>().join(",");
    for (class, style, members) in [
        (
            "over",
            "fill:#f3f4f5,stroke:#5a6773,stroke-width:3px",
            named(&|rule| rule.ends),
        ),
        ("paused", "font-style:italic", paused),
        (
            "restricted",
            "fill:#fdf1f0,stroke:#a8231c,stroke-dasharray:6 4",
            named(&|rule| rule.restricted),
        ),
    ] {
        if !members.is_empty() {
            lines.push(format!("    classDef {class} {style}"));
            lines.push(format!("    class {members} {class}"));
        }
    }
}

/// Mermaid's names have no hyphens, and ours no underlines.
fn id(state: &StateName) -> String {
    state.as_str().replace('-', "_")
}

/// What Mermaid would read as its own, as its character codes.
fn words(text: &str) -> String {
    let mut safe = String::new();
    for letter in text.chars() {
        match letter {
            '#' | ';' | '"' | '<' | '>' | '&' | ':' | '`' | '{' | '}' | '%' => {
                safe.push_str(&format!("#{};", u32::from(letter)));
            }
            letter if letter.is_control() => safe.push(' '),
            letter => safe.push(letter),
        }
    }
    safe
}

/// As a string of YAML.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
