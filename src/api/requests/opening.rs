//! Opening a request: the reading is written down, then what follows from it is done, and only then is the
//! text shown.

use super::Seen;
use super::identity::OrdinaryPart;
use super::readings::{record, record_reason};
use crate::access::Opened;
use crate::api::App;
use crate::api::caller::{Caller, Looking};
use crate::api::problem::Problem;
use crate::commands::{Ask, CommandError, OpenedOn};
use crate::domain::request::command::Sight;
use crate::domain::request::opening::rules_due;
use crate::domain::request::sight::Tie;

impl Seen {
    /// Whether some of the text is shown to this caller in this call.
    pub(super) fn shows_text(&self, caller: &Caller, part: OrdinaryPart) -> bool {
        let may =
            part != OrdinaryPart::Closed || self.restricted || self.involvement.has(Tie::Doer);
        may && caller.looking != Looking::Ahead
    }

    /// The request as it is once this caller has opened it.
    ///
    /// # Errors
    /// When what has to be written down cannot be: then nothing may be shown.
    pub(super) async fn open(
        self,
        app: &App,
        caller: &Caller,
        part: OrdinaryPart,
        reason: Option<&str>,
    ) -> Result<Self, Problem> {
        let shows = self.shows_text(caller, part);
        let opened = match part {
            _ if !shows => Opened::Outline,
            OrdinaryPart::Closed => Opened::Content,
            OrdinaryPart::Identity | OrdinaryPart::Whole => part.opened(),
        };
        match reason {
            Some(reason) => record_reason(app, caller, reason, self.id.0).await?,
            None => record(app, caller, (opened, &[self.id.0])).await?,
        }
        let mut seen = self.acknowledge(app, caller).await?;
        seen.sight = if seen.content && shows {
            Sight::Opened
        } else {
            let person = &caller.principal.id;
            let commands = &app.commands;
            commands
                .sight_of(&caller.authority, seen.id, person)
                .await?
        };
        Ok(seen)
    }

    /// The moves that the workflow declares for this opening, where somebody looks in person.
    async fn acknowledge(self, app: &App, caller: &Caller) -> Result<Self, Problem> {
        let Looking::InPerson(on) = caller.looking else {
            return Ok(self);
        };
        if !self.content || !self.is_due(caller, on) {
            return Ok(self);
        }
        let ask = Ask::Opening {
            request: self.id,
            on,
        };
        // What was seen at a version is opened once: a second window or another try is the same command.
        let key = format!("opening-{}-{}-{on:?}", self.id, self.request.version);
        let command = super::moves::command(caller, key, None, ask, None);
        match app.commands.execute(command, (app.now)()).await {
            // Refused: the request has moved on meanwhile, or its record was destroyed.
            Ok(_) | Err(CommandError::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
        Self::load(app, caller, &self.id.to_string()).await
    }

    fn is_due(&self, caller: &Caller, on: OpenedOn) -> bool {
        let who = self.who(&caller.principal);
        let definition = &self.workflow.definition;
        rules_due(definition, &self.request, who, on)
            .next()
            .is_some()
    }
}
