//! Links between requests: from a reference to its request, and from a request to those that name it.

use super::execute::{Commands, REFERENCE_INDEX};
use super::loading::Loaded;
use super::sealing::failure;
use super::{Ask, Command, CommandError};
use crate::domain::ids::{Authority, Reference, RequestId};
use crate::domain::request::event::RequestEvent;
use crate::domain::request::link::{Link, named};
use crate::domain::workflow::schema::Workflow;
use std::collections::{BTreeMap, BTreeSet};

/// In the blind index, under the request that tells of the link, stands the other one.
pub(super) const LINK_INDEX: &str = "link";

/// A link as one end sees it.
pub struct Linked {
    /// To the other end.
    pub link: Link,
    /// The other end tells of it.
    pub from_there: bool,
}

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

    /// Every link of a request, from either end.
    ///
    /// # Errors
    /// When the log or the vault is out of reach.
    pub async fn find_linked(
        &self,
        authority: &Authority,
        loaded: &Loaded,
    ) -> Result<Vec<Linked>, CommandError> {
        let (Some(request), Some((first, _))) = (loaded.state.find(), loaded.events.first()) else {
            return Ok(Vec::new());
        };
        let here = RequestId(first.stream);
        let mut linked: Vec<Linked> = request
            .links
            .iter()
            .map(|link| Linked {
                link: link.clone(),
                from_there: false,
            })
            .collect();
        let digest = self
            .vault()
            .blind(authority.as_str(), LINK_INDEX, &here.0.to_string());
        let held = self
            .vault()
            .find_indexed(authority.as_str(), LINK_INDEX, digest);
        let others: BTreeSet<RequestId> = held
            .await
            .map_err(failure)?
            .into_iter()
            .map(|(_, other)| RequestId(other))
            .collect();
        for other in others {
            let there = self.load(authority.as_str(), other).await?;
            let links = there.state.find().map_or(&[][..], |request| &request.links);
            linked.extend(
                links
                    .iter()
                    .filter(|link| link.request == here)
                    .map(|link| Linked {
                        link: Link {
                            kind: link.kind.clone(),
                            request: other,
                        },
                        from_there: true,
                    }),
            );
        }
        Ok(linked)
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
