//! Tasks that must not end before the program does: one that ends early is told of, counted and
//! started again, and is named in `/readyz` until it has lasted.

use std::collections::BTreeSet;
use std::future::Future;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Before a task is started again.
    pause: Duration,
    /// A task that has run for so long is taken to be well.
    lasts: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            pause: Duration::from_secs(1),
            lasts: Duration::from_secs(60),
        }
    }
}

/// A cheap handle.
#[derive(Clone)]
pub(super) struct Supervisor {
    pace: Pace,
    shutdown: CancellationToken,
    down: watch::Sender<BTreeSet<&'static str>>,
}

impl Supervisor {
    pub(super) fn new(pace: Pace, shutdown: CancellationToken) -> Self {
        Self {
            pace,
            shutdown,
            down: watch::Sender::default(),
        }
    }

    /// Tasks that ended early and have not lasted since.
    pub(super) fn down(&self) -> watch::Receiver<BTreeSet<&'static str>> {
        self.down.subscribe()
    }

    /// Does the work, from the beginning each time, until told to stop.
    pub(super) fn start<W>(
        &self,
        task: &'static str,
        work: impl Fn(CancellationToken) -> W + Send + 'static,
    ) -> JoinHandle<()>
    where
        W: Future<Output = ()> + Send + 'static,
    {
        let supervisor = self.clone();
        tokio::spawn(async move {
            while !supervisor.shutdown.is_cancelled() {
                let running = tokio::spawn(work(supervisor.shutdown.clone()));
                supervisor.once(task, running).await;
            }
        })
    }

    async fn once(&self, task: &'static str, mut running: JoinHandle<()>) {
        let ended = match tokio::time::timeout(self.pace.lasts, &mut running).await {
            Ok(ended) => ended,
            Err(_) => {
                self.down.send_if_modified(|down| down.remove(task));
                running.await
            }
        };
        if self.shutdown.is_cancelled() {
            return;
        }
        let panicked = ended.is_err();
        tracing::error!(task, panicked, "a task ended early and is started again");
        metrics::counter!("rfa_tasks_ended_early_total", "task" => task).increment(1);
        self.down.send_if_modified(|down| down.insert(task));
        tokio::select! {
            () = self.shutdown.cancelled() => {}
            () = tokio::time::sleep(self.pace.pause) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test]
    async fn a_task_that_panics_is_named_started_again_and_forgotten_once_it_lasts() {
        let shutdown = CancellationToken::new();
        let pace = Pace {
            pause: Duration::from_millis(1),
            lasts: Duration::from_millis(20),
        };
        let supervisor = Supervisor::new(pace, shutdown.clone());
        let mut down = supervisor.down();
        let starts = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&starts);
        let task = supervisor.start("example", move |shutdown| {
            let is_first = counted.fetch_add(1, Ordering::SeqCst) == 0;
            async move {
                assert!(!is_first, "invented");
                shutdown.cancelled().await;
            }
        });
        let named = BTreeSet::from(["example"]);
        let seen = down.wait_for(|down| *down == named).await;
        drop(seen.unwrap());
        let seen = down.wait_for(BTreeSet::is_empty).await;
        drop(seen.unwrap());
        assert_eq!(starts.load(Ordering::SeqCst), 2);
        shutdown.cancel();
        task.await.unwrap();
        assert!(supervisor.down().borrow().is_empty());
    }
}
