//! One row of counts with its total.

use super::{Policy, Shown, shown};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownList {
    pub counts: Vec<Shown>,
    pub total: Shown,
}

/// Which are hidden depends on the counts alone, so that two tables that share a list of totals
/// hide the same ones.
#[must_use]
pub fn suppress(counts: &[u64], policy: Policy) -> ShownList {
    let total: u64 = counts.iter().sum();
    ShownList {
        counts: shown(counts, &hidden(counts, policy)),
        total: if policy.is_small(total) {
            Shown::Hidden
        } else {
            Shown::Count(total)
        },
    }
}

/// Small ones, and the smallest others until what is hidden together is neither small nor one each.
/// Noughts are shown, since nobody is in them, unless all others together would say too much: then
/// everything is hidden, and nobody can tell which are noughts.
fn hidden(counts: &[u64], policy: Policy) -> Vec<bool> {
    let mut hidden: Vec<bool> = counts.iter().map(|count| policy.is_small(*count)).collect();
    let total = counts.iter().sum();
    if policy.is_small(total) || !hidden.contains(&true) {
        return hidden;
    }
    let mut others: Vec<usize> = (0..counts.len())
        .filter(|at| !hidden[*at] && counts[*at] > 0)
        .collect();
    others.sort_by_key(|at| (counts[*at], *at));
    let mut others = others.into_iter();
    loop {
        let together: u64 = (0..counts.len())
            .filter(|at| hidden[*at])
            .map(|at| counts[at])
            .sum();
        let several = hidden.iter().filter(|is| **is).count();
        if several > 1 && together >= policy.fewer_than && together > several as u64 {
            return hidden;
        }
        let Some(next) = others.next() else {
            return vec![true; counts.len()];
        };
        hidden[next] = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(counts: &[u64]) -> (Vec<Option<u64>>, Option<u64>) {
        let list = suppress(counts, Policy::DEFAULT);
        let counts = list.counts.iter().map(|shown| shown.count()).collect();
        (counts, list.total.count())
    }

    #[test]
    fn a_small_count_has_company_so_that_the_total_does_not_tell_it() {
        let shown = found(&[12, 3, 0, 7]);
        assert_eq!(shown, (vec![Some(12), None, Some(0), None], Some(22)));
    }

    #[test]
    fn two_small_ones_that_are_few_together_take_a_third() {
        let shown = found(&[20, 1, 2, 9]);
        assert_eq!(shown, (vec![Some(20), None, None, None], Some(32)));
    }

    #[test]
    fn nothing_small_hides_nothing_and_a_small_total_is_hidden() {
        assert_eq!(
            found(&[5, 0, 6]),
            (vec![Some(5), Some(0), Some(6)], Some(11))
        );
        assert_eq!(found(&[0, 3, 0]), (vec![Some(0), None, Some(0)], None));
    }

    #[test]
    fn where_all_together_say_too_much_noughts_are_hidden_with_them() {
        assert_eq!(found(&[1, 1, 1, 0, 1, 1]), (vec![None; 6], Some(5)));
    }
}
