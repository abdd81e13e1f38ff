//! The rows of some requests: read, and written back as far as they changed. A few statements, however
//! many rows, planned once a connection.

use super::Projection;
use super::copy::Copy;
use super::store::{RequestKey, StoreError};
use deadpool_postgres::Transaction;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use tokio_postgres::types::Json;
use uuid::Uuid;

/// New rows from here on are copied in: fewer are not worth its round trips.
const COPIED_MIN: usize = 50;

/// By request, each request's in the order of the key.
pub(super) type Rows<P> = BTreeMap<RequestKey, Vec<<P as Projection>::Row>>;

/// Fills in the rows of the requests that are there already as keys.
pub(super) async fn load<P: Projection>(
    transaction: &Transaction<'_>,
    table: &str,
    touched: &mut Rows<P>,
) -> Result<(), StoreError> {
    if touched.is_empty() {
        return Ok(());
    }
    let requests: BTreeSet<Uuid> = touched.keys().map(|(_, request)| *request).collect();
    let requests: Vec<Uuid> = requests.into_iter().collect();
    let statement = include_str!("sql/load_rows.sql").replace("{table}", table);
    let statement = transaction
        .prepare_cached(&statement.replace("{key}", P::KEY))
        .await?;
    let loaded = transaction.query(&statement, &[&requests]).await?;
    for row in loaded {
        let row: Json<P::Row> = row.try_get(0).map_err(|error| wrong(table, &error))?;
        let row = row.0;
        let (authority, request) = P::request_of(&row);
        let key = (authority.to_owned(), request);
        // Another authority's are found with them, and left alone.
        if let Some(rows) = touched.get_mut(&key) {
            rows.push(row);
        }
    }
    Ok(())
}

/// Writes what is not as `before`; takes away what is no longer there.
pub(super) async fn write<P: Projection>(
    transaction: &Transaction<'_>,
    table: &str,
    (before, after): (&Rows<P>, &Rows<P>),
) -> Result<(), StoreError> {
    let changed = changed::<P>(before, after).map_err(|e| wrong(table, &e))?;
    let Changed {
        mut written,
        mut new,
        gone,
    } = changed;
    if new.len() < COPIED_MIN {
        written.append(&mut new);
    }
    // Sent one after the other without waiting in between.
    let gone = async {
        if gone.is_empty() {
            return Ok(());
        }
        let same: Vec<String> = keys::<P>().map(|k| format!("t.{k} = gone.{k}")).collect();
        let statement = include_str!("sql/delete_rows.sql").replace("{table}", table);
        let statement = statement.replace("{same}", &same.join(" and "));
        let statement = transaction.prepare_cached(&statement).await?;
        transaction.execute(&statement, &[&Json(gone)]).await?;
        Ok::<_, StoreError>(())
    };
    let written = async {
        let Some(columns) = written.first().and_then(Value::as_object) else {
            return Ok(());
        };
        let statement = upsert::<P>(table, columns);
        let statement = transaction.prepare_cached(&statement).await?;
        transaction.execute(&statement, &[&Json(written)]).await?;
        Ok::<_, StoreError>(())
    };
    futures::try_join!(gone, written)?;
    if !new.is_empty() {
        let mut copy = Copy::into(transaction, table).await?;
        for row in &new {
            copy.push(row).await?;
        }
        copy.finish().await?;
    }
    Ok(())
}

fn keys<P: Projection>() -> impl Iterator<Item = &'static str> {
    P::KEY.split(", ")
}

fn upsert<P: Projection>(table: &str, row: &Map<String, Value>) -> String {
    let columns: Vec<&str> = row.keys().map(String::as_str).collect();
    let changes = columns
        .iter()
        .filter(|column| keys::<P>().all(|key| key != **column));
    let changes: Vec<String> = changes.map(|c| format!("{c} = excluded.{c}")).collect();
    include_str!("sql/upsert_rows.sql")
        .replace("{table}", table)
        .replace("{columns}", &columns.join(", "))
        .replace("{key}", P::KEY)
        .replace("{changes}", &changes.join(", "))
}

/// Rows as JSON; of those that are gone the key alone.
struct Changed {
    /// In the place of one that was there.
    written: Vec<Value>,
    new: Vec<Value>,
    gone: Vec<Value>,
}

fn changed<P: Projection>(before: &Rows<P>, after: &Rows<P>) -> Result<Changed, serde_json::Error> {
    let nothing = Vec::new();
    let mut changed = Changed {
        written: Vec::new(),
        new: Vec::new(),
        gone: Vec::new(),
    };
    for (request, rows) in after {
        let old = before.get(request).unwrap_or(&nothing);
        let mut left: Vec<&P::Row> = old.iter().collect();
        let mut kept = Vec::new();
        for row in rows {
            match left.iter().position(|old| *old == row) {
                Some(same) => drop(left.swap_remove(same)),
                None => kept.push(serde_json::to_value(row)?),
            }
        }
        let mut left_keys = HashSet::with_capacity(left.len());
        for row in left {
            left_keys.insert(key_of::<P>(&serde_json::to_value(row)?));
        }
        for row in kept {
            let was_there = left_keys.remove(&key_of::<P>(&row));
            let to = if was_there {
                &mut changed.written
            } else {
                &mut changed.new
            };
            to.push(row);
        }
        changed.gone.extend(left_keys);
    }
    Ok(changed)
}

fn key_of<P: Projection>(row: &Value) -> Value {
    keys::<P>()
        .map(|key| (key.to_owned(), row.get(key).cloned().unwrap_or_default()))
        .collect()
}

pub(super) fn wrong(table: &str, error: &impl ToString) -> StoreError {
    StoreError::Row {
        table: table.to_owned(),
        why: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::declared::Declared;
    use crate::projections::Decoded;
    use serde::{Deserialize, Serialize};

    struct Numbered;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Row {
        authority: String,
        request_id: Uuid,
        number: i32,
        text: String,
    }

    impl Projection for Numbered {
        const NAME: &'static str = "numbered";
        const TABLE: &'static str = "";
        const KEY: &'static str = "request_id, authority, number";
        type Row = Row;

        fn fold(_: &mut Vec<Row>, _: &Decoded, _: &Declared) -> Result<(), String> {
            Ok(())
        }

        fn request_of(row: &Row) -> (&str, Uuid) {
            (&row.authority, row.request_id)
        }
    }

    fn rows(rows: &[(i32, &str)]) -> Rows<Numbered> {
        let key = ("village".to_owned(), Uuid::nil());
        let rows = rows.iter().map(|(number, text)| Row {
            authority: key.0.clone(),
            request_id: key.1,
            number: *number,
            text: (*text).to_owned(),
        });
        [(key.clone(), rows.collect())].into()
    }

    #[test]
    fn what_stayed_as_it_was_is_not_written_again() {
        let before = rows(&[(1, "a"), (2, "b"), (3, "c")]);
        let after = rows(&[(1, "a"), (2, "other"), (4, "d")]);
        let Changed { written, new, gone } = changed::<Numbered>(&before, &after).unwrap();
        let numbers = |rows: &[Value]| -> Vec<i64> {
            rows.iter()
                .filter_map(|row| row["number"].as_i64())
                .collect()
        };
        assert_eq!((numbers(&written), numbers(&new)), (vec![2], vec![4]));
        assert_eq!(numbers(&gone), [3]);
        let same = changed::<Numbered>(&before, &before).unwrap();
        assert!(same.written.is_empty() && same.new.is_empty() && same.gone.is_empty());
    }

    #[test]
    fn a_row_that_is_there_is_changed_in_its_place() {
        let before = rows(&[(1, "a")]);
        let row = serde_json::to_value(&before.values().next().unwrap()[0]).unwrap();
        let statement = upsert::<Numbered>("t", row.as_object().unwrap());
        let ends = "on conflict (request_id, authority, number) do update set text = excluded.text";
        assert!(statement.trim_end().ends_with(ends), "{statement}");
    }
}
