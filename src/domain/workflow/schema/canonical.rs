//! Canonical JSON: keys sorted, no spaces. What is hashed and fingerprinted.

use serde_json::Value;

#[must_use]
pub fn canonical(value: &Value) -> Vec<u8> {
    let mut out = String::with_capacity(1_024);
    write_canonical(value, &mut out);
    out.into_bytes()
}

/// Appends instead of copying: the data of a request is some kilobytes of small texts.
pub fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(members) => {
            // Sorted here, whatever map `serde_json` is built with.
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            out.push('{');
            for (i, (name, member)) in members.into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_text(name, out);
                out.push(':');
                write_canonical(member, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_canonical(item, out);
            }
            out.push(']');
        }
        Value::String(text) => write_text(text, out),
        Value::Null | Value::Bool(_) | Value::Number(_) => out.push_str(&value.to_string()),
    }
}

/// As `serde_json` writes a text.
pub fn write_text(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c < ' ' || c == '"' || c == '\\') {
        let (plain, from) = rest.split_at(at);
        out.push_str(plain);
        let mut chars = from.chars();
        match chars.next() {
            Some('"') => out.push_str("\\\""),
            Some('\\') => out.push_str("\\\\"),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some('\u{8}') => out.push_str("\\b"),
            Some('\u{c}') => out.push_str("\\f"),
            Some(control) => out.push_str(&format!("\\u{:04x}", u32::from(control))),
            None => {}
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn keys_are_sorted_at_every_depth() {
        let value = json!({ "b": [{ "z": null, "a": true }], "a": { "d": 1.5, "c": "x" } });
        let text = r#"{"a":{"c":"x","d":1.5},"b":[{"a":true,"z":null}]}"#;
        assert_eq!(canonical(&value), text.as_bytes());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn a_text_is_written_as_serde_json_writes_it(text in any::<String>()) {
            let value = Value::String(text);
            prop_assert_eq!(canonical(&value), value.to_string().into_bytes());
        }
    }

    #[test]
    fn every_ascii_character_is_written_as_serde_json_writes_it() {
        let text: String = (0_u8..128).map(char::from).collect();
        let value = Value::String(text);
        assert_eq!(canonical(&value), value.to_string().into_bytes());
    }
}
