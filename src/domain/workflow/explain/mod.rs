//! A definition in plain English, as a team leader would read it. Pure, and stable to the byte.
//!
//! Told from `arrows` and the clock rules, the tables that the engine goes by. Invariant: every
//! state, move, clock and routing rule of the definition is told.

mod claims;
mod clocks;
mod concern;
mod data;
mod moves;
mod page;
mod people;
mod plan;
mod routing;
mod states;

use super::definition::Definition;
use crate::domain::ids::{CalendarName, ClockName, MoveName, StateName, TeamId};
use crate::domain::organisation::file::ConcernNumber;
use page::Page;
use std::collections::BTreeMap;

/// What is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Whole,
    State(StateName),
    Clock(ClockName),
    Move(MoveName),
}

/// Titles from the files beside the definition; what is not here goes by its name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beside {
    pub calendars: BTreeMap<CalendarName, String>,
    pub teams: BTreeMap<TeamId, String>,
    /// Of the organisations that work by the definition: what a team has that names no other.
    pub usual_calendars: Vec<CalendarName>,
    /// What they ring about a child protection concern.
    pub numbers: Vec<ConcernNumber>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no {kind} `{found}`; allowed: {allowed}")]
pub struct Unknown {
    pub kind: &'static str,
    pub found: String,
    pub allowed: String,
}

/// What the parts of the text are told from.
#[derive(Clone, Copy)]
struct Source<'d> {
    definition: &'d Definition,
    beside: &'d Beside,
}

impl Source<'_> {
    /// `“Sent”`; with its name where two states have one title.
    fn state(&self, name: &StateName) -> String {
        let states = &self.definition.states;
        let title = &states[name].title;
        if states.values().filter(|rule| rule.title == *title).count() > 1 {
            return format!("“{title}” ({name})");
        }
        format!("“{title}”")
    }

    fn states<'s>(&self, names: impl IntoIterator<Item = &'s StateName>) -> Vec<String> {
        names.into_iter().map(|name| self.state(name)).collect()
    }
}

/// # Errors
/// When the definition has no such part.
pub fn explain(definition: &Definition, beside: &Beside, part: &Part) -> Result<String, Unknown> {
    let source = Source { definition, beside };
    let mut page = Page::default();
    match part {
        Part::Whole => whole(&mut page, source),
        Part::State(name) => {
            let rule = found(
                "state",
                name.as_str(),
                definition.states.get_key_value(name),
                || names(definition.states.keys()),
            )?;
            states::alone(&mut page, source, rule);
        }
        Part::Clock(name) => {
            let rule = found(
                "clock",
                name.as_str(),
                definition.clocks.get_key_value(name),
                || names(definition.clocks.keys()),
            )?;
            clocks::tell(&mut page, source, rule);
        }
        Part::Move(name) => {
            let rule = found(
                "move",
                name.as_str(),
                definition.moves.get_key_value(name),
                || names(definition.moves.keys()),
            )?;
            moves::alone(&mut page, source, rule);
        }
    }
    Ok(page.finish())
}

fn whole(page: &mut Page, source: Source<'_>) {
    let definition = source.definition;
    page.title(&format!(
        "{} ({}, version {})",
        definition.title, definition.workflow, definition.version
    ));
    moves::openings(page, source);
    routing::tell(page, source);
    states::all(page, source);
    moves::all(page, source);
    moves::everywhere(page, source);
    concern::tell(page, source);
    claims::tell(page, source);
    plan::tell(page, source);
    clocks::all(page, source);
}

fn found<T>(
    kind: &'static str,
    name: &str,
    part: Option<T>,
    allowed: impl FnOnce() -> String,
) -> Result<T, Unknown> {
    part.ok_or_else(|| Unknown {
        kind,
        found: name.to_owned(),
        allowed: allowed(),
    })
}

fn names<N: ToString>(names: impl Iterator<Item = N>) -> String {
    names
        .map(|name| name.to_string())
        .collect::<Vec<_>>()
        .join(", ")
}
