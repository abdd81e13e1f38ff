//! Whether what the caller has seen is what is decided about.

use super::loading::Loaded;
use super::{Ask, AskedMove, Command, CommandError};
use crate::domain::request::event::RequestEvent;

/// A person who saw version 3 decides about version 3; only a move that may not wait is exempt.
pub(super) fn check_version(command: &Command, loaded: &Loaded) -> Result<(), CommandError> {
    let Some(request) = loaded.state.find() else {
        return Ok(());
    };
    let moves: &[AskedMove] = match &command.ask {
        Ask::Moves { moves, .. } => moves,
        Ask::Extend { .. } => &[],
        Ask::Open { .. }
        | Ask::Claim { .. }
        | Ask::Release { .. }
        | Ask::Raise { .. }
        | Ask::Opening { .. } => {
            return Ok(());
        }
    };
    let exempt = !moves.is_empty()
        && loaded.workflow.as_ref().is_some_and(|workflow| {
            moves.iter().all(|asked| {
                workflow
                    .definition
                    .moves
                    .get(&asked.move_name)
                    .is_some_and(|rule| rule.any_version)
            })
        });
    match command.if_match {
        _ if exempt => Ok(()),
        None => Err(CommandError::VersionRequired {
            actual: request.version,
        }),
        // A reminder that was raised or a claim that lapsed meanwhile changes nothing of what was decided about.
        Some(expected) if expected < request.version && loaded.shows_all_acts_at(expected) => {
            Ok(())
        }
        Some(expected) if expected != request.version => Err(CommandError::Stale {
            expected,
            actual: request.version,
        }),
        Some(_) => Ok(()),
    }
}

impl Loaded {
    /// What was seen at a version is all that people did: since then only time went by.
    fn shows_all_acts_at(&self, version: i32) -> bool {
        let later = self.events.iter().filter(|(e, _)| e.version > version);
        later.into_iter().all(|(_, event)| match event {
            RequestEvent::RungRaised(_) | RequestEvent::ClaimLapsed(_) => true,
            RequestEvent::Act(_)
            | RequestEvent::Claimed { .. }
            | RequestEvent::Released { .. }
            | RequestEvent::ClockExtended(_) => false,
        })
    }
}
