//! Rows into a table by COPY, as text: the server reads each column as it reads its own.

use super::store::StoreError;
use deadpool_postgres::Transaction;
use futures::SinkExt;
use serde_json::Value;
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
    /// Begun with the first row, which tells the columns.
    begun: Option<(Sink, Vec<String>)>,
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

    /// A row as JSON, with a value for each column.
    pub(super) async fn push(&mut self, row: &Value) -> Result<(), StoreError> {
        if self.begun.is_none() {
            let columns = row.as_object().map(|row| row.keys().cloned().collect());
            let columns: Vec<String> = columns.unwrap_or_default();
            let copy = format!("copy {} ({}) from stdin", self.table, columns.join(", "));
            let sink = self.transaction.copy_in(&copy).await?;
            self.begun = Some((Box::pin(sink), columns));
        }
        let Some((sink, columns)) = &mut self.begun else {
            return Ok(());
        };
        for (i, column) in columns.iter().enumerate() {
            if i > 0 {
                self.chunk.push(b'\t');
            }
            match row.get(column) {
                None | Some(Value::Null) => self.chunk.extend(b"\\N"),
                Some(Value::String(text)) if !self.json.contains(column) => {
                    escape(&mut self.chunk, text);
                }
                Some(value) => escape(&mut self.chunk, &value.to_string()),
            }
        }
        self.chunk.push(b'\n');
        if self.chunk.len() >= CHUNK_BYTES {
            sink.send(Cursor::new(std::mem::take(&mut self.chunk)))
                .await?;
        }
        Ok(())
    }

    pub(super) async fn finish(self) -> Result<(), StoreError> {
        if let Some((mut sink, _)) = self.begun {
            sink.send(Cursor::new(self.chunk)).await?;
            sink.as_mut().finish().await?;
        }
        Ok(())
    }
}

fn escape(chunk: &mut Vec<u8>, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'\\' => chunk.extend(b"\\\\"),
            b'\n' => chunk.extend(b"\\n"),
            b'\r' => chunk.extend(b"\\r"),
            b'\t' => chunk.extend(b"\\t"),
            other => chunk.push(other),
        }
    }
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
