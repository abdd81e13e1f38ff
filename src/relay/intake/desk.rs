//! What a message says, what was judged of it, and what is then to be done: data, no broker.

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// What the broker alone can see to be wrong; the names are those of the properties.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    pub property: &'static str,
    pub what: &'static str,
    pub allowed: &'static str,
}

/// A message with a command in it, as it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
    /// The broker's user, as the broker checked it.
    pub sender: Option<String>,
    /// The message id: the command's key.
    pub key: Option<String>,
    pub kind: Option<String>,
    pub content_type: Option<String>,
    pub content_encoding: Option<String>,
    /// Another with each repetition, so it is no part of what is kept; nor are faults, which whoever
    /// sends the message on has looked at.
    #[serde(skip)]
    pub correlation: Option<String>,
    #[serde(skip)]
    pub faults: Vec<Fault>,
    #[serde(with = "as_base64")]
    pub body: Vec<u8>,
}

mod as_base64 {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        STANDARD.decode(text).map_err(de::Error::custom)
    }
}

impl Submission {
    /// Correlation of what it records: the sender's own id where that is a UUID.
    #[must_use]
    pub fn call(&self) -> Uuid {
        let own = self.correlation.as_deref();
        own.and_then(|id| Uuid::try_parse(id).ok())
            .unwrap_or_else(Uuid::now_v7)
    }
}

/// The document that its sender is answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    pub content_type: &'static str,
    pub body: Vec<u8>,
}

/// Why a message waits for a person; codes and words of ours alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    pub reason: &'static str,
    pub detail: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The log has it.
    Taken(Document),
    /// Understood and not allowed: for its sender to mend.
    Refused(Document, Why),
    /// For a person to look at, whether or not its sender is told.
    Unfit(Document, Why),
    /// The same message again may be taken.
    Later(Duration),
}

/// Whoever judges messages.
pub type Desk = Arc<dyn Fn(Arc<Submission>) -> BoxFuture<'static, Verdict> + Send + Sync>;

/// A reply, addressed to a queue by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub to: String,
    pub correlation: Option<String>,
    pub document: Document,
}

/// When a message is parked. It is acknowledged when all of it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Park {
    Never,
    /// Its sender cannot be told: then somebody else has to be.
    Untold(Why),
    Always(Why),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    pub reply: Option<Reply>,
    pub park: Park,
}

impl Action {
    /// `None` while the message has to wait where it is.
    #[must_use]
    pub fn of(verdict: Verdict, to: Option<&str>, correlation: Option<&str>) -> Option<Self> {
        let (document, park) = match verdict {
            Verdict::Taken(document) => (document, Park::Never),
            Verdict::Refused(document, why) => (document, Park::Untold(why)),
            Verdict::Unfit(document, why) => (document, Park::Always(why)),
            Verdict::Later(_) => return None,
        };
        let reply = to.map(|to| Reply {
            to: to.to_owned(),
            correlation: correlation.map(str::to_owned),
            document,
        });
        Some(Self { reply, park })
    }

    /// What is left to be parked once it is known whether the reply reached a queue.
    #[must_use]
    pub fn parks(self, was_told: bool) -> Option<Why> {
        match self.park {
            Park::Never => None,
            Park::Untold(why) => (!was_told).then_some(why),
            Park::Always(why) => Some(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action(verdict: Verdict, to: Option<&str>) -> Action {
        Action::of(verdict, to, Some("c")).unwrap()
    }

    #[test]
    fn a_refusal_that_nobody_is_told_of_waits_for_a_person() {
        let document = Document {
            content_type: "application/problem+json",
            body: b"{}".to_vec(),
        };
        let why = Why {
            reason: "bad-data",
            detail: "Words.".to_owned(),
        };
        let taken = action(Verdict::Taken(document.clone()), None);
        assert_eq!((taken.reply.clone(), taken.parks(false)), (None, None));

        let refused = Verdict::Refused(document.clone(), why.clone());
        let told = action(refused.clone(), Some("replies"));
        assert_eq!(told.reply.as_ref().unwrap().to, "replies");
        assert_eq!(told.parks(true), None);
        let gone = action(refused.clone(), Some("replies"));
        assert_eq!(gone.parks(false), Some(why.clone()));
        let nowhere = action(refused, None);
        assert_eq!(nowhere.parks(false), Some(why.clone()));

        let unfit = action(Verdict::Unfit(document, why.clone()), Some("replies"));
        assert!(unfit.reply.is_some());
        assert_eq!(unfit.parks(true), Some(why));
        let later = Verdict::Later(Duration::from_secs(1));
        assert_eq!(Action::of(later, Some("replies"), None), None);
    }
}
