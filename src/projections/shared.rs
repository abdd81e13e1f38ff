//! One answer for all who ask the same at the same time: the first one reads, the others wait for it,
//! and for what it failed with.

use super::QueryError;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::OnceCell;

/// So long an answer is given to others once it is there. A key holds all that an answer stands on, so
/// only what passes by itself, the age of what is open, may be so much too young.
const KEPT_FOR: Duration = Duration::from_secs(1);
/// More questions at once are answered each by itself.
const QUESTIONS_MAX: usize = 256;

/// A cheap handle. Every handler asks by itself and no task owns the answers: hence the lock, which is
/// held for a look into the map alone.
pub struct Shared<K, V>(Arc<Mutex<HashMap<K, Cell<V>>>>);

type Cell<V> = Arc<OnceCell<Given<V>>>;

struct Given<V> {
    at: Instant,
    answer: Result<Arc<V>, QueryError>,
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
    /// Whoever waits for a reader that goes away reads for itself.
    ///
    /// # Errors
    /// Of the reading.
    pub async fn ask(
        &self,
        key: K,
        read: impl Future<Output = Result<V, QueryError>>,
    ) -> Result<Arc<V>, QueryError> {
        let cell = self.find(key, Instant::now());
        let read = async {
            let answer = read.await.map(Arc::new);
            let at = Instant::now();
            Given { at, answer }
        };
        cell.get_or_init(|| read).await.answer.clone()
    }

    fn find(&self, key: K, now: Instant) -> Cell<V> {
        let mut cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cells.retain(|_, cell| match cell.get() {
            Some(given) => given.answer.is_ok() && now.duration_since(given.at) < KEPT_FOR,
            // Somebody reads, or all who wanted to know have gone away.
            None => Arc::strong_count(cell) > 1,
        });
        if cells.len() >= QUESTIONS_MAX && !cells.contains_key(&key) {
            return Arc::default();
        }
        Arc::clone(cells.entry(key).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::{Barrier, Notify};
    use tokio::task::JoinSet;

    async fn answered(shared: &Shared<usize, u8>, key: usize) {
        assert_eq!(*shared.ask(key, async { Ok(7) }).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn all_who_ask_the_same_at_once_are_answered_by_one_reading_or_its_failure() {
        for fails in [false, true] {
            let (shared, reads) = (Shared::default(), Arc::new(AtomicUsize::new(0)));
            let all = Arc::new(Barrier::new(50));
            let mut tasks = JoinSet::new();
            for asker in 0..50 {
                let (shared, reads, all) = (shared.clone(), Arc::clone(&reads), Arc::clone(&all));
                tasks.spawn(async move {
                    all.wait().await;
                    let read = async {
                        tokio::task::yield_now().await;
                        let count = reads.fetch_add(1, Ordering::SeqCst);
                        (!fails).then_some(count).ok_or(QueryError::Unavailable)
                    };
                    shared.ask(asker % 2, read).await
                });
            }
            let answers = tasks.join_all().await;
            assert!(answers.iter().all(|answer| answer.is_err() == fails));
            assert_eq!(reads.load(Ordering::SeqCst), 2);
        }
    }

    #[tokio::test]
    async fn a_failure_is_told_to_nobody_who_asks_later() {
        let shared: Shared<usize, u8> = Shared::default();
        let failed = shared.ask(1, async { Err(QueryError::Unavailable) }).await;
        assert!(failed.is_err());
        answered(&shared, 1).await;
    }

    #[tokio::test]
    async fn a_reader_that_goes_away_leaves_the_question_to_whoever_waits() {
        let shared: Shared<usize, u8> = Shared::default();
        let began = Arc::new(Notify::new());
        let (reader, told) = (shared.clone(), Arc::clone(&began));
        let reading = tokio::spawn(async move {
            let never = async {
                told.notify_one();
                std::future::pending().await
            };
            reader.ask(1, never).await
        });
        began.notified().await;
        let waiting = answered(&shared, 1);
        reading.abort();
        waiting.await;
    }

    #[tokio::test]
    async fn an_answer_is_given_to_others_for_a_second_and_a_reading_as_long_as_it_takes() {
        let shared: Shared<usize, u8> = Shared::default();
        let reading = shared.find(0, Instant::now());
        let much_later = Instant::now() + 60 * KEPT_FOR;
        assert!(Arc::ptr_eq(&reading, &shared.find(0, much_later)));
        answered(&shared, 0).await;
        let given = reading.get().unwrap().at;
        let soon = given + KEPT_FOR - Duration::from_millis(1);
        assert!(Arc::ptr_eq(&reading, &shared.find(0, soon)));
        assert!(!Arc::ptr_eq(&reading, &shared.find(0, given + KEPT_FOR)));
    }

    #[tokio::test]
    async fn beyond_so_many_questions_each_is_answered_by_itself() {
        let shared: Shared<usize, u8> = Shared::default();
        for key in 0..QUESTIONS_MAX {
            answered(&shared, key).await;
        }
        let now = Instant::now();
        let beyond = shared.find(QUESTIONS_MAX, now);
        assert!(!Arc::ptr_eq(&beyond, &shared.find(QUESTIONS_MAX, now)));
        answered(&shared, QUESTIONS_MAX).await;
    }
}
