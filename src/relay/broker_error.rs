//! What may go wrong with the broker, told without the URL, which may hold a password.

use std::time::Duration;

#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    #[error("the broker did not answer within {} s while {doing}", limit.as_secs())]
    Deadline {
        doing: &'static str,
        limit: Duration,
    },
    /// The client's own text may quote the URL, so only its kind is kept.
    #[error("the broker refused while {doing}: {why}")]
    Refused { doing: &'static str, why: String },
    /// With other settings it could swallow messages that no queue takes.
    #[error("the exchange `{}` is not as declared: {}", .0.name, .0.why)]
    Exchange(Mismatch),
    #[error("the connection to the broker was closed")]
    Closed,
    #[error("a publish was not confirmed because confirms are off: a defect")]
    NotConfirmed,
    #[error("a message came back that was not sent from here: a defect")]
    Foreign,
}

impl PublishError {
    /// Whether the same, asked for on a new connection, may be granted.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Deadline { .. } | Self::Refused { .. } | Self::Closed => true,
            Self::Exchange(_) | Self::NotConfirmed | Self::Foreign => false,
        }
    }
}

/// A queue, exchange or binding that is not there, or has other settings than ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    pub name: String,
    pub why: String,
}
