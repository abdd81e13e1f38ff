//! A YAML file as a tree that knows the line and column of every key and value, and the reader that
//! collects every problem of a file instead of stopping at the first.
//!
//! Strict: YAML 1.2 without anchors, aliases, tags, directives or a second document, no duplicate
//! keys, and nothing that YAML 1.1 would read differently. Nothing is ever included.

mod nearest;
mod reader;
mod scalar;
mod tree;

pub use nearest::nearest;
pub use reader::{Fields, Reader};
pub use tree::read;

use super::lint::Rule;
use serde::Serialize;
use std::fmt;

/// Bytes of one file.
pub const FILE_LIMIT: usize = 1024 * 1024;
/// Lists and maps inside one another.
pub const DEPTH_LIMIT: usize = 32;
/// Values in one file.
pub const NODE_LIMIT: usize = 20_000;
/// Characters of one key.
pub const KEY_LIMIT: usize = 100;

/// One thing wrong with a file, at the place where a person has to change it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Which rule of the language refuses it.
    pub rule: Rule,
    pub file: String,
    /// From 1; 0 when the file as a whole is meant.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// JSON pointer to the value.
    pub pointer: String,
    pub found: String,
    /// What is allowed there, in words; empty when nothing is.
    pub allowed: String,
    /// The nearest known name.
    pub suggestion: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}:{}: {}",
            self.file, self.line, self.column, self.found
        )?;
        if !self.allowed.is_empty() {
            write!(f, "; allowed: {}", self.allowed)?;
        }
        match &self.suggestion {
            Some(name) => write!(f, "; did you mean `{name}`?"),
            None => Ok(()),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub place: Place,
    /// JSON pointer from the top of the file.
    pub pointer: String,
    pub yaml: Yaml,
    /// Where a text's first character stands, if each of them stands in the file as it is.
    pub text_at: Option<Place>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Yaml {
    Null,
    Bool(bool),
    Number(serde_json::Number),
    Text(String),
    /// A date without quotes: a date where one is expected, an error elsewhere.
    BareDate(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub key: String,
    pub place: Place,
    pub value: Node,
}

impl Node {
    /// The value under a key of a map.
    #[must_use]
    pub fn find(&self, key: &str) -> Option<&Self> {
        self.entries()
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| &entry.value)
    }

    /// The entries of a map; none for every other kind.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        match &self.yaml {
            Yaml::Map(entries) => entries,
            Yaml::Null
            | Yaml::Bool(_)
            | Yaml::Number(_)
            | Yaml::Text(_)
            | Yaml::BareDate(_)
            | Yaml::List(_) => &[],
        }
    }

    /// The text, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match &self.yaml {
            Yaml::Text(text) => Some(text),
            Yaml::Null
            | Yaml::Bool(_)
            | Yaml::Number(_)
            | Yaml::BareDate(_)
            | Yaml::List(_)
            | Yaml::Map(_) => None,
        }
    }

    /// What stands here, in words short enough for a message.
    #[must_use]
    pub fn describe(&self) -> String {
        match &self.yaml {
            Yaml::Null => "nothing".to_owned(),
            Yaml::Bool(value) => format!("`{value}`"),
            Yaml::Number(number) => format!("the number `{number}`"),
            Yaml::Text(text) => format!("the text {}", quoted(text)),
            Yaml::BareDate(date) => format!("the date `{date}` without quotes"),
            Yaml::List(_) => "a list".to_owned(),
            Yaml::Map(_) => "a map".to_owned(),
        }
    }
}

/// In backticks, cut after 60 characters, controls made visible.
#[must_use]
pub(crate) fn quoted(text: &str) -> String {
    let mut short = String::new();
    for c in text.chars().take(60) {
        if c.is_control() {
            short.extend(c.escape_default());
        } else {
            short.push(c);
        }
    }
    if text.chars().nth(60).is_some() {
        short.push('…');
    }
    format!("`{short}`")
}

/// A key as a part of a JSON pointer (RFC 6901).
#[must_use]
pub(crate) fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
