//! Links between requests: from a reference to its request, and from a request to those that name it.

use super::execute::{Commands, REFERENCE_INDEX};
use super::reading::ids;
use super::sealing::failure;
use super::{Ask, Command, CommandError};
use crate::domain::ids::{Authority, Reference, RequestId};
use crate::domain::request::event::RequestEvent;
use crate::domain::request::link::named;
use crate::domain::workflow::schema::Workflow;
use crate::log::viewer_index::IndexQuery;
use std::collections::{BTreeMap, BTreeSet};

/// In the blind index, under the request that tells of the link, stands the other one.
pub(super) const LINK_INDEX: &str = "link";

impl Commands {
    /// The requests that the data of the moves name by reference, of the same authority.
    pub(super) async fn references(
        &self,
        command: &Command,
        workflow: &Workflow,
    ) -> Result<BTreeMap<Reference, RequestId>, CommandError> {
        let mut found = BTreeMap::new();
        let (Ask::Open { moves, .. } | Ask::Moves { moves, .. }) = &command.ask else {
            return Ok(found);
        };
        let authority = command.authority.as_str();
        for asked in moves {
            let rule = workflow.definition.moves.get(&asked.move_name);
            let data = asked.data.as_object();
            let text = rule.zip(data).and_then(|(rule, data)| named(rule, data));
            let Some(Ok(reference)) = text.map(Reference::parse) else {
                continue;
            };
            let digest = self
                .vault()
                .blind(authority, REFERENCE_INDEX, reference.as_str());
            let held = self
                .vault()
                .find_indexed(authority, REFERENCE_INDEX, digest);
            let held = held.await.map_err(failure)?;
            if let Some((_, request)) = held.first() {
                found.insert(reference, RequestId(*request));
            }
        }
        Ok(found)
    }

    /// Requests that tell of a link to this one and that one of the viewers may see; others cost nothing
    /// here, so that nobody learns by the time of an answer how many there are.
    ///
    /// # Errors
    /// When the vault is out of reach.
    pub async fn find_linking(
        &self,
        authority: &Authority,
        here: RequestId,
        viewers: &[String],
    ) -> Result<BTreeSet<RequestId>, CommandError> {
        let (authority, text) = (authority.as_str(), here.0.to_string());
        let digest = self.vault().blind(authority, LINK_INDEX, &text);
        let kind = LINK_INDEX;
        let entry = IndexQuery { kind, digest };
        let found = self.vault().find_viewed(authority, entry, viewers).await;
        Ok(ids(found.map_err(failure)?))
    }
}

/// What the blind index keeps of new links.
pub(super) fn link_entries(events: &[RequestEvent]) -> Vec<(String, String)> {
    let linked = events.iter().filter_map(|event| match event {
        RequestEvent::Act(act) => act.link.as_ref(),
        RequestEvent::Claimed { .. }
        | RequestEvent::Released { .. }
        | RequestEvent::RungRaised(_)
        | RequestEvent::ClaimLapsed(_)
        | RequestEvent::ClockExtended(_) => None,
    });
    linked
        .map(|link| (LINK_INDEX.to_owned(), link.request.0.to_string()))
        .collect()
}
