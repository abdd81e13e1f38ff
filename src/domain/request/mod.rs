//! One request for assistance: what may be asked of it, what happened to it, where it stands.
//!
//! `decide` holds the rules and no fold; `evolve` holds the fold and no rules.
//! Invariant: from the first event on a request has exactly one owner.

pub mod actor;
pub mod asking;
pub mod child_wait;
pub mod claim;
pub mod clocks;
pub mod codec;
pub mod command;
pub mod concern;
pub mod decide;
pub mod entitle;
pub mod error;
pub mod event;
pub mod expected;
pub mod extension;
mod guard;
pub mod link;
pub mod opening;
mod owner;
pub mod plan;
pub mod rung;
pub mod sight;
pub mod state;
mod upcast;

#[cfg(test)]
mod tests;
