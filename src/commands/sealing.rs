//! Events on their way into the log: codes stay readable, personal fields go under a key.

use super::CommandError;
use crate::domain::ids::{ClockName, StateName};
use crate::domain::request::codec;
use crate::domain::request::error::Refusal;
use crate::domain::request::event::RequestEvent;
use crate::domain::workflow::Definition;
use crate::log::vault::{Binding, IndexEntry, Subject, Vault, VaultError};
use crate::log::{Audience, Log, NewEvent, NewKeys, SealedPart};
use jiff::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

/// The events of one command with what their seals are bound to.
pub(super) struct Sealing<'a> {
    pub(super) authority: &'a str,
    pub(super) request: Uuid,
    pub(super) child: Uuid,
    /// Where the request stands after the events.
    pub(super) state: &'a StateName,
    /// Version before the first of the events.
    pub(super) version: i32,
    pub(super) opens: bool,
    pub(super) occurred_at: Timestamp,
    pub(super) definition: &'a Definition,
    pub(super) keys: KeySource,
}

/// Where the keys of an opening act come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeySource {
    /// Child and request were drawn for this act: so are their keys, which travel with the append.
    Travelling,
    /// The same, but the vault has a database of its own: stored before the append.
    StoredFirst,
    /// The ids are older than this act: keys may be there.
    Kept,
}

impl KeySource {
    /// Of an act whose ids were drawn just now.
    pub(super) fn of(vault: &Vault, log: &Log) -> Self {
        if vault.shares_database(log) {
            Self::Travelling
        } else {
            Self::StoredFirst
        }
    }
}

/// Events as the log takes them, with the keys that the append has to bring along.
pub(super) struct Sealed {
    pub(super) events: Vec<NewEvent>,
    pub(super) keys: Option<NewKeys>,
}

impl Sealing<'_> {
    /// Makes the keys that are missing, then seals. The vault is asked at most once.
    pub(super) async fn seal(
        &self,
        vault: &Vault,
        events: Vec<RequestEvent>,
        index: &[(String, String)],
    ) -> Result<Sealed, CommandError> {
        let (keys, travelling) = match self.keys(vault, &events, index).await? {
            Some((keys, travelling)) => (Some(keys), travelling),
            None => (None, None),
        };
        let mut sealed = Vec::with_capacity(events.len());
        for (event, version) in events.into_iter().zip(self.version + 1..) {
            sealed.push(self.seal_one(vault, &event, version, keys).await?);
        }
        Ok(Sealed {
            events: sealed,
            keys: travelling,
        })
    }

    async fn keys(
        &self,
        vault: &Vault,
        events: &[RequestEvent],
        index: &[(String, String)],
    ) -> Result<Option<(Keys, Option<NewKeys>)>, CommandError> {
        let personal = events.iter().any(|event| match event {
            RequestEvent::Act(act) => {
                !act.personal.child.is_empty() || !act.personal.request.is_empty()
            }
            RequestEvent::Claimed { .. }
            | RequestEvent::Released { .. }
            | RequestEvent::RungRaised(_)
            | RequestEvent::ClaimLapsed(_)
            | RequestEvent::ClockExtended(_) => false,
        });
        if !personal && index.is_empty() {
            return Ok(None);
        }
        let subjects = [Subject::Child(self.child), Subject::Request(self.request)];
        if !self.opens && index.is_empty() {
            let found = vault
                .find_keys(self.authority, &subjects)
                .await
                .map_err(failure)?;
            if let [Some(child), Some(request)] = found[..] {
                return Ok(Some((Keys { child, request }, None)));
            }
        }
        let entries: Vec<IndexEntry> = index
            .iter()
            .map(|(kind, normalised)| IndexEntry {
                kind: kind.clone(),
                digest: vault.blind(self.authority, kind, normalised),
                child: self.child,
                request: self.request,
            })
            .collect();
        let (ids, travelling) = if self.opens && self.keys != KeySource::Kept {
            let drawn = vault
                .draw(self.authority, &subjects, entries)
                .map_err(failure)?;
            if self.keys == KeySource::StoredFirst {
                vault.store(&drawn).await.map_err(failure)?;
                (drawn.ids(), None)
            } else {
                (drawn.ids(), Some(drawn))
            }
        } else {
            let kept = vault.prepare(self.authority, &subjects, &entries).await;
            (kept.map_err(failure)?, None)
        };
        match ids[..] {
            [child, request] => Ok(Some((Keys { child, request }, travelling))),
            _ => Err(CommandError::Broken {
                why: "the vault gave no keys".to_owned(),
            }),
        }
    }

    async fn seal_one(
        &self,
        vault: &Vault,
        event: &RequestEvent,
        version: i32,
        keys: Option<Keys>,
    ) -> Result<NewEvent, CommandError> {
        let broken = |error: codec::CodecError| CommandError::Broken {
            why: error.to_string(),
        };
        let binding = Binding {
            authority: self.authority,
            stream: self.request,
            version,
            event_type: event.name(),
        };
        let mut sealed = Vec::new();
        if let (RequestEvent::Act(act), Some(keys)) = (event, keys) {
            let scopes = [
                (keys.child, &act.personal.child),
                (keys.request, &act.personal.request),
            ];
            for (key, fields) in scopes {
                sealed.extend(part(vault, key, binding, fields).await?);
            }
        }
        Ok(NewEvent {
            event_type: event.name().to_owned(),
            schema_version: codec::SCHEMA_VERSION,
            occurred_at: self.occurred_at,
            audience: self.audience(event),
            body: codec::encode(event).map_err(broken)?,
            sealed,
        })
    }

    fn hides(&self, name: &StateName) -> bool {
        let state = self.definition.states.get(name);
        state.is_some_and(|state| state.restricted)
    }

    /// Whether what happens to a clock now tells of something restricted.
    fn tells(&self, clock: &ClockName) -> bool {
        let rule = self.definition.clocks.get(clock);
        self.hides(self.state) || rule.is_some_and(|rule| self.definition.is_restricted(rule))
    }

    /// Restricted is what a restricted move did, and everything in or out of a restricted state.
    fn audience(&self, event: &RequestEvent) -> Audience {
        let hidden = |name: &StateName| self.hides(name);
        let restricted = match event {
            RequestEvent::Act(act) => {
                let rule = self.definition.moves.get(&act.move_name);
                rule.is_some_and(|rule| rule.restricted)
                    || act.from.iter().chain([&act.to]).any(hidden)
            }
            RequestEvent::Claimed { .. }
            | RequestEvent::Released { .. }
            | RequestEvent::ClaimLapsed(_) => hidden(self.state),
            RequestEvent::RungRaised(raised) => self.tells(&raised.rung.clock),
            RequestEvent::ClockExtended(given) => self.tells(&given.clock),
        };
        if restricted {
            Audience::Restricted
        } else {
            Audience::Ordinary
        }
    }
}

#[derive(Clone, Copy)]
struct Keys {
    child: Uuid,
    request: Uuid,
}

async fn part(
    vault: &Vault,
    key: Uuid,
    binding: Binding<'_>,
    fields: &Map<String, Value>,
) -> Result<Option<SealedPart>, CommandError> {
    if fields.is_empty() {
        return Ok(None);
    }
    let plain = serde_json::to_vec(fields).map_err(|_| CommandError::Broken {
        why: "personal fields cannot be written".to_owned(),
    })?;
    vault
        .seal(key, binding, &plain)
        .await
        .map(Some)
        .map_err(failure)
}

/// Without the vault nothing personal is taken in: there is no plaintext fallback.
pub(super) fn failure(error: VaultError) -> CommandError {
    match error {
        VaultError::Unavailable => CommandError::Unavailable {
            retry_after_ms: 1_000,
        },
        // One in many millions: nothing was kept, and the next try draws another reference.
        VaultError::Taken => CommandError::Unavailable { retry_after_ms: 1 },
        VaultError::Destroyed => Refusal::Destroyed.into(),
        VaultError::Url
        | VaultError::WrongMasterKey
        | VaultError::NotAuthentic
        | VaultError::MasterKey { .. } => CommandError::Broken {
            why: error.to_string(),
        },
    }
}
