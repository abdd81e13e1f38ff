//! Rows into a table by COPY, as text: the server reads each column as it reads its own.

use super::rows::wrong;
use super::store::StoreError;
use deadpool_postgres::Transaction;
use futures::SinkExt;
use indexmap::IndexMap;
use serde::Serialize;
use serde_json::value::RawValue;
use std::collections::BTreeSet;
use std::io::Cursor;
use std::pin::Pin;
use tokio_postgres::CopyInSink;

const CHUNK_BYTES: usize = 1 << 16;

type Sink = Pin<Box<CopyInSink<Cursor<Vec<u8>>>>>;

pub(super) struct Copy<'a> {
    transaction: &'a Transaction<'a>,
    table: String,
    /// Of which a string is JSON, and not the text itself.
    json: BTreeSet<String>,
    /// Begun with the first row, which tells the columns; all rows have them in the same order.
    begun: Option<Sink>,
    chunk: Vec<u8>,
}

impl<'a> Copy<'a> {
    pub(super) async fn into(
        transaction: &'a Transaction<'a>,
        table: &str,
    ) -> Result<Self, StoreError> {
        let columns = include_str!("sql/json_columns.sql");
        let columns = transaction.prepare_cached(columns).await?;
        let rows = transaction.query(&columns, &[&table]).await?;
        Ok(Self {
            transaction,
            table: table.to_owned(),
            json: rows.iter().map(|row| row.get(0)).collect(),
            begun: None,
            chunk: Vec::with_capacity(2 * CHUNK_BYTES),
        })
    }

    pub(super) async fn push<R: Serialize>(&mut self, row: &R) -> Result<(), StoreError> {
        let unread = |error: serde_json::Error| wrong(&self.table, &error);
        let row = serde_json::to_string(row).map_err(unread)?;
        // Cut at its columns, and no further.
        let row: IndexMap<&str, &RawValue> = serde_json::from_str(&row).map_err(unread)?;
        if self.begun.is_none() {
            let columns: Vec<&str> = row.keys().copied().collect();
            let copy = format!("copy {} ({}) from stdin", self.table, columns.join(", "));
            let sink = self.transaction.copy_in(&copy).await?;
            self.begun = Some(Box::pin(sink));
        }
        for (i, (column, value)) in row.iter().enumerate() {
            if i > 0 {
                self.chunk.push(b'\t');
            }
            match value.get() {
                "null" => self.chunk.extend(b"\\N"),
                text if text.starts_with('"') && !self.json.contains(*column) => {
                    let text: String = serde_json::from_str(text).map_err(unread)?;
                    escape(&mut self.chunk, &text);
                }
                other => escape(&mut self.chunk, other),
            }
        }
        self.chunk.push(b'\n');
        if self.chunk.len() >= CHUNK_BYTES {
            let chunk = std::mem::replace(&mut self.chunk, Vec::with_capacity(2 * CHUNK_BYTES));
            if let Some(sink) = &mut self.begun {
                sink.send(Cursor::new(chunk)).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn finish(self) -> Result<(), StoreError> {
        if let Some(mut sink) = self.begun {
            sink.send(Cursor::new(self.chunk)).await?;
            sink.as_mut().finish().await?;
        }
        Ok(())
    }
}

fn escape(chunk: &mut Vec<u8>, text: &str) {
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|b| b"\\\n\r\t".contains(b)) {
        chunk.extend(&rest[..at]);
        chunk.extend(match rest[at] {
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            _ => b"\\\\",
        });
        rest = &rest[at + 1..];
    }
    chunk.extend(rest);
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn what_means_something_to_copy_is_written_so_that_it_does_not() {
        let mut chunk = Vec::new();
        escape(&mut chunk, "a\tb\nc\rd\\N é");
        assert_eq!(chunk, r"a\tb\nc\rd\\N é".as_bytes());
    }
}
