//! Units that stand at the same place of the log, moved on together by one transaction.

use super::page::{Entry, Known, cut, declares, decode};
use super::parked::TryAgain;
use super::runner::{Runner, RunnerError};
use super::shape::ShapeOf;
use super::shards::{Shards, Unit, cursors};
use super::store::{self, Page, RequestKey};
use super::{Projection, Visitor, with_projection};
use crate::log::Position;
use deadpool_postgres::Transaction;
use futures::future::join_all;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

pub(super) const PAGE_EVENTS: i64 = 1_000;
/// Of read tables alone, which hold nothing that the log does not: after a crash rows and cursors are
/// both where they were a moment ago. The log itself is never written so. A statement has one plan, for
/// tables that grow: while they are small, reading all of them looks cheap.
const SETTINGS: &str = "set local synchronous_commit = off; set local jit = off; \
    set local plan_cache_mode = force_generic_plan; set local enable_seqscan = off";

/// What has been declared up to the place, and who stands there.
#[derive(Default)]
pub(super) struct Group {
    pub(super) units: BTreeSet<Unit>,
    from: Position,
    known: Option<Known>,
    /// Parked streams had their chance since the start and the last declaration.
    has_tried_again: bool,
    not_before: Option<Instant>,
}

impl Group {
    pub(super) fn projections(&self) -> BTreeSet<&'static str> {
        self.units.iter().map(|unit| unit.projection).collect()
    }

    fn shards_of(&self, projection: &str) -> Shards {
        let units = self.units.iter();
        let units = units.filter(|unit| unit.projection == projection);
        Shards::of(units.map(|unit| unit.shard))
    }

    /// One read table each, so that the others go on without the one to blame.
    pub(super) fn split(self) -> Result<Vec<Self>, Self> {
        let names = self.projections();
        if names.len() < 2 {
            return Err(self);
        }
        let part = |name| Self {
            units: self
                .units
                .iter()
                .copied()
                .filter(|unit| unit.projection == name)
                .collect(),
            from: self.from,
            ..Self::default()
        };
        Ok(names.into_iter().map(part).collect())
    }
}

/// Everything that is held. A turn takes each once, the furthest behind first.
#[derive(Default)]
pub(super) struct Groups {
    waiting: Vec<Group>,
    done: Vec<Group>,
}

impl Groups {
    /// Leases as they are now: what is new stands where its cursor does, what was lost is left out.
    pub(super) fn hold(&mut self, mut held: BTreeMap<Unit, Position>) {
        for group in &mut self.waiting {
            group
                .units
                .retain(|unit| held.get(unit) == Some(&group.from));
            for unit in &group.units {
                held.remove(unit);
            }
        }
        for (unit, from) in held {
            self.waiting.push(Group {
                units: [unit].into(),
                from,
                ..Group::default()
            });
        }
        self.meet();
    }

    /// Those at the same place go on together, unless one of them has to wait.
    fn meet(&mut self) {
        let mut met: Vec<Group> = Vec::new();
        self.waiting.sort_by_key(|group| group.from);
        for group in self.waiting.drain(..) {
            match met.last_mut() {
                _ if group.units.is_empty() => {}
                Some(last)
                    if last.from == group.from
                        && last.not_before.is_none()
                        && group.not_before.is_none() =>
                {
                    last.units.extend(group.units);
                    last.known = last.known.take().or(group.known);
                    last.has_tried_again &= group.has_tried_again;
                }
                Some(_) | None => met.push(group),
            }
        }
        self.waiting = met;
    }

    /// The next that is not set aside, and how far it may go to meet the one before it.
    pub(super) fn next(&mut self) -> Option<(Group, Option<Position>)> {
        let is_due = |group: &Group| group.not_before.is_none_or(|at| at <= Instant::now());
        let at = self.waiting.iter().position(is_due)?;
        let mut group = self.waiting.remove(at);
        group.not_before = None;
        let ahead = self.waiting[at..].iter().map(|group| group.from);
        let before = ahead.filter(|from| *from > group.from).min();
        Some((group, before))
    }

    /// Has had its page, unless it has come to where another is about to go on from.
    pub(super) fn done(&mut self, group: Group) {
        let is_met = |other: &Group| other.from == group.from && other.not_before.is_none();
        if self.waiting.iter().any(is_met) {
            self.again(vec![group]);
            self.meet();
        } else {
            self.done.push(group);
        }
    }

    /// In this turn still.
    pub(super) fn again(&mut self, groups: Vec<Group>) {
        let groups = groups.into_iter().filter(|group| !group.units.is_empty());
        self.waiting.extend(groups);
        self.waiting.sort_by_key(|group| group.from);
    }

    pub(super) fn set_aside(&mut self, mut group: Group, pause: Duration) {
        group.not_before = Some(Instant::now() + pause);
        self.done.push(group);
    }

    pub(super) fn begin_again(&mut self) {
        self.waiting.append(&mut self.done);
        self.meet();
    }
}

impl Runner {
    /// One page, at most up to `before`. What is not ours any more is left out of the group.
    pub(super) async fn page(
        &self,
        group: &mut Group,
        before: Option<Position>,
    ) -> Result<usize, RunnerError> {
        let from = group.from;
        // Given back only by a page that went through.
        let known = group.known.take();
        if !group.has_tried_again {
            for name in group.projections() {
                let again = TryAgain {
                    runner: self,
                    shards: group.shards_of(name),
                    cursor: from,
                };
                with_projection(name, &again).await.unwrap_or(Ok(()))?;
            }
            group.has_tried_again = true;
        }
        let limit = before.map_or(PAGE_EVENTS, |before| PAGE_EVENTS.min(before.0 - from.0));
        let mut page = self.log.follow(from, limit).await?;
        cut(&mut page);
        let Some(to) = page.last().map(|event| event.position) else {
            group.known = known;
            return Ok(0);
        };
        let mut known = match known {
            Some(known) => known,
            None => self.recall(from).await?,
        };
        for declared in page.iter().filter(|event| event.stream_kind.declares()) {
            known.take(declared)?;
        }
        let declares_anew = page.first().is_some_and(|event| declares(event));
        let count = page.len();
        let shards = Shards::of(group.units.iter().map(|unit| unit.shard));
        let entries = decode(from, page, shards)?;
        if self.commit(group, to, (&entries, &known)).await? {
            group.from = to;
            group.known = Some(known);
            group.has_tried_again = !declares_anew;
            for name in group.projections() {
                metrics::counter!("rfa_projection_events_total", "projection" => name)
                    .increment(count as u64);
            }
            return Ok(count);
        }
        Ok(0)
    }

    /// Cursors and rows in one transaction. `false` when nothing of it is ours any more.
    async fn commit(
        &self,
        group: &mut Group,
        to: Position,
        (entries, known): (&[Entry], &Known),
    ) -> Result<bool, RunnerError> {
        let names: Vec<&'static str> = group.projections().into_iter().collect();
        let all = cursors(group.units.iter().copied());
        let leases = self.leases();
        let mut client = self.pool.get().await?;
        let transaction = client.transaction().await?;
        // Sent together: the round trips of a page are few, however many tables it moves.
        let (_, moved, shapes, parked) = futures::try_join!(
            async { Ok::<_, RunnerError>(transaction.batch_execute(SETTINGS).await?) },
            async { Ok(leases.advance(&transaction, &all, (group.from, to)).await?) },
            self.check_shapes(&transaction, &names),
            async { Ok(store::load_parked(&transaction, &names).await?) },
        )?;
        if let Some(projection) = shapes {
            return Err(RunnerError::AnotherBuild { projection });
        }
        group.units.retain(|unit| moved.contains(&unit.cursor()));
        let applied = group.projections().into_iter().map(|name| {
            let applying = Applying {
                transaction: &transaction,
                entries,
                known,
                parked: &parked,
                shards: group.shards_of(name),
            };
            async move { with_projection(name, &applying).await.unwrap_or(Ok(())) }
        });
        for applied in join_all(applied).await {
            applied?;
        }
        if group.units.is_empty() {
            return Ok(false);
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// A read table that is not as this build writes it.
    async fn check_shapes(
        &self,
        transaction: &Transaction<'_>,
        names: &[&'static str],
    ) -> Result<Option<&'static str>, RunnerError> {
        let statement = include_str!("sql/table_shapes.sql");
        let statement = transaction.prepare_cached(statement).await?;
        let rows = transaction.query(&statement, &[&names]).await?;
        for (row, name) in rows.iter().zip(names) {
            let found: Option<String> = row.get(0);
            if found != with_projection(name, &ShapeOf).await {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }

    /// Everything that was declared up to a place.
    pub(super) async fn recall(&self, up_to: Position) -> Result<Known, RunnerError> {
        let mut known = Known::default();
        for event in self.log.read_declared(Position(0)).await? {
            if event.position <= up_to {
                known.take(&event)?;
            }
        }
        Ok(known)
    }
}

/// Rows of a page, and the streams that it parks.
struct Applying<'a> {
    transaction: &'a Transaction<'a>,
    entries: &'a [Entry],
    known: &'a Known,
    parked: &'a HashMap<String, BTreeSet<RequestKey>>,
    shards: Shards,
}

impl Visitor for Applying<'_> {
    type Output = Result<(), RunnerError>;

    async fn visit<P: Projection>(&self) -> Self::Output {
        let nothing = BTreeSet::new();
        let page = Page {
            entries: self.entries,
            known: self.known,
            parked: self.parked.get(P::NAME).unwrap_or(&nothing),
            shards: self.shards,
        };
        let table = store::live_table::<P>();
        let newly = store::apply::<P>(self.transaction, &table, &page).await?;
        store::park(self.transaction, P::NAME, &newly).await?;
        Ok(())
    }
}
