//! Forms made from the schemas of a workflow: drawn, read back, and drawn again with what is wrong.
//!
//! What is right is the schema's to say, not this room's. Invariant: what was typed is drawn again as
//! it was typed, whatever was wrong with it.

mod build;
mod draw;
mod fault;
mod field;
mod fill;
pub(super) mod hints;
mod read;
mod typed;

pub(super) use build::{Source, build};
pub(super) use draw::{Drawing, draw, id, more};
pub(super) use fault::{Fault, faults, summary};
pub(super) use field::{Choice, Field, Kind};
pub(super) use fill::fill;
pub(super) use read::{close_up, read};
pub(super) use typed::Typed;
