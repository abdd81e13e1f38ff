//! Whether a person has opened the text of a request: asked where a role of a move wants to know.

use super::{Ask, Command, CommandError, Commands, Provenance, unavailable};
use crate::domain::ids::{Authority, PrincipalId, RequestId};
use crate::domain::request::command::{Facts, Sight};
use crate::domain::workflow::schema::Workflow;

impl Commands {
    /// A reading is written down before its text is shown, so that whoever read it is found here.
    pub(super) async fn sight(
        &self,
        command: &Command,
        workflow: &Workflow,
        facts: &Facts,
    ) -> Result<Sight, CommandError> {
        if command.provenance != Provenance::Live {
            return Ok(Sight::NotAsked);
        }
        let definition = &workflow.definition;
        let is_asked = match &command.ask {
            Ask::Moves { moves, .. } | Ask::Open { moves, .. } => moves
                .iter()
                .any(|asked| definition.asks_sight(&asked.move_name)),
            Ask::Claim { .. }
            | Ask::Release { .. }
            | Ask::Extend { .. }
            | Ask::Raise { .. }
            | Ask::Opening { .. } => false,
        };
        if !is_asked {
            return Ok(Sight::Unopened);
        }
        self.sight_of(&command.authority, facts.request, facts.person_id())
            .await
    }

    /// # Errors
    /// When the store is out of reach.
    pub async fn sight_of(
        &self,
        authority: &Authority,
        request: RequestId,
        person: &PrincipalId,
    ) -> Result<Sight, CommandError> {
        let found = self
            .log()
            .has_opened(authority.as_str(), request.0, person.as_str())
            .await
            .map_err(unavailable)?;
        Ok(if found {
            Sight::Opened
        } else {
            Sight::Unopened
        })
    }
}
