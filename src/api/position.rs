//! Public positions: `epoch-position`, so that a restored log is not taken for the one before.

use super::extract::Params;
use super::problem::Problem;
use crate::commands::Position;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// How far the read table behind an answer has come.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AsOf {
    /// `epoch-position` of the last event that the read table has seen.
    pub position: String,
    /// Events in the log that it has not seen yet.
    pub lag: i64,
}

#[must_use]
pub fn public(epoch: Uuid, position: i64) -> String {
    Position(position).public(epoch)
}

#[must_use]
pub fn parse(epoch: Uuid, text: &str) -> Option<i64> {
    let (found, position) = text.split_once('-')?;
    if found != epoch.simple().to_string() || position.starts_with('+') {
        return None;
    }
    position.parse().ok().filter(|position| *position >= 0)
}

/// The caller's `min_position`, if there is one.
///
/// # Errors
/// When it is not a position of this log.
pub(super) fn min_position(epoch: Uuid, params: &Params) -> Result<Option<i64>, Problem> {
    let allowed = "a position from a receipt or an answer of this log";
    params.find("min_position", allowed, |text| parse(epoch, text).ok_or(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_survives_and_one_of_another_epoch_does_not() {
        let (epoch, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(parse(epoch, &public(epoch, 42)), Some(42));
        assert_eq!(parse(other, &public(epoch, 42)), None);
        for wrong in [
            "",
            "42",
            "-42",
            &format!("{}--1", epoch.simple()),
            &format!("{}-+1", epoch.simple()),
        ] {
            assert_eq!(parse(epoch, wrong), None);
        }
    }
}
