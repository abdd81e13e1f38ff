//! What was destroyed stays destroyed, whatever was restored.

use super::{
    Decision, Destruction, RECORD_DESTROYED, Record, RecordError, RecordState, Records, state,
};
use crate::commands::publish::stream_of;
use crate::commands::sealing::failure;
use crate::commands::unavailable;
use crate::log::StreamKind;
use crate::log::vault::Subject;
use serde_json::json;
use std::collections::BTreeSet;

/// What a replay found and did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Replayed {
    pub known: usize,
    /// Keys that were there again.
    pub keys: i64,
    /// Destructions that the log had lost.
    pub events: usize,
}

impl Records {
    /// After a restore, and before anything is served: every destruction that the journal or the
    /// log knows is carried out again, and the log hears of those that it lost.
    ///
    /// # Errors
    /// When journal, log or vault cannot be read, or a note is not signed by this signer.
    pub async fn replay(&self) -> Result<Replayed, RecordError> {
        let public = self.signer.public();
        let mut known = self.journal.read(&public)?;
        let mut logged = BTreeSet::new();
        for event in self
            .commands
            .log()
            .read_records()
            .await
            .map_err(unavailable)?
        {
            if let Some(destruction) = state::destruction_of(&event, &public)? {
                logged.insert(destruction.id);
                if known.iter().all(|one| one.id != destruction.id) {
                    known.push(destruction);
                }
            }
        }
        let mut replayed = Replayed::default();
        for destruction in known {
            replayed.known += 1;
            replayed.keys += self.count_living(&destruction).await?;
            if logged.insert(destruction.id) {
                self.append_again(&destruction).await?;
                replayed.events += 1;
            }
            self.carry_out(destruction).await?;
        }
        Ok(replayed)
    }

    async fn count_living(&self, destruction: &Destruction) -> Result<i64, RecordError> {
        let (children, requests) = destruction.subjects();
        let subjects: Vec<Subject> = children
            .into_iter()
            .map(Subject::Child)
            .chain(requests.into_iter().map(Subject::Request))
            .collect();
        let living = self
            .commands
            .vault()
            .count_living(destruction.authority.as_str(), &subjects);
        Ok(living.await.map_err(failure)?)
    }

    async fn append_again(&self, destruction: &Destruction) -> Result<(), RecordError> {
        let child = destruction.child;
        let stream = stream_of(
            &destruction.authority,
            StreamKind::Record,
            &child.to_string(),
        );
        let log = self.commands.log();
        let events = log
            .read_stream(destruction.authority.as_str(), stream, 0)
            .await
            .map_err(unavailable)?;
        let record = Record {
            child,
            requests: BTreeSet::new(),
            state: RecordState::fold(&events, &self.signer.public())?,
        };
        let decision = Decision {
            by: destruction.by.clone(),
            reason: destruction.reason.clone(),
            at: destruction.at,
        };
        let note = self.signer.sign(&destruction.text(self.signer.name()));
        let event = (RECORD_DESTROYED, json!({ "note": note }));
        self.append(&destruction.authority, &record, &decision, event)
            .await
    }
}
