//! What exactly was destroyed, as the text that is signed.

use crate::domain::ids::{Authority, PrincipalId, ReasonCode, RequestId};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::str::FromStr;
use uuid::Uuid;

const HEADING: &str = "record destroyed";

/// How much of a child's record goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The child's own key as well.
    Child,
    /// One of several requests.
    Request,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destruction {
    pub id: Uuid,
    pub epoch: Uuid,
    pub authority: Authority,
    pub child: Uuid,
    pub scope: Scope,
    pub requests: BTreeSet<RequestId>,
    pub reason: ReasonCode,
    pub by: PrincipalId,
    pub at: Timestamp,
}

impl Destruction {
    /// Whose keys go: children, requests.
    #[must_use]
    pub fn subjects(&self) -> (Vec<Uuid>, Vec<Uuid>) {
        let children = match self.scope {
            Scope::Child => vec![self.child],
            Scope::Request => Vec::new(),
        };
        (children, self.requests.iter().map(|id| id.0).collect())
    }

    /// One fact a line, ids and codes only.
    #[must_use]
    pub fn text(&self, origin: &str) -> String {
        let scope = match self.scope {
            Scope::Child => "child",
            Scope::Request => "request",
        };
        let mut text = format!(
            "{origin}\n{HEADING}\nid {}\nepoch {}\nauthority {}\nchild {}\nscope {scope}\nreason {}\nby {}\nat {}\n",
            self.id, self.epoch, self.authority, self.child, self.reason, self.by, self.at
        );
        for request in &self.requests {
            text.push_str(&format!("request {}\n", request.0));
        }
        text
    }

    /// `None` when it is another text than `text` makes.
    #[must_use]
    pub fn parse(origin: &str, text: &str) -> Option<Self> {
        fn fact<T: FromStr>(lines: &mut std::str::Lines<'_>, name: &str) -> Option<T> {
            let line = lines.next()?;
            line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok()
        }
        let mut lines = text.lines();
        if lines.next() != Some(origin) || lines.next() != Some(HEADING) {
            return None;
        }
        let lines = &mut lines;
        let mut found = Self {
            id: fact(lines, "id")?,
            epoch: fact(lines, "epoch")?,
            authority: fact(lines, "authority")?,
            child: fact(lines, "child")?,
            scope: match fact::<String>(lines, "scope")?.as_str() {
                "child" => Scope::Child,
                "request" => Scope::Request,
                _ => return None,
            },
            reason: fact(lines, "reason")?,
            by: fact(lines, "by")?,
            at: fact(lines, "at")?,
            requests: BTreeSet::new(),
        };
        for line in lines {
            let request = line.strip_prefix("request ")?.parse().ok()?;
            found.requests.insert(RequestId(request));
        }
        Some(found)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn invented(n: u128) -> Destruction {
        Destruction {
            id: Uuid::from_u128(n),
            epoch: Uuid::from_u128(2),
            authority: Authority::parse("village").unwrap(),
            child: Uuid::from_u128(3),
            scope: Scope::Request,
            requests: [4, 5].map(|id| RequestId(Uuid::from_u128(id))).into(),
            reason: ReasonCode::parse("retention-ended").unwrap(),
            by: PrincipalId::parse("n.ross").unwrap(),
            at: Timestamp::from_second(1_700_000_000).unwrap(),
        }
    }

    #[test]
    fn a_destruction_is_read_back_from_its_text() {
        for scope in [Scope::Child, Scope::Request] {
            let one = Destruction {
                scope,
                ..invented(1)
            };
            let text = one.text("rfa/village");
            assert_eq!(Destruction::parse("rfa/village", &text), Some(one));
            assert_eq!(Destruction::parse("rfa/town", &text), None);
            let more = format!("{text}more\n");
            assert_eq!(Destruction::parse("rfa/village", &more), None);
        }
    }
}
