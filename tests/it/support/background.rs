//! Cleaning up from `drop`, which cannot await.

use std::future::Future;

/// Runs `work` to its end on a thread and a runtime of its own. Cleaning up is best effort: what it
/// leaves behind has a name that no other test uses.
pub(super) fn finish<W>(work: W)
where
    W: Future<Output = ()> + Send + 'static,
{
    let thread = std::thread::spawn(move || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime for cleaning up")
            .block_on(work);
    });
    if thread.join().is_err() {
        eprintln!("cleaning up after a test failed");
    }
}
