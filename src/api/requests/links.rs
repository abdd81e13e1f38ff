//! Links between requests: each end is told to those who may see both.

use super::Seen;
use super::readings::record;
use super::sight::CallerSight;
use super::view::{EventView, SameChild};
use crate::access::Opened;
use crate::api::App;
use crate::api::caller::Caller;
use crate::api::problem::{Kind, Problem};
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
    /// The links of the request, from either end. Others are loaded where the caller may see them, or where
    /// this request itself tells of them: how many hidden ones tell of this one costs nothing. Those shown
    /// are written down first.
    ///
    /// # Errors
    /// When the log or the vault is out of reach, or what is shown cannot be written down.
    pub(super) async fn links(&self, app: &App, caller: &Caller) -> Result<Links, Problem> {
        let mut links = Links {
            shown: Vec::new(),
            hidden: BTreeSet::new(),
        };
        // That a child has brothers and sisters is told to those who work on the request or read it.
        if !self.content && !self.member {
            return Ok(links);
        }
        for link in &self.request.links {
            match Self::find(app, caller, link.request).await? {
                Some(other) => links.shown.push(other.as_link(&link.kind, false)),
                None => {
                    links.hidden.insert(link.request);
                }
            }
        }
        let viewers = CallerSight::of(app, caller).standing().knows();
        let linking = app
            .commands
            .find_linking(&caller.authority, self.id, &viewers)
            .await?;
        for id in linking {
            let Some(other) = Self::find(app, caller, id).await? else {
                continue;
            };
            let told = other
                .request
                .links
                .iter()
                .filter(|link| link.request == self.id);
            let told = told.map(|link| other.as_link(&link.kind, true));
            links.shown.extend(told);
        }
        let shown: Vec<Uuid> = links.shown.iter().map(|link| link.request).collect();
        record(app, caller, (Opened::Outline, &shown)).await?;
        Ok(links)
    }

    /// Another request, if the caller may know of it: decided as if it were asked for.
    async fn find(app: &App, caller: &Caller, id: RequestId) -> Result<Option<Self>, Problem> {
        match Self::load(app, caller, &id.0.to_string()).await {
            Ok(other) => Ok(Some(other)),
            Err(problem) if problem.kind == Kind::NotFound => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    fn as_link(&self, kind: &str, from_there: bool) -> LinkView {
        LinkView {
            kind: kind.to_owned(),
            request: self.id.0,
            reference: self.request.opening.reference.to_string(),
            from_there,
        }
    }

    /// Requests that may be for the same child: a prompt to look, and never a merge. Whoever asked is
    /// told of those alone that they may know of, which are written down first; others are not loaded.
    ///
    /// # Errors
    /// When the log or the vault is out of reach, or what is shown cannot be written down.
    pub(crate) async fn same_child(
        &self,
        app: &App,
        caller: &Caller,
    ) -> Result<Option<SameChild>, Problem> {
        if !self.content && !self.member {
            return Ok(None);
        }
        let viewers = CallerSight::of(app, caller).standing().knows();
        let found = app
            .commands
            .find_same_child(&caller.authority, self.id, &viewers)
            .await?;
        let mut requests = Vec::new();
        for id in found {
            let other = Self::find(app, caller, id).await?;
            requests.extend(other.map(|other| other.id.0));
        }
        record(app, caller, (Opened::Outline, &requests)).await?;
        let count = if self.member {
            let all = app.commands.count_same_child(&caller.authority, self.id);
            all.await?.max(requests.len())
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
