//! What a rule may look at besides the request: who asks for whom, when, and what the organisation is
//! on that day.

use super::{Command, CommandError};
use crate::domain::declared::Declared;
use crate::domain::ids::RequestId;
use crate::domain::request::asking::civil_date;
use crate::domain::request::command::{Facts, Sight};
use crate::domain::request::error::Refusal;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) fn facts_of(
    command: &Command,
    declared: &Declared,
    request: RequestId,
    occurred_at: Timestamp,
) -> Result<Facts, CommandError> {
    let on_behalf_of = command
        .on_behalf_of
        .as_ref()
        .map(|id| {
            declared
                .find_principal(id)
                .cloned()
                .ok_or(CommandError::Refused(Refusal::UnknownPerson))
        })
        .transpose()?;
    let organisation = declared.organisation();
    let today = civil_date(occurred_at);
    Ok(Facts {
        request,
        actor: command.actor.clone(),
        on_behalf_of,
        occurred_at,
        teams: Arc::new(organisation.teams_on(today)),
        references: BTreeMap::new(),
        covers: organisation.covers_on(today),
        is_import: false,
        // Until it is looked up.
        sight: Sight::Unopened,
    })
}
