//! What is kept of a form that was not sent, and what became of it.

use super::form::Typed;
use super::{ROOT, Screens};
use crate::access::Holder;
use crate::api::caller::Caller;
use crate::api::problem::Problem;
use crate::api::read_tables::unreadable;
use crate::domain::ids::MoveName;
use crate::drafts::{DraftError, Place};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Content {
    pub(super) typed: Typed,
    /// It became this request; nothing that was typed is left here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sent: Option<Uuid>,
    /// Somebody has answered something; until then there is only what was known before.
    #[serde(default)]
    pub(super) answered: bool,
}

impl Content {
    pub(super) fn is_begun(&self) -> bool {
        self.answered && self.sent.is_none()
    }
}

/// Of a new request.
pub(super) fn of_new(draft: Uuid) -> String {
    format!("new/{draft}")
}

/// Of a move.
pub(super) fn of_move(request: Uuid, name: &str) -> String {
    format!("{request}/{name}")
}

pub(super) fn holder(caller: &Caller) -> Holder {
    Holder {
        authority: caller.authority.clone(),
        principal: caller.principal.id.clone(),
    }
}

fn place<'a>(holder: &'a Holder, form: &'a str) -> Place<'a> {
    Place {
        authority: &holder.authority,
        principal: &holder.principal,
        form,
        // Of a new request nothing is known yet.
        about: form
            .split_once('/')
            .and_then(|(first, _)| Uuid::try_parse(first).ok()),
    }
}

pub(super) async fn find(
    screens: &Screens,
    holder: &Holder,
    form: &str,
) -> Result<Option<Content>, Problem> {
    let found = screens.drafts.find(place(holder, form)).await;
    let found = found.map_err(unreadable)?;
    Ok(found.and_then(|draft| read(&draft.content)))
}

/// A draft of an earlier build may have another form: then there is none.
pub(super) fn read(bytes: &[u8]) -> Option<Content> {
    serde_json::from_slice(bytes).ok()
}

pub(super) async fn keep(
    screens: &Screens,
    holder: &Holder,
    (form, content): (&str, &Content),
) -> Result<(), Problem> {
    let bytes = serde_json::to_vec(content).map_err(unreadable)?;
    let kept = screens.drafts.keep(place(holder, form), &bytes).await;
    // Somebody's other window was faster by a moment: there is a place for it now.
    let kept = match kept {
        Err(DraftError::Raced) => screens.drafts.keep(place(holder, form), &bytes).await,
        kept => kept,
    };
    match kept {
        // It was destroyed while this was typed: nothing of it is kept anywhere.
        Err(DraftError::NoRecord) => Ok(()),
        kept => kept.map_err(unreadable),
    }
}

pub(super) async fn forget(screens: &Screens, holder: &Holder, form: &str) -> Result<(), Problem> {
    let gone = screens.drafts.forget(place(holder, form)).await;
    gone.map_err(unreadable)
}

/// Keeps what arrived after its sign-in had ended; says which page shows it again.
pub(super) async fn keep_unsigned(
    screens: &Screens,
    holder: &Holder,
    path: &str,
    typed: &Typed,
) -> Result<String, Problem> {
    let inside = path.strip_prefix(ROOT).unwrap_or(path);
    let parts: Vec<&str> = inside.trim_matches('/').split('/').collect();
    match parts[..] {
        ["new", draft, page] => {
            let draft = Uuid::try_parse(draft).map_err(|_| Problem::not_found())?;
            let form = of_new(draft);
            let mut content = find(screens, holder, &form).await?.unwrap_or_default();
            let is_page = !["send", "discard"].contains(&page);
            if content.sent.is_none() && is_page {
                let names: Vec<String> = typed.names();
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                content.typed.without(&names);
                content.typed.take(typed.clone());
                content.answered = true;
                keep(screens, holder, (&form, &content)).await?;
            }
            let page = if is_page { page } else { "check" };
            Ok(format!("{ROOT}/new/{draft}/{page}"))
        }
        ["requests", request, "moves", name] => {
            let request = Uuid::try_parse(request).map_err(|_| Problem::not_found())?;
            let mut content = Content::default();
            content.typed.take(typed.clone());
            MoveName::parse(name).map_err(|_| Problem::not_found())?;
            let form = of_move(request, name);
            keep(screens, holder, (&form, &content)).await?;
            Ok(path.to_owned())
        }
        ["requests", request, _] => Ok(format!("{ROOT}/requests/{request}")),
        _ => Ok(ROOT.to_owned()),
    }
}
