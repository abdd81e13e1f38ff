//! Events of an earlier schema as the present one would have written them.
//!
//! Pure, and never changed once released: what was stored stays readable for ever, and a history
//! folds to the same request as on the day it was written.

use serde_json::Value;

/// From one version to the next, by event type. Says what does not fit, never what it found.
pub(super) type Step = fn(event_type: &str, body: Value) -> Result<Value, &'static str>;

/// The first step leads from version 1 to version 2. A step is added together with the golden
/// histories of the version that it leaves behind.
pub(super) const STEPS: &[Step] = &[];

/// `from` is the version that the body was written in: 1 at the least, one more than `steps` at the
/// most.
pub(super) fn upcast(
    steps: &[Step],
    event_type: &str,
    from: usize,
    body: Value,
) -> Result<Value, &'static str> {
    steps
        .iter()
        .skip(from.saturating_sub(1))
        .try_fold(body, |body, step| step(event_type, body))
}
