//! The table of rules. A rule that the parser holds already stands here with its code too, so that
//! every refusal has one.

use serde::{Serialize, Serializer};

/// `E` refuses publication, `W` warns. The numbers are kept for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    E01,
    E02,
    E03,
    E04,
    E05,
    E06,
    E07,
    E08,
    E10,
    E11,
    E12,
    E13,
    E14,
    E15,
    E16,
    E17,
    E18,
    E19,
    E20,
    E23,
    E30,
    E31,
    E32,
    E33,
    E34,
    E35,
    E36,
    E37,
    E40,
    E41,
    W13,
    W23,
    W24,
    W25,
    W26,
    W27,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    Error,
    Warning,
}

/// What a rule asks, in words for whoever writes the file.
#[derive(Debug, Clone, Copy)]
pub struct About {
    pub rule: Rule,
    pub code: &'static str,
    pub asks: &'static str,
}

macro_rules! rules {
    ($($rule:ident $asks:literal)*) => {
        /// Every rule, in the order of the enum.
        pub const RULES: &[About] = &[
            $(About { rule: Rule::$rule, code: stringify!($rule), asks: $asks },)*
        ];
    };
}

rules! {
    E01 "Every state can be reached"
    E02 "From every state an ending state can be reached"
    E03 "Every state has an exit that does not depend on conditions which may all fail"
    E04 "Every role can be held by somebody, and every state can be left by somebody"
    E05 "While a request waits for somebody a clock runs"
    E06 "A clock that is paused has a counterpart that runs meanwhile, so that no pause is without end"
    E07 "A clock that can start can also stop, and what stops it can come while it runs"
    E08 "A statutory clock never pauses"
    E10 "A target is a whole number with one of the units wd, wh, min, d, w"
    E11 "Every name that is used is declared, and every key is known"
    E12 "A condition speaks of data that are there, and of values that they can have"
    E13 "Routing ends with `otherwise`"
    E14 "A state that the worker holds is reached only after a move could name one"
    E15 "Nobody decides on a request of their own"
    E16 "An event has one meaning"
    E17 "An action of the child's plan can be settled"
    E18 "A request that is reopened has what its new state needs"
    E19 "No rule, message or team name is made from personal data"
    E20 "In an ending state no clock runs that nobody there can stop, and no action of the plan is open"
    E23 "The file means the same in YAML 1.1 and YAML 1.2"
    E30 "The file is plain YAML of a reasonable size: no anchors, aliases, tags or second document"
    E31 "Every value is of the kind that its key asks for, and none is missing"
    E32 "No path hides behind an earlier one"
    E33 "A child protection concern can be passed on, answered, taken over and closed in every state, at once"
    E34 "The data of a move are JSON Schema 2020-12 in the vocabulary that can be sealed and shown"
    E35 "A claim stands still only while somebody else has the request in hand"
    E36 "A target that the law sets is extended on a basis in law, and no other names one"
    E37 "Every step of a child protection concern names it by its number, and whoever holds it closes it"
    E40 "What the opening of a request's text makes happens once and needs nobody's words"
    E41 "A proposal can be confirmed by a second person, and sent back"
    W13 "Routing rules that can hold together are marked where their order matters"
    W23 "A target is longer than the time between two looks of the timers"
    W24 "Two moves that stand side by side do not have one title"
    W25 "The closures of a calendar are known for the next 18 months"
    W26 "Scenarios walk through every move, clock and rung"
    W27 "What people read has a label and short sentences"
}

impl Rule {
    #[must_use]
    pub fn about(self) -> &'static About {
        // `rules!` lists the variants in their order; a test holds it.
        &RULES[self as usize]
    }

    #[must_use]
    pub fn code(self) -> &'static str {
        self.about().code
    }

    #[must_use]
    pub fn severity(self) -> Severity {
        if self.code().starts_with('W') {
            Severity::Warning
        } else {
            Severity::Error
        }
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_stands_at_its_own_place_of_the_table() {
        for about in RULES {
            assert_eq!(about.rule.about().code, about.code);
            assert_eq!(format!("{:?}", about.rule), about.code);
        }
    }
}
