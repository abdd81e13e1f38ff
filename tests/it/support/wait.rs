//! Waiting for what another process does: by asking again, with a deadline, never by hoping.

use std::future::Future;
use std::time::{Duration, Instant};

/// Asks every 20 ms until `condition` gives a value; fails the test after `deadline`.
pub(crate) async fn until<T, F, C>(what: &str, deadline: Duration, mut condition: C) -> T
where
    C: FnMut() -> F,
    F: Future<Output = Option<T>>,
{
    let started = Instant::now();
    loop {
        if let Some(value) = condition().await {
            return value;
        }
        assert!(
            started.elapsed() < deadline,
            "waited {deadline:?} in vain for: {what}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
