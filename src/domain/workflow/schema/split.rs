//! Takes data apart into codes and sealed parts, and puts it together again.

use super::shape::{Scope, Views};
use crate::domain::request::event::Personal;
use serde_json::{Map, Value};

/// One object a scope, each member at the place where it stood.
#[derive(Default)]
struct Parts {
    coded: Map<String, Value>,
    personal: Personal,
}

impl Parts {
    fn of(&mut self, scope: Scope) -> &mut Map<String, Value> {
        match scope {
            Scope::Coded => &mut self.coded,
            Scope::Request => &mut self.personal.request,
            Scope::Child => &mut self.personal.child,
        }
    }
}

/// See `Workflow::split`.
pub(super) fn split(schema: &Value, data: &Map<String, Value>) -> (Map<String, Value>, Personal) {
    let parts = members(&Views::of(schema), data);
    (parts.coded, parts.personal)
}

fn members(views: &Views<'_>, data: &Map<String, Value>) -> Parts {
    let mut parts = Parts::default();
    for (name, value) in data {
        let here = views.property(name);
        // Only an unmarked object is taken apart; all else has one scope.
        let apart = !here.is_unknown() && here.mark() == Scope::Coded;
        match value.as_object().filter(|inner| apart && !inner.is_empty()) {
            Some(inner) => {
                let inner = members(&here, inner);
                let scopes = [
                    (Scope::Coded, inner.coded),
                    (Scope::Request, inner.personal.request),
                    (Scope::Child, inner.personal.child),
                ];
                for (scope, inner) in scopes.into_iter().filter(|(_, inner)| !inner.is_empty()) {
                    parts.of(scope).insert(name.clone(), Value::Object(inner));
                }
            }
            None => {
                let scope = here.scope_of(value);
                parts.of(scope).insert(name.clone(), value.clone());
            }
        }
    }
    parts
}

/// The data as it came through the door, from its codes and what could be opened of the rest.
#[must_use]
pub fn merge(coded: &Map<String, Value>, personal: &Personal) -> Map<String, Value> {
    let mut merged = coded.clone();
    overlay(&mut merged, &personal.request);
    overlay(&mut merged, &personal.child);
    merged
}

fn overlay(below: &mut Map<String, Value>, above: &Map<String, Value>) {
    for (name, value) in above {
        if let (Some(Value::Object(below)), Value::Object(above)) = (below.get_mut(name), value) {
            overlay(below, above);
        } else {
            below.insert(name.clone(), value.clone());
        }
    }
}
