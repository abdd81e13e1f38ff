//! Reading one request with its personal fields, for those whom `access` lets.

use super::CommandError;
use super::execute::Commands;
use super::linking::LINK_INDEX;
use super::loading::Loaded;
use super::sealing::failure;
use crate::domain::ids::{Authority, RequestId};
use crate::domain::request::event::{ClockExtended, RequestEvent, RungRaised};
use crate::domain::workflow::schema::normalised;
use crate::log::Recorded;
use crate::log::vault::Binding;
use crate::log::viewer_index::IndexQuery;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use uuid::Uuid;

/// One event of a request's history, opened.
#[derive(Clone, PartialEq, Serialize)]
pub struct Opened {
    pub version: i32,
    pub name: String,
    pub occurred_at: Timestamp,
    pub recorded_at: Timestamp,
    /// Who did it, by code.
    pub actor: String,
    pub on_behalf_of: Option<String>,
    /// As it was given, codes and personal fields together.
    pub data: Map<String, Value>,
    /// Some of it cannot be read any more: its record was destroyed.
    pub destroyed: bool,
}

impl Commands {
    /// The history of a request in the clear.
    ///
    /// # Errors
    /// When the vault is out of reach, or a ciphertext is not the one that was written.
    pub async fn open(
        &self,
        authority: &Authority,
        loaded: &Loaded,
    ) -> Result<Vec<Opened>, CommandError> {
        let mut opened = Vec::with_capacity(loaded.events.len());
        for (recorded, event) in &loaded.events {
            opened.push(self.open_one(authority, recorded, event).await?);
        }
        Ok(opened)
    }

    async fn open_one(
        &self,
        authority: &Authority,
        recorded: &Recorded,
        event: &RequestEvent,
    ) -> Result<Opened, CommandError> {
        let mut data = match event {
            RequestEvent::Act(act) => act.coded.clone(),
            RequestEvent::Released { reason, .. } => {
                let reason = reason.as_ref().map(|code| Value::from(code.as_str()));
                reason
                    .into_iter()
                    .map(|code| ("reason".to_owned(), code))
                    .collect()
            }
            RequestEvent::Claimed { .. } => Map::new(),
            RequestEvent::RungRaised(raised) => fields(raised),
            RequestEvent::ClaimLapsed(lapsed) => fields(&lapsed.raised),
            RequestEvent::ClockExtended(given) => extension(given),
        };
        let mut destroyed = false;
        for part in &recorded.sealed {
            let binding = Binding {
                authority: authority.as_str(),
                stream: recorded.stream,
                version: recorded.version,
                event_type: &recorded.event_type,
            };
            match self.vault().open(part, binding).await.map_err(failure)? {
                None => destroyed = true,
                Some(plain) => {
                    let fields =
                        serde_json::from_slice(&plain).map_err(|_| CommandError::Broken {
                            why: "a sealed part is no JSON".to_owned(),
                        })?;
                    merge(&mut data, fields);
                }
            }
        }
        Ok(Opened {
            version: recorded.version,
            name: recorded.event_type.clone(),
            occurred_at: recorded.occurred_at,
            recorded_at: recorded.recorded_at,
            actor: recorded.actor.clone(),
            on_behalf_of: recorded.on_behalf_of.clone(),
            data,
            destroyed,
        })
    }

    /// How many other requests' children look the same by the blind index: a prompt, never a merge. It
    /// counts requests that the caller may not see, so it is for the team that has this one.
    ///
    /// # Errors
    /// When the vault is out of reach.
    pub async fn count_same_child(
        &self,
        authority: &Authority,
        request: RequestId,
    ) -> Result<usize, CommandError> {
        Ok(self
            .find_every_request_of_child(authority, request)
            .await?
            .len())
    }

    /// Every other request whose child looks the same, whoever may see it: for whoever holds a concern,
    /// and for counts.
    ///
    /// # Errors
    /// When the vault is out of reach.
    pub async fn find_every_request_of_child(
        &self,
        authority: &Authority,
        request: RequestId,
    ) -> Result<BTreeSet<RequestId>, CommandError> {
        let found = self
            .vault()
            .find_same(authority.as_str(), request.0, &[LINK_INDEX])
            .await;
        let found = found.map_err(failure)?.into_iter().map(RequestId);
        Ok(found.filter(|id| *id != request).collect())
    }

    /// Those of them that one of the viewers may see; others cost nothing here.
    ///
    /// # Errors
    /// When the vault is out of reach.
    pub async fn find_same_child(
        &self,
        authority: &Authority,
        request: RequestId,
        viewers: &[String],
    ) -> Result<BTreeSet<RequestId>, CommandError> {
        let found = self
            .vault()
            .find_same_viewed(authority.as_str(), request.0, viewers, &[LINK_INDEX])
            .await;
        Ok(ids(found.map_err(failure)?))
    }

    /// Requests that were given this number of another system, exactly, and that one of the viewers may
    /// see; others cost nothing here.
    ///
    /// # Errors
    /// When the vault is out of reach.
    pub async fn find_by_identifier(
        &self,
        authority: &Authority,
        number: GivenNumber<'_>,
        viewers: &[String],
    ) -> Result<BTreeSet<RequestId>, CommandError> {
        let GivenNumber { kind, number } = number;
        let authority = authority.as_str();
        let digest = self.vault().blind(authority, kind, &normalised(number));
        let entry = IndexQuery { kind, digest };
        let found = self.vault().find_viewed(authority, entry, viewers).await;
        Ok(ids(found.map_err(failure)?))
    }
}

/// A number of another system, as somebody gives it.
#[derive(Clone, Copy)]
pub struct GivenNumber<'a> {
    /// Which system's, as the workflow names it.
    pub kind: &'a str,
    pub number: &'a str,
}

pub(super) fn ids(found: BTreeSet<Uuid>) -> BTreeSet<RequestId> {
    found.into_iter().map(RequestId).collect()
}

fn extension(given: &ClockExtended) -> Map<String, Value> {
    let fields = [
        ("clock", given.clock.to_string()),
        ("by", given.by.to_string()),
        ("reason", given.reason.to_string()),
    ];
    let fields = fields.map(|(name, code)| (name.to_owned(), Value::String(code)));
    fields.into_iter().collect()
}

/// Codes and times: a rung has nothing to hide from whoever reads the history.
fn fields(raised: &RungRaised) -> Map<String, Value> {
    match serde_json::to_value(raised) {
        Ok(Value::Object(fields)) => fields,
        Ok(_) | Err(_) => Map::new(),
    }
}

/// The sealed fields keep their place beside the codes.
fn merge(into: &mut Map<String, Value>, from: Map<String, Value>) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Object(into)), Value::Object(from)) => merge(into, from),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::merge;
    use serde_json::{Value, json};

    #[test]
    fn sealed_fields_come_back_to_their_place() {
        let object = |value: Value| value.as_object().cloned().unwrap();
        let mut data = object(json!({ "child": { "sex": "f" }, "urgency": "soon" }));
        merge(
            &mut data,
            object(json!({ "child": { "name": "Invented" }, "story": "Made up" })),
        );
        let whole = json!({
            "child": { "sex": "f", "name": "Invented" }, "urgency": "soon", "story": "Made up"
        });
        assert_eq!(Value::Object(data), whole);
    }
}
