//! From the refusals and failures of commands to problem documents.

use super::problem::{FieldError, Kind, Problem};
use crate::commands::CommandError;
use crate::domain::request::error::Refusal;
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

/// Where the person was named: at a path of the data, or as the one whom a service account speaks for.
fn unknown_person(path: Option<&str>) -> Problem {
    let (title, pointer, allowed) = match path {
        Some(path) => (
            "The person who is to answer from now on is not known here.",
            format!("/data/{}", path.replace('.', "/")),
            "the code of a person who is known here",
        ),
        None => (
            "The person that the service account speaks for is not known here.",
            "/on_behalf_of".to_owned(),
            "the code of a person of the same agency",
        ),
    };
    Problem::new(Kind::BadData, title).with(pointer, "not known", allowed)
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        // Names that the caller made up are not repeated.
        match refusal {
            Refusal::NotFound => Self::not_found(),
            Refusal::AlreadyOpen => Self::new(Kind::NotNow, "The request is open already."),
            Refusal::UnknownMove { allowed, .. } => {
                Self::new(Kind::BadData, "The workflow has no such move.")
                    .with("/move", "unknown move", words(&allowed))
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
            Refusal::Guarded { found, because } => {
                let because = because.trim_end_matches('.');
                Self::new(
                    Kind::NotNow,
                    format!("`{found}` is not possible now: {because}."),
                )
            }
            Refusal::NoSuchAction { found, open } => Self::new(
                Kind::NotNow,
                format!("There is no open action {found} in the child's plan."),
            )
            .allow(open),
            refusal @ Refusal::TooManyActions { .. } => Self::new(Kind::NotNow, sentence(&refusal)),
            Refusal::UnknownAgency { path } => Self::new(
                Kind::BadData,
                "The agency that is to do it is not known here.",
            )
            .with(
                format!("/data/{}", path.replace('.', "/")),
                "not known",
                "the code of an agency or school of the organisation",
            ),
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
            Refusal::UnknownTeam { allowed, .. } => {
                Self::new(Kind::BadData, "There is no such team.").allow(allowed)
            }
            Refusal::BadCode { path, what } => Self::new(
                Kind::BadData,
                format!("A field should hold the code of a {what}."),
            )
            .with(
                format!("/data/{}", path.replace('.', "/")),
                "not a code",
                format!("the code of a {what}"),
            ),
            Refusal::UnknownPerson => unknown_person(None),
            Refusal::UnknownNamedPerson { path } => unknown_person(Some(&path)),
            refusal @ Refusal::NotInTeam => Self::new(Kind::NotYours, sentence(&refusal)),
            refusal @ (Refusal::Ended { .. }
            | Refusal::ClaimedByOther
            | Refusal::NotClaimed
            | Refusal::RungNotDue { .. }
            | Refusal::Destroyed) => Self::new(Kind::NotNow, sentence(&refusal)),
            Refusal::Time { rule } => Self::new(
                Kind::BadData,
                "A time lies outside what is allowed.",
            )
            .with("/data/received_at", "not allowed", rule),
        }
    }
}

/// `index` 0 is the body's own data, the others are in `then`.
fn data(detail: &str, index: usize, errors: Vec<DataError>) -> Problem {
    let root = match index.checked_sub(1) {
        None => "/data".to_owned(),
        Some(next) => format!("/then/{next}/data"),
    };
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
