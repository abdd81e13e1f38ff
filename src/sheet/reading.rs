//! From the bytes of a file to rows of data. What spreadsheets write is read: commas, semicolons or
//! tabs, with or without a byte order mark, any line ends.

use super::{KEY, NOTE, ON_BEHALF_OF, ROWS_MAX};
use crate::commands::is_key;
use crate::domain::ids::PrincipalId;
use crate::domain::workflow::schema::{Cells, Columns};
use csv::{ReaderBuilder, StringRecord};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Far beyond what a workflow asks for; a file that is no sheet ends here.
const COLUMNS_MAX: usize = 400;

#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// As a spreadsheet counts: empty rows too, from 1.
    pub number: usize,
    pub key: String,
    pub on_behalf_of: Option<PrincipalId>,
    pub data: Value,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    pub rows: Vec<Row>,
}

/// One thing wrong, and where. Never holds what was found there.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Wrong {
    /// `None` is the file as a whole.
    pub row: Option<usize>,
    /// The name of a column, or its letter where no name of it is known; empty is the whole row.
    pub column: String,
    pub what: String,
    pub allowed: String,
}

impl Wrong {
    pub(super) fn file(what: impl Into<String>, allowed: impl Into<String>) -> Self {
        Self {
            row: None,
            column: String::new(),
            what: what.into(),
            allowed: allowed.into(),
        }
    }

    #[must_use]
    pub fn cell(
        row: usize,
        column: impl Into<String>,
        what: impl Into<String>,
        allowed: impl Into<String>,
    ) -> Self {
        Self {
            row: Some(row),
            column: column.into(),
            what: what.into(),
            allowed: allowed.into(),
        }
    }
}

/// # Errors
/// Everything that is wrong with the file; with its header; or with its rows.
pub fn read(bytes: &[u8], columns: &Columns) -> Result<Sheet, Vec<Wrong>> {
    let text = text(bytes).map_err(|wrong| vec![wrong])?;
    let delimiter = delimiter(text);
    let numbers = numbers(text, delimiter).map_err(|wrong| vec![wrong])?;
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut records = Vec::new();
    for record in reader.records() {
        let unreadable = |_| vec![Wrong::file("a row cannot be read", "CSV in UTF-8")];
        records.push(record.map_err(unreadable)?);
        if records.len() > ROWS_MAX + 2 {
            return Err(vec![Wrong::file(
                "too many rows",
                format!("at most {ROWS_MAX} in one sheet"),
            )]);
        }
    }
    if numbers.len() != records.len() {
        return Err(vec![Wrong::file(
            "rows that cannot be told apart",
            "CSV in UTF-8",
        )]);
    }
    let mut rows = numbers.into_iter().zip(&records);
    let Some((header_number, header)) = rows.next() else {
        return Err(vec![Wrong::file("empty", "a header and rows")]);
    };
    let names = names(header_number, header, columns)?;
    let mut keys = BTreeMap::new();
    let (mut read, mut wrong) = (Vec::new(), Vec::new());
    for (number, record) in rows {
        match row(number, record, &names, columns, &mut keys) {
            Ok(row) => read.extend(row),
            Err(found) => wrong.extend(found),
        }
    }
    match (wrong.is_empty(), read.is_empty()) {
        (true, false) => Ok(Sheet { rows: read }),
        (true, true) => Err(vec![Wrong::file("no rows", "a row for each request")]),
        (false, _) => Err(wrong),
    }
}

fn text(bytes: &[u8]) -> Result<&str, Wrong> {
    const WANTED: &str = "CSV in UTF-8; spreadsheets call it \"CSV UTF-8\"";
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(Wrong::file("saved as UTF-16", WANTED));
    }
    if bytes.starts_with(b"PK") {
        return Err(Wrong::file("a workbook or an archive", WANTED));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        Wrong::file(format!("not UTF-8, at line {line}"), WANTED)
    })?;
    if text.contains('\0') {
        return Err(Wrong::file("a NUL character", "text without NUL"));
    }
    Ok(text)
}

/// The numbers of the rows that are not empty, as a spreadsheet counts. A quotation mark that does not
/// wrap its cell is refused: two of them in one column would make one row of all between them.
fn numbers(text: &str, delimiter: u8) -> Result<Vec<usize>, Wrong> {
    const ALLOWED: &str =
        "cells with quotation marks in them wrapped in two more, each inner one doubled";
    enum At {
        Start,
        Plain,
        Wrapped,
        /// After the mark that closes the cell, or the first of two.
        Closed,
    }
    let mut numbers = Vec::new();
    let (mut at, mut row, mut cell) = (At::Start, 1, 0);
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        let is_end = matches!(byte, b'\n' | b'\r');
        let is_kept = numbers.last() == Some(&row);
        if !is_end && !is_kept {
            numbers.push(row);
        }
        at = match (at, byte) {
            (At::Wrapped, b'"') => At::Closed,
            (At::Wrapped, _) | (At::Closed | At::Start, b'"') => At::Wrapped,
            (At::Start | At::Plain | At::Closed, _) if is_end => {
                if byte == b'\r' && bytes.peek() == Some(&b'\n') {
                    bytes.next();
                }
                (row, cell) = (row + 1, 0);
                At::Start
            }
            (At::Start | At::Plain | At::Closed, _) if byte == delimiter => {
                cell += 1;
                At::Start
            }
            (At::Plain, b'"') | (At::Closed, _) => {
                let what = "a quotation mark that does not wrap its cell";
                return Err(Wrong::cell(row, letter(cell), what, ALLOWED));
            }
            (At::Start | At::Plain, _) => At::Plain,
        };
    }
    if matches!(at, At::Wrapped) {
        return Err(Wrong::file("a quotation mark that is not closed", ALLOWED));
    }
    Ok(numbers)
}

/// Whatever parts the header most often.
fn delimiter(text: &str) -> u8 {
    let header = text.split(['\n', '\r']).find(|line| !line.is_empty());
    let header = header.unwrap_or_default();
    let count = |mark: &u8| header.bytes().filter(|byte| byte == mark).count();
    // Of equals the last wins, which is the comma.
    let found = [b'\t', b';', b','].into_iter().max_by_key(count);
    found.unwrap_or(b',')
}

/// The names of the header, each known and there once, and all there that every row needs.
fn names<'r>(
    number: usize,
    header: &'r StringRecord,
    columns: &Columns,
) -> Result<Vec<&'r str>, Vec<Wrong>> {
    if header.len() > COLUMNS_MAX {
        let allowed = format!("at most {COLUMNS_MAX}");
        return Err(vec![Wrong::file("too many columns", allowed)]);
    }
    let names: Vec<&str> = header.iter().map(str::trim).collect();
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    for (index, name) in names
        .iter()
        .enumerate()
        .filter(|(_, name)| !name.is_empty())
    {
        if !is_known(name, columns) {
            let meant = columns.nearest(name);
            let allowed = meant.map_or_else(
                || "a column of the template".to_owned(),
                |meant| format!("did you mean `{meant}`?"),
            );
            wrong.push(Wrong::cell(
                number,
                letter(index),
                "a column that does not exist",
                allowed,
            ));
        } else if !seen.insert(*name) {
            wrong.push(Wrong::cell(
                number,
                *name,
                "there twice",
                "each column once",
            ));
        }
    }
    let needed = columns.iter().filter(|column| column.needed);
    let needed = [KEY].into_iter().chain(needed.map(|c| c.name.as_str()));
    for name in needed.filter(|name| !seen.contains(name)) {
        wrong.push(Wrong::cell(
            number,
            name,
            "missing",
            "a column that every row needs",
        ));
    }
    if wrong.is_empty() {
        Ok(names)
    } else {
        Err(wrong)
    }
}

fn is_known(name: &str, columns: &Columns) -> bool {
    name == KEY || name == ON_BEHALF_OF || columns.find(name).is_some()
}

/// As spreadsheets name a column: A, B, … Z, AA.
fn letter(index: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = index + 1;
    while rest > 0 {
        let place = u8::try_from((rest - 1) % 26).unwrap_or_default();
        letters.push(char::from(b'A' + place));
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().collect()
}

/// `None` for a row that is empty or a note.
fn row(
    number: usize,
    record: &StringRecord,
    names: &[&str],
    columns: &Columns,
    keys: &mut BTreeMap<String, usize>,
) -> Result<Option<Row>, Vec<Wrong>> {
    if record.iter().all(|cell| cell.trim().is_empty()) {
        return Ok(None);
    }
    let cells = names.iter().copied().zip(record.iter().map(str::trim));
    let mut cells: Cells<'_> = cells.filter(|(_, cell)| !cell.is_empty()).collect();
    let (key, person) = (cells.remove(KEY), cells.remove(ON_BEHALF_OF));
    if key.is_some_and(|key| key.starts_with(NOTE)) {
        return Ok(None);
    }
    let mut wrong = Vec::new();
    let beyond = record.iter().skip(names.len());
    let nameless = names.iter().zip(record).filter(|(name, _)| name.is_empty());
    let mut beyond = beyond.chain(nameless.map(|(_, cell)| cell));
    if beyond.any(|cell| !cell.trim().is_empty()) {
        let what = "more cells than the header has names";
        let allowed =
            "nothing there; a cell with a comma or semicolon in it wrapped in quotation marks";
        wrong.push(Wrong::cell(number, "", what, allowed));
    } else if record.len() < names.len() {
        let what = format!("{} cells, the header has {}", record.len(), names.len());
        wrong.push(Wrong::cell(number, "", what, "as many cells as the header"));
    }
    if let Err(found) = take_key(number, key, keys) {
        wrong.push(found);
    }
    let on_behalf_of = person.map(PrincipalId::parse).transpose();
    if on_behalf_of.is_err() {
        let allowed = "the code of a person of your agency";
        wrong.push(Wrong::cell(number, ON_BEHALF_OF, "not a code", allowed));
    }
    // Cells in the wrong columns would be told of one by one.
    let data = if wrong.is_empty() {
        columns.data(&cells)
    } else {
        Err(Vec::new())
    };
    match (key, on_behalf_of, data) {
        (Some(key), Ok(on_behalf_of), Ok(data)) => Ok(Some(Row {
            number,
            key: key.to_owned(),
            on_behalf_of,
            data,
        })),
        (_, _, data) => {
            let faults = data.err().unwrap_or_default().into_iter();
            wrong.extend(faults.map(|f| Wrong::cell(number, f.column, f.what, f.allowed)));
            Err(wrong)
        }
    }
}

fn take_key(
    number: usize,
    key: Option<&str>,
    keys: &mut BTreeMap<String, usize>,
) -> Result<(), Wrong> {
    let allowed = "your own number for this request, never used for another: 1 to 128 visible ASCII characters";
    let Some(key) = key else {
        return Err(Wrong::cell(number, KEY, "missing", allowed));
    };
    if !is_key(key) {
        return Err(Wrong::cell(number, KEY, "not a key", allowed));
    }
    match keys.insert(key.to_owned(), number) {
        None => Ok(()),
        Some(before) => {
            let what = format!("the key of row {before}");
            Err(Wrong::cell(
                number,
                KEY,
                what,
                "a key of its own for each row",
            ))
        }
    }
}

#[cfg(test)]
mod tests;
