//! A table of counts with the totals of its rows and columns.
//!
//! Totals are hidden first, by themselves, so that another table with the same totals hides the
//! same ones. Rows with a hidden total are hidden whole and from then on count as one row, whose
//! total follows from the others; columns likewise. What is left has known totals, and a cell there
//! has no single solution when it lies on a loop of hidden cells along which counts can be moved
//! (Willenborg and de Waal, Elements of Statistical Disclosure Control, §4.2).

use super::list;
use super::{Policy, Shown};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Counts by row and column; every row has as many columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownTable {
    pub cells: Vec<Vec<Shown>>,
    pub rows: Vec<Shown>,
    pub columns: Vec<Shown>,
    pub total: Shown,
}

#[must_use]
pub fn suppress(cells: &[Vec<u64>], policy: Policy) -> ShownTable {
    let width = cells.iter().map(Vec::len).max().unwrap_or(0);
    let at = |row: &Vec<u64>, column: usize| row.get(column).copied().unwrap_or(0);
    let row_totals: Vec<u64> = cells.iter().map(|row| row.iter().sum()).collect();
    let column_totals: Vec<u64> = (0..width)
        .map(|column| cells.iter().map(|row| at(row, column)).sum())
        .collect();
    let rows = list::suppress(&row_totals, policy);
    let columns = list::suppress(&column_totals, policy);
    let (row_of, height) = merged(&rows.counts);
    let (column_of, merged_width) = merged(&columns.counts);
    let mut counts = vec![vec![0; merged_width]; height];
    for (row, to) in cells.iter().zip(&row_of) {
        for (column, into) in column_of.iter().enumerate() {
            counts[*to][*into] += at(row, column);
        }
    }
    let hidden = Network::protected(counts.clone(), policy);
    let is_hidden_total = |shown: &Shown| *shown == Shown::Hidden;
    let cell = |row: usize, column: usize| {
        let (to, into) = (row_of[row], column_of[column]);
        let in_merged =
            is_hidden_total(&rows.counts[row]) || is_hidden_total(&columns.counts[column]);
        // Where those that are hidden together hold nobody, each of them holds nobody.
        if hidden[to][into] || (in_merged && counts[to][into] > 0) {
            Shown::Hidden
        } else {
            Shown::Count(at(&cells[row], column))
        }
    };
    ShownTable {
        cells: (0..cells.len())
            .map(|row| (0..width).map(|column| cell(row, column)).collect())
            .collect(),
        rows: rows.counts,
        columns: columns.counts,
        total: rows.total,
    }
}

/// Where each line goes when those with a hidden total become one, and how many lines there are.
fn merged(totals: &[Shown]) -> (Vec<usize>, usize) {
    let shown = totals.iter().filter(|total| total.count().is_some());
    let together = shown.count();
    let mut next = 0;
    let places: Vec<usize> = totals
        .iter()
        .map(|total| {
            if *total == Shown::Hidden {
                return together;
            }
            next += 1;
            next - 1
        })
        .collect();
    let lines = together + usize::from(next < totals.len());
    (places, lines)
}

type Cell = (usize, usize);

/// Cells with known totals. Along a loop counts change by one, up and down by turns, so that every
/// row and column keeps its sum.
struct Network {
    /// `[row][column]`
    counts: Vec<Vec<u64>>,
    hidden: Vec<Vec<bool>>,
}

/// A count never falls to nought: noughts are never hidden, and whoever knows that would know.
const LEAST: u64 = 1;

impl Network {
    /// Which cells have to be hidden.
    fn protected(counts: Vec<Vec<u64>>, policy: Policy) -> Vec<Vec<bool>> {
        let small = |count: &u64| policy.is_small(*count);
        let hidden = counts.iter().map(|row| row.iter().map(small).collect());
        let hidden = hidden.collect();
        let mut network = Self { counts, hidden };
        if !network.protect(policy) {
            network.hide_all();
        }
        network.hidden
    }

    /// `false` when a small count cannot be given company.
    fn protect(&mut self, policy: Policy) -> bool {
        for row in 0..self.counts.len() {
            for column in 0..self.counts[row].len() {
                if !policy.is_small(self.counts[row][column]) {
                    continue;
                }
                let up = self.cheapest_loop((row, column), true);
                let down = self.cheapest_loop((row, column), false);
                let Some((_, cells)) = up.into_iter().chain(down).min() else {
                    return false;
                };
                for (row, column) in cells {
                    self.hidden[row][column] = true;
                }
            }
        }
        true
    }

    /// Noughts too, so that nobody can tell which are; but not where the total is nought.
    fn hide_all(&mut self) {
        let sum = |column: usize| self.counts.iter().map(|row| row[column]).sum::<u64>();
        let columns: Vec<bool> = (0..self.counts[0].len()).map(|c| sum(c) > 0).collect();
        for (counts, hidden) in self.counts.iter().zip(&mut self.hidden) {
            let any = counts.iter().any(|count| *count > 0);
            for (hidden, is_held) in hidden.iter_mut().zip(&columns) {
                *hidden = any && *is_held;
            }
        }
    }

    /// Whether the count may be one more, or one less.
    fn can(&self, (row, column): Cell, raise: bool) -> bool {
        let count = self.counts[row][column];
        count > if raise { 0 } else { LEAST }
    }

    /// What it costs to hide it: nothing where it is hidden already.
    fn cost(&self, (row, column): Cell) -> u64 {
        if self.hidden[row][column] {
            0
        } else {
            self.counts[row][column] + 1
        }
    }

    /// The cheapest loop of cells through one cell that is raised (or lowered) by one. Lines are
    /// nodes, rows first; cells lead from one to another.
    fn cheapest_loop(&self, start: Cell, raise: bool) -> Option<(u64, Vec<Cell>)> {
        if !self.can(start, raise) {
            return None;
        }
        let (rows, columns) = (self.counts.len(), self.counts[0].len());
        let from = rows + start.1;
        let mut best: Vec<Option<usize>> = vec![None; rows + columns];
        let mut open = BinaryHeap::from([Reverse((0, from, from))]);
        let mut cost_of_loop = None;
        while let Some(Reverse((cost, node, before))) = open.pop() {
            if best[node].is_some() {
                continue;
            }
            best[node] = Some(before);
            if node == start.0 {
                cost_of_loop = Some(cost);
                break;
            }
            let is_row = node < rows;
            for other in 0..if is_row { columns } else { rows } {
                let cell = if is_row {
                    (node, other)
                } else {
                    (other, node - rows)
                };
                // From a column on the change is the opposite of the first cell's.
                if cell != start && self.can(cell, raise == is_row) {
                    let next = if is_row { rows + other } else { other };
                    open.push(Reverse((cost + self.cost(cell), next, node)));
                }
            }
        }
        let mut cells = vec![start];
        let mut node = start.0;
        while node != from {
            let before = best[node]?;
            cells.push((node.min(before), node.max(before) - rows));
            node = before;
        }
        Some((cost_of_loop?, cells))
    }
}
