//! Requests from a sheet: for agencies that have a spreadsheet and no program that could send them.
//!
//! A row is the same command as `POST /requests`, under the key that stands in it. Invariant: no row
//! is taken before all were checked, and what was taken is not taken again. Cells are never repeated
//! in what is told of them, nor are headers that nobody knows: they may be a row of data.

mod form;
mod reading;
mod taking;
mod template;

pub use form::{Form, NoForm};
pub use reading::{Row, Sheet, Wrong, read};
pub use taking::{NotTaken, Taken, Taking};
pub use template::template;

/// Larger ones are cut in two.
pub const ROWS_MAX: usize = 500;
pub const BYTES_MAX: usize = 2 * 1024 * 1024;
/// Of the row, as an `Idempotency-Key`.
pub const KEY: &str = "key";
/// The person that a service account speaks for.
pub const ON_BEHALF_OF: &str = "on_behalf_of";
/// A key that begins so makes a row that is for people: it is passed over.
const NOTE: char = '#';
