//! The data of a step: an example of the workflow, changed.

use super::Done;
use crate::domain::ids::Reference;
use crate::domain::request::command::AskedMove;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

impl Done {
    /// # Errors
    /// When there is no such example, or no such request in the story.
    pub fn asked(
        &self,
        examples: &BTreeMap<String, Value>,
        references: &BTreeMap<String, Reference>,
    ) -> Result<AskedMove, String> {
        let mut data = match &self.example {
            None => Value::Object(Map::new()),
            Some(name) => examples.get(name).cloned().ok_or_else(|| {
                let known: Vec<&str> = examples.keys().map(String::as_str).collect();
                format!("there is no example `{name}`; known: {}", known.join(", "))
            })?,
        };
        lay_over(&mut data, &self.with);
        refer(&mut data, references)?;
        Ok(AskedMove {
            move_name: self.move_name.clone(),
            data,
        })
    }
}

/// `{ reference_of: <request of the story> }` becomes what people would quote.
fn refer(data: &mut Value, references: &BTreeMap<String, Reference>) -> Result<(), String> {
    match data {
        Value::Object(fields) => {
            let name = fields.get("reference_of").filter(|_| fields.len() == 1);
            let Some(name) = name.and_then(Value::as_str) else {
                return fields
                    .values_mut()
                    .try_for_each(|value| refer(value, references));
            };
            let reference = references
                .get(name)
                .ok_or_else(|| format!("the story has no request `{name}` so far"))?;
            *data = Value::String(reference.to_string());
            Ok(())
        }
        Value::Array(items) => items
            .iter_mut()
            .try_for_each(|item| refer(item, references)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

/// JSON Merge Patch (RFC 7396).
fn lay_over(data: &mut Value, with: &Map<String, Value>) {
    if !data.is_object() {
        *data = Value::Object(Map::new());
    }
    let Some(fields) = data.as_object_mut() else {
        return;
    };
    for (name, value) in with {
        match value {
            Value::Null => {
                fields.remove(name);
            }
            Value::Object(inner) => lay_over(fields.entry(name).or_insert(Value::Null), inner),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                fields.insert(name.clone(), value.clone());
            }
        }
    }
}
