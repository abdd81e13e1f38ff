//! Work done before this system: rows of an older log become events with their original times.
//!
//! It never invents: a row that does not fit is refused with its line and the reason. Invariant:
//! the same file again appends nothing, and an import that was cut off ends where it should.

pub mod import;
pub mod mapping;
pub mod report;
pub mod rows;
