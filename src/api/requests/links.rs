//! Links between requests: each end is told to those who may see both.

use super::Seen;
use super::view::{EventView, SameChild};
use crate::api::App;
use crate::api::caller::Caller;
use crate::api::problem::{Kind, Problem};
use crate::commands::Linked;
use crate::domain::ids::RequestId;
use crate::domain::request::event::RequestEvent;
use crate::domain::workflow::definition::DeriveRule;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Serialize, ToSchema)]
#[schema(as = Link)]
pub(crate) struct LinkView {
    /// A code of the workflow, as `sibling`.
    pub kind: String,
    /// The other request.
    pub request: Uuid,
    pub reference: String,
    /// The other request says so of this one.
    pub from_there: bool,
}

/// What the caller may know of the links of a request.
pub(super) struct Links {
    pub(super) shown: Vec<LinkView>,
    /// Others that the caller may not know of.
    pub(super) hidden: BTreeSet<RequestId>,
}

impl Seen {
    /// # Errors
    /// When the log or the vault is out of reach.
    pub(super) async fn links(&self, app: &App, caller: &Caller) -> Result<Links, Problem> {
        let mut links = Links {
            shown: Vec::new(),
            hidden: BTreeSet::new(),
        };
        // That a child has brothers and sisters is told to those who work on the request or read it.
        if !self.content && !self.member {
            return Ok(links);
        }
        let linked = app
            .commands
            .find_linked(&caller.authority, &self.loaded)
            .await?;
        for Linked { link, from_there } in linked {
            // Who may see the other one is decided as if it were asked for.
            match Self::load(app, caller, &link.request.0.to_string()).await {
                Ok(other) => links.shown.push(LinkView {
                    kind: link.kind,
                    request: link.request.0,
                    reference: other.request.opening.reference.to_string(),
                    from_there,
                }),
                Err(problem) if problem.kind == Kind::NotFound => {
                    links.hidden.insert(link.request);
                }
                Err(problem) => return Err(problem),
            }
        }
        Ok(links)
    }

    /// Requests that may be for the same child: a prompt to look, and never a merge. Whoever asked is
    /// told of those alone that they may know of.
    ///
    /// # Errors
    /// When the log or the vault is out of reach.
    pub(crate) async fn same_child(
        &self,
        app: &App,
        caller: &Caller,
    ) -> Result<Option<SameChild>, Problem> {
        if !self.content && !self.member {
            return Ok(None);
        }
        let found = app
            .commands
            .find_same_child(&caller.authority, &self.loaded)
            .await?;
        let mut requests = Vec::new();
        for id in &found {
            match Self::load(app, caller, &id.0.to_string()).await {
                Ok(_) => requests.push(id.0),
                Err(problem) if problem.kind == Kind::NotFound => {}
                Err(problem) => return Err(problem),
            }
        }
        let count = if self.member {
            found.len()
        } else {
            requests.len()
        };
        Ok(Some(SameChild { count, requests }))
    }

    /// Takes out of the data what tells of requests that the caller may not know of: their references,
    /// and, outside the team, whether somebody asked before for the same child.
    pub(super) fn forget(&self, events: &mut [EventView], hidden: &BTreeSet<RequestId>) {
        let told = &self.loaded.events;
        if !self.member {
            let derived = &self.workflow.definition.derive;
            let of_others = |rule: &DeriveRule| matches!(rule, DeriveRule::AskedBefore { .. });
            let names = derived.iter().filter(|(_, rule)| of_others(rule));
            let paths: Vec<String> = names.map(|(name, _)| format!("derived.{name}")).collect();
            for data in events.iter_mut().filter_map(|event| event.data.as_mut()) {
                paths.iter().for_each(|path| take_out(data, path));
            }
        }
        for (event, (_, told)) in events.iter_mut().zip(told) {
            let RequestEvent::Act(act) = told else {
                continue;
            };
            let link = act
                .link
                .as_ref()
                .filter(|link| hidden.contains(&link.request));
            let rule = self.workflow.definition.moves.get(&act.move_name);
            let effect = rule.and_then(|rule| rule.link.as_ref());
            if let (Some(_), Some(effect), Some(data)) = (link, effect, &mut event.data) {
                take_out(data, &effect.to);
            }
        }
    }
}

/// The value at a dotted path.
fn take_out(data: &mut Map<String, Value>, path: &str) {
    match path.split_once('.') {
        None => {
            data.remove(path);
        }
        Some((first, rest)) => {
            if let Some(Value::Object(inner)) = data.get_mut(first) {
                take_out(inner, rest);
            }
        }
    }
}
