//! Links to other requests of the same authority. Nothing is ever merged by one.

use super::command::{Asked, Facts};
use super::error::{Place, Refusal};
use super::state::Request;
use crate::domain::ids::{Reference, RequestId};
use crate::domain::workflow::definition::{LinkKind, MoveRule};
use crate::domain::workflow::expression::find;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Of one request, to others.
pub const LINKS_MAX: usize = 50;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// A code of the workflow, as `sibling`.
    pub kind: String,
    pub request: RequestId,
}

/// The reference that the data of a move name, where they name one.
pub fn named<'a>(rule: &MoveRule, coded: &'a Map<String, Value>) -> Option<&'a str> {
    find(coded, &rule.link.as_ref()?.to)?.as_str()
}

/// # Errors
/// When there is no such request, or it is this one.
pub(super) fn step(
    rule: &MoveRule,
    request: Option<&Request>,
    asked: &Asked,
    facts: &Facts,
) -> Result<Option<Link>, Refusal> {
    let (Some(effect), Some(text)) = (&rule.link, named(rule, &asked.coded)) else {
        return Ok(None);
    };
    let place = Place::at(&effect.to);
    let found = Reference::parse(text).ok();
    let other = found.and_then(|reference| facts.references.get(&reference).copied());
    let other = other.ok_or(Refusal::UnknownReference {
        place: place.clone(),
    })?;
    if other == facts.request {
        return Err(Refusal::OwnReference { place });
    }
    if request.is_some_and(|request| request.links.len() >= LINKS_MAX) {
        return Err(Refusal::TooManyLinks { limit: LINKS_MAX });
    }
    let kind = match &effect.kind {
        LinkKind::Is(kind) => Some(kind.as_str()),
        LinkKind::At(path) => find(&asked.coded, path).and_then(Value::as_str),
    };
    let kind = kind.ok_or(Refusal::BadCode {
        place,
        what: "kind of link",
    })?;
    Ok(Some(Link {
        kind: kind.to_owned(),
        request: other,
    }))
}
