//! All rows checked, then each taken: the commands of `POST /requests`.

use super::{Form, Row, Sheet};
use crate::commands::{Ask, AskedMove, Command, CommandError, Commands, Provenance, Receipt};
use crate::domain::ids::Authority;
use crate::domain::request::actor::Principal;
use jiff::Timestamp;
use uuid::Uuid;

/// Who hands in a sheet, and for what.
pub struct Taking {
    pub commands: Commands,
    pub authority: Authority,
    pub actor: Principal,
    pub form: Form,
    /// Of all that comes of this sheet.
    pub correlation: Uuid,
    pub now: fn() -> Timestamp,
}

/// A row that was taken, now or before.
#[derive(Debug, Clone)]
pub struct Taken {
    pub row: usize,
    pub key: String,
    pub receipt: Receipt,
}

/// Why rows were not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// With the number of the row.
    #[error("{} rows would not be accepted; nothing was taken", .0.len())]
    Refused(Vec<(usize, CommandError)>),
    #[error("the check failed at row {row}; nothing was taken")]
    Unchecked { row: usize, source: CommandError },
    /// The same sheet again goes on where this one ended.
    #[error("{taken} rows were taken, then row {row} was not")]
    CutOff {
        taken: usize,
        row: usize,
        source: CommandError,
    },
}

impl Taking {
    /// # Errors
    /// Every row that would not be accepted.
    pub async fn check(&self, sheet: &Sheet) -> Result<(), NotTaken> {
        let mut refused = Vec::new();
        for row in &sheet.rows {
            match self.commands.check(&self.command(row), (self.now)()).await {
                Ok(_) => {}
                Err(error) if error.is_refusal() => refused.push((row.number, error)),
                Err(source) => {
                    let row = row.number;
                    return Err(NotTaken::Unchecked { row, source });
                }
            }
        }
        if refused.is_empty() {
            Ok(())
        } else {
            Err(NotTaken::Refused(refused))
        }
    }

    /// # Errors
    /// When the check says no, or a row could not be taken after all: the others that came before it
    /// were.
    pub async fn take(&self, sheet: &Sheet) -> Result<Vec<Taken>, NotTaken> {
        self.check(sheet).await?;
        let mut taken = Vec::with_capacity(sheet.rows.len());
        for row in &sheet.rows {
            let executed = self.commands.execute(self.command(row), (self.now)()).await;
            let receipt = executed.map_err(|source| NotTaken::CutOff {
                taken: taken.len(),
                row: row.number,
                source,
            })?;
            taken.push(Taken {
                row: row.number,
                key: row.key.clone(),
                receipt,
            });
        }
        Ok(taken)
    }

    fn command(&self, row: &Row) -> Command {
        Command {
            authority: self.authority.clone(),
            actor: self.actor.clone(),
            on_behalf_of: row.on_behalf_of.clone(),
            key: row.key.clone(),
            ask: Ask::Open {
                workflow: self.form.workflow.clone(),
                moves: vec![AskedMove {
                    move_name: self.form.opening.clone(),
                    data: row.data.clone(),
                }],
            },
            if_match: None,
            occurred_at: None,
            provenance: Provenance::Live,
            correlation: self.correlation,
            causation: None,
        }
    }
}
