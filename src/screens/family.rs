//! Other requests that whoever decides should have looked at: perhaps of the same child, and those
//! that were noted as belonging together, as of brothers and sisters.

use super::ROOT;
use super::request::{Opened, holder_words};
use super::words::count;
use crate::api::problem::{Kind, Problem};
use crate::api::requests::Seen;
use crate::api::requests::view::{Holder, MoveView};
use crate::domain::workflow::definition::LinkEffect;
use maud::{Markup, html};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Another request, as far as this reader may know of it.
pub(super) struct Other {
    reference: String,
    state: String,
    holder: Option<Holder>,
}

/// Those that a request's page prompts for.
type Others = BTreeMap<Uuid, Other>;

impl Opened<'_> {
    pub(super) async fn others(&self) -> Result<Others, Problem> {
        let same = self.view.possible_same_child.iter();
        let same = same.flat_map(|same| same.requests.iter().copied());
        let linked = self.view.links.iter().map(|link| link.request);
        let asked: BTreeSet<Uuid> = same.chain(linked).collect();
        let mut found = BTreeMap::new();
        for id in asked {
            match Seen::load(&self.screens.app, &self.viewer.caller, &id.to_string()).await {
                Ok(seen) => {
                    let other = Other {
                        reference: seen.request().opening.reference.to_string(),
                        state: seen.state_view().title,
                        holder: seen.holder(),
                    };
                    found.insert(id, other);
                }
                // It went to others a moment ago.
                Err(problem) if problem.kind == Kind::NotFound => {}
                Err(problem) => return Err(problem),
            }
        }
        Ok(found)
    }

    pub(super) fn prompts(&self, others: &Others) -> Markup {
        html! { (self.same_child(others)) (self.linked(others)) }
    }

    fn same_child(&self, others: &Others) -> Markup {
        let same = self.view.possible_same_child.as_ref();
        let linked = |id: &Uuid| self.view.links.iter().any(|link| link.request == *id);
        let Some(same) = same.filter(|same| same.count > 0) else {
            return html! {};
        };
        // What somebody has looked at and noted stands below.
        let noted = same.requests.iter().filter(|id| linked(id)).count();
        if noted == same.count {
            return html! {};
        }
        let left = i64::try_from(same.count - noted).unwrap_or(i64::MAX);
        let hidden = same.count - same.requests.len();
        html! {
            section.card.orange aria-labelledby="same-child" {
                h2 #same-child { "Perhaps the same child" }
                p {
                    (count(left, "other request looks", "other requests look"))
                    " like the same child. Look before you go on; nothing is put together by itself."
                }
                ul { @for id in same.requests.iter().filter(|id| !linked(id)) {
                    li {
                        (self.other(others.get(id), id))
                        @if let Some((one, effect)) = self.noting() {
                            @if let Some(other) = others.get(id) {
                                br;
                                a href={ (ROOT) "/requests/" (self.view.id) "/moves/" (one.name) "?" (effect.to) "=" (other.reference) } {
                                    (one.title) span.unseen { ": " (other.reference) }
                                }
                            }
                        }
                    }
                } }
                @if hidden > 0 {
                    p.small { (count(i64::try_from(hidden).unwrap_or(i64::MAX), "of them is", "of them are")) " with another team: ask your team leader." }
                }
            }
        }
    }

    fn linked(&self, others: &Others) -> Markup {
        let links = &self.view.links;
        let hints = self.screens.hints(&self.view.workflow);
        html! {
            @if !links.is_empty() {
                section.card.orange aria-labelledby="linked" {
                    h2 #linked { "Belongs together with this request" }
                    p { "Look at these before you decide, so that no family has to tell its story twice." }
                    ul { @for link in links {
                        li { strong { (hints.words("kind", &link.kind)) } ": " (self.other(others.get(&link.request), &link.request)) }
                    } }
                }
            }
        }
    }

    fn other(&self, other: Option<&Other>, id: &Uuid) -> Markup {
        let Some(other) = other else {
            return html! { "a request that is with others now" };
        };
        html! {
            a href={ (ROOT) "/requests/" (id) } { "request " (other.reference) }
            ", " (other.state)
            @if let Some(holder) = &other.holder { ". " (holder_words(self.viewer, holder)) }
        }
    }

    /// The move by which this reader notes that two requests belong together: it changes no state.
    fn noting(&self) -> Option<(&MoveView, &LinkEffect)> {
        self.view.moves.iter().find_map(|one| {
            let rule = self.rule_of(one)?;
            let stays = rule.paths.iter().all(|path| path.stays());
            let effect = rule.link.as_ref().filter(|_| stays)?;
            Some((one, effect))
        })
    }
}
