//! What stands in a state's box.

use super::super::arrows::{Arrow, arrows_from, is_everywhere, paused_in};
use super::super::definition::{Definition, StateHolder, StateRule};
use super::super::phrase;
use super::Live;
use super::groups::label;
use super::text::{width, wrap};
use crate::domain::ids::{MoveName, StateName};

pub(super) const BOX_WIDTH: f64 = 262.0;
pub(super) const PADDING: f64 = 14.0;

/// How a line of a box is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Title,
    Name,
    Plain,
    /// With the mark of a pause before it.
    Pause,
    Small,
}

impl Style {
    pub(super) fn size(self) -> f64 {
        match self {
            Self::Title => 15.0,
            Self::Name | Self::Small => 11.0,
            Self::Plain | Self::Pause => 12.0,
        }
    }

    /// From baseline to baseline.
    pub(super) fn leading(self) -> f64 {
        self.size() + 4.0
    }

    pub(super) fn indent(self) -> f64 {
        if self == Self::Pause { 14.0 } else { 0.0 }
    }
}

pub(super) struct StateBox<'d> {
    pub(super) name: &'d StateName,
    pub(super) rule: &'d StateRule,
    pub(super) lines: Vec<(Style, String)>,
    /// Moves that leave the request here and are not possible everywhere.
    pub(super) stays: Vec<&'d MoveName>,
    /// Open requests, written in the corner.
    pub(super) open: Option<String>,
    /// For whoever points at it.
    pub(super) tooltip: String,
}

impl<'d> StateBox<'d> {
    pub(super) fn of(definition: &'d Definition, name: &'d StateName, live: Option<&Live>) -> Self {
        let rule = &definition.states[name];
        let counts = live.filter(|_| !rule.ends);
        let open = counts.map(|live| live.words(name, rule.restricted));
        let beside = open.as_ref().map_or(0.0, |open| badge_width(open) + 6.0);
        let mut lines = Vec::new();
        let mut add = |style: Style, text: &str, room: f64| {
            let room = room - style.indent();
            for line in wrap(text, style.size(), style == Style::Title, room) {
                lines.push((style, line));
            }
        };
        let room = BOX_WIDTH - 2.0 * PADDING;
        add(Style::Title, &rule.title, room - beside);
        add(Style::Name, name.as_str(), room);
        if !rule.ends {
            add(Style::Plain, held_by(rule.held_by), room);
        }
        if rule.waiting {
            add(Style::Plain, "Help is agreed, nobody is free yet", room);
        }
        let paused: Vec<String> = paused_in(definition, name)
            .map(|c| c.title.clone())
            .collect();
        if !paused.is_empty() {
            add(
                Style::Pause,
                &format!("{} paused", phrase::counted(paused.len(), "clock")),
                room,
            );
        }
        let stays = stays(definition, name);
        if !stays.is_empty() {
            let words: Vec<String> = stays.iter().map(label).collect();
            add(
                Style::Small,
                &format!("Stays here: {}", words.join("; ")),
                room,
            );
        }
        let mut tooltip = rule.meaning.clone();
        if !paused.is_empty() {
            tooltip.push_str(&format!(" Paused here: {}.", paused.join("; ")));
        }
        Self {
            name,
            rule,
            lines,
            stays: stays.into_iter().map(|arrow| arrow.name).collect(),
            open,
            tooltip,
        }
    }

    pub(super) fn height(&self) -> f64 {
        let lines: f64 = self.lines.iter().map(|(style, _)| style.leading()).sum();
        lines + 2.0 * PADDING - 4.0
    }
}

pub(super) fn badge_width(open: &str) -> f64 {
    width(open, 12.0, true) + 18.0
}

pub(super) fn held_by(holder: StateHolder) -> &'static str {
    match holder {
        StateHolder::Team => "Held by the team",
        StateHolder::Worker => "Held by the named worker",
        StateHolder::Requester => "Held by whoever asked",
    }
}

/// What can be done without leaving the state, apart from what can be done everywhere.
fn stays<'d>(definition: &'d Definition, state: &'d StateName) -> Vec<Arrow<'d>> {
    let mut found = arrows_from(definition, Some(state));
    found.retain(|arrow| arrow.stays() && !is_everywhere(definition, arrow.rule));
    found
}
