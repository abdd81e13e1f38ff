//! The requests in parts, so that replicas share the work: which part a request belongs to, and who
//! keeps which parts of which read table.

use super::NAMES;
use crate::log::leases::Holder;
use uuid::Uuid;

/// Fixed, because each has a cursor: another number is another place for every request. Each is one
/// more row to move a page, and more replicas than this nobody runs.
pub const SHARDS: usize = 4;

/// By the last byte of the id, which is random or a digest in every kind that there is.
#[must_use]
pub fn shard_of(request: Uuid) -> usize {
    usize::from(request.as_bytes()[15]) % SHARDS
}

/// Some of the shards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shards([bool; SHARDS]);

impl Shards {
    pub const ALL: Self = Self([true; SHARDS]);

    #[must_use]
    pub fn of(shards: impl Iterator<Item = usize>) -> Self {
        let mut some = Self::default();
        shards.for_each(|shard| some.0[shard] = true);
        some
    }

    #[must_use]
    pub fn contain(&self, request: Uuid) -> bool {
        self.0[shard_of(request)]
    }

    #[must_use]
    pub fn has(&self, shard: usize) -> bool {
        self.0[shard]
    }

    /// For statements.
    #[must_use]
    pub fn numbers(&self) -> Vec<i32> {
        let numbers = self.0.iter().zip(0..);
        numbers
            .filter_map(|(is_in, n)| is_in.then_some(n))
            .collect()
    }
}

/// One shard of one read table: what has a cursor and is leased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Unit {
    pub(super) projection: &'static str,
    pub(super) shard: usize,
}

impl Unit {
    pub(super) fn all() -> impl Iterator<Item = Self> {
        NAMES.into_iter().flat_map(Self::of)
    }

    pub(super) fn of(projection: &'static str) -> impl Iterator<Item = Self> {
        (0..SHARDS).map(move |shard| Self { projection, shard })
    }

    pub(super) fn cursor(self) -> String {
        format!("projection/{}/{}", self.projection, self.shard)
    }
}

pub(super) fn cursors(units: impl Iterator<Item = Unit>) -> Vec<String> {
    units.map(Unit::cursor).collect()
}

/// What to take or renew, and what to give back.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) take: Vec<Unit>,
    pub(super) give: Vec<Unit>,
}

/// The fair share of each read table among so many replicas: what is held too much is given back, and
/// what nobody holds is taken. The same shards of all tables where possible, so that they are read once.
pub(super) fn share(seen: &[(Unit, Holder)], replicas: usize) -> Plan {
    let fair = SHARDS.div_ceil(replicas.max(1));
    let mut held = [0; SHARDS];
    for (unit, _) in seen.iter().filter(|(_, holder)| *holder == Holder::Me) {
        held[unit.shard] += 1;
    }
    let mut plan = Plan::default();
    for name in NAMES {
        let of = |wanted: Holder| {
            let units = seen
                .iter()
                .filter(move |(unit, holder)| unit.projection == name && *holder == wanted);
            let mut units: Vec<Unit> = units.map(|(unit, _)| *unit).collect();
            units.sort_by_key(|unit| (std::cmp::Reverse(held[unit.shard]), unit.shard));
            units
        };
        let mut mine = of(Holder::Me);
        plan.give.extend(mine.drain(mine.len().min(fair)..));
        let room = fair - mine.len();
        plan.take.extend(mine);
        plan.take.extend(of(Holder::Nobody).into_iter().take(room));
    }
    plan
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    /// Who holds what, by the number of the replica.
    type World = BTreeMap<Unit, usize>;

    fn looked(world: &World, who: usize) -> Vec<(Unit, Holder)> {
        Unit::all()
            .map(|unit| match world.get(&unit) {
                Some(owner) if *owner == who => (unit, Holder::Me),
                Some(_) => (unit, Holder::Another),
                None => (unit, Holder::Nobody),
            })
            .collect()
    }

    fn turn(world: &mut World, who: usize, replicas: usize) {
        let plan = share(&looked(world, who), replicas);
        for unit in &plan.give {
            world.remove(unit);
        }
        world.extend(plan.take.into_iter().map(|unit| (unit, who)));
    }

    #[test]
    fn whoever_is_alone_keeps_everything() {
        let mut world = World::new();
        turn(&mut world, 0, 1);
        assert_eq!(world.len(), NAMES.len() * SHARDS);
        assert_eq!(share(&looked(&world, 0), 1).give, []);
    }

    #[test]
    fn replicas_come_to_hold_the_same_number_of_whole_shards() {
        for replicas in [2, SHARDS] {
            let mut world = World::new();
            turn(&mut world, 0, 1);
            for _ in 0..SHARDS {
                (0..replicas).for_each(|who| turn(&mut world, who, replicas));
            }
            for who in 0..replicas {
                let mine = world.iter().filter(|(_, owner)| **owner == who);
                let shards: BTreeSet<usize> = mine.clone().map(|(unit, _)| unit.shard).collect();
                assert_eq!(shards.len(), SHARDS / replicas, "{world:?}");
                assert_eq!(mine.count(), NAMES.len() * SHARDS / replicas, "{world:?}");
            }
        }
    }

    #[test]
    fn nothing_is_left_to_nobody_however_many_replicas_there_are() {
        for replicas in 1..=SHARDS + 3 {
            let mut world = World::new();
            for _ in 0..SHARDS {
                (0..replicas).for_each(|who| turn(&mut world, who, replicas));
            }
            assert_eq!(world.len(), NAMES.len() * SHARDS, "{replicas}");
        }
    }

    #[test]
    fn every_request_has_a_shard_and_random_ones_are_spread() {
        let mut counts = [0; SHARDS];
        (0..4_000).for_each(|_| counts[shard_of(Uuid::now_v7())] += 1);
        assert!(counts.iter().all(|count| *count > 800), "{counts:?}");
        assert!(Shards::ALL.contain(Uuid::now_v7()));
        assert_eq!(Shards::of([1, 3].into_iter()).numbers(), [1, 3]);
    }
}
