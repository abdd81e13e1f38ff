//! How a fact about a request can stand in each state: is this clock open, is a worker named. Every pair that some story leads to is found; stories that no data allow may add some.

use super::steps::Step;
use crate::domain::ids::StateName;
use std::collections::BTreeSet;

/// A state and the fact in it.
pub(super) type Spot<'a, F> = (&'a StateName, F);

/// A step taken: from where, its number, where to.
pub(super) type Edge<'a, F> = (Option<Spot<'a, F>>, usize, Spot<'a, F>);

/// What can be, after every story that the steps allow.
pub(super) struct Walk<'a, F> {
    spots: BTreeSet<Spot<'a, F>>,
    edges: Vec<Edge<'a, F>>,
}

impl<'a, F: Copy + Ord + Default> Walk<'a, F> {
    /// `after` says what the fact can be after a step, by the step's number and what it was before.
    pub(super) fn of(steps: &[Step<'a>], after: impl Fn(usize, F) -> Vec<F>) -> Self {
        let mut walk = Self {
            spots: BTreeSet::new(),
            edges: Vec::new(),
        };
        let mut open: Vec<Option<Spot<'a, F>>> = vec![None];
        while let Some(spot) = open.pop() {
            let from = spot.map(|(state, _)| state);
            for (i, step) in steps.iter().enumerate() {
                if step.from != from {
                    continue;
                }
                for fact in after(i, spot.map(|(_, fact)| fact).unwrap_or_default()) {
                    let to = (step.to, fact);
                    walk.edges.push((spot, i, to));
                    if walk.spots.insert(to) {
                        open.push(Some(to));
                    }
                }
            }
        }
        walk
    }

    pub(super) fn can_be(&self, state: &StateName, fact: F) -> bool {
        self.spots.iter().any(|(s, f)| *s == state && *f == fact)
    }

    pub(super) fn spots(&self) -> impl Iterator<Item = Spot<'a, F>> + '_ {
        self.spots.iter().copied()
    }

    /// Every step taken from a spot, and where it leads.
    pub(super) fn edges(&self) -> impl Iterator<Item = Edge<'a, F>> + '_ {
        self.edges.iter().copied()
    }

    /// The spots from which one of the goals can still be reached.
    pub(super) fn leading_to(&self, goal: impl Fn(Spot<'a, F>) -> bool) -> BTreeSet<Spot<'a, F>> {
        let mut leading: BTreeSet<Spot<'a, F>> = self.spots().filter(|spot| goal(*spot)).collect();
        loop {
            let before = leading.len();
            for (from, _, to) in &self.edges {
                if let (Some(from), true) = (from, leading.contains(to)) {
                    leading.insert(*from);
                }
            }
            if leading.len() == before {
                return leading;
            }
        }
    }
}
