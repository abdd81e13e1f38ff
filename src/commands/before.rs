//! Whether help was asked for before, for the same child: found by the blind index, kept as a code.

use super::execute::Commands;
use super::loading::decode;
use super::sealing::failure;
use super::{Ask, Command, CommandError, unavailable};
use crate::domain::derive::AskedBefore;
use crate::domain::request::asking::civil_date;
use crate::domain::request::event::RequestEvent;
use crate::domain::workflow::definition::DeriveRule;
use crate::domain::workflow::schema::Workflow;
use jiff::civil::Date;

impl Commands {
    /// Up to `on`: what was entered earlier and asked later is no earlier request.
    pub(super) async fn asked_before(
        &self,
        command: &Command,
        workflow: &Workflow,
        on: Date,
    ) -> Result<AskedBefore, CommandError> {
        let Ask::Open { moves, .. } = &command.ask else {
            return Ok(AskedBefore::NotKnown);
        };
        let mut rules = workflow.definition.derive.values();
        if !rules.any(|rule| matches!(rule, DeriveRule::AskedBefore { .. })) {
            return Ok(AskedBefore::NotKnown);
        }
        let authority = command.authority.as_str();
        let opening = moves.first();
        let data = opening.and_then(|asked| Some((&asked.move_name, asked.data.as_object()?)));
        let entries = data.map(|(name, data)| workflow.index_entries(name, data));
        let digests: Vec<(String, [u8; 32])> = entries
            .into_iter()
            .flatten()
            .map(|(kind, normalised)| {
                let digest = self.vault().blind(authority, &kind, &normalised);
                (kind, digest)
            })
            .collect();
        if digests.is_empty() {
            return Ok(AskedBefore::NotKnown);
        }
        let requests = self.vault().find_any_indexed(authority, &digests).await;
        let requests = requests.map_err(failure)?;
        if requests.is_empty() {
            return Ok(AskedBefore::Never);
        }
        let first = self.log().read_first(authority, &requests).await;
        let mut last = None;
        for recorded in first.map_err(unavailable)? {
            if let (_, RequestEvent::Act(act)) = decode(recorded)? {
                let received = act.opening.map(|opening| civil_date(opening.received_at));
                last = last.max(received.filter(|day| *day <= on));
            }
        }
        Ok(last.map_or(AskedBefore::Never, AskedBefore::On))
    }
}
