//! From the refusals and failures of commands to problem documents.

use super::problem::{FieldError, Kind, Problem};
use crate::commands::CommandError;
use crate::domain::request::error::{Place, Refusal};
use crate::domain::workflow::schema::DataError;

impl From<CommandError> for Problem {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Refused(refusal) => refusal.into(),
            CommandError::Data { index, errors, move_name } => {
                data(&format!("The data of `{move_name}` is not what the workflow asks for."), index, errors)
            }
            CommandError::Stale { expected, actual } => Self::new(
                Kind::Stale,
                format!("You saw version {expected}; it is now version {actual}. Read it again, then decide."),
            ),
            CommandError::VersionRequired { actual } => Self::new(
                Kind::NoVersion,
                format!("Send If-Match with the version that you have seen; it is now version {actual}."),
            ),
            CommandError::KeyReused => Self::new(
                Kind::KeyReused,
                "This Idempotency-Key belongs to another command of yours; take a new one.",
            ),
            CommandError::UnknownWorkflow { allowed, .. } => {
                Self::new(Kind::BadData, "There is no such workflow.")
                    .with("/workflow", "unknown workflow", words(&allowed))
                    .allow(allowed)
            }
            CommandError::Unavailable { retry_after_ms } => Self::unavailable(retry_after_ms),
            CommandError::Unknown { retry_after_ms } => Self::new(
                Kind::Unknown,
                "It may have been recorded. Send the same command with the same Idempotency-Key to find out.",
            )
            .retry_after(retry_after_ms),
            CommandError::Broken { why } => {
                tracing::error!(error = %why, "a command cannot be processed");
                Self::new(Kind::Internal, "The request cannot be processed; it is logged.")
            }
        }
    }
}

/// The root of a move's data in the body: 0 is the body's own, the others are in `then`.
fn root_of(index: usize) -> String {
    index
        .checked_sub(1)
        .map_or_else(String::new, |next| format!("/then/{next}"))
}

fn pointer_to(place: &Place) -> String {
    format!(
        "{}/data/{}",
        root_of(place.index),
        place.path.replace('.', "/")
    )
}

fn wrong_field(title: &str, place: &Place, what: &str, allowed: impl Into<String>) -> Problem {
    Problem::new(Kind::BadData, title).with(pointer_to(place), what, allowed)
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        // Names that the caller made up are not repeated.
        match refusal {
            Refusal::NotFound => Self::not_found(),
            Refusal::AlreadyOpen => Self::new(Kind::NotNow, "The request is open already."),
            Refusal::UnknownMove { allowed, index, .. } => {
                let pointer = format!("{}/move", root_of(index));
                Self::new(Kind::BadData, "The workflow has no such move.")
                    .with(pointer, "unknown move", words(&allowed))
                    .allow(allowed)
            }
            Refusal::NotInThisState {
                found,
                state,
                allowed,
            } => Self::new(
                Kind::NotNow,
                format!("`{found}` is not possible while the request is `{state}`."),
            )
            .allow(allowed),
            refusal @ Refusal::NotHereYet { .. } => Self::new(Kind::NotNow, sentence(&refusal)),
            Refusal::NotYours { found, allowed } => {
                Self::new(Kind::NotYours, format!("`{found}` is for other roles.")).allow(allowed)
            }
            Refusal::ServiceAccountAlone { allowed } => Self::new(
                Kind::NotYours,
                "A service account cannot ask for help; name the person that it speaks for.",
            )
            .with(
                "/on_behalf_of",
                "missing",
                "the code of a person of the same agency",
            )
            .allow(allowed),
            Refusal::UnknownTeam { allowed, place, .. } => {
                let title = "There is no such team that holds requests now.";
                match place {
                    Some(place) => wrong_field(title, &place, "unknown team", words(&allowed)),
                    None => Self::new(Kind::BadData, title),
                }
                .allow(allowed)
            }
            Refusal::BadCode { place, what } => wrong_field(
                &format!("A field should hold the code of a {what}."),
                &place,
                "not a code",
                format!("the code of a {what}"),
            ),
            Refusal::UnknownPerson => Self::new(
                Kind::BadData,
                "The person that the service account speaks for is not known here.",
            )
            .with(
                "/on_behalf_of",
                "not known",
                "the code of a person of the same agency",
            ),
            Refusal::UnknownNamedPerson { place } => wrong_field(
                "The person who is named is not known here.",
                &place,
                "not known",
                "the code of a person who is known here",
            ),
            Refusal::UnfitNamedPerson { place, needs } => wrong_field(
                "The person who is named cannot do this.",
                &place,
                "not the right person",
                format!("the code of {needs}"),
            ),
            refusal @ Refusal::NotInTeam => Self::new(Kind::NotYours, sentence(&refusal)),
            refusal @ (Refusal::Ended { .. }
            | Refusal::NotClaimed
            | Refusal::RungNotDue { .. }
            | Refusal::Destroyed) => Self::new(Kind::NotNow, sentence(&refusal)),
            Refusal::ClaimedByOther { holder, reasons } => {
                Self::claimed(holder.as_str(), None).allow(reasons)
            }
            Refusal::UnknownReason { allowed } => Self::new(
                Kind::BadData,
                "This is not one of the workflow's reasons for it.",
            )
            .with("/reason", "not known", words(&allowed))
            .allow(allowed),
            Refusal::Time { place, rule } => wrong_field(
                "A time lies outside what is allowed.",
                &place,
                "not allowed",
                rule,
            ),
        }
    }
}

impl Problem {
    /// For those who may know who has claimed the request.
    pub(super) fn claimed(by: &str, until: Option<jiff::Timestamp>) -> Self {
        let until = until.map_or_else(String::new, |until| format!(" until {until}"));
        Self::new(Kind::NotNow, format!("`{by}` holds the claim{until}."))
    }
}

fn data(detail: &str, index: usize, errors: Vec<DataError>) -> Problem {
    let root = format!("{}/data", root_of(index));
    let mut problem = Problem::new(Kind::BadData, detail);
    problem.errors = errors
        .into_iter()
        .map(|error| FieldError {
            pointer: format!("{root}{}", error.pointer),
            what: error.what,
            allowed: error.allowed,
        })
        .collect();
    problem
}

fn words<T: ToString>(allowed: &[T]) -> String {
    let all: Vec<String> = allowed.iter().map(ToString::to_string).collect();
    format!("one of: {}", all.join(", "))
}

fn sentence(refusal: &Refusal) -> String {
    let text = refusal.to_string();
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => text,
    }
}
