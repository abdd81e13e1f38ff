//! Ages that are kept in order and added to, for estimates that need not look at each of them again.
//!
//! What a block of them adds to an estimate depends on how many are at risk where it begins and on nothing
//! else outside it; estimates are products and sums that are put together block by block. A block is walked
//! through again only where somebody else's age lies in it, or another number is at risk. Invariant: a
//! block never parts equal ages.

mod chances;
mod curve;
mod drawn;
#[cfg(test)]
mod tests;

pub use chances::Chance;
pub use curve::{Curve, Wanted};

use chances::Added;
use curve::Factor;

/// Ages of a block before it is parted. A block is walked through in a few microseconds; tests have many
/// of them with few ages.
const BLOCK_MAX: usize = if cfg!(test) { 8 } else { 512 };
pub(super) const MS_PER_DAY: f64 = 86_400_000.0;
/// Lowest bits of an age: how it ended.
const WAY_BITS: u32 = 9;
const STOPPED: i64 = 1 << (WAY_BITS - 1);
const WAY_MASK: i64 = STOPPED - 1;
/// More ways to end than these cannot be told apart.
pub const WAYS_MAX: usize = 255;

/// How long something took, and how it ended, in one word: sorted by the length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Age(i64);

impl Age {
    /// `stopped` ends a curve's wait; `way` is a number of the caller's list below `WAYS_MAX`, or none
    /// where it is still open.
    #[must_use]
    pub fn of(ms: i64, stopped: bool, way: Option<usize>) -> Self {
        let way = way.and_then(|way| i64::try_from(way).ok());
        let way = way.filter(|way| *way < WAY_MASK).unwrap_or(WAY_MASK);
        Self((ms << WAY_BITS) | if stopped { STOPPED } else { 0 } | way)
    }

    fn ms(self) -> i64 {
        self.0 >> WAY_BITS
    }

    fn stopped(self) -> bool {
        self.0 & STOPPED != 0
    }

    fn way(self) -> Option<usize> {
        let way = self.0 & WAY_MASK;
        usize::try_from(way).ok().filter(|_| way != WAY_MASK)
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds of a few years fit a double exactly"
)]
fn days(ms: i64) -> f64 {
    ms as f64 / MS_PER_DAY
}

#[derive(Debug, Clone, Default)]
struct Block {
    /// In order.
    ages: Vec<Age>,
    /// Of the longest, beside its block: most blocks are passed without a look at their ages.
    last_ms: i64,
    stopped_count: usize,
    /// What it adds where so many are at risk.
    factor: Option<(usize, Factor)>,
    added: Option<(usize, Added)>,
}

impl Block {
    fn of(ages: Vec<Age>) -> Self {
        Self {
            stopped_count: ages.iter().filter(|age| age.stopped()).count(),
            last_ms: ages.last().map_or(i64::MIN, |age| age.ms()),
            ages,
            factor: None,
            added: None,
        }
    }
}

/// Ages of all that has ended.
#[derive(Debug, Clone, Default)]
pub struct Ages {
    blocks: Vec<Block>,
    count: usize,
    /// Of the last question about chances.
    ways_count: usize,
}

impl Ages {
    #[must_use]
    pub fn of(mut ages: Vec<Age>) -> Self {
        ages.sort_unstable();
        Self {
            count: ages.len(),
            blocks: parted(&ages, BLOCK_MAX / 2),
            ways_count: 0,
        }
    }

    pub fn add(&mut self, age: Age) {
        self.count += 1;
        let at = self
            .blocks
            .partition_point(|block| block.last_ms < age.ms());
        let at = at.min(self.blocks.len().saturating_sub(1));
        let Some(block) = self.blocks.get_mut(at) else {
            self.blocks.push(Block::of(vec![age]));
            return;
        };
        let place = block.ages.partition_point(|other| *other < age);
        block.ages.insert(place, age);
        block.last_ms = block.last_ms.max(age.ms());
        block.stopped_count += usize::from(age.stopped());
        (block.factor, block.added) = (None, None);
        let is_one = block
            .ages
            .first()
            .is_some_and(|first| first.ms() == block.last_ms);
        if block.ages.len() > BLOCK_MAX && !is_one {
            let parts = parted(&block.ages, BLOCK_MAX / 2);
            self.blocks.splice(at..=at, parts);
        }
    }

    /// What it takes in memory, about.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let block = size_of::<Block>() + Added::bytes_of(self.ways_count);
        self.blocks.len() * block + self.count * size_of::<Age>()
    }

    /// The length that as many of the stopped ones, these and `others` together, do not exceed; `rank`
    /// from 0 on. `others` are in order.
    fn stopped_at(&self, others: &[Age], mut rank: usize) -> Option<f64> {
        let mut rest = others;
        for block in self.blocks.iter().chain([&Block::default()]) {
            let others = if block.ages.is_empty() {
                rest
            } else {
                up_to(&mut rest, block.last_ms)
            };
            let ages = &block.ages;
            let here = others.iter().filter(|age| age.stopped()).count() + block.stopped_count;
            if rank >= here {
                rank -= here;
                continue;
            }
            let mut both: Vec<Age> = ages.iter().chain(others).copied().collect();
            both.sort_unstable();
            let stopped = both.iter().filter(|age| age.stopped()).nth(rank);
            return stopped.map(|age| days(age.ms()));
        }
        None
    }

    /// Of the stopped ones, as `ClosedOnly`: of an even count the mean of the two in the middle.
    #[must_use]
    pub fn median_stopped(&self, others: &[Age]) -> Option<f64> {
        let here: usize = self.blocks.iter().map(|block| block.stopped_count).sum();
        let count = here + others.iter().filter(|age| age.stopped()).count();
        let upper = self.stopped_at(others, count / 2)?;
        if count % 2 == 1 {
            return Some(upper);
        }
        let lower = self.stopped_at(others, count / 2 - 1)?;
        Some(lower.midpoint(upper))
    }
}

fn parted(ages: &[Age], length: usize) -> Vec<Block> {
    let mut blocks = Vec::with_capacity(ages.len() / length + 1);
    let mut rest = ages;
    while let Some(last) = rest.get(length.min(rest.len()).wrapping_sub(1)) {
        let end = rest.partition_point(|age| age.ms() <= last.ms());
        let (block, after) = rest.split_at(end);
        blocks.push(Block::of(block.to_vec()));
        rest = after;
    }
    blocks
}

/// Takes those off that are no longer than a block's last one.
fn up_to<'a>(rest: &mut &'a [Age], last_ms: i64) -> &'a [Age] {
    let is_here = |age: &Age| age.ms() <= last_ms;
    // Most blocks have none.
    let count = match rest.first() {
        Some(first) if is_here(first) => rest.partition_point(is_here),
        Some(_) | None => 0,
    };
    let (here, after) = rest.split_at(count);
    *rest = after;
    here
}

/// All of one length.
struct Tied<'a> {
    ms: i64,
    ages: [&'a [Age]; 2],
}

impl Tied<'_> {
    fn days(&self) -> f64 {
        days(self.ms)
    }

    fn count(&self) -> usize {
        self.ages.iter().map(|ages| ages.len()).sum()
    }

    fn each(&self) -> impl Iterator<Item = Age> {
        self.ages.iter().flat_map(|ages| ages.iter().copied())
    }

    fn stopped_count(&self) -> usize {
        self.each().filter(|age| age.stopped()).count()
    }
}

/// Two lists in order, by length.
struct Ties<'a>([&'a [Age]; 2]);

impl<'a> Iterator for Ties<'a> {
    type Item = Tied<'a>;

    fn next(&mut self) -> Option<Tied<'a>> {
        let firsts = self.0.iter().filter_map(|ages| ages.first());
        let ms = firsts.map(|age| age.ms()).min()?;
        let ages = std::array::from_fn(|i| {
            let list = self.0[i];
            let tied = list.iter().take_while(|age| age.ms() == ms).count();
            let (tied, rest) = list.split_at(tied);
            self.0[i] = rest;
            tied
        });
        Some(Tied { ms, ages })
    }
}
