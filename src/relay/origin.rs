//! What the opening acts of the requests on a page said: remembered, and read in one query.

use super::message::Origin;
use crate::commands::InForce;
use crate::domain::request::codec;
use crate::domain::request::event::RequestEvent;
use crate::log::{AppendError, Log, Recorded};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use uuid::Uuid;

/// Requests remembered; beyond that all are forgotten and read again as needed.
const REMEMBERED_MAX: usize = 50_000;

#[derive(Default)]
pub(super) struct Origins(HashMap<Uuid, Origin>);

impl Origins {
    /// # Errors
    /// When the log is out of reach.
    pub(super) async fn learn(
        &mut self,
        log: &Log,
        in_force: &InForce,
        page: &[(Recorded, RequestEvent)],
    ) -> Result<(), AppendError> {
        if self.0.len() > REMEMBERED_MAX {
            self.0.clear();
        }
        let mut missing: BTreeMap<Arc<str>, Vec<Uuid>> = BTreeMap::new();
        for (recorded, event) in page {
            if self.0.contains_key(&recorded.stream) || self.take(in_force, recorded, event) {
                continue;
            }
            missing
                .entry(Arc::clone(&recorded.authority))
                .or_default()
                .push(recorded.stream);
        }
        for (authority, streams) in missing {
            for first in log.read_first(&authority, &streams).await? {
                if let Ok(event) =
                    codec::decode(&first.event_type, first.schema_version, &first.body)
                {
                    self.take(in_force, &first, &event);
                }
            }
        }
        Ok(())
    }

    /// Whether the event was an opening act.
    fn take(&mut self, in_force: &InForce, recorded: &Recorded, event: &RequestEvent) -> bool {
        let RequestEvent::Act(act) = event else {
            return false;
        };
        let Some(opening) = &act.opening else {
            return false;
        };
        let agency = opening.agency.as_ref().filter(|agency| {
            in_force
                .get(&recorded.authority)
                .is_some_and(|declared| declared.organisation().knows_agency(agency))
        });
        self.0.insert(
            recorded.stream,
            Origin {
                reference: opening.reference.to_string(),
                workflow: opening.workflow.to_string(),
                workflow_version: opening.version,
                agency: agency.map(ToString::to_string),
                team: act.owner.team.to_string(),
            },
        );
        true
    }

    pub(super) fn find(&self, request: Uuid) -> Option<&Origin> {
        self.0.get(&request)
    }
}
