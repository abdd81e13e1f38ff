//! From a command to its receipt: check, derive, split, decide, seal, append.

use super::cache::Cache;
use super::facts::facts_of;
use super::linking::link_entries;
use super::loading::{Appended, Loaded, Subject, Trust};
use super::prepare::{self, Prepared};
use super::registry::Registry;
use super::sealing::{KeySource, Sealed, Sealing, failure};
use super::seen;
use super::timing::{extend, raise};
use super::{Ask, Command, CommandError, Receipt};
use super::{RETRY_AFTER_MS, unavailable};
use crate::domain::declared::Declared;
use crate::domain::ids::{Reference, RequestId};
use crate::domain::request::asking::{self, Asking, Decided, Fresh};
use crate::domain::request::error::Refusal;
use crate::domain::workflow::schema::Workflow;
use crate::log::chain::truncated;
use crate::log::vault::Vault;
use crate::log::{Append, AppendError, Log, StreamKind, Verdict};
use jiff::Timestamp;
use uuid::Uuid;

/// How often a command that may not wait for its caller decides anew after a conflict.
const ATTEMPTS_MAX: usize = 5;
/// Kind of the blind index under which a reference means one request.
pub(super) const REFERENCE_INDEX: &str = "reference";

/// The only writer of requests. A cheap handle.
#[derive(Clone)]
pub struct Commands {
    registry: Registry,
    vault: Vault,
    pub(super) cache: Cache,
}

impl Commands {
    #[must_use]
    pub fn new(registry: Registry, vault: Vault) -> Self {
        let cache = Cache::new(vault.key_ttl());
        Self {
            registry,
            vault,
            cache,
        }
    }

    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    #[must_use]
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Takes out of memory what may not be there any longer: keys, and what requests were.
    pub fn forget_expired(&self) {
        self.vault.forget_expired();
        self.cache.forget_expired();
    }

    pub(super) fn log(&self) -> &Log {
        self.registry.log()
    }

    /// `now` is the caller's clock; a command that supplies `occurred_at` keeps it.
    ///
    /// # Errors
    /// A refusal with its reason, or a failure that says whether anything was recorded.
    pub async fn execute(&self, command: Command, now: Timestamp) -> Result<Receipt, CommandError> {
        let declared = self.registry.of(command.authority.as_str());
        let prepared = prepare::prepare(&command, &self.vault);
        let asked = Asked {
            command: &command,
            prepared: &prepared,
            declared: &declared,
            now,
        };
        let mut attempt = 0;
        let mut trust = Trust::Cache;
        loop {
            match self.attempt(&asked, trust).await {
                Err(Attempt::Conflict) if attempt < ATTEMPTS_MAX => {
                    attempt += 1;
                    trust = Trust::Log;
                }
                Err(Attempt::Conflict) => {
                    return Err(CommandError::Unavailable {
                        retry_after_ms: RETRY_AFTER_MS,
                    });
                }
                Err(Attempt::Unsure) => trust = Trust::Log,
                // What is seen here is no proof that it is kept: the same command again tells.
                Err(Attempt::Failed(error @ CommandError::Unknown { .. })) => return Err(error),
                Err(Attempt::Failed(error)) => {
                    return self.first_receipt(&command, &prepared).await?.ok_or(error);
                }
                Ok(receipt) => return Ok(receipt),
            }
        }
    }

    async fn attempt(&self, asked: &Asked<'_>, trust: Trust) -> Result<Receipt, Attempt> {
        let Asked { command, now, .. } = asked;
        let subject = self.subject(command, asked.declared, *now, trust).await?;
        match self.decide(asked, &subject).await {
            Ok(Outcome::Planned(planned)) => self.submit(asked, *planned, &subject).await,
            // Nothing would be appended that could show that the request has moved on.
            Ok(Outcome::Nothing(_)) | Err(_) if subject.is_cached => Err(Attempt::Unsure),
            Ok(Outcome::Nothing(receipt)) => Ok(receipt),
            Err(attempt) => Err(attempt),
        }
    }

    /// What the rules say; nothing is sealed yet.
    pub(super) async fn judge<'s>(
        &self,
        asked: &Asked<'_>,
        subject: &'s Subject,
    ) -> Result<(&'s Workflow, Decided), Attempt> {
        let Asked {
            command, declared, ..
        } = asked;
        let (request, loaded) = (subject.request, &*subject.loaded);
        seen::check_version(command, loaded)?;
        let Some(workflow) = &loaded.workflow else {
            return Err(Refusal::NotFound.into());
        };
        let mut facts = facts_of(command, declared, request, asked.occurred_at())?;
        facts.references = self.references(command, workflow).await?;
        facts.sight = self.sight(command, workflow, &facts).await?;
        let asking = Asking {
            workflow,
            declared,
            facts: &facts,
        };
        let ask = match &command.ask {
            Ask::Open { moves, .. } | Ask::Moves { moves, .. } => asking::Ask::Moves(moves),
            Ask::Claim { reason, .. } => asking::Ask::Claim(reason.clone()),
            Ask::Release { reason, .. } => asking::Ask::Release(reason.clone()),
            Ask::Extend {
                clock, by, reason, ..
            } => asking::Ask::Extend(extend((clock, *by, reason), loaded, declared)),
            Ask::Raise { rung, .. } => asking::Ask::Raise(raise(rung, loaded, declared)),
            Ask::Opening { on, .. } => asking::Ask::Open(*on),
        };
        let fresh = Fresh {
            reference: Reference::from_random(rand::random()),
            child: Uuid::new_v4(),
        };
        let decided = asking.decide(&loaded.state, ask, fresh);
        Ok((workflow, decided.map_err(CommandError::from)?))
    }

    async fn decide(&self, asked: &Asked<'_>, subject: &Subject) -> Result<Outcome, Attempt> {
        let (request, loaded) = (subject.request, &*subject.loaded);
        let (workflow, decided) = self.judge(asked, subject).await?;
        let Decided {
            mut events,
            mut index,
        } = decided;
        if events.is_empty() {
            return Ok(Outcome::Nothing(nothing_to_do(request, loaded)?));
        }
        let opens = loaded.state.find().is_none();
        let authority = asked.command.authority.as_str();
        if opens {
            self.note_asked_before(authority, workflow, &mut events, &index)
                .await?;
        }
        let mut after = loaded.state.clone();
        events.iter().for_each(|event| after.evolve(event));
        let Some(present) = after.find() else {
            return Err(Refusal::NotFound.into());
        };
        let sealing = Sealing {
            authority,
            request: request.0,
            child: present.opening.child,
            state: &present.state,
            version: loaded.state.version(),
            opens,
            occurred_at: asked.occurred_at(),
            definition: &workflow.definition,
            keys: KeySource::of(&self.vault, self.log()),
        };
        let reference = present.opening.reference.to_string();
        if opens {
            index.push((REFERENCE_INDEX.to_owned(), reference.clone()));
        }
        index.extend(link_entries(&events));
        let sealed = sealing.seal(&self.vault, events, &index).await?;
        Ok(Outcome::Planned(Box::new(Planned {
            append: asked.append(subject, workflow, sealed),
            child: present.opening.child,
            reference,
        })))
    }

    async fn submit(
        &self,
        asked: &Asked<'_>,
        planned: Planned,
        subject: &Subject,
    ) -> Result<Receipt, Attempt> {
        let Asked {
            command, prepared, ..
        } = asked;
        let Planned { append, child, .. } = &planned;
        let opened = (append.expected_version == 0).then_some((*child, append.stream));
        let stored_first = append.keys.is_none();
        let request_id = RequestId(append.stream);
        // A new request is read when somebody acts on it.
        let appended = (append.expected_version > 0).then(|| Appended::of(append));
        match self.log().append(planned.append).await {
            Ok(Verdict::Appended(receipt)) => {
                if let Some(appended) = appended {
                    self.remember(subject, appended, receipt);
                }
                Ok(Receipt {
                    request_id,
                    reference: planned.reference,
                    position: receipt.position,
                    version: receipt.version,
                    recorded_at: receipt.recorded_at,
                    duplicate: false,
                })
            }
            Ok(Verdict::Duplicate(_)) => {
                self.take_back(command, opened).await?;
                Ok(self
                    .first_receipt(command, prepared)
                    .await?
                    .ok_or(CommandError::Unknown {
                        retry_after_ms: RETRY_AFTER_MS,
                    })?)
            }
            Ok(Verdict::Conflict { .. }) => {
                self.take_back(command, opened).await?;
                Err(Attempt::Conflict)
            }
            Ok(Verdict::Reused) => {
                self.take_back(command, opened).await?;
                Err(CommandError::KeyReused.into())
            }
            Err(error) => {
                // Keys that did not travel with the append were stored before it.
                if stored_first && !matches!(error, AppendError::Unknown) {
                    self.take_back(command, opened).await?;
                }
                Err(unavailable(error).into())
            }
        }
    }

    /// Nothing was opened: what was made for it leads to nobody.
    async fn take_back(
        &self,
        command: &Command,
        opened: Option<(Uuid, Uuid)>,
    ) -> Result<(), CommandError> {
        let Some((child, request)) = opened else {
            return Ok(());
        };
        let authority = command.authority.as_str();
        let gone = self.vault.discard(authority, child, request).await;
        gone.map_err(failure)
    }

    /// The receipt of the same command, if it was accepted before.
    pub(super) async fn first_receipt(
        &self,
        command: &Command,
        prepared: &Prepared,
    ) -> Result<Option<Receipt>, CommandError> {
        let authority = command.authority.as_str();
        let found = self
            .log()
            .find_command(authority, prepared.command_id)
            .await
            .map_err(unavailable)?;
        let Some(found) = found else { return Ok(None) };
        if found.fingerprint != prepared.fingerprint {
            return Err(CommandError::KeyReused);
        }
        let request_id = RequestId(found.stream);
        let loaded = self.load(authority, request_id).await?;
        let Some(request) = loaded.state.find() else {
            return Ok(None);
        };
        Ok(Some(Receipt {
            request_id,
            reference: request.opening.reference.to_string(),
            position: found.receipt.position,
            version: found.receipt.version,
            recorded_at: found.receipt.recorded_at,
            duplicate: true,
        }))
    }
}

/// What one attempt came to, short of a receipt.
pub(super) enum Attempt {
    /// Somebody was faster: decide anew.
    Conflict,
    /// Decided on what may be out of date, and nothing would judge it: decide anew on what the log says.
    Unsure,
    Failed(CommandError),
}

impl<E: Into<CommandError>> From<E> for Attempt {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// A command with what every attempt at it needs.
pub(super) struct Asked<'a> {
    pub(super) command: &'a Command,
    pub(super) prepared: &'a Prepared,
    pub(super) declared: &'a Declared,
    pub(super) now: Timestamp,
}

/// What was decided.
enum Outcome {
    Nothing(Receipt),
    Planned(Box<Planned>),
}

/// On its way into the log.
struct Planned {
    append: Append,
    child: Uuid,
    reference: String,
}

impl Asked<'_> {
    /// A receipt and a read never differ in the last digits.
    fn occurred_at(&self) -> Timestamp {
        truncated(self.command.occurred_at.unwrap_or(self.now))
    }

    /// The events follow what the subject was loaded with.
    fn append(&self, subject: &Subject, workflow: &Workflow, sealed: Sealed) -> Append {
        let command = self.command;
        Append {
            authority: command.authority.to_string(),
            stream: subject.request.0,
            stream_kind: StreamKind::Request,
            expected_version: subject.loaded.state.version(),
            command_id: self.prepared.command_id,
            fingerprint: self.prepared.fingerprint,
            actor: command.actor.id.to_string(),
            on_behalf_of: command.on_behalf_of.as_ref().map(ToString::to_string),
            correlation: command.correlation,
            causation: command.causation,
            definition: Some(workflow.hash.0),
            provenance: command.provenance,
            events: sealed.events,
            keys: sealed.keys,
        }
    }
}

/// The state is already as asked; the receipt is that of the last event.
fn nothing_to_do(request: RequestId, loaded: &Loaded) -> Result<Receipt, Attempt> {
    let (Some((last, _)), Some(present)) = (loaded.events.last(), loaded.state.find()) else {
        return Err(Refusal::NotFound.into());
    };
    Ok(Receipt {
        request_id: request,
        reference: present.opening.reference.to_string(),
        position: last.position,
        version: last.version,
        recorded_at: last.recorded_at,
        duplicate: true,
    })
}
