//! What no data may hold, whatever its schema says.

use super::super::located::escaped;
use super::DataError;
use super::shape::Views;
use serde_json::{Number, Value};

/// Characters of one text.
const TEXT_LIMIT: usize = 20_000;
/// Lists and objects inside one another.
const DEPTH_LIMIT: usize = 32;
/// From here on a JSON number is not the number that was meant.
const NUMBER_LIMIT: u64 = 1 << 53;

/// What is nested deeper is not given to a recursive validator.
pub(super) const TOO_DEEP: &str = "lists or objects nested too deep";

pub(super) fn check(schema: &Value, data: &Value) -> Vec<DataError> {
    let mut search = Search {
        views: Views::of(schema),
        pointer: String::new(),
        depth: 0,
        errors: Vec::new(),
    };
    search.walk(data);
    search.errors
}

struct Search<'s> {
    views: Views<'s>,
    /// Of names that the schema knows; any other came from outside and is not repeated.
    pointer: String,
    depth: usize,
    errors: Vec<DataError>,
}

impl<'s> Search<'s> {
    fn wrong(&mut self, what: &str, allowed: impl Into<String>) {
        self.errors
            .push(DataError::at(&self.pointer, what, allowed));
    }

    fn walk(&mut self, value: &Value) {
        if self.depth > DEPTH_LIMIT {
            return self.wrong(TOO_DEEP, format!("{DEPTH_LIMIT} inside one another"));
        }
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(number) => {
                if !is_exact(number) {
                    let allowed = "from -9007199254740992 to 9007199254740992";
                    self.wrong("a number out of range", allowed);
                }
            }
            Value::String(text) => self.text(text),
            Value::Array(items) => {
                for (i, item) in items.iter().enumerate() {
                    self.inside(self.views.item(Some(i)), &i.to_string(), item);
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    self.text(name);
                    self.inside(self.views.property(name), name, member);
                }
            }
        }
    }

    fn inside(&mut self, views: Views<'s>, name: &str, value: &Value) {
        let length = self.pointer.len();
        if !views.is_unknown() {
            self.pointer.push('/');
            self.pointer.push_str(&escaped(name));
        }
        let before = std::mem::replace(&mut self.views, views);
        self.depth += 1;
        self.walk(value);
        self.depth -= 1;
        self.views = before;
        self.pointer.truncate(length);
    }

    fn text(&mut self, text: &str) {
        // C0 and DEL.
        let control = |c: char| c.is_ascii_control() && c != '\t' && c != '\n';
        if text.contains(control) {
            let allowed = "text without control characters, but for tab and line feed";
            self.wrong("a control character", allowed);
        }
        if text.chars().nth(TEXT_LIMIT).is_some() {
            let allowed = format!("at most {TEXT_LIMIT} characters");
            self.wrong("a text that is too long", allowed);
        }
    }
}

fn is_exact(number: &Number) -> bool {
    match (number.as_u64(), number.as_i64()) {
        (Some(n), _) => n <= NUMBER_LIMIT,
        (None, Some(n)) => n.unsigned_abs() <= NUMBER_LIMIT,
        // 2^53 is exact as a float.
        (None, None) => number
            .as_f64()
            .is_some_and(|n| n.abs() <= 9_007_199_254_740_992.0),
    }
}

/// Fields up to this length are one line: a name, an address, a number.
const LINE_LIMIT: u64 = 200;

/// In a line and in whatever is indexed nothing hides: two names that look alike are alike.
pub(super) fn check_line(views: &Views<'_>, pointer: &str, value: &Value) -> Option<DataError> {
    let text = value.as_str()?;
    let limit = views.keyword("maxLength").and_then(Value::as_u64);
    let is_line = views.keyword("x-index").is_some() || limit.is_some_and(|l| l <= LINE_LIMIT);
    // Joiners stay: Arabic, Persian and Indic names are written with them.
    let hides = |c: char| matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    (is_line && text.contains(hides)).then(|| {
        let what = "a character that hides or turns text";
        DataError::at(pointer, what, "visible characters")
    })
}
