//! What a workflow says that nobody can have meant: rules over the whole of a file that the parser
//! took, each with a code. Pure; what is not in the file comes as `Surroundings`.
//!
//! Invariant: a finding has a rule of the table, a place in a file, and says what would be right.

mod calendars;
mod claims;
mod clocks;
mod exits;
mod names;
mod openings;
mod people;
mod plan;
mod routing;
mod rule;
mod scenarios;
mod steps;
mod walk;
mod words;
mod worker;

pub use rule::{About, RULES, Rule, Severity};
pub use scenarios::Covered;

use super::definition::Definition;
use super::located::{Entry, Node, Problem, Reader};
use crate::domain::organisation::{OrganisationFile, ReferenceTable};
use crate::domain::request::actor::Grant;
use crate::domain::time::calendar::CalendarFile;
use jiff::civil::Date;
use steps::{Step, steps};

/// A file and what it declares.
#[derive(Debug, Clone)]
pub struct Placed<T> {
    pub file: String,
    pub root: Node,
    pub declares: T,
}

/// What lies around a workflow. What is not known is not asked about.
#[derive(Debug, Clone, Default)]
pub struct Surroundings<'a> {
    pub organisation: Option<&'a OrganisationFile>,
    pub tables: Vec<&'a ReferenceTable>,
    /// Every calendar of the folder; `None` when the file stands alone.
    pub calendars: Option<Vec<&'a CalendarFile>>,
    /// The roles that people of the organisation hold.
    pub grants: Option<Vec<&'a Grant>>,
    /// What the scenarios walked through.
    pub covered: Option<&'a Covered>,
}

/// Seconds between two looks of the timers: a clock cannot be told apart by less.
pub const SWEEP_SECONDS: u32 = 60;

/// What the rules of one file read.
struct Ground<'a> {
    definition: &'a Definition,
    root: &'a Node,
    around: &'a Surroundings<'a>,
    steps: Vec<Step<'a>>,
}

impl<'a> Ground<'a> {
    /// Where the file declares `name` in one of its parts.
    fn entry(&self, part: &str, name: &str) -> Option<&'a Entry> {
        let entries = self.root.find(part)?.entries();
        entries.iter().find(|entry| entry.key == name)
    }
}

/// Everything that the rules find in a workflow, in the order of the file.
#[must_use]
pub fn lint(workflow: &Placed<Definition>, around: &Surroundings<'_>) -> Vec<Problem> {
    let ground = Ground {
        definition: &workflow.declares,
        root: &workflow.root,
        around,
        steps: steps(&workflow.declares),
    };
    let mut reader = Reader::new(&workflow.file);
    names::check(&ground, &mut reader);
    exits::check(&ground, &mut reader);
    people::check(&ground, &mut reader);
    openings::check(&ground, &mut reader);
    clocks::check(&ground, &mut reader);
    claims::check(&ground, &mut reader);
    plan::check(&ground, &mut reader);
    worker::check(&ground, &mut reader);
    routing::check(&ground, &mut reader);
    words::check(&ground, &mut reader);
    scenarios::check(&ground, &mut reader);
    reader.into_problems()
}

/// Layers that no calendar declares, or that lead back to where they began.
#[must_use]
pub fn lint_names(calendars: &[Placed<CalendarFile>]) -> Vec<Problem> {
    let mut found: Vec<Problem> = calendars
        .iter()
        .flat_map(|calendar| {
            let mut reader = Reader::new(&calendar.file);
            names::layers(calendar, calendars, &mut reader);
            reader.into_problems()
        })
        .collect();
    if found.is_empty() {
        found.extend(names::unbuilt(calendars));
    }
    found
}

/// Calendars that an organisation names and nobody declares.
#[must_use]
pub fn lint_organisation(
    organisation: &Placed<OrganisationFile>,
    calendars: &[&CalendarFile],
) -> Vec<Problem> {
    let mut reader = Reader::new(&organisation.file);
    names::organisation(&organisation.root, calendars, &mut reader);
    reader.into_problems()
}

/// What the rules find in a calendar, on a day.
#[must_use]
pub fn lint_calendar(calendar: &Placed<CalendarFile>, today: Date) -> Vec<Problem> {
    let mut reader = Reader::new(&calendar.file);
    calendars::check(calendar, today, &mut reader);
    reader.into_problems()
}
