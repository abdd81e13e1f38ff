//! The rows of some requests: read, and written back as far as they changed. A few statements, however
//! many rows, planned once a connection.

use super::Projection;
use super::copy::Copy;
use super::store::{RequestKey, StoreError};
use deadpool_postgres::Transaction;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
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
    let Changed {
        mut written,
        mut new,
        gone,
    } = changed::<P>(before, after);
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
        let Some(first) = written.first() else {
            return Ok(());
        };
        let first = serde_json::to_value(first).map_err(|error| wrong(table, &error))?;
        let columns = first.as_object().cloned().unwrap_or_default();
        let statement = upsert::<P>(table, &columns);
        let statement = transaction.prepare_cached(&statement).await?;
        transaction.execute(&statement, &[&Json(written)]).await?;
        Ok::<_, StoreError>(())
    };
    futures::try_join!(gone, written)?;
    if !new.is_empty() {
        let mut copy = Copy::into(transaction, table).await?;
        for row in new {
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

struct Changed<'a, R> {
    /// In the place of one that was there.
    written: Vec<&'a R>,
    new: Vec<&'a R>,
    gone: Vec<&'a R>,
}

fn changed<'a, P: Projection>(before: &'a Rows<P>, after: &'a Rows<P>) -> Changed<'a, P::Row> {
    let mut changed = Changed {
        written: Vec::new(),
        new: Vec::new(),
        gone: Vec::new(),
    };
    for (request, rows) in after {
        let old = before.get(request).map_or(&[][..], Vec::as_slice);
        let mut left: Vec<&P::Row> = old.iter().collect();
        for row in rows {
            let place = P::place_of(row);
            let Some(at) = left.iter().position(|old| P::place_of(old) == place) else {
                changed.new.push(row);
                continue;
            };
            if left.swap_remove(at) != row {
                changed.written.push(row);
            }
        }
        changed.gone.append(&mut left);
    }
    changed
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

        fn place_of(row: &Row) -> (&str, i32) {
            ("", row.number)
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
        let Changed { written, new, gone } = changed::<Numbered>(&before, &after);
        let numbers = |rows: &[&Row]| -> Vec<i32> { rows.iter().map(|row| row.number).collect() };
        assert_eq!((numbers(&written), numbers(&new)), (vec![2], vec![4]));
        assert_eq!(numbers(&gone), [3]);
        let same = changed::<Numbered>(&before, &before);
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
