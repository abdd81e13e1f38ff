//! From the refusals and failures of commands to problem documents.

use super::problem::{FieldError, Kind, Problem};
use crate::commands::CommandError;
use crate::domain::ids::{MoveName, RoleName};
use crate::domain::request::error::{NotExtended, Place, Refusal};
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

fn on_behalf_of(kind: Kind, title: &str, what: &str) -> Problem {
    let allowed = "the code of a person of the same agency";
    Problem::new(kind, title).with("/on_behalf_of", what, allowed)
}

fn account_alone(allowed: Vec<RoleName>) -> Problem {
    let title = "A service account cannot ask for help; name the person that it speaks for.";
    on_behalf_of(Kind::NotYours, title, "missing").allow(allowed)
}

fn unknown_person() -> Problem {
    let title = "The person that the service account speaks for is not known here.";
    on_behalf_of(Kind::BadData, title, "not known")
}

fn not_carried(found: &MoveName, allowed: Vec<MoveName>) -> Problem {
    let title =
        format!("`{found}` is not among the moves that this account may make for that person.");
    on_behalf_of(Kind::NotYours, &title, "not agreed, or not granted").allow(allowed)
}

fn not_a_code(place: &Place, what: &str) -> Problem {
    let title = format!("A field should hold the code of a {what}.");
    wrong_field(&title, place, "not a code", format!("the code of a {what}"))
}

fn unfit_person(place: &Place, needs: &str) -> Problem {
    let title = "The person who is named cannot do this.";
    let allowed = format!("the code of {needs}");
    wrong_field(title, place, "not the right person", allowed)
}

/// What is wrong with one field, and what would be right.
fn of_field(refusal: &Refusal) -> Problem {
    let (title, place, what, allowed) = match refusal {
        Refusal::BadCode { place, what } => return not_a_code(place, what),
        Refusal::UnfitNamedPerson { place, needs } => return unfit_person(place, needs),
        Refusal::UnknownReference { place } => (
            "There is no request with this reference.",
            place,
            "not known",
            "the reference of another request, as people quote it",
        ),
        Refusal::OwnReference { place } => (
            "This is the reference of the request itself.",
            place,
            "its own",
            "the reference of another request",
        ),
        Refusal::UnknownAgency { place } => {
            let title = "The agency that is to do it is not known here.";
            let allowed = "the code of an agency or school of the organisation";
            (title, place, "not known", allowed)
        }
        Refusal::UnknownNamedPerson { place } => {
            let title = "The person who is named is not known here.";
            (
                title,
                place,
                "not known",
                "the code of a person who is known here",
            )
        }
        Refusal::Time { place, rule } => (
            "A time lies outside what is allowed.",
            place,
            "not allowed",
            *rule,
        ),
        other @ (Refusal::NotFound
        | Refusal::AlreadyOpen
        | Refusal::UnknownMove { .. }
        | Refusal::NotInThisState { .. }
        | Refusal::Guarded { .. }
        | Refusal::NoSuchAction { .. }
        | Refusal::NoSuchConcern { .. }
        | Refusal::ConcernAnswered { .. }
        | Refusal::ConcernHeld { .. }
        | Refusal::ConcernNotHeld { .. }
        | Refusal::TooManyActions { .. }
        | Refusal::TooManyLinks { .. }
        | Refusal::NotHereYet { .. }
        | Refusal::NotYours { .. }
        | Refusal::NotOpened { .. }
        | Refusal::MadeByOpening { .. }
        | Refusal::ServiceAccountAlone { .. }
        | Refusal::UnknownTeam { .. }
        | Refusal::UnknownPerson
        | Refusal::Destroyed
        | Refusal::HiddenState
        | Refusal::NotCarried { .. }
        | Refusal::NotInTeam
        | Refusal::Ended { .. }
        | Refusal::ClaimedByOther { .. }
        | Refusal::UnknownReason { .. }
        | Refusal::NotExtended { .. }
        | Refusal::NotClaimed
        | Refusal::RungNotDue { .. }) => {
            return Problem::new(Kind::BadData, sentence(other));
        }
    };
    wrong_field(title, place, what, allowed)
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        // Names that the caller made up are not repeated.
        match refusal {
            Refusal::NotFound => Self::not_found(),
            Refusal::UnknownMove { allowed, index, .. } => {
                let pointer = format!("{}/move", root_of(index));
                Self::new(Kind::BadData, "The workflow has no such move.")
                    .with(pointer, "unknown move", words(&allowed))
                    .allow(allowed)
            }
            ref refusal @ Refusal::NotInThisState { ref allowed, .. } => {
                Self::new(Kind::NotNow, sentence(refusal)).allow(allowed)
            }
            Refusal::NoSuchAction { found, open } => Self::new(
                Kind::NotNow,
                format!("There is no open action {found} in the child's plan."),
            )
            .allow(open),
            ref refusal @ (Refusal::NoSuchConcern { ref open, .. }
            | Refusal::ConcernAnswered { ref open, .. }) => {
                Self::new(Kind::NotNow, sentence(refusal)).allow(open)
            }
            Refusal::NotYours { found, allowed } => {
                Self::new(Kind::NotYours, format!("`{found}` is for other roles.")).allow(allowed)
            }
            Refusal::UnknownTeam { allowed, place, .. } => {
                let title = "There is no such team that holds requests now.";
                match place {
                    Some(place) => wrong_field(title, &place, "unknown team", words(&allowed)),
                    None => Self::new(Kind::BadData, title),
                }
                .allow(allowed)
            }
            Refusal::ServiceAccountAlone { allowed } => account_alone(allowed),
            Refusal::UnknownPerson => unknown_person(),
            refusal @ (Refusal::NotInTeam
            | Refusal::NotOpened { .. }
            | Refusal::MadeByOpening { .. }) => Self::new(Kind::NotYours, sentence(&refusal)),
            refusal @ (Refusal::AlreadyOpen
            | Refusal::Guarded { .. }
            | Refusal::ConcernHeld { .. }
            | Refusal::ConcernNotHeld { .. }
            | Refusal::TooManyActions { .. }
            | Refusal::TooManyLinks { .. }
            | Refusal::NotHereYet { .. }
            | Refusal::Ended { .. }
            | Refusal::NotClaimed
            | Refusal::RungNotDue { .. }
            | Refusal::HiddenState
            | Refusal::Destroyed) => Self::new(Kind::NotNow, sentence(&refusal)),
            Refusal::NotCarried { found, allowed } => not_carried(&found, allowed),
            Refusal::ClaimedByOther { holder, reasons } => {
                Self::claimed(holder.as_str(), None).allow(reasons)
            }
            Refusal::NotExtended { why, .. } => why.into(),
            Refusal::UnknownReason { allowed } => Self::new(
                Kind::BadData,
                "This is not one of the workflow's reasons for it.",
            )
            .with("/reason", "not known", words(&allowed))
            .allow(allowed),
            refusal @ (Refusal::BadCode { .. }
            | Refusal::UnknownReference { .. }
            | Refusal::OwnReference { .. }
            | Refusal::UnknownAgency { .. }
            | Refusal::UnknownNamedPerson { .. }
            | Refusal::UnfitNamedPerson { .. }
            | Refusal::Time { .. }) => of_field(&refusal),
        }
    }
}

impl From<NotExtended> for Problem {
    fn from(why: NotExtended) -> Self {
        match why {
            NotExtended::NoRule => Self::not_found(),
            NotExtended::NotYours { allowed } => {
                Self::new(Kind::NotYours, "More time is given by other roles.").allow(allowed)
            }
            NotExtended::TooLong { longest, .. } => Self::new(
                Kind::BadData,
                "That is more time than may be given at once.",
            )
            .with(
                "/by",
                "too much, or in another unit",
                format!("at most {longest}, in its unit"),
            ),
            NotExtended::Missed { due_at } => {
                let due_at = due_at.map_or_else(String::new, |at| format!(" since {at}"));
                Self::new(Kind::NotNow, format!("The target is missed{due_at}."))
            }
            NotExtended::TooOften { at_most } => Self::new(
                Kind::NotNow,
                format!("This was extended as often as it may be: {at_most} in all."),
            ),
            NotExtended::Ended => Self::new(Kind::NotNow, "The clock does not run."),
            NotExtended::NoCalendar => Self::new(
                Kind::Internal,
                "A clock counts by a calendar that is not in force.",
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
