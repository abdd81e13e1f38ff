//! Moves that are possible in every state, told once instead of drawn from each.

use super::super::arrows::{Arrow, arrows, is_everywhere};
use super::super::definition::Definition;
use super::super::phrase;
use super::canvas::Canvas;
use super::groups::label;
use super::ink::{INK, QUIET, text};
use super::layout::MARGIN;
use super::text::wrap;
use crate::domain::ids::{MoveName, StateName};

const LEADING: f64 = 18.0;
const SIZE: f64 = 13.0;
const INDENT: f64 = 14.0;

/// The names of moves of which the same is said, and what that is, line by line.
pub(super) struct Notes<'d>(Vec<(Vec<&'d MoveName>, Vec<String>)>);

impl<'d> Notes<'d> {
    pub(super) fn of(definition: &'d Definition, room: f64) -> Self {
        let notes = sentences(definition)
            .into_iter()
            .map(|(names, words)| (names, wrap(&words, SIZE, false, room - INDENT)));
        Self(notes.collect())
    }

    pub(super) fn height(&self) -> f64 {
        if self.0.is_empty() {
            return 0.0;
        }
        let lines: usize = self.0.iter().map(|(_, lines)| lines.len()).sum();
        (lines as f64) * LEADING + 5.0 * (self.0.len() as f64) + 26.0
    }

    pub(super) fn draw(&self, canvas: &mut Canvas, top: f64) {
        if self.0.is_empty() {
            return;
        }
        canvas.open("g", &[("class", "notes")]);
        text(
            canvas,
            MARGIN,
            top + 14.0,
            (15.0, INK, true),
            "In every state",
        );
        let mut y = top + 22.0;
        for (names, lines) in &self.0 {
            let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
            canvas.open("g", &[("class", "note"), ("data-moves", &names.join(" "))]);
            canvas.write("title", &[], &names.join(", "));
            y += 5.0;
            for (i, line) in lines.iter().enumerate() {
                y += LEADING;
                let indent = if i == 0 { 0.0 } else { INDENT };
                text(canvas, MARGIN + indent, y - 4.0, (SIZE, QUIET, false), line);
            }
            canvas.close("g");
        }
        canvas.close("g");
    }
}

/// Moves of which the same is said, told together, in the order of the file.
pub(super) fn sentences(definition: &Definition) -> Vec<(Vec<&MoveName>, String)> {
    let mut told: Vec<(Vec<&MoveName>, Vec<String>, String)> = Vec::new();
    for (name, rule) in &definition.moves {
        if !is_everywhere(definition, rule) {
            continue;
        }
        let ways = ways(definition, name);
        match told.iter_mut().find(|(_, _, same)| *same == ways) {
            Some((names, titles, _)) => {
                names.push(name);
                titles.push(rule.title.clone());
            }
            None => told.push((vec![name], vec![rule.title.clone()], ways)),
        }
    }
    let told = told.into_iter();
    told.map(|(names, titles, ways)| (names, format!("{}: {ways}.", titles.join("; "))))
        .collect()
}

/// Where a move leads from where.
fn ways(definition: &Definition, name: &MoveName) -> String {
    let mut ways: Vec<(String, &StateName, Vec<&StateName>)> = Vec::new();
    let mut parts: Vec<String> = Vec::new();
    let mut stays = 0;
    let all = arrows(definition);
    for arrow in all.iter().filter(|arrow| arrow.name == name) {
        let when = condition_of(arrow);
        let Some(from) = arrow.from else {
            let to = quoted(definition, arrow.to);
            parts.push(format!("opens a request in {to}{when}"));
            continue;
        };
        if arrow.stays() {
            stays += 1;
            continue;
        }
        match ways
            .iter_mut()
            .find(|(words, to, _)| *words == when && *to == arrow.to)
        {
            Some((_, _, states)) => states.push(from),
            None => ways.push((when, arrow.to, vec![from])),
        }
    }
    let others = definition.states.len().saturating_sub(1);
    for (when, to, from) in &ways {
        let to = quoted(definition, to);
        if from.len() == others {
            parts.push(format!("leads to {to}{when}"));
            stays = 0;
        } else {
            let from: Vec<String> = from.iter().map(|from| quoted(definition, from)).collect();
            parts.push(format!("from {} to {to}{when}", phrase::any_of(&from)));
        }
    }
    if stays > 0 {
        let otherwise = if parts.is_empty() { "" } else { "otherwise " };
        parts.push(format!("{otherwise}the request stays where it is"));
    }
    parts.join("; ")
}

fn condition_of(arrow: &Arrow<'_>) -> String {
    if arrow.when.is_always() && arrow.guards().next().is_none() {
        return String::new();
    }
    let words = label(arrow);
    words
        .strip_prefix(arrow.rule.title.as_str())
        .unwrap_or(&words)
        .to_owned()
}

fn quoted(definition: &Definition, state: &StateName) -> String {
    let title = &definition.states[state].title;
    let same = definition
        .states
        .values()
        .filter(|rule| rule.title == *title);
    if same.count() > 1 {
        return format!("“{title}” ({state})");
    }
    format!("“{title}”")
}
