//! Moves that are possible in every state, told once instead of drawn from each.

use super::super::arrows::{Arrow, arrows, is_everywhere};
use super::super::definition::{Definition, MoveRule};
use super::super::phrase;
use super::canvas::Canvas;
use super::groups::label;
use super::layout::MARGIN;
use super::svg::{INK, QUIET, text};
use super::text::wrap;
use crate::domain::ids::{MoveName, StateName};

const LEADING: f64 = 18.0;
const SIZE: f64 = 13.0;
const INDENT: f64 = 14.0;

/// Of each move its name and what is said of it, line by line.
pub(super) struct Notes<'d>(Vec<(&'d MoveName, Vec<String>)>);

impl<'d> Notes<'d> {
    pub(super) fn of(definition: &'d Definition, room: f64) -> Self {
        let moves = definition.moves.iter();
        let everywhere = moves.filter(|(_, rule)| is_everywhere(definition, rule));
        let notes = everywhere.map(|(name, rule)| {
            let words = sentence(definition, name, rule);
            (name, wrap(&words, SIZE, false, room - INDENT))
        });
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
        for (name, lines) in &self.0 {
            canvas.open("g", &[("class", "note"), ("data-moves", name.as_str())]);
            canvas.write("title", &[], name.as_str());
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

/// Where the move leads from where.
pub(super) fn sentence(definition: &Definition, name: &MoveName, rule: &MoveRule) -> String {
    let mut ways: Vec<(String, &StateName, Vec<&StateName>)> = Vec::new();
    let mut stays = 0;
    let all = arrows(definition);
    for arrow in all.iter().filter(|arrow| arrow.name == name) {
        let Some(from) = arrow.from else { continue };
        if arrow.stays() {
            stays += 1;
            continue;
        }
        let when = condition_of(arrow);
        match ways
            .iter_mut()
            .find(|(words, to, _)| *words == when && *to == arrow.to)
        {
            Some((_, _, states)) => states.push(from),
            None => ways.push((when, arrow.to, vec![from])),
        }
    }
    let title = &rule.title;
    if ways.is_empty() {
        return format!("{title}: the request stays where it is.");
    }
    let others = definition.states.len().saturating_sub(1);
    let mut parts: Vec<String> = Vec::new();
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
        parts.push("otherwise the request stays where it is".to_owned());
    }
    format!("{title}: {}.", parts.join("; "))
}

fn condition_of(arrow: &Arrow<'_>) -> String {
    if arrow.when.is_empty() {
        return String::new();
    }
    let words = label(arrow);
    words
        .strip_prefix(arrow.rule.title.as_str())
        .unwrap_or(&words)
        .to_owned()
}

fn quoted(definition: &Definition, state: &StateName) -> String {
    format!("“{}”", definition.states[state].title)
}
