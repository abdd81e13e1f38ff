//! Disclosure control: what leaves the view of those with a duty must not tell of a single child.
//!
//! Must not be softened by a caller: a table goes out as this room gives it. Invariant: what is
//! hidden cannot be worked out from what is shown, from the totals, or from another table that
//! shares a total.

pub mod list;
pub mod table;

#[cfg(test)]
mod attack;

/// Configured, the same for page, file, API and chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Counts from 1 up to this one are hidden with company.
    pub fewer_than: u64,
    /// Rates and percentiles rest on at least so many.
    pub rate_needs: u64,
}

impl Policy {
    /// Proposed for small partnerships, to be confirmed.
    pub const DEFAULT: Self = Self {
        fewer_than: 5,
        rate_needs: 20,
    };

    #[must_use]
    pub fn is_small(&self, count: u64) -> bool {
        (1..self.fewer_than).contains(&count)
    }

    #[must_use]
    pub fn may_rate(&self, whole: u64) -> bool {
        whole >= self.rate_needs
    }
}

/// A count as it may be published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    Count(u64),
    /// Small itself, or hidden to keep a small one from being worked out: the two look alike.
    Hidden,
}

impl Shown {
    #[must_use]
    pub fn count(self) -> Option<u64> {
        match self {
            Self::Count(count) => Some(count),
            Self::Hidden => None,
        }
    }
}

fn shown(counts: &[u64], hidden: &[bool]) -> Vec<Shown> {
    let one = |(count, hidden): (&u64, &bool)| {
        if *hidden {
            Shown::Hidden
        } else {
            Shown::Count(*count)
        }
    };
    counts.iter().zip(hidden).map(one).collect()
}
