//! What no data may hold, whatever its schema says.

use super::super::located::escaped;
use super::DataError;
use super::shape::Views;
use serde_json::Value;

/// Characters of one text.
const TEXT_LIMIT: usize = 20_000;
/// Lists and objects inside one another.
const DEPTH_LIMIT: usize = 32;
/// From here on a JSON number is not the number that was meant.
const NUMBER_LIMIT: u64 = 1 << 53;

pub(super) fn check(value: &Value) -> Vec<DataError> {
    let mut errors = Vec::new();
    walk(value, "", 0, &mut errors);
    errors
}

fn walk(value: &Value, pointer: &str, depth: usize, errors: &mut Vec<DataError>) {
    if depth > DEPTH_LIMIT {
        let allowed = format!("{DEPTH_LIMIT} inside one another");
        errors.push(DataError::at(
            pointer,
            "lists or objects nested too deep",
            allowed,
        ));
        return;
    }
    match value {
        Value::Null | Value::Bool(_) => {}
        Value::Number(number) => {
            let fits = match (number.as_u64(), number.as_i64()) {
                (Some(n), _) => n <= NUMBER_LIMIT,
                (None, Some(n)) => n.unsigned_abs() <= NUMBER_LIMIT,
                // 2^53 is exact as a float.
                (None, None) => number
                    .as_f64()
                    .is_some_and(|n| n.abs() <= 9_007_199_254_740_992.0),
            };
            if !fits {
                let allowed = "from -9007199254740992 to 9007199254740992";
                errors.push(DataError::at(pointer, "a number out of range", allowed));
            }
        }
        Value::String(text) => check_text(text, pointer, errors),
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                walk(item, &format!("{pointer}/{i}"), depth + 1, errors);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                // A name that is not a field's may be anything: it is not repeated.
                if has_control(name) {
                    check_text(name, pointer, errors);
                    continue;
                }
                let child = format!("{pointer}/{}", escaped(name));
                walk(member, &child, depth + 1, errors);
            }
        }
    }
}

fn check_text(text: &str, pointer: &str, errors: &mut Vec<DataError>) {
    if has_control(text) {
        let allowed = "text without control characters, but for tab and line feed";
        errors.push(DataError::at(pointer, "a control character", allowed));
    }
    if text.chars().nth(TEXT_LIMIT).is_some() {
        let allowed = format!("at most {TEXT_LIMIT} characters");
        errors.push(DataError::at(pointer, "a text that is too long", allowed));
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

/// C0 and DEL.
fn has_control(text: &str) -> bool {
    text.chars()
        .any(|c| c.is_ascii_control() && c != '\t' && c != '\n')
}
