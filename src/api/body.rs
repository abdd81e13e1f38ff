//! The strict JSON reader: UTF-8, one value, no duplicate keys, bounded depth and numbers.
//!
//! Invariant: what passes means the same to every other JSON reader.

use super::problem::{Kind, Problem};
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::cell::RefCell;
use std::fmt;

/// Objects and arrays within one another, at most.
pub(crate) const DEPTH_MAX: usize = 32;
/// Beyond 2^53 readers disagree about the value of a number.
const NUMBER_MAX: u64 = 1 << 53;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

/// What is wrong with a body, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub kind: Kind,
    what: &'static str,
    allowed: &'static str,
    path: Vec<Step>,
    /// Line and column, from 1, where known.
    place: Option<(usize, usize)>,
}

/// # Errors
/// The first fault.
pub(crate) fn read(bytes: &[u8]) -> Result<Value, Fault> {
    check_bytes(bytes)?;
    let trail = Trail::default();
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = Seed {
        trail: &trail,
        depth: 1,
    }
    .deserialize(&mut reader)
    .and_then(|value| reader.end().map(|()| value));
    read.map_err(|error| trail.fault(&error))
}

fn check_bytes(bytes: &[u8]) -> Result<(), Fault> {
    let at = |kind, what, allowed, offset| Fault {
        kind,
        what,
        allowed,
        path: Vec::new(),
        place: Some(place(bytes, offset)),
    };
    if let Err(error) = std::str::from_utf8(bytes) {
        return Err(at(
            Kind::BadEncoding,
            "not UTF-8",
            "UTF-8",
            error.valid_up_to(),
        ));
    }
    if bytes.starts_with(b"\xef\xbb\xbf") {
        return Err(at(
            Kind::BadEncoding,
            "a byte order mark",
            "UTF-8 without a byte order mark",
            0,
        ));
    }
    match bytes.iter().position(|byte| *byte == 0) {
        Some(offset) => Err(at(Kind::Nul, "a NUL character", "text without NUL", offset)),
        None => Ok(()),
    }
}

fn place(bytes: &[u8], offset: usize) -> (usize, usize) {
    let before = bytes.get(..offset).unwrap_or(bytes);
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let column = before
        .iter()
        .rev()
        .take_while(|byte| **byte != b'\n')
        .count()
        + 1;
    (line, column)
}

impl Fault {
    /// Keys that are not `known` names of fields are masked: they may be personal.
    #[must_use]
    pub(crate) fn problem(&self, known: &dyn Fn(&str) -> bool) -> Problem {
        let mut pointer = String::new();
        for step in &self.path {
            pointer.push('/');
            match step {
                Step::Index(index) => pointer.push_str(&index.to_string()),
                Step::Key(key) if known(key) => {
                    pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
                }
                Step::Key(_) => pointer.push('*'),
            }
        }
        let detail = match self.place {
            Some((line, column)) => format!("{}, at line {line}, column {column}.", self.what),
            None => format!("{}.", self.what),
        };
        Problem::new(self.kind, detail).with(pointer, self.what, self.allowed)
    }
}

/// Where the reader is, and what it found wrong itself.
#[derive(Default)]
struct Trail {
    path: RefCell<Vec<Step>>,
    found: RefCell<Option<(Kind, &'static str, &'static str)>>,
}

impl Trail {
    fn refuse<E: serde::de::Error>(
        &self,
        kind: Kind,
        what: &'static str,
        allowed: &'static str,
    ) -> E {
        self.found.replace(Some((kind, what, allowed)));
        E::custom(what)
    }

    fn step<T, E>(&self, step: Step, read: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        self.path.borrow_mut().push(step);
        let value = read()?;
        self.path.borrow_mut().pop();
        Ok(value)
    }

    fn fault(self, error: &serde_json::Error) -> Fault {
        let (kind, what, allowed) = self.found.take().unwrap_or_else(|| of_syntax(error));
        Fault {
            kind,
            what,
            allowed,
            path: self.path.take(),
            place: (error.line() > 0).then_some((error.line(), error.column())),
        }
    }
}

/// `serde_json` gives these faults no code of their own, only a text.
fn of_syntax(error: &serde_json::Error) -> (Kind, &'static str, &'static str) {
    let text = error.to_string();
    if text.contains("surrogate") || text.contains("end of hex escape") {
        (
            Kind::BadEncoding,
            "half of a surrogate pair",
            "whole Unicode characters",
        )
    } else if text.contains("number out of range") {
        (
            Kind::BadNumber,
            "a number out of range",
            "at most 2^53 either way",
        )
    } else if text.contains("recursion limit") {
        (Kind::TooDeep, "nested too deeply", "at most 32 levels")
    } else if error.is_eof() {
        (Kind::NotJson, "the body ends too early", "one JSON value")
    } else {
        (Kind::NotJson, "not JSON", "one JSON value")
    }
}

struct Seed<'a> {
    trail: &'a Trail,
    /// Of the value about to be read, if it is an object or an array.
    depth: usize,
}

impl Seed<'_> {
    fn inner<E: serde::de::Error>(&self) -> Result<Self, E> {
        if self.depth > DEPTH_MAX {
            return Err(self
                .trail
                .refuse(Kind::TooDeep, "nested too deeply", "at most 32 levels"));
        }
        Ok(Self {
            trail: self.trail,
            depth: self.depth + 1,
        })
    }

    fn out_of_range<E: serde::de::Error>(&self) -> E {
        self.trail.refuse(
            Kind::BadNumber,
            "a number out of range",
            "at most 2^53 either way",
        )
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        if value > NUMBER_MAX {
            return Err(self.out_of_range());
        }
        Ok(Value::from(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
        if value.unsigned_abs() > NUMBER_MAX {
            return Err(self.out_of_range());
        }
        Ok(Value::from(value))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        // Zero with a sign is another number to some readers.
        let signed_zero = value == 0.0 && value.is_sign_negative();
        if value.abs() > 9_007_199_254_740_992.0 || signed_zero {
            return Err(self.out_of_range());
        }
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| self.out_of_range())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        self.inner::<A::Error>()?;
        let mut list = Vec::new();
        loop {
            let next = || items.next_element_seed(self.inner()?);
            match self.trail.step(Step::Index(list.len()), next)? {
                Some(value) => list.push(value),
                None => return Ok(Value::Array(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        self.inner::<A::Error>()?;
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let value = self.trail.step(Step::Key(key.clone()), || {
                if map.contains_key(&key) {
                    return Err(self.trail.refuse(
                        Kind::DuplicateKey,
                        "given twice",
                        "each field once",
                    ));
                }
                entries.next_value_seed(self.inner()?)
            })?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> Kind {
        read(text.as_bytes()).unwrap_err().kind
    }

    #[test]
    fn plain_json_passes_unchanged() {
        let text = r#"{"a":[1,-2,0.5,null,true,"ö\n"],"b":{"c":9007199254740992}}"#;
        let expected: Value = serde_json::from_str(text).unwrap();
        assert_eq!(read(text.as_bytes()), Ok(expected));
    }

    #[test]
    fn each_fault_has_its_own_kind() {
        let cases = [
            ("", Kind::NotJson),
            ("{", Kind::NotJson),
            ("{} {}", Kind::NotJson),
            ("{'a':1}", Kind::NotJson),
            ("NaN", Kind::NotJson),
            ("{\"a\":1,\"a\":2}", Kind::DuplicateKey),
            ("{\"a\":{\"b\":1,\"\\u0062\":2}}", Kind::DuplicateKey),
            ("9007199254740993", Kind::BadNumber),
            ("-9007199254740993", Kind::BadNumber),
            ("123456789012345678901234567890", Kind::BadNumber),
            ("1e400", Kind::BadNumber),
            ("-0", Kind::BadNumber),
            ("\"\\ud800\"", Kind::BadEncoding),
            ("\u{feff}{}", Kind::BadEncoding),
            ("\"a\0b\"", Kind::Nul),
        ];
        for (text, expected) in cases {
            assert_eq!(kind(text), expected, "{text:?}");
        }
        assert_eq!(read(b"\"\xff\"").unwrap_err().kind, Kind::BadEncoding);
    }

    #[test]
    fn thirty_two_levels_pass_and_thirty_three_do_not() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(nested(DEPTH_MAX).as_bytes()).is_ok());
        assert_eq!(kind(&nested(DEPTH_MAX + 1)), Kind::TooDeep);
        assert_eq!(kind(&"[".repeat(200_000)), Kind::TooDeep);
    }

    #[test]
    fn a_fault_points_to_its_place_and_masks_names_that_are_not_ours() {
        let fault = read(b"{\"data\":{\"Invented\":[1,{\"data\":1e999}]}}").unwrap_err();
        let problem = fault.problem(&|name| name == "data");
        assert_eq!(problem.errors[0].pointer, "/data/*/1/data");
        assert!(!format!("{problem:?}").contains("Invented"));
    }

    #[test]
    fn a_byte_fault_says_line_and_column() {
        let fault = read(b"{\n \"a\": \"\xff\"}").unwrap_err();
        assert_eq!(fault.place, Some((2, 8)));
    }
}
