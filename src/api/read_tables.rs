//! Read tables: how far they are, and the wait for what the caller has already been told.

use super::App;
use super::extract::Params;
use super::position::{AsOf, min_position, public};
use super::problem::{Kind, Problem};
use crate::commands::Position;
use crate::projections;
use std::fmt::Display;

/// How long a caller waits for a read table to reach `min_position`.
const WAIT_MS: u64 = 500;
const RETRY_AFTER_MS: u64 = 1_000;

/// Waits until the read table includes the caller's `min_position`; says how far it is. Asked before
/// the rows are read, so the rows are at least that new.
///
/// # Errors
/// `too-far-behind` with the position reached.
pub(crate) async fn caught_up(app: &App, table: &str, params: &Params) -> Result<AsOf, Problem> {
    let wanted = min_position(app.epoch, params)?.unwrap_or(0);
    let reached = reached(app, table, Position(wanted)).await?;
    let head = app
        .commands
        .registry()
        .log()
        .head()
        .await
        .map_err(unreadable)?;
    Ok(AsOf {
        position: public(app.epoch, reached.0),
        lag: (head.0 - reached.0).max(0),
    })
}

/// Waits until the read table has come to a position.
///
/// # Errors
/// `too-far-behind` with the position reached.
pub(crate) async fn reached(app: &App, table: &str, wanted: Position) -> Result<Position, Problem> {
    projections::wait_for(&app.reads, table, wanted, WAIT_MS)
        .await
        .map_err(|behind| {
            let mut problem = Problem::new(
                Kind::TooFarBehind,
                "What you were told is not in this read table yet.",
            )
            .retry_after(RETRY_AFTER_MS);
            problem.as_of = Some(public(app.epoch, behind.as_of.0));
            problem
        })
}

/// A read table that cannot be read: nothing is wrong with the question.
pub(crate) fn unreadable(error: impl Display) -> Problem {
    tracing::warn!(%error, "a read table cannot be read");
    Problem::new(Kind::Unavailable, "The read table cannot be read now.")
        .retry_after(RETRY_AFTER_MS)
}
