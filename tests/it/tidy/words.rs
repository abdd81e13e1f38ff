//! One word per thing: the twins that the glossary forbids.

use super::{Source, all_written, assert_tidy};

/// A forbidden word and what is said instead. Its plural and its past are forbidden with it.
const FORBIDDEN: &[(&str, &str)] = &[
    ("referral", "request"),
    ("ticket", "request"),
    ("breach", "missed target"),
    ("tenant", "authority"),
    ("transition", "move"),
    ("diversion", "child protection concern passed on"),
];

/// Where a forbidden word has to stand all the same.
const ALLOWED: &[(&str, &str, &str)] = &[
    (
        "ARCHITECTURE.md",
        "*",
        "the glossary lists the twins that it forbids",
    ),
    ("tests/it/tidy/words.rs", "*", "this list"),
];

fn complaints(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources {
        for (number, line) in source.text.lines().enumerate() {
            for word in parts(line) {
                let Some((forbidden, instead)) = forbidden(&word) else {
                    continue;
                };
                let allowed = ALLOWED.iter().any(|(path, what, _)| {
                    *path == source.path && (*what == "*" || *what == forbidden)
                });
                if !allowed {
                    let at = format!("{}:{}", source.path, number + 1);
                    complaints.push(format!("{at}: \"{word}\": say {instead}"));
                }
            }
        }
    }
    complaints
}

fn forbidden(word: &str) -> Option<(&'static str, &'static str)> {
    FORBIDDEN
        .iter()
        .find(|(stem, _)| {
            word.strip_prefix(stem)
                .is_some_and(|ending| ["", "s", "es", "ed", "ing", "ary"].contains(&ending))
        })
        .copied()
}

/// The lower-case words of a line; `isBreached`, `breach_count` and `BreachCount` are taken apart.
fn parts(line: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut word = String::new();
    let mut previous_lower = false;
    for character in line.chars().chain([' ']) {
        let starts_hump = character.is_uppercase() && previous_lower;
        if (!character.is_alphabetic() || starts_hump) && !word.is_empty() {
            parts.push(std::mem::take(&mut word));
        }
        if character.is_alphabetic() {
            word.extend(character.to_lowercase());
        }
        previous_lower = character.is_lowercase();
    }
    parts
}

#[test]
fn things_are_called_by_their_names() {
    assert_tidy(&complaints(&all_written()));
}

#[test]
fn a_forbidden_twin_is_seen_in_every_shape() {
    for line in [
        "// the referral arrives",
        "let breach_count = 1;",
        "fn isBreached()",
        "struct TransitionTable;",
        "title: Tickets",
        "TENANT",
        "tenants",
    ] {
        let complaints = complaints(&[Source::new("src/log/read.rs", line)]);
        assert_eq!(complaints.len(), 1, "{line}: {complaints:?}");
    }
    let fine = "a preferral of lieutenants, an outbreachable moment";
    assert!(complaints(&[Source::new("README.md", fine)]).is_empty());
}
