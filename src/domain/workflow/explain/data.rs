//! What has to be given with a move, by the titles of its schema.

use super::super::phrase;
use serde_json::Value;

/// One sentence.
pub(super) fn must_be_given(schema: &Value) -> String {
    let required = required(schema);
    if required.is_empty() {
        return "Nothing has to be given.".to_owned();
    }
    let titles: Vec<String> = required.iter().map(|key| quoted(schema, key)).collect();
    format!("To be given: {}.", phrase::all_of(&titles))
}

/// Each field with its explanation; those that have to be given first.
pub(super) fn fields(schema: &Value) -> Vec<(bool, String)> {
    let required = required(schema);
    let Some(properties) = schema["properties"].as_object() else {
        return Vec::new();
    };
    let mut keys: Vec<&str> = required.clone();
    keys.extend(
        properties
            .keys()
            .map(String::as_str)
            .filter(|key| !required.contains(key)),
    );
    keys.iter()
        .map(|key| {
            let title = quoted(schema, key);
            let about = &properties.get(*key).unwrap_or(&Value::Null)["description"];
            let text = about
                .as_str()
                .map_or_else(|| title.clone(), |about| format!("{title}: {about}"));
            (required.contains(key), text)
        })
        .collect()
}

fn required(schema: &Value) -> Vec<&str> {
    let required = schema["required"].as_array();
    required
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

fn quoted(schema: &Value, key: &str) -> String {
    format!("“{}”", phrase::title_at(schema, key))
}
