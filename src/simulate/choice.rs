//! Weighted choices. Shares are in per cent, as the practice literature and council returns
//! suggest them; they are an invention, not a measurement.

use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};

/// All the chance of one year.
pub struct Chance(StdRng);

impl Chance {
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    /// A chance of its own for one request, so that one story does not change the next.
    #[must_use]
    pub fn fork(&mut self) -> Self {
        Self(StdRng::seed_from_u64(self.0.next_u64()))
    }

    pub fn percent(&mut self, share: u32) -> bool {
        self.0.random_range(0..100) < share
    }

    /// Inclusive.
    pub fn between(&mut self, from: i64, to: i64) -> i64 {
        self.0.random_range(from..=to)
    }

    /// One of the pairs, by its weight.
    pub fn pick<T: Copy>(&mut self, choices: &[(T, u32)]) -> T {
        let total: u32 = choices.iter().map(|(_, weight)| weight).sum();
        let mut left = self.0.random_range(0..total);
        for (choice, weight) in choices {
            if left < *weight {
                return *choice;
            }
            left -= weight;
        }
        choices[0].0
    }

    pub fn one_of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.0.random_range(0..choices.len())]
    }

    /// Waiting times have a long tail: exponential with this mean, in whole hours, at least one.
    pub fn hours(&mut self, mean: f64) -> i64 {
        let uniform: f64 = self.0.random_range(f64::EPSILON..1.0);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a few thousand hours at the most"
        )]
        let hours = (-uniform.ln() * mean).round() as i64;
        hours.clamp(1, 24 * 200)
    }
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Asker {
    PrimaryHead,
    HealthVisitor,
    Guidance,
    SocialWorker,
    SchoolNurse,
    ThirdSector,
    Midwife,
    AdultServices,
    Police,
}

impl Asker {
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::PrimaryHead => "Head of a primary school",
            Self::HealthVisitor => "Health visitor",
            Self::Guidance => "Guidance teacher",
            Self::SocialWorker => "Social worker",
            Self::SchoolNurse => "School nurse",
            Self::ThirdSector => "Worker of a third sector agency",
            Self::Midwife => "Midwife",
            Self::AdultServices => "Worker of adult services",
            Self::Police => "Police officer",
        }
    }
}

pub const ASKERS: [(Asker, u32); 9] = [
    (Asker::PrimaryHead, 34),
    (Asker::HealthVisitor, 24),
    (Asker::Guidance, 18),
    (Asker::SocialWorker, 7),
    (Asker::SchoolNurse, 5),
    (Asker::ThirdSector, 4),
    (Asker::Midwife, 3),
    (Asker::AdultServices, 3),
    (Asker::Police, 2),
];

impl Asker {
    /// Asks only while schools are open.
    #[must_use]
    pub fn is_school(self) -> bool {
        matches!(self, Self::PrimaryHead | Self::Guidance | Self::SchoolNurse)
    }
}

/// First and last year of age; `None` is an unborn child.
pub type Ages = Option<(i64, i64)>;

pub const AGES: [(Ages, u32); 5] = [
    (None, 3),
    (Some((0, 4)), 27),
    (Some((5, 10)), 36),
    (Some((11, 15)), 28),
    (Some((16, 17)), 6),
];

/// Service codes of `services.yaml`.
pub const HELP: [(&str, u32); 10] = [
    ("emotional-wellbeing", 24),
    ("family-support", 22),
    ("parenting", 12),
    ("attendance", 12),
    ("neurodevelopmental", 9),
    ("money-food-housing", 6),
    ("intensive-family-support", 4),
    ("substance-use", 4),
    ("bereavement", 4),
    ("young-carer", 3),
];
