//! One answer for all who ask the same at the same time: the first one reads, the others wait for it.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::OnceCell;

/// So long an answer is given to others. A key holds the position that the answer stands on, so only
/// what passes by itself, the age of what is open, may be so much too young.
const KEPT_FOR: Duration = Duration::from_secs(1);
/// More questions at once are answered each by itself.
const QUESTIONS_MAX: usize = 256;

/// A cheap handle.
pub struct Shared<K, V>(Arc<Mutex<HashMap<K, Asked<V>>>>);

struct Asked<V> {
    since: Instant,
    answer: Arc<OnceCell<Arc<V>>>,
}

impl<K, V> Clone for Shared<K, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K, V> Default for Shared<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: Eq + Hash, V> Shared<K, V> {
    /// Whoever waits for a reader that fails or goes away reads for itself.
    ///
    /// # Errors
    /// Of the reading.
    pub async fn ask<E>(
        &self,
        key: K,
        read: impl Future<Output = Result<V, E>>,
    ) -> Result<Arc<V>, E> {
        let answer = self.find(key, Instant::now());
        let read = async { read.await.map(Arc::new) };
        answer.get_or_try_init(|| read).await.cloned()
    }

    fn find(&self, key: K, now: Instant) -> Arc<OnceCell<Arc<V>>> {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        asked.retain(|_, asked| now.duration_since(asked.since) < KEPT_FOR);
        if asked.len() >= QUESTIONS_MAX && !asked.contains_key(&key) {
            return Arc::default();
        }
        let asked = asked.entry(key).or_insert_with(|| Asked {
            since: now,
            answer: Arc::default(),
        });
        Arc::clone(&asked.answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::Barrier;
    use tokio::task::JoinSet;

    #[tokio::test]
    async fn all_who_ask_the_same_at_once_are_answered_by_one_reading() {
        let (shared, reads) = (Shared::default(), Arc::new(AtomicUsize::new(0)));
        let all = Arc::new(Barrier::new(50));
        let mut tasks = JoinSet::new();
        for asker in 0..50 {
            let (shared, reads, all) = (shared.clone(), Arc::clone(&reads), Arc::clone(&all));
            tasks.spawn(async move {
                all.wait().await;
                let read = async {
                    tokio::task::yield_now().await;
                    Ok::<_, ()>(reads.fetch_add(1, Ordering::SeqCst))
                };
                shared.ask(asker % 2, read).await
            });
        }
        let answers = tasks.join_all().await;
        assert!(answers.iter().all(Result::is_ok));
        assert_eq!(reads.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_reading_that_fails_is_nobody_elses() {
        let shared: Shared<u8, u8> = Shared::default();
        assert_eq!(
            shared.ask(1, async { Err("out of reach") }).await,
            Err("out of reach")
        );
        assert_eq!(*shared.ask(1, async { Ok::<_, ()>(7) }).await.unwrap(), 7);
    }

    #[test]
    fn an_answer_is_given_to_others_for_a_second() {
        let shared: Shared<usize, u8> = Shared::default();
        let now = Instant::now();
        let first = shared.find(0, now);
        let soon = now + KEPT_FOR - Duration::from_millis(1);
        assert!(Arc::ptr_eq(&first, &shared.find(0, soon)));
        assert!(!Arc::ptr_eq(&first, &shared.find(0, now + KEPT_FOR)));
        for key in 1..QUESTIONS_MAX {
            shared.find(key, now + KEPT_FOR);
        }
        let beyond = shared.find(QUESTIONS_MAX, now + KEPT_FOR);
        assert!(!Arc::ptr_eq(
            &beyond,
            &shared.find(QUESTIONS_MAX, now + KEPT_FOR)
        ));
    }
}
