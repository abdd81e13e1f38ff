//! Measures over time and the monthly pack, from read tables alone and as known at one position.
//!
//! Nothing here is identified: every count goes through disclosure control before it is put in a
//! table or a chart. Invariant: the same month at the same position gives the same bytes.

mod between;
mod children;
pub mod facts;
pub mod measured;
pub mod pack;
mod page;
mod sections;

pub use pack::{Ask, Pack, build};

use crate::statistics::disclosure::{Policy, Shown, list};

/// A count as it may be read.
fn shown(count: Shown) -> String {
    count
        .count()
        .map_or("hidden".to_owned(), |count| count.to_string())
}

/// Whether a share may be told: many cases, and neither side of it small.
fn may_share(part: usize, whole: usize, policy: Policy) -> bool {
    let (part, whole) = (part as u64, whole as u64);
    policy.may_rate(whole) && !policy.is_small(part) && !policy.is_small(whole - part)
}

/// Rows of codes with their counts, the total last.
fn counted(counts: &[(String, u64)], policy: Policy) -> Vec<Vec<String>> {
    let numbers: Vec<u64> = counts.iter().map(|(_, count)| *count).collect();
    let safe = list::suppress(&numbers, policy);
    let rows = counts.iter().zip(&safe.counts);
    let mut rows: Vec<Vec<String>> = rows
        .map(|((code, _), count)| vec![code.clone(), shown(*count)])
        .collect();
    rows.push(vec!["All".to_owned(), shown(safe.total)]);
    rows
}
