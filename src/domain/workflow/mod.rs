//! A workflow as data: states, moves, who may, what is asked, clocks, routing.
//!
//! A definition is immutable once published and pinned per request by its SHA-256.
//! Invariant: what the rules read is what the file says; no state of the domain is named in Rust.

pub mod arrows;
pub mod definition;
pub mod diagram;
pub mod explain;
pub mod expression;
pub mod form;
pub mod lint;
pub mod located;
pub mod next;
pub mod parse;
pub mod phrase;
pub mod scenario;
pub mod schema;
pub mod together;

pub use definition::Definition;
