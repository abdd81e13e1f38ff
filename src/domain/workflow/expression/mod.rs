//! What a rule may ask: a small total language, the part of CEL (Common Expression Language) that
//! needs no loop, no call and no arithmetic. Pure; every question has an answer for any data.
//!
//! Invariant: it reads codes and facts, never what is sealed. Text is its stored form, and reading
//! what was printed gives the same tree.

mod evaluate;
mod narrow;
mod print;
mod read;

#[cfg(test)]
mod properties;

pub use evaluate::{Facts, Scope, find};
pub use narrow::{Narrow, excludes, implies};
pub(crate) use read::is_dotted;
pub use read::{Fault, Parsed, read};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// Characters of one expression.
pub const LENGTH_LIMIT: usize = 1_000;
/// Brackets and negations inside one another.
pub const DEPTH_LIMIT: usize = 16;

#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// Empty: always.
    All(Vec<Expression>),
    /// Empty: never.
    Any(Vec<Expression>),
    Not(Box<Expression>),
    /// The value is there and is not null.
    Has(Path),
    /// A yes or no that is yes.
    Is(Path),
    Compare(Operand, Comparison, Operand),
    /// One of the values; of a list, one of its members is.
    Among(Operand, Vec<Value>),
    /// A code is a member of a list.
    Holds(Value, Path),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    Path(Path),
    /// A text, a number, or true or false.
    Value(Value),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    Unequal,
    Less,
    AtMost,
    More,
    AtLeast,
}

const COMPARISONS: [(&str, Comparison); 6] = [
    ("==", Comparison::Equal),
    ("!=", Comparison::Unequal),
    ("<=", Comparison::AtMost),
    (">=", Comparison::AtLeast),
    ("<", Comparison::Less),
    (">", Comparison::More),
];

/// Where a value stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Path {
    /// Dotted, in the codes of the act at hand.
    Data(String),
    /// Dotted, in the codes that the opening act left.
    Request(String),
    Fact(Fact),
}

/// What the engine knows of a request besides its codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    ClaimHeld,
    /// Some child protection concern has no final result, once the act has given its own.
    ConcernOpen,
    WorkerNamed,
    /// Of the child's plan, once the act has settled its own.
    ActionsOpen,
    /// The team has said when help is expected.
    HelpExpected,
}

/// One row a fact, in the order of the enum.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    pub fact: Fact,
    /// As it is written.
    pub name: &'static str,
    /// Else it is a yes or no.
    pub is_count: bool,
    /// As people read a yes and a no; of a count, what is counted, and that there is none.
    pub words: (&'static str, &'static str),
}

pub const FACTS: [Known; 5] = [
    Known {
        fact: Fact::ClaimHeld,
        name: "claim.held",
        is_count: false,
        words: ("somebody holds the claim", "nobody holds the claim"),
    },
    Known {
        fact: Fact::ConcernOpen,
        name: "concern.open",
        is_count: false,
        words: ("a concern is open", "no concern is open"),
    },
    Known {
        fact: Fact::WorkerNamed,
        name: "worker.named",
        is_count: false,
        words: ("a worker is named", "no worker is named"),
    },
    Known {
        fact: Fact::ActionsOpen,
        name: "actions.open",
        is_count: true,
        words: (
            "open actions of the child's plan",
            "no action of the child's plan is open",
        ),
    },
    Known {
        fact: Fact::HelpExpected,
        name: "help.expected",
        is_count: false,
        words: (
            "a day on which help is expected has been said",
            "no day on which help is expected has been said",
        ),
    },
];

impl Fact {
    fn known(self) -> &'static Known {
        // `FACTS` lists the variants in their order; a test holds it.
        &FACTS[self as usize]
    }

    #[must_use]
    pub fn name(self) -> &'static str {
        self.known().name
    }

    #[must_use]
    pub fn is_count(self) -> bool {
        self.known().is_count
    }

    #[must_use]
    pub fn words(self) -> (&'static str, &'static str) {
        self.known().words
    }
}

impl Default for Expression {
    fn default() -> Self {
        Self::All(Vec::new())
    }
}

impl Expression {
    /// It asks nothing.
    #[must_use]
    pub fn is_always(&self) -> bool {
        matches!(self, Self::All(parts) if parts.is_empty())
    }

    /// Nested ones are taken apart, so that a tree has one shape.
    #[must_use]
    pub fn all(parts: Vec<Self>) -> Self {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            if let Self::All(inner) = &part
                && !inner.is_empty()
            {
                flat.extend(inner.iter().cloned());
            } else {
                flat.push(part);
            }
        }
        alone(flat).unwrap_or_else(Self::All)
    }

    #[must_use]
    pub fn any(parts: Vec<Self>) -> Self {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            if let Self::Any(inner) = &part
                && !inner.is_empty()
            {
                flat.extend(inner.iter().cloned());
            } else {
                flat.push(part);
            }
        }
        alone(flat).unwrap_or_else(Self::Any)
    }

    /// Its parts that have to hold together.
    #[must_use]
    pub fn conjuncts(&self) -> &[Self] {
        if let Self::All(parts) = self {
            parts
        } else {
            std::slice::from_ref(self)
        }
    }

    /// Every path that it reads, in the order of the text.
    pub fn paths(&self) -> Vec<&Path> {
        fn of(operand: &Operand) -> Option<&Path> {
            match operand {
                Operand::Path(path) => Some(path),
                Operand::Value(_) => None,
            }
        }
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::paths).collect(),
            Self::Not(inner) => inner.paths(),
            Self::Has(path) | Self::Is(path) | Self::Holds(_, path) => vec![path],
            Self::Compare(left, _, right) => [left, right].into_iter().filter_map(of).collect(),
            Self::Among(operand, _) => of(operand).into_iter().collect(),
        }
    }
}

/// The only part, or all of them again.
fn alone(mut parts: Vec<Expression>) -> Result<Expression, Vec<Expression>> {
    match parts.pop() {
        Some(only) if parts.is_empty() => Ok(only),
        Some(last) => {
            parts.push(last);
            Err(parts)
        }
        None => Err(parts),
    }
}

impl Serialize for Expression {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Expression {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let parsed = read(&text).map_err(D::Error::custom)?;
        Ok(parsed.expression)
    }
}
