//! Acts that were done elsewhere and earlier, by the same rules as everything else, many at once.

use super::execute::Commands;
use super::sealing::{KeySource, Sealing};
use super::unavailable;
use super::{AskedMove, CommandError};
use crate::domain::ids::{Authority, Reference, RequestId, TeamId, WorkflowName};
use crate::domain::organisation::Covers;
use crate::domain::request::actor::Principal;
use crate::domain::request::command::{Asked, Facts, OpeningFacts, RequestCommand, Routed, Sight};
use crate::domain::request::decide::{Pinned, decide};
use crate::domain::request::state::RequestState;
use crate::domain::workflow::schema::{Workflow, canonical};
use crate::log::{Append, Provenance, StreamKind, Verdict};
use jiff::Timestamp;
use serde_json::json;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use uuid::Uuid;

/// One row of an older log, understood.
#[derive(Debug, Clone)]
pub struct ImportedAct {
    pub request: Uuid,
    /// Made from the row, so that the row is taken once however often it comes.
    pub command_id: Uuid,
    pub asked: AskedMove,
    pub actor: Principal,
    pub occurred_at: Timestamp,
    /// Owner, if this is the request's first row.
    pub team: TeamId,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Imported {
    Appended,
    /// It was in the log already.
    Known,
    /// The row stands twice among those given; it counts once.
    Twice,
    /// By the rules, with the reason.
    Refused(String),
}

/// Keeps the state of every request of one import.
pub struct Importer {
    commands: Commands,
    authority: Authority,
    workflow: Arc<Workflow>,
    correlation: Uuid,
    states: HashMap<Uuid, RequestState>,
    /// Content of the rows that were taken, by command id: what stands twice is not decided twice.
    taken: HashMap<Uuid, [u8; 16]>,
}

impl Importer {
    /// # Errors
    /// When the authority has no such workflow.
    pub fn new(
        commands: Commands,
        authority: Authority,
        (name, version): (&WorkflowName, u32),
        correlation: Uuid,
    ) -> Result<Self, CommandError> {
        let declared = commands.registry().of(authority.as_str());
        let found = declared
            .workflows()
            .find(|w| w.definition.workflow == *name && w.definition.version == version)
            .cloned();
        let workflow = found.ok_or_else(|| CommandError::UnknownWorkflow {
            found: name.clone(),
            allowed: declared.workflow_names().cloned().collect(),
        })?;
        Ok(Self {
            commands,
            authority,
            workflow,
            correlation,
            states: HashMap::new(),
            taken: HashMap::new(),
        })
    }

    #[must_use]
    pub fn workflow(&self) -> &Workflow {
        &self.workflow
    }

    /// Takes at most one act a request; outcomes come in the order given.
    ///
    /// # Errors
    /// When the log or the vault is out of reach. What is in the log stays; the same acts again
    /// go on from there.
    pub async fn append(&mut self, acts: &[ImportedAct]) -> Result<Vec<Imported>, CommandError> {
        let mut outcomes = vec![Imported::Known; acts.len()];
        let mut appends = Vec::with_capacity(acts.len());
        let mut after = Vec::with_capacity(acts.len());
        for (i, act) in acts.iter().enumerate() {
            let fingerprint = self.fingerprint(act);
            if let Some(first) = self.taken.get(&act.command_id) {
                outcomes[i] = if *first == fingerprint {
                    Imported::Twice
                } else {
                    Imported::Refused("the row stands twice with other content".to_owned())
                };
                continue;
            }
            match self.decide(act, fingerprint).await? {
                Ok((append, state)) => {
                    appends.push(append);
                    after.push((i, act.request, state));
                }
                Err(reason) => outcomes[i] = Imported::Refused(reason),
            }
        }
        let verdicts = self.commands.registry().log().append_all(appends).await;
        for (verdict, (i, request, state)) in verdicts.into_iter().zip(after) {
            outcomes[i] = match verdict.map_err(unavailable)? {
                Verdict::Appended(_) => Imported::Appended,
                Verdict::Duplicate(_) => Imported::Known,
                Verdict::Conflict { actual } => {
                    Imported::Refused(format!("the request has later events (version {actual})"))
                }
                Verdict::Reused => {
                    Imported::Refused("the row was imported before with other content".to_owned())
                }
            };
            if !matches!(outcomes[i], Imported::Refused(_)) {
                self.states.insert(request, state);
                let act = &acts[i];
                self.taken.insert(act.command_id, self.fingerprint(act));
            }
        }
        Ok(outcomes)
    }

    /// Who did something in the older log: the same code for ever, and nobody's name.
    #[must_use]
    pub fn code_of_actor(&self, label: &str) -> String {
        let vault = self.commands.vault();
        let digest = vault.blind(self.authority.as_str(), "import-actor", label);
        let digits = u64::from_be_bytes(std::array::from_fn(|i| digest[i]));
        format!("import:{digits:016x}")
    }

    fn fingerprint(&self, act: &ImportedAct) -> [u8; 16] {
        let content = json!([
            act.asked.move_name,
            act.asked.data,
            act.occurred_at,
            act.actor.id
        ]);
        let vault = self.commands.vault();
        vault.fingerprint(self.authority.as_str(), &canonical(&content))
    }

    async fn decide(
        &self,
        act: &ImportedAct,
        fingerprint: [u8; 16],
    ) -> Result<Result<(Append, RequestState), String>, CommandError> {
        let workflow = &self.workflow;
        let state = self.states.get(&act.request).cloned().unwrap_or_default();
        let asked = match self.check(act) {
            Ok(asked) => asked,
            Err(reason) => return Ok(Err(reason)),
        };
        let opening = state.find().is_none().then(|| opening_facts(act));
        let facts = Facts {
            request: RequestId(act.request),
            actor: act.actor.clone(),
            on_behalf_of: None,
            occurred_at: act.occurred_at,
            teams: Arc::new(BTreeSet::from([act.team.clone()])),
            references: Default::default(),
            covers: Covers::new(),
            is_import: true,
            sight: Sight::NotAsked,
        };
        let pinned = Pinned {
            definition: &workflow.definition,
            hash: workflow.hash,
        };
        let command = RequestCommand::Act {
            asked: vec![asked],
            opening,
        };
        let events = match decide(&state, pinned, command, &facts) {
            Ok(events) => events,
            Err(refusal) => return Ok(Err(refusal.to_string())),
        };
        let mut after = state.clone();
        events.iter().for_each(|event| after.evolve(event));
        let Some(present) = after.find() else {
            return Ok(Err("nothing was opened".to_owned()));
        };
        let sealing = Sealing {
            authority: self.authority.as_str(),
            request: act.request,
            child: present.opening.child,
            state: &present.state,
            version: state.version(),
            opens: state.find().is_none(),
            occurred_at: act.occurred_at,
            definition: &workflow.definition,
            // The child's id is made from the request's: an earlier try may have left its keys.
            keys: KeySource::Kept,
        };
        let sealed = sealing.seal(self.commands.vault(), events, &[]).await?;
        let append = self.append_of(act, fingerprint, (state.version(), sealed.events));
        Ok(Ok((append, after)))
    }

    fn check(&self, act: &ImportedAct) -> Result<Asked, String> {
        let name = &act.asked.move_name;
        if !self.workflow.definition.moves.contains_key(name) {
            return Err(format!("the workflow has no move `{name}`"));
        }
        self.workflow
            .check(name, &act.asked.data)
            .map_err(|errors| {
                let texts: Vec<String> = errors
                    .iter()
                    .map(|e| format!("{}: {} (allowed: {})", e.pointer, e.what, e.allowed))
                    .collect();
                texts.join("; ")
            })?;
        let Some(data) = act.asked.data.as_object() else {
            return Err("the data is no object".to_owned());
        };
        let (coded, personal) = self.workflow.split(name, data);
        Ok(Asked {
            move_name: name.clone(),
            coded,
            personal,
            agency: None,
        })
    }

    fn append_of(
        &self,
        act: &ImportedAct,
        fingerprint: [u8; 16],
        (expected_version, events): (i32, Vec<crate::log::NewEvent>),
    ) -> Append {
        Append {
            authority: self.authority.to_string(),
            stream: act.request,
            stream_kind: StreamKind::Request,
            expected_version,
            command_id: act.command_id,
            fingerprint,
            actor: act.actor.id.to_string(),
            on_behalf_of: None,
            correlation: self.correlation,
            causation: None,
            definition: Some(self.workflow.hash.0),
            provenance: Provenance::Imported,
            events,
            keys: None,
        }
    }
}

/// Made from the request's id, so that a restarted import decides the same.
fn opening_facts(act: &ImportedAct) -> OpeningFacts {
    let reference = Uuid::new_v5(&act.request, b"reference");
    OpeningFacts {
        reference: Reference::from_random(reference.as_u64_pair().1),
        child: Uuid::new_v5(&act.request, b"child"),
        routed: Routed {
            team: act.team.clone(),
            because: "As the imported log says".to_owned(),
        },
    }
}
