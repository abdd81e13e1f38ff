//! A reference table: `# vintage: …`, a header, rows. The first column is the key.

use super::super::located::{FILE_LIMIT, Place, Reader, quoted};
use crate::domain::organisation::SCHOOLS_TABLE;
use crate::domain::organisation::file::{ReferenceTable, normal_key};
use csv::{ReaderBuilder, StringRecord};
use std::collections::BTreeMap;

/// A table of every postcode of a country is some tens of megabytes.
const TABLE_LIMIT: usize = 64 * FILE_LIMIT;

pub(super) fn read(reader: &mut Reader, text: &str) -> Option<ReferenceTable> {
    if text.len() > TABLE_LIMIT {
        let found = format!("a table of {} bytes", text.len());
        reader.wrong_at(Place::default(), found, format!("at most {TABLE_LIMIT}"));
        return None;
    }
    // Spreadsheets write a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let table = name(reader);
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let vintage = first
        .trim_end_matches('\r')
        .strip_prefix("# vintage:")
        .map(str::trim)
        .filter(|vintage| !vintage.is_empty());
    if vintage.is_none() {
        let allowed = "`# vintage: <source and year>` as the first line";
        reader.wrong_at(at(1, 1), "no vintage", allowed);
    }
    let rows = rows(reader, if vintage.is_some() { rest } else { text }, {
        usize::from(vintage.is_some())
    });
    Some(ReferenceTable {
        table: table?,
        vintage: vintage?.to_owned(),
        rows: rows?,
    })
}

fn at(line: usize, column: usize) -> Place {
    Place { line, column }
}

/// `…/<table>.csv`
fn name(reader: &mut Reader) -> Option<String> {
    let path = reader.file().to_owned();
    let name = path
        .rsplit(['/', '\\'])
        .next()
        .and_then(|file| file.strip_suffix(".csv"))
        .filter(|name| is_code(name) && *name != SCHOOLS_TABLE);
    if name.is_none() {
        let found = format!("a table in {}", quoted(&path));
        let allowed = format!("<table>.csv of a-z, 0-9, - and _, but not {SCHOOLS_TABLE}.csv");
        reader.wrong_at(Place::default(), found, allowed);
    }
    name.map(str::to_owned)
}

fn is_code(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
    !text.is_empty() && text.len() <= 64 && text.bytes().all(fits)
}

type Rows = BTreeMap<String, BTreeMap<String, String>>;

/// `skipped` lines stand before the text.
fn rows(reader: &mut Reader, text: &str, skipped: usize) -> Option<Rows> {
    let mut records = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut columns: Option<Vec<String>> = None;
    let mut rows = Rows::new();
    let mut count = 0_usize;
    for record in records.records() {
        let record = match record {
            Ok(record) => record,
            Err(why) => {
                let line = why.position().map_or(0, |p| line_of(p.line(), skipped));
                reader.wrong_at(
                    at(line, 1),
                    "not CSV",
                    "rows of commas and quotes, in UTF-8",
                );
                return None;
            }
        };
        count += 1;
        let line = record.position().map_or(0, |p| line_of(p.line(), skipped));
        match &columns {
            None => columns = Some(header(reader, &record, line)),
            Some(columns) => row(reader, &mut rows, columns, (&record, line)),
        }
    }
    if columns.is_none() {
        let line = skipped + 1;
        reader.wrong_at(at(line, 1), "no header", "the names of the columns");
    } else if count < 2 {
        reader.wrong_at(at(skipped + 2, 1), "no rows", "at least one row");
    }
    columns.map(|_| rows)
}

fn line_of(line: u64, skipped: usize) -> usize {
    usize::try_from(line).unwrap_or(usize::MAX - skipped) + skipped
}

fn header(reader: &mut Reader, record: &StringRecord, line: usize) -> Vec<String> {
    let columns: Vec<String> = record.iter().map(|c| c.trim().to_owned()).collect();
    for (i, column) in columns.iter().enumerate() {
        if !is_code(column) {
            let found = format!("the column {}", quoted(column));
            reader.wrong_at(at(line, i + 1), found, "a-z, 0-9, - and _");
        }
        if columns[..i].contains(column) {
            let found = format!("the column {} twice", quoted(column));
            reader.wrong_at(at(line, i + 1), found, "each column once");
        }
    }
    if columns.len() < 2 {
        reader.wrong_at(at(line, 1), "one column", "a key and at least one code");
    }
    columns
}

/// Places are line and cell here: a column of the table, not of the text.
fn row(
    reader: &mut Reader,
    rows: &mut Rows,
    columns: &[String],
    (record, line): (&StringRecord, usize),
) {
    if record.len() != columns.len() {
        let found = format!("{} cells", record.len());
        reader.wrong_at(at(line, 1), found, columns.len().to_string());
        return;
    }
    let mut codes = BTreeMap::new();
    for (i, (column, cell)) in columns.iter().zip(record).enumerate() {
        if cell.chars().any(char::is_control) || cell.chars().nth(200).is_some() {
            let allowed = "at most 200 visible characters";
            reader.wrong_at(at(line, i + 1), "a cell that cannot be a code", allowed);
        }
        if i > 0 {
            codes.insert(column.clone(), cell.trim().to_owned());
        }
    }
    let key = normal_key(record.get(0).unwrap_or_default());
    if key.is_empty() {
        reader.wrong_at(
            at(line, 1),
            "a row without a key",
            "a key in the first column",
        );
    } else if rows.insert(key, codes).is_some() {
        reader.wrong_at(
            at(line, 1),
            "a key that an earlier row has",
            "each key once",
        );
    }
}
