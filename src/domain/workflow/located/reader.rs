//! Takes typed values out of a tree. A value that does not fit becomes a problem and `None`, and the
//! reading goes on; so one run names everything that is wrong.

use super::super::lint::Rule;
use super::nearest::{listed, nearest};
use super::{Entry, Node, Place, Problem, Yaml, quoted};
use crate::domain::ids::IdError;
use jiff::civil::Date;
use serde_json::{Map, Value};

/// Collects the problems of one file.
#[derive(Debug)]
pub struct Reader {
    file: String,
    problems: Vec<Problem>,
}

impl Reader {
    #[must_use]
    pub fn new(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            problems: Vec::new(),
        }
    }

    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// How many problems there are so far; a check that builds on others runs when none came.
    #[must_use]
    pub fn problem_count(&self) -> usize {
        self.problems.len()
    }

    /// # Errors
    /// All problems, in the order of the file.
    pub fn finish<T>(mut self, value: Option<T>) -> Result<T, Vec<Problem>> {
        self.problems.sort_by_key(|p| (p.line, p.column));
        self.problems.dedup();
        match value {
            Some(value) if self.problems.is_empty() => Ok(value),
            _ => Err(self.problems),
        }
    }

    /// All problems so far, in the order of the file.
    #[must_use]
    pub fn into_problems(self) -> Vec<Problem> {
        self.finish::<()>(None).err().unwrap_or_default()
    }

    fn push(
        &mut self,
        rule: Rule,
        at: (Place, &str),
        words: [&str; 2],
        suggestion: Option<String>,
    ) {
        let (place, pointer) = at;
        let [found, allowed] = words.map(str::to_owned);
        self.problems.push(Problem {
            rule,
            file: self.file.clone(),
            line: place.line,
            column: place.column,
            pointer: pointer.to_owned(),
            found,
            allowed,
            suggestion,
        });
    }

    /// The value is not what may stand here.
    pub fn wrong(&mut self, at: &Node, found: impl AsRef<str>, allowed: impl AsRef<str>) {
        self.against(Rule::E31, at, [found.as_ref(), allowed.as_ref()]);
    }

    /// The value is against a rule of the language that has a code of its own; the words are what
    /// was found and what is allowed.
    pub fn against(&mut self, rule: Rule, at: &Node, words: [&str; 2]) {
        self.push(rule, (at.place, &at.pointer), words, None);
    }

    /// The same, at a key.
    pub fn against_key(&mut self, rule: Rule, at: &Entry, words: [&str; 2]) {
        self.push(rule, (at.place, &at.value.pointer), words, None);
    }

    /// The same, at a key.
    pub fn wrong_key(&mut self, at: &Entry, found: impl AsRef<str>, allowed: impl AsRef<str>) {
        self.against_key(Rule::E31, at, [found.as_ref(), allowed.as_ref()]);
    }

    /// A place without a node: a line of a table.
    pub fn wrong_at(&mut self, place: Place, found: impl AsRef<str>, allowed: impl AsRef<str>) {
        let words = [found.as_ref(), allowed.as_ref()];
        self.push(Rule::E31, (place, ""), words, None);
    }

    fn unexpected(&mut self, at: &Node, allowed: &str) {
        // A bare date is a text in YAML 1.2 and a date in 1.1.
        let rule = match at.yaml {
            Yaml::BareDate(_) => Rule::E23,
            Yaml::Null
            | Yaml::Bool(_)
            | Yaml::Number(_)
            | Yaml::Text(_)
            | Yaml::List(_)
            | Yaml::Map(_) => Rule::E31,
        };
        self.against(rule, at, [&at.describe(), allowed]);
    }

    /// Whether a name is one of the known; if not, says so and which is meant.
    pub fn known<'k>(
        &mut self,
        at: &Node,
        what: &str,
        name: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) -> bool {
        let known: Vec<&str> = known.into_iter().collect();
        if known.contains(&name) {
            return true;
        }
        let found = format!("unknown {what} {}", quoted(name));
        let suggestion = nearest(name, &known);
        let words = [found.as_str(), &listed(&known)];
        self.push(Rule::E11, (at.place, &at.pointer), words, suggestion);
        false
    }

    /// A text that is not empty.
    pub fn text(&mut self, node: &Node) -> Option<String> {
        match node.as_text() {
            Some(text) if !text.trim().is_empty() => Some(text.to_owned()),
            Some(_) => {
                self.wrong(node, "an empty text", "a text");
                None
            }
            None => {
                self.unexpected(
                    node,
                    "a text (in quotes where it looks like something else)",
                );
                None
            }
        }
    }

    pub fn bool(&mut self, node: &Node) -> Option<bool> {
        if let Yaml::Bool(value) = node.yaml {
            return Some(value);
        }
        self.unexpected(node, "true, false");
        None
    }

    pub fn whole(&mut self, node: &Node) -> Option<u32> {
        let found = match &node.yaml {
            Yaml::Number(number) => number.as_u64().and_then(|n| u32::try_from(n).ok()),
            Yaml::Null
            | Yaml::Bool(_)
            | Yaml::Text(_)
            | Yaml::BareDate(_)
            | Yaml::List(_)
            | Yaml::Map(_) => None,
        };
        if found.is_none() {
            self.unexpected(node, "a whole number from 0");
        }
        found
    }

    /// Quotes or none, both are a date here.
    pub fn date(&mut self, node: &Node) -> Option<Date> {
        let text = match &node.yaml {
            Yaml::BareDate(text) | Yaml::Text(text) => Some(text.as_str()),
            Yaml::Null | Yaml::Bool(_) | Yaml::Number(_) | Yaml::List(_) | Yaml::Map(_) => None,
        };
        // Only the extended form: jiff would also take `20260105` and a date with a time.
        let date = text
            .filter(|text| text.len() == 10)
            .and_then(|text| text.parse().ok());
        if date.is_none() {
            self.unexpected(node, "a date that exists, as 2026-01-31");
        }
        date
    }

    /// An identifier, by its own `parse`.
    pub fn id<T>(&mut self, node: &Node, parse: fn(&str) -> Result<T, IdError>) -> Option<T> {
        let text = self.text(node)?;
        match parse(&text) {
            Ok(id) => Some(id),
            Err(why) => {
                let allowed = format!("1 to {} characters of {}", why.limit, why.allowed);
                self.wrong(node, format!("{} {}", why.kind, quoted(&text)), allowed);
                None
            }
        }
    }

    /// An identifier that is the key of an entry.
    pub fn key_id<T>(&mut self, entry: &Entry, parse: fn(&str) -> Result<T, IdError>) -> Option<T> {
        match parse(&entry.key) {
            Ok(id) => Some(id),
            Err(why) => {
                let allowed = format!("1 to {} characters of {}", why.limit, why.allowed);
                let found = format!("{} {}", why.kind, quoted(&entry.key));
                self.wrong_key(entry, found, allowed);
                None
            }
        }
    }

    /// One of a few words.
    pub fn word<T: Copy>(&mut self, node: &Node, what: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(node)?;
        let known = words.iter().map(|(word, _)| *word);
        if !self.known(node, what, &text, known) {
            return None;
        }
        words
            .iter()
            .find(|(word, _)| *word == text)
            .map(|(_, value)| *value)
    }

    /// A list that is not empty.
    pub fn items<'n>(&mut self, node: &'n Node, of: &str) -> &'n [Node] {
        if let Yaml::List(items) = &node.yaml {
            if items.is_empty() {
                self.wrong(node, "an empty list", format!("a list of {of}"));
            }
            return items;
        }
        self.unexpected(node, &format!("a list of {of}, as [a, b]"));
        &[]
    }

    /// The entries of a map that is not empty.
    pub fn entries<'n>(&mut self, node: &'n Node, of: &str) -> &'n [Entry] {
        if let Yaml::Map(entries) = &node.yaml {
            if entries.is_empty() {
                self.wrong(node, "an empty map", format!("a map of {of}"));
            }
            return entries;
        }
        self.unexpected(node, &format!("a map of {of}"));
        &[]
    }

    /// The keys of a map; what is not asked for by `Fields::finish` is unknown.
    pub fn fields<'n>(&mut self, node: &'n Node) -> Option<Fields<'n>> {
        if matches!(node.yaml, Yaml::Map(_)) {
            return Some(Fields {
                node,
                asked: Vec::new(),
            });
        }
        self.unexpected(node, "a map");
        None
    }

    /// As JSON; a bare date has none.
    pub fn json(&mut self, node: &Node) -> Option<Value> {
        match &node.yaml {
            Yaml::Null => Some(Value::Null),
            Yaml::Bool(value) => Some(Value::Bool(*value)),
            Yaml::Number(number) => Some(Value::Number(number.clone())),
            Yaml::Text(text) => Some(Value::String(text.clone())),
            Yaml::BareDate(_) => {
                self.unexpected(node, "the same in quotes");
                None
            }
            Yaml::List(items) => items
                .iter()
                .map(|item| self.json(item))
                .collect::<Option<_>>()
                .map(Value::Array),
            Yaml::Map(entries) => {
                let mut object = Map::new();
                for entry in entries {
                    object.insert(entry.key.clone(), self.json(&entry.value)?);
                }
                Some(Value::Object(object))
            }
        }
    }
}

/// The keys of one map, each asked for once.
#[derive(Debug)]
pub struct Fields<'n> {
    node: &'n Node,
    asked: Vec<&'static str>,
}

impl<'n> Fields<'n> {
    /// A key that may be missing.
    pub fn find(&mut self, key: &'static str) -> Option<&'n Node> {
        self.asked.push(key);
        self.node.find(key)
    }

    /// A key that may not be missing.
    pub fn need(&mut self, reader: &mut Reader, key: &'static str) -> Option<&'n Node> {
        let found = self.find(key);
        if found.is_none() {
            reader.wrong(self.node, format!("missing key `{key}`"), "");
        }
        found
    }

    /// `find`, read by a function.
    pub fn find_as<T>(
        &mut self,
        reader: &mut Reader,
        key: &'static str,
        read: impl FnOnce(&mut Reader, &'n Node) -> Option<T>,
    ) -> Option<T> {
        self.find(key).and_then(|node| read(reader, node))
    }

    /// `need`, read by a function.
    pub fn need_as<T>(
        &mut self,
        reader: &mut Reader,
        key: &'static str,
        read: impl FnOnce(&mut Reader, &'n Node) -> Option<T>,
    ) -> Option<T> {
        self.need(reader, key).and_then(|node| read(reader, node))
    }

    /// A yes or no that is no when it is not said.
    pub fn flag(&mut self, reader: &mut Reader, key: &'static str) -> bool {
        self.find_as(reader, key, Reader::bool).unwrap_or(false)
    }

    /// Reports every key that nobody asked for.
    pub fn finish(self, reader: &mut Reader) {
        for entry in self.node.entries() {
            if self.asked.contains(&entry.key.as_str()) {
                continue;
            }
            let found = format!("unknown key {}", quoted(&entry.key));
            let allowed = listed(&self.asked);
            let suggestion = nearest(&entry.key, &self.asked);
            let at = (entry.place, entry.value.pointer.as_str());
            reader.push(Rule::E11, at, [&found, &allowed], suggestion);
        }
    }
}
