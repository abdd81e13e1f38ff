//! Bases of the questions that were asked lately, within a number of bytes. The one that was not asked for
//! the longest goes first.

use super::answer::{Answer, Question, check_dimensions, query};
use super::charted::{Waits, waits_now};
use super::kept::read::{build, since};
use super::kept::{Base, Others, Shape};
use crate::domain::declared::Declared;
use crate::projections::{QueryError, ReadPool};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Mutex as Turns, OwnedMutexGuard};

/// A settled spell takes some 30 bytes, and a request some six spells: all clocks of a million requests,
/// and nearly as much again for what else is asked.
const BYTES_MAX: usize = 384 << 20;
/// Of shapes of which there is no spell, which weigh nothing.
const SHAPES_MAX: usize = 256;

/// Whoever asks waits for its turn at the base of its own question, and for no other: the map is locked
/// for a look into it alone.
type Turn = Arc<Turns<Option<Base>>>;

/// A cheap handle.
#[derive(Clone)]
pub struct Bases(Arc<Mutex<Stock>>);

struct Stock {
    bases: HashMap<Shape, Kept>,
    bytes_max: usize,
    asked_count: u64,
    built_count: u64,
}

struct Kept {
    turn: Turn,
    /// The larger, the later.
    asked: u64,
    bytes: usize,
}

/// What is in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weight {
    pub bases_count: usize,
    pub bytes: usize,
    /// Since the start.
    pub built_count: u64,
}

impl Default for Bases {
    fn default() -> Self {
        Self::within(BYTES_MAX)
    }
}

impl Bases {
    /// The base that was asked for last is kept even if it alone is larger.
    #[must_use]
    pub fn within(bytes_max: usize) -> Self {
        Self(Arc::new(Mutex::new(Stock {
            bases: HashMap::new(),
            bytes_max,
            asked_count: 0,
            built_count: 0,
        })))
    }

    /// The same answer as `query`, without reading what has not changed since the last one.
    ///
    /// # Errors
    /// As `query`.
    pub async fn query(
        &self,
        pool: &ReadPool,
        declared: &Declared,
        question: &Question,
    ) -> Result<Answer, QueryError> {
        let Some(answer) = self.find_answer(pool, declared, question).await? else {
            metrics::counter!("rfa_figures_read_whole_total").increment(1);
            return query(pool, declared, question).await;
        };
        check_dimensions(pool, question).await?;
        Ok(answer)
    }

    /// `None` where a base cannot tell: of a period, and of a moment before something that it has.
    ///
    /// # Errors
    /// When the read tables are out of reach or a calendar is missing.
    pub async fn find_answer(
        &self,
        pool: &ReadPool,
        declared: &Declared,
        question: &Question,
    ) -> Result<Option<Answer>, QueryError> {
        let answer = |base: &mut Base, others| base.answer(declared, question, others);
        self.ask(pool, (declared, question), answer).await
    }

    /// The waits of one clock to be drawn, ungrouped.
    ///
    /// # Errors
    /// As `find_answer`.
    pub async fn waits(
        &self,
        pool: &ReadPool,
        declared: &Declared,
        question: &Question,
    ) -> Result<Waits, QueryError> {
        let waits = |base: &mut Base, others| base.waits(declared, question, &others);
        match self.ask(pool, (declared, question), waits).await? {
            Some(waits) => Ok(waits),
            None => waits_now(pool, declared, question).await,
        }
    }

    async fn ask<T>(
        &self,
        pool: &ReadPool,
        (declared, question): (&Declared, &Question),
        answer: impl FnOnce(&mut Base, Others) -> Option<T>,
    ) -> Result<Option<T>, QueryError> {
        let Some(shape) = Shape::of(question) else {
            return Ok(None);
        };
        let mut turn = self.find(&shape).lock_owned().await;
        for _ in 0..2 {
            if !turn.as_ref().is_some_and(|base| base.is_by(declared)) {
                turn = self.build(pool, declared, (question, &shape), turn).await?;
            }
            let Some(base) = turn.as_ref() else {
                return Ok(None);
            };
            let since = since(pool, declared, question, (&shape, base)).await?;
            // Nothing is waited for from here on, and what a defect leaves half done is not put back.
            let (Some(mut base), Some(since)) = (turn.take(), since) else {
                continue;
            };
            let others = base.follow(&shape, since);
            let answer = if question.as_of >= base.latest {
                answer(&mut base, others)
            } else {
                None
            };
            self.weigh(&shape, base.bytes());
            *turn = Some(base);
            return Ok(answer);
        }
        Ok(None)
    }

    /// In a task of its own: it takes longer than a caller may wait, and the next one finds it done.
    async fn build(
        &self,
        pool: &ReadPool,
        declared: &Declared,
        (question, shape): (&Question, &Shape),
        mut turn: OwnedMutexGuard<Option<Base>>,
    ) -> Result<OwnedMutexGuard<Option<Base>>, QueryError> {
        let (pool, question, shape) = (pool.clone(), question.clone(), shape.clone());
        let (stock, declared) = (self.clone(), declared.clone());
        let building = tokio::spawn(async move {
            *turn = None;
            *turn = build(&pool, &declared, &question, &shape).await?;
            stock.count_built();
            stock.weigh(&shape, turn.as_ref().map_or(0, Base::bytes));
            Ok(turn)
        });
        building.await.map_err(|error| {
            tracing::error!(%error, "what the figures stand on could not be put together");
            QueryError::Unavailable
        })?
    }

    #[must_use]
    pub fn weight(&self) -> Weight {
        self.with(|stock| Weight {
            bases_count: stock.bases.len(),
            bytes: stock.bytes(),
            built_count: stock.built_count,
        })
    }

    fn with<T>(&self, look: impl FnOnce(&mut Stock) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn count_built(&self) {
        metrics::counter!("rfa_figures_bases_built_total").increment(1);
        self.with(|stock| stock.built_count += 1);
    }

    fn find(&self, shape: &Shape) -> Turn {
        self.with(|stock| {
            stock.asked_count += 1;
            let kept = stock.bases.entry(shape.clone()).or_insert_with(|| Kept {
                turn: Turn::default(),
                asked: 0,
                bytes: 0,
            });
            kept.asked = stock.asked_count;
            Arc::clone(&kept.turn)
        })
    }

    fn weigh(&self, shape: &Shape, bytes: usize) {
        self.with(|stock| {
            if let Some(kept) = stock.bases.get_mut(shape) {
                kept.bytes = bytes;
            }
            stock.make_room(shape);
            let bytes = u32::try_from(stock.bytes()).unwrap_or(u32::MAX);
            metrics::gauge!("rfa_figures_bases_bytes").set(f64::from(bytes));
        });
    }
}

impl Stock {
    fn bytes(&self) -> usize {
        self.bases.values().map(|kept| kept.bytes).sum()
    }

    fn make_room(&mut self, last: &Shape) {
        while self.bytes() > self.bytes_max || self.bases.len() > SHAPES_MAX {
            let others = self.bases.iter().filter(|(shape, _)| *shape != last);
            let oldest = others.min_by_key(|(_, kept)| kept.asked);
            let Some(oldest) = oldest.map(|(shape, _)| shape.clone()) else {
                return;
            };
            self.bases.remove(&oldest);
        }
    }
}
