//! Whoever wants to know: solves published tables for what they hide, by means that share nothing
//! with the hiding: linear equations in exact fractions, bounds that tighten each other, and the
//! knowledge that a hidden count is not nought.

use super::table::{ShownTable, suppress};
use super::{Policy, Shown};
use proptest::prelude::*;

/// Fractions of integers that stay small: totals and cells have coefficients of one.
type Equation = (Vec<i64>, i64);

/// Every count of a table as a variable or a known number; equations that the totals give.
#[derive(Default)]
struct Knowledge {
    variables: usize,
    /// What each is at the least.
    least: Vec<i64>,
    equations: Vec<Equation>,
}

enum Term {
    Known(i64),
    Unknown(usize),
}

impl Knowledge {
    /// Where some of a group are shown, noughts would be too: the hidden ones are at least one.
    fn terms(&mut self, group: &[Shown]) -> Vec<Term> {
        let least = i64::from(group.iter().any(|shown| shown.count().is_some()));
        group.iter().map(|shown| self.term(*shown, least)).collect()
    }

    fn term(&mut self, shown: Shown, least: i64) -> Term {
        match shown.count() {
            Some(count) => Term::Known(i64::try_from(count).unwrap()),
            None => {
                self.variables += 1;
                self.least.push(least);
                Term::Unknown(self.variables - 1)
            }
        }
    }

    fn sum(&mut self, parts: &[&Term], total: &Term) {
        let mut coefficients = vec![0; 200];
        let mut right = 0;
        let signed = parts.iter().map(|term| (*term, 1)).chain([(total, -1)]);
        for (term, sign) in signed {
            match term {
                Term::Known(count) => right -= sign * count,
                Term::Unknown(at) => coefficients[*at] += sign,
            }
        }
        self.equations.push((coefficients, right));
    }

    fn table(&mut self, table: &ShownTable, rows: &[Term], total: &Term) {
        // Lines with a hidden total are hidden with their noughts, and so is a table as a whole.
        let may_be_nought = |row: usize, column: usize| {
            table.rows[row] == Shown::Hidden || table.columns[column] == Shown::Hidden
        };
        let is_empty = |row: usize, column: usize| {
            table.rows[row] == Shown::Count(0) || table.columns[column] == Shown::Count(0)
        };
        let any_shown = (0..table.rows.len()).any(|row| {
            (0..table.columns.len()).any(|column| {
                table.cells[row][column].count().is_some()
                    && !may_be_nought(row, column)
                    && !is_empty(row, column)
            })
        });
        let mut cells: Vec<Vec<Term>> = Vec::new();
        for (row, shown) in table.cells.iter().enumerate() {
            let least = |column| i64::from(any_shown && !may_be_nought(row, column));
            let terms = shown.iter().enumerate();
            cells.push(
                terms
                    .map(|(column, one)| self.term(*one, least(column)))
                    .collect(),
            );
        }
        let columns = self.terms(&table.columns);
        for (row, of_row) in cells.iter().zip(rows) {
            self.sum(&row.iter().collect::<Vec<_>>(), of_row);
        }
        for (at, of_column) in columns.iter().enumerate() {
            let column: Vec<&Term> = cells.iter().map(|row| &row[at]).collect();
            self.sum(&column, of_column);
        }
        self.sum(&columns.iter().collect::<Vec<_>>(), total);
        self.sum(&rows.iter().collect::<Vec<_>>(), total);
    }

    /// Values that are forced by the equations and by what each is at the least.
    fn solved(&self) -> Vec<(usize, i64)> {
        let mut low = self.least.clone();
        let mut high = vec![100_000; self.variables];
        let equations = self.eliminated();
        let mut changed = true;
        while changed {
            changed = false;
            for (coefficients, right) in &equations {
                for at in 0..self.variables {
                    let own = coefficients[at];
                    if own == 0 {
                        continue;
                    }
                    let others = |towards_most: bool| -> i64 {
                        (0..self.variables)
                            .filter(|other| *other != at)
                            .map(|other| {
                                let c = coefficients[other];
                                let most = (c > 0) == towards_most;
                                c * if most { high[other] } else { low[other] }
                            })
                            .sum()
                    };
                    let (a, b) = (right - others(true), right - others(false));
                    let (from, to) = if own > 0 { (a, b) } else { (b, a) };
                    let from = div_up(from, own);
                    let to = div_down(to, own);
                    if from > low[at] || to < high[at] {
                        low[at] = low[at].max(from);
                        high[at] = high[at].min(to);
                        changed = true;
                    }
                }
            }
        }
        (0..self.variables)
            .filter(|at| low[*at] == high[*at])
            .map(|at| (at, low[at]))
            .collect()
    }

    /// The equations as they are and in echelon form, without fractions.
    fn eliminated(&self) -> Vec<Equation> {
        let mut all = self.equations.clone();
        let mut rows = self.equations.clone();
        let mut done = 0;
        for column in 0..self.variables {
            let Some(pivot) = (done..rows.len()).find(|row| rows[*row].0[column] != 0) else {
                continue;
            };
            rows.swap(done, pivot);
            for other in (0..rows.len()).filter(|row| *row != done) {
                let (factor, own) = (rows[other].0[column], rows[done].0[column]);
                if factor == 0 {
                    continue;
                }
                let (pivot, row) = (rows[done].clone(), &mut rows[other]);
                for (a, b) in row.0.iter_mut().zip(&pivot.0) {
                    *a = *a * own - b * factor;
                }
                row.1 = row.1 * own - pivot.1 * factor;
                let divisor = row
                    .0
                    .iter()
                    .fold(row.1.abs(), |d, c| gcd(d, c.abs()))
                    .max(1);
                row.0.iter_mut().for_each(|c| *c /= divisor);
                row.1 /= divisor;
            }
            done += 1;
        }
        all.extend(rows);
        all
    }
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn div_up(a: i64, b: i64) -> i64 {
    -div_down(-a, b)
}

fn div_down(a: i64, b: i64) -> i64 {
    (a * b.signum()).div_euclid(b.abs())
}

fn counts(rows: usize) -> impl Strategy<Value = Vec<Vec<u64>>> {
    let count = prop_oneof![3 => 0u64..8, 2 => 0u64..40, 1 => Just(0)];
    (1usize..6).prop_flat_map(move |columns| {
        proptest::collection::vec(proptest::collection::vec(count.clone(), columns), rows)
    })
}

/// Two tables of the same requests: by row and one thing, and by the same row and another.
fn pair() -> impl Strategy<Value = (Vec<Vec<u64>>, Vec<Vec<u64>>)> {
    (1usize..6)
        .prop_flat_map(|rows| (counts(rows), 1usize..6, any::<u64>()))
        .prop_map(|(first, columns, seed)| {
            let second = first
                .iter()
                .enumerate()
                .map(|(row, counts)| spread(counts.iter().sum(), columns, seed ^ row as u64))
                .collect();
            (first, second)
        })
}

/// The same number of requests over other columns.
fn spread(total: u64, columns: usize, seed: u64) -> Vec<u64> {
    let mut found = vec![0; columns];
    let mut state = seed | 1;
    for _ in 0..total {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        found[usize::try_from(state >> 33).unwrap() % columns] += 1;
    }
    found
}

fn attacked(first: &ShownTable, second: &ShownTable) -> Vec<(usize, i64)> {
    let mut knowledge = Knowledge::default();
    let rows = knowledge.terms(&first.rows);
    let total = knowledge.term(first.total, 1);
    knowledge.table(first, &rows, &total);
    knowledge.table(second, &rows, &total);
    knowledge.solved()
}

#[test]
fn the_attack_finds_what_primary_hiding_alone_gives_away() {
    let careless = ShownTable {
        cells: vec![
            vec![Shown::Hidden, Shown::Count(9)],
            vec![Shown::Count(8), Shown::Count(7)],
        ],
        rows: vec![Shown::Count(12), Shown::Count(15)],
        columns: vec![Shown::Count(11), Shown::Count(16)],
        total: Shown::Count(27),
    };
    assert_eq!(attacked(&careless, &careless), [(0, 3), (1, 3)]);
}

/// Three hidden cells in an angle: two rows and two columns, and no loop.
#[test]
fn the_attack_finds_cells_that_only_look_like_company() {
    let angle = ShownTable {
        cells: vec![
            vec![Shown::Hidden, Shown::Hidden],
            vec![Shown::Count(8), Shown::Hidden],
        ],
        rows: vec![Shown::Count(12), Shown::Count(15)],
        columns: vec![Shown::Count(11), Shown::Count(16)],
        total: Shown::Count(27),
    };
    assert_eq!(attacked(&angle, &angle).len(), 6);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_hidden_count_of_two_tables_with_their_totals_can_be_solved_for((first, second) in pair()) {
        let policy = Policy::DEFAULT;
        let (one, other) = (suppress(&first, policy), suppress(&second, policy));
        prop_assert_eq!(&one.rows, &other.rows);
        prop_assert_eq!(one.total, other.total);
        let mut hidden_counts = Vec::new();
        let rows = first.iter().map(|row| row.iter().sum::<u64>());
        hidden_counts.extend(rows.zip(&one.rows).filter(|(_, s)| **s == Shown::Hidden).map(|(c, _)| c));
        let total: u64 = first.iter().flatten().sum();
        hidden_counts.extend((one.total == Shown::Hidden).then_some(total));
        for (counts, table) in [(&first, &one), (&second, &other)] {
            for (row, shown) in counts.iter().zip(&table.cells) {
                let hidden = row.iter().zip(shown).filter(|(_, s)| **s == Shown::Hidden);
                hidden_counts.extend(hidden.map(|(count, _)| *count));
            }
            let sums = (0..counts[0].len()).map(|at| counts.iter().map(|row| row[at]).sum::<u64>());
            let hidden = sums.zip(&table.columns).filter(|(_, s)| **s == Shown::Hidden);
            hidden_counts.extend(hidden.map(|(count, _)| count));
        }
        for (at, value) in attacked(&one, &other) {
            prop_assert_eq!(i64::try_from(hidden_counts[at]).unwrap(), value, "the attack itself errs");
            prop_assert!(false, "variable {} is {} in {:?} / {:?}", at, value, one, other);
        }
    }

    #[test]
    fn nothing_small_is_shown_and_nothing_is_hidden_without_need(cells in counts(4)) {
        let policy = Policy::DEFAULT;
        let table = suppress(&cells, policy);
        let shown = table.cells.iter().flatten().chain(&table.rows).chain(&table.columns);
        for count in shown.chain([&table.total]).filter_map(|shown| shown.count()) {
            prop_assert!(!policy.is_small(count));
        }
        let sums = (0..cells[0].len()).map(|at| cells.iter().map(|row| row[at]).sum::<u64>());
        let sums = sums.chain(cells.iter().map(|row| row.iter().sum()));
        let any_small = cells.iter().flatten().copied().chain(sums).any(|count| policy.is_small(count));
        if !any_small {
            prop_assert!(table.cells.iter().flatten().all(|shown| *shown != Shown::Hidden));
        }
    }
}
