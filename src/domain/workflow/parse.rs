//! From the text of a file to what it declares. Every problem of a file is reported at once, with
//! its place and what is allowed there; a file with one problem declares nothing.

mod calendar;
mod claims;
mod clocks;
mod derive;
mod expect;
mod expression;
mod extend;
mod graph;
mod hand_over;
pub(super) mod ladders;
mod link;
mod moves;
mod names;
mod openings;
mod organisation;
mod plan;
mod roles;
mod routing;
mod states;
mod table;
pub(super) mod value;

use super::definition::Definition;
use super::located::{self, Fields, Node, Problem, Reader};
use crate::domain::ids::WorkflowName;
use crate::domain::organisation::{OrganisationFile, ReferenceTable};
use crate::domain::time::calendar::CalendarFile;
use names::Names;

/// The language that this engine reads.
const FORMAT: u32 = 1;

/// Reads a workflow file. `file` is its path: `<workflow>/v<version>.yaml` must agree with the text.
///
/// # Errors
/// Every problem of the file.
pub fn parse(file: &str, text: &str) -> Result<Definition, Vec<Problem>> {
    parse_placed(file, text).map(|(definition, _)| definition)
}

/// `parse`, with the tree of the file: where each thing stands.
///
/// # Errors
/// Every problem of the file.
pub fn parse_placed(file: &str, text: &str) -> Result<(Definition, Node), Vec<Problem>> {
    let root = located::read(file, text)?;
    let mut reader = Reader::new(file);
    let definition = read_definition(&mut reader, &root);
    let definition = reader.finish(definition)?;
    Ok((definition, root))
}

/// Reads an organisation file.
///
/// # Errors
/// Every problem of the file.
pub fn parse_organisation(file: &str, text: &str) -> Result<OrganisationFile, Vec<Problem>> {
    parse_organisation_placed(file, text).map(|(organisation, _)| organisation)
}

/// `parse_organisation`, with the tree of the file.
///
/// # Errors
/// Every problem of the file.
pub fn parse_organisation_placed(
    file: &str,
    text: &str,
) -> Result<(OrganisationFile, Node), Vec<Problem>> {
    let root = located::read(file, text)?;
    let mut reader = Reader::new(file);
    let organisation = organisation::read(&mut reader, &root);
    let organisation = reader.finish(organisation)?;
    Ok((organisation, root))
}

/// Reads a calendar file. Its layers are other files: whether they exist is `Calendars::build`'s.
///
/// # Errors
/// Every problem of the file.
pub fn parse_calendar(file: &str, text: &str) -> Result<CalendarFile, Vec<Problem>> {
    parse_calendar_placed(file, text).map(|(calendar, _)| calendar)
}

/// `parse_calendar`, with the tree of the file.
///
/// # Errors
/// Every problem of the file.
pub fn parse_calendar_placed(file: &str, text: &str) -> Result<(CalendarFile, Node), Vec<Problem>> {
    let root = located::read(file, text)?;
    let mut reader = Reader::new(file);
    let calendar = calendar::read(&mut reader, &root);
    let calendar = reader.finish(calendar)?;
    Ok((calendar, root))
}

/// Reads a reference table: `# vintage: …`, a header, rows; the first column is the key. The table
/// is named as its file.
///
/// # Errors
/// Every problem of the file.
pub fn parse_table(file: &str, text: &str) -> Result<ReferenceTable, Vec<Problem>> {
    let mut reader = Reader::new(file);
    let table = table::read(&mut reader, text);
    reader.finish(table)
}

fn read_definition(reader: &mut Reader, root: &Node) -> Option<Definition> {
    let names = Names::collect(root);
    let mut fields = reader.fields(root)?;
    let format = read_format(reader, &mut fields);
    let workflow = fields.need_as(reader, "workflow", |r, n| r.id(n, WorkflowName::parse));
    let version = fields.need_as(reader, "version", read_version);
    let title = fields.need_as(reader, "title", Reader::text);
    let roles = fields.need_as(reader, "roles", |r, n| Some(roles::read(r, n)));
    let before = reader.problem_count();
    let states = fields.need_as(reader, "states", |r, n| Some(states::read(r, n)));
    let moves = fields.need_as(reader, "moves", |r, n| Some(moves::read(r, n, &names)));
    if let (true, Some(states), Some(moves)) = (reader.problem_count() == before, &states, &moves) {
        graph::check(reader, root, states, moves);
    }
    if let (Some(roles), Some(moves)) = (&roles, &moves) {
        hand_over::check(reader, root, roles, moves);
    }
    let openings = fields.find_as(reader, "openings", |r, n| {
        Some(openings::read(r, n, &names))
    });
    let clocks = fields.find_as(reader, "clocks", |r, n| Some(clocks::read(r, n, &names)));
    let ladders = fields.find_as(reader, "ladders", |r, n| Some(ladders::read(r, n, &names)));
    if let (Some(clocks), Some(ladders)) = (&clocks, &ladders) {
        ladders::fit_clocks(reader, root, clocks, ladders);
    }
    let claims = fields.find_as(reader, "claims", |r, n| claims::read(r, n, &names));
    let actions = fields.find_as(reader, "actions", |r, n| {
        plan::reminders(r, n, (&names, ladders.as_ref()))
    });
    let routing = fields.need_as(reader, "routing", |r, n| Some(routing::read(r, n, &names)));
    let derive = fields.find_as(reader, "derive", |r, n| Some(derive::read(r, n, &names)));
    fields.finish(reader);
    agree_with_path(reader, root, workflow.as_ref(), version);
    Some(Definition {
        format: format?,
        workflow: workflow?,
        version: version?,
        title: title?,
        roles: roles?,
        states: states?,
        moves: moves?,
        openings: openings.unwrap_or_default(),
        clocks: clocks.unwrap_or_default(),
        ladders: ladders.unwrap_or_default(),
        claims,
        actions,
        routing: routing?,
        derive: derive.unwrap_or_default(),
    })
}

fn read_format(reader: &mut Reader, fields: &mut Fields<'_>) -> Option<u32> {
    let node = fields.need(reader, "format")?;
    let format = reader.whole(node)?;
    if format != FORMAT {
        reader.wrong(node, format!("format {format}"), FORMAT.to_string());
    }
    Some(format)
}

fn read_version(reader: &mut Reader, node: &Node) -> Option<u32> {
    let version = reader.whole(node)?;
    if version == 0 {
        reader.wrong(node, "version 0", "a whole number from 1");
    }
    Some(version)
}

/// `…/<workflow>/v<version>.yaml`: one place for each version, and a copy cannot claim another's.
fn agree_with_path(
    reader: &mut Reader,
    root: &Node,
    workflow: Option<&WorkflowName>,
    version: Option<u32>,
) {
    let path = reader.file().to_owned();
    let mut parts = path.rsplit(['/', '\\']);
    let said = parts
        .next()
        .and_then(|name| name.strip_prefix('v')?.strip_suffix(".yaml"))
        .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
    let Some(said) = said else { return };
    if let (Some(version), Some(node)) = (version, root.find("version"))
        && said != version.to_string()
    {
        let found = format!("version {version} in a file named v{said}.yaml");
        reader.wrong(node, found, format!("{said}, or the file v{version}.yaml"));
    }
    let folder = parts.next().filter(|folder| !folder.is_empty());
    if let (Some(workflow), Some(folder), Some(node)) = (workflow, folder, root.find("workflow"))
        && folder != workflow.as_str()
    {
        let found = format!("workflow `{workflow}` in a folder named `{folder}`");
        reader.wrong(node, found, format!("{folder}, or the folder {workflow}"));
    }
}

#[cfg(test)]
pub(crate) mod tests;
