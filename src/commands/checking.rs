//! Whether a command would be accepted: asked before, of several that are to be taken or none.

use super::execute::{Asked, Attempt, Commands};
use super::loading::Trust;
use super::prepare::prepare;
use super::{Command, CommandError, RETRY_AFTER_MS, Receipt};
use jiff::Timestamp;

impl Commands {
    /// The receipt of a command that was accepted before; `None` for one that would be accepted now.
    /// Nothing is sealed and nothing recorded.
    ///
    /// # Errors
    /// As `execute` would refuse or fail.
    pub async fn check(
        &self,
        command: &Command,
        now: Timestamp,
    ) -> Result<Option<Receipt>, CommandError> {
        let declared = self.registry().of(command.authority.as_str());
        let prepared = prepare(command, self.vault());
        if let Some(receipt) = self.first_receipt(command, &prepared).await? {
            return Ok(Some(receipt));
        }
        let asked = Asked {
            command,
            prepared: &prepared,
            declared: &declared,
            now,
        };
        let judged = async {
            let subject = self.subject(command, &declared, now, Trust::Log).await?;
            self.judge(&asked, &subject).await.map(|_| None)
        };
        judged.await.map_err(|attempt| match attempt {
            Attempt::Failed(error) => error,
            Attempt::Conflict | Attempt::Unsure => CommandError::Unavailable {
                retry_after_ms: RETRY_AFTER_MS,
            },
        })
    }
}
