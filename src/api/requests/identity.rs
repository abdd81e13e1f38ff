//! What a responder reads who holds a concern: at once who the child is, where, and with whom; what
//! was written about the family with a reason. It ends with the concern.

use super::Seen;
use super::view::Content;
use crate::access::Opened;
use crate::api::problem::{Kind, Problem};
use crate::domain::ids::ReasonCode;
use crate::domain::request::event::RequestEvent;
use crate::domain::workflow::definition::HandOver;
use serde_json::{Map, Value};

/// How much of the ordinary part of a request is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OrdinaryPart {
    Whole,
    /// Who the child is, where and with whom; for whoever holds a concern.
    Identity,
    Closed,
}

impl Seen {
    /// With a reason whoever holds a concern opens all of it.
    ///
    /// # Errors
    /// When the reason is none of the workflow's, or is given by somebody who needs none or has no
    /// right to it.
    pub(super) fn ordinary_part(&self, reason: Option<&str>) -> Result<OrdinaryPart, Problem> {
        match (self.content, self.holds, reason) {
            (true, _, None) => Ok(OrdinaryPart::Whole),
            (false, true, None) => Ok(OrdinaryPart::Identity),
            (false, false, None) => Ok(OrdinaryPart::Closed),
            (_, true, Some(reason)) => self.is_reason(reason).map(|()| OrdinaryPart::Whole),
            (_, false, Some(_)) => Err(Problem::new(
                Kind::NotYours,
                "Only whoever holds a child protection concern of this request opens it with a reason.",
            )),
        }
    }

    fn is_reason(&self, reason: &str) -> Result<(), Problem> {
        let mut reasons = self.narrative_reasons();
        if reasons.any(|(code, _)| code.as_str() == reason) {
            return Ok(());
        }
        let allowed: Vec<String> = self
            .narrative_reasons()
            .map(|(code, _)| code.to_string())
            .collect();
        let words = format!("one of: {}", allowed.join(", "));
        Err(Problem::new(
            Kind::BadQuery,
            "This is not one of the workflow's reasons for it.",
        )
        .with("?narrative", "not known", words)
        .allow(allowed))
    }

    /// Why whoever holds a concern may open what was written: codes and their titles.
    pub(crate) fn narrative_reasons(&self) -> impl Iterator<Item = (&ReasonCode, &String)> {
        let moves = self.workflow.definition.moves.values();
        let taking = moves.filter(|rule| rule.hand_over == Some(HandOver::TakesOver));
        taking.flat_map(|rule| &rule.narrative)
    }

    /// Whether this reader holds a concern and what was written is still closed to them.
    pub(crate) fn needs_reason(&self) -> bool {
        self.holds && !self.content
    }

    /// Of one act what is sealed under the child's own key, with what stands beside it: names,
    /// birth, address, who lives there and whom not to contact.
    pub(super) fn identity_of(&self, event: &RequestEvent, content: &Content) -> Option<Content> {
        let RequestEvent::Act(act) = event else {
            return None;
        };
        let (_, personal) = self.workflow.split(&act.move_name, &content.data);
        let of_child = |name: &String| personal.child.contains_key(name);
        let data: Map<String, Value> = content
            .data
            .iter()
            .filter(|(name, _)| of_child(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        (!data.is_empty() || content.destroyed).then_some(Content {
            data,
            destroyed: content.destroyed,
        })
    }
}

impl OrdinaryPart {
    /// As it is written down before it is shown.
    pub(super) fn opened(self) -> Opened {
        match self {
            Self::Whole => Opened::Content,
            Self::Identity => Opened::Identity,
            Self::Closed => Opened::Outline,
        }
    }
}
