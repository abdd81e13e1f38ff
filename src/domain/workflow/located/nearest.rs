//! Names as people meet them in a message: those that are known, and the one that was meant.

use super::KEY_LIMIT;

/// Names in a message, no more than people read.
pub(super) fn listed(names: &[&str]) -> String {
    const SHOWN: usize = 40;
    let more = names.len().saturating_sub(SHOWN);
    let shown = names[..names.len() - more].join(", ");
    match more {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// The known name that is the fewest letters away: at most two, or a third of the name.
#[must_use]
pub fn nearest(name: &str, known: &[&str]) -> Option<String> {
    let length = name.chars().count();
    if length > KEY_LIMIT {
        return None;
    }
    let limit = (length / 3).max(2);
    known
        .iter()
        .map(|known| (distance(name, known), *known))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, known)| known.to_owned())
}

/// Letters to insert, remove, change or swap (optimal string alignment).
fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().collect();
    let right: Vec<char> = right.chars().collect();
    let mut rows = vec![vec![0; right.len() + 1]; left.len() + 1];
    for i in 0..=left.len() {
        for j in 0..=right.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let change = usize::from(left[i - 1] != right[j - 1]);
                let swapped =
                    i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
                let swap = if swapped {
                    rows[i - 2][j - 2] + 1
                } else {
                    i + j
                };
                (rows[i - 1][j] + 1)
                    .min(rows[i][j - 1] + 1)
                    .min(rows[i - 1][j - 1] + change)
                    .min(swap)
            };
        }
    }
    rows[left.len()][right.len()]
}
