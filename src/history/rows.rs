//! Rows of a CSV file or an XES log as texts by column. In XES a trace's attributes get the
//! prefix `case:`, as the field's tools name them, so that one mapping reads both.

use flate2::read::MultiGzDecoder;
use process_mining::core::event_data::case_centric::xes::{XESImportOptions, import_xes};
use process_mining::core::event_data::case_centric::{Attribute, AttributeValue};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

/// All rows are in memory at once.
const UNPACKED_MAX: u64 = 1 << 30;

/// What one row says, by column.
pub type Texts = BTreeMap<String, String>;

#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Line of the CSV file, or ordinal of the event in the XES log, from 1.
    pub line: u64,
    pub texts: Texts,
}

/// A row, or the line of one that is broken in itself and why.
pub type ReadRow = Result<Row, (u64, String)>;

#[derive(Debug, thiserror::Error)]
pub enum RowsError {
    #[error("{} could not be opened: {source}", path.display())]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{}: {why}", path.display())]
    Unreadable { path: PathBuf, why: String },
    #[error("{}: no column `{missing}`; the file has: {}", path.display(), found.join(", "))]
    MissingColumn {
        path: PathBuf,
        missing: String,
        found: Vec<String>,
    },
    #[error("{}: unpacked it is more than {limit} bytes", path.display())]
    TooLarge { path: PathBuf, limit: u64 },
    #[error("{}: the kind of file is not known; allowed: .csv, .csv.gz, .xes, .xes.gz", path.display())]
    UnknownKind { path: PathBuf },
}

/// Reads the whole file. Rows that are broken in themselves come as errors beside the good ones.
///
/// # Errors
/// When the file as a whole is no log, or lacks a column that the mapping names.
pub fn read(path: &Path, columns: &[&str]) -> Result<Vec<ReadRow>, RowsError> {
    read_within(path, columns, UNPACKED_MAX)
}

fn read_within(path: &Path, columns: &[&str], limit: u64) -> Result<Vec<ReadRow>, RowsError> {
    let name = path
        .file_name()
        .and_then(|n| n.to_str())
        .unwrap_or_default()
        .to_ascii_lowercase();
    let file = File::open(path).map_err(|source| RowsError::File {
        path: path.to_owned(),
        source,
    })?;
    let (name, reader): (&str, Box<dyn Read>) = match name.strip_suffix(".gz") {
        // A log that was rotated and joined has several members.
        Some(name) => (name, Box::new(MultiGzDecoder::new(file))),
        None => (&name, Box::new(file)),
    };
    let mut reader = reader.take(limit.saturating_add(1));
    let rows = if name.ends_with(".csv") {
        csv_rows(path, &mut reader, columns)
    } else if name.ends_with(".xes") {
        xes_rows(path, &mut reader, columns)
    } else {
        return Err(RowsError::UnknownKind {
            path: path.to_owned(),
        });
    };
    if reader.limit() == 0 {
        let path = path.to_owned();
        return Err(RowsError::TooLarge { path, limit });
    }
    rows
}

fn csv_rows(path: &Path, reader: impl Read, columns: &[&str]) -> Result<Vec<ReadRow>, RowsError> {
    let unreadable = |why: String| RowsError::Unreadable {
        path: path.to_owned(),
        why,
    };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(reader);
    let headers: Vec<String> = reader
        .headers()
        .map_err(|error| unreadable(error.to_string()))?
        .iter()
        .map(|header| header.trim_start_matches('\u{feff}').to_owned())
        .collect();
    if let Some(missing) = columns
        .iter()
        .find(|column| !headers.iter().any(|h| h == *column))
    {
        return Err(RowsError::MissingColumn {
            path: path.to_owned(),
            missing: (*missing).to_owned(),
            found: headers,
        });
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        rows.push(match record {
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                // What cannot be read or unpacked is no matter of one row.
                let csv::ErrorKind::Utf8 { err, .. } = error.kind() else {
                    return Err(unreadable(error.to_string()));
                };
                Err((line, format!("field {} is not UTF-8", err.field() + 1)))
            }
            Ok(record) => {
                let line = record.position().map_or(0, csv::Position::line);
                if record.len() == headers.len() {
                    let texts = headers
                        .iter()
                        .cloned()
                        .zip(record.iter().map(str::to_owned));
                    Ok(Row {
                        line,
                        texts: texts.collect(),
                    })
                } else {
                    Err((
                        line,
                        format!("{} fields instead of {}", record.len(), headers.len()),
                    ))
                }
            }
        });
    }
    Ok(rows)
}

fn xes_rows(path: &Path, reader: impl Read, columns: &[&str]) -> Result<Vec<ReadRow>, RowsError> {
    let options = XESImportOptions {
        verbose: false,
        ..XESImportOptions::default()
    };
    let mut reader = quick_reader(reader);
    let log = import_xes(&mut reader, options).map_err(|error| RowsError::Unreadable {
        path: path.to_owned(),
        why: error.to_string(),
    })?;
    let mut rows = Vec::new();
    let mut found = std::collections::BTreeSet::new();
    for trace in &log.traces {
        let of_trace: Texts = trace
            .attributes
            .iter()
            .filter_map(|a| text(a, "case:"))
            .collect();
        for event in &trace.events {
            let mut texts = of_trace.clone();
            texts.extend(event.attributes.iter().filter_map(|a| text(a, "")));
            found.extend(texts.keys().cloned());
            rows.push(Ok(Row {
                line: rows.len() as u64 + 1,
                texts,
            }));
        }
    }
    match columns.iter().find(|column| !found.contains(**column)) {
        Some(missing) => Err(RowsError::MissingColumn {
            path: path.to_owned(),
            missing: (*missing).to_owned(),
            found: found.into_iter().collect(),
        }),
        None => Ok(rows),
    }
}

fn quick_reader<R: Read>(reader: R) -> BufReader<R> {
    BufReader::with_capacity(1 << 16, reader)
}

fn text(attribute: &Attribute, prefix: &str) -> Option<(String, String)> {
    let value = match &attribute.value {
        AttributeValue::String(text) => text.clone(),
        AttributeValue::Date(at) => at.to_rfc3339(),
        AttributeValue::Int(number) => number.to_string(),
        AttributeValue::Float(number) => number.to_string(),
        AttributeValue::Boolean(flag) => flag.to_string(),
        AttributeValue::ID(id) => id.to_string(),
        AttributeValue::List(_) | AttributeValue::Container(_) | AttributeValue::None() => {
            return None;
        }
    };
    Some((format!("{prefix}{}", attribute.key), value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    fn gz(text: &[u8]) -> Vec<u8> {
        let mut member = GzEncoder::new(Vec::new(), Compression::default());
        member.write_all(text).unwrap();
        member.finish().unwrap()
    }

    fn read_bytes(name: &str, bytes: &[u8], limit: u64) -> Result<Vec<ReadRow>, RowsError> {
        let path = std::env::temp_dir().join(format!("{}-{name}", uuid::Uuid::new_v4()));
        std::fs::write(&path, bytes).unwrap();
        let rows = read_within(&path, &["label"], limit);
        std::fs::remove_file(&path).unwrap();
        rows
    }

    #[test]
    fn every_member_of_a_joined_file_is_read() {
        let joined = [gz(b"label\nfirst\n"), gz(b"second\n")].concat();
        let rows = read_bytes("rows.csv.gz", &joined, 1_000).unwrap();
        let labels = rows.iter().map(|row| &row.as_ref().unwrap().texts["label"]);
        assert_eq!(labels.collect::<Vec<_>>(), ["first", "second"]);
    }

    #[test]
    fn a_file_that_ends_in_something_else_is_refused_whole() {
        let broken = [gz(b"label\nfirst\n"), b"not a member".to_vec()].concat();
        let refused = read_bytes("rows.csv.gz", &broken, 1_000).unwrap_err();
        assert!(
            matches!(refused, RowsError::Unreadable { .. }),
            "{refused:?}"
        );
    }

    #[test]
    fn a_file_that_unpacks_to_more_than_the_limit_is_refused() {
        let packed = gz(format!("label\n{}\n", "a".repeat(100)).as_bytes());
        assert_eq!(read_bytes("rows.csv.gz", &packed, 107).unwrap().len(), 1);
        let refused = read_bytes("rows.csv.gz", &packed, 106).unwrap_err();
        assert!(
            refused
                .to_string()
                .ends_with("unpacked it is more than 106 bytes")
        );
    }

    #[test]
    fn a_field_that_is_not_utf_8_is_refused_in_words() {
        let rows = read_bytes("rows.csv", b"label\n\xff\nfine\n", 1_000).unwrap();
        assert_eq!(rows[0], Err((2, "field 1 is not UTF-8".to_owned())));
        assert!(rows[1].is_ok());
    }
}
