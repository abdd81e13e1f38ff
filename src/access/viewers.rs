//! Relations through which a request is seen, as the keys of the index by viewer. Pure.
//!
//! Invariant: a person who does not oversee everything may know of a request if and only if one of the
//! keys that they stand for is a key of the request. So a look-up by keys finds what the access rule
//! would have let through, and the test below holds the two together. Auditors and information
//! governance, who see every outline, have no keys for it: nobody looks a child up to oversee.

use crate::domain::ids::{AgencyId, PrincipalId, TeamId};
use crate::domain::organisation::Covers;
use crate::domain::request::actor::{Principal, PrincipalKind};
use crate::domain::request::event::HeldBy;
use crate::domain::request::state::Request;
use std::collections::BTreeSet;
use std::fmt;

/// One relation between somebody and a request.
#[derive(Debug, Clone, Copy)]
enum ViewerKey<'a> {
    /// Member of the team that has it.
    Team(&'a TeamId),
    /// Asked for the help, is the named worker, or holds the claim.
    Person(&'a PrincipalId),
    /// Answers for whoever asked, while the request waits for them.
    Cover(&'a AgencyId),
    /// Answers child protection concerns, while one is open.
    Concern,
    /// Passed on a child protection concern that is still open.
    ConcernAuthor(&'a PrincipalId),
    /// The service account that brought it in.
    Sender(&'a PrincipalId),
    /// A service account of the requester's agency.
    Carrier(&'a AgencyId),
    /// Has an open action of the child's plan.
    Doer(&'a PrincipalId),
    /// Belongs to an agency that has one.
    DoerOf(&'a AgencyId),
}

impl fmt::Display for ViewerKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Team(id) => write!(f, "team:{id}"),
            Self::Person(id) => write!(f, "person:{id}"),
            Self::Cover(id) => write!(f, "cover:{id}"),
            Self::Concern => f.write_str("concern"),
            Self::ConcernAuthor(id) => write!(f, "concern-author:{id}"),
            Self::Sender(id) => write!(f, "sender:{id}"),
            Self::Carrier(id) => write!(f, "carrier:{id}"),
            Self::Doer(id) => write!(f, "doer:{id}"),
            Self::DoerOf(id) => write!(f, "doer-of:{id}"),
        }
    }
}

/// The keys of everybody who may know of a request now. `sender` is the account that brought it in.
#[must_use]
pub fn viewers_of(request: &Request, sender: Option<&PrincipalId>) -> BTreeSet<String> {
    let mut keys = vec![ViewerKey::Team(&request.owner.team)];
    let people = [
        Some(&request.requester),
        request.worker.as_ref(),
        request.claimed_by.as_ref(),
    ];
    keys.extend(people.into_iter().flatten().map(ViewerKey::Person));
    keys.extend(sender.map(ViewerKey::Sender));
    if let Some(agency) = &request.agency {
        keys.push(ViewerKey::Carrier(agency));
        if matches!(request.owner.held_by, HeldBy::Requester(_)) {
            keys.push(ViewerKey::Cover(agency));
        }
    }
    if request.is_concern_open() {
        keys.push(ViewerKey::Concern);
        let authors = request
            .concerns
            .iter()
            .filter_map(|one| one.passed_on_by.as_ref());
        keys.extend(authors.map(ViewerKey::ConcernAuthor));
    }
    for (_, action) in request.plan.open() {
        keys.extend(action.who.as_ref().map(ViewerKey::Doer));
        keys.extend(action.agency.as_ref().map(ViewerKey::DoerOf));
    }
    keys.iter().map(ToString::to_string).collect()
}

/// What somebody stands for today.
#[derive(Debug, Clone, Copy)]
pub struct ViewerStanding<'a> {
    pub person: &'a Principal,
    pub covers: &'a Covers,
    /// Holds a role that answers child protection concerns wherever the request is.
    pub answers_concerns: bool,
}

impl ViewerStanding<'_> {
    /// Keys of the requests that the caller works on or may read: what a look-up shows. A service account
    /// finds what it sent.
    #[must_use]
    pub fn works_on(&self) -> Vec<String> {
        self.involved().iter().map(ToString::to_string).collect()
    }

    /// Keys of all requests that the caller may know of.
    #[must_use]
    pub fn knows(&self) -> Vec<String> {
        let mut keys = self.involved();
        let agencies = self
            .person
            .grants
            .iter()
            .filter_map(|grant| grant.agency.as_ref());
        keys.extend(agencies.map(ViewerKey::DoerOf));
        keys.push(ViewerKey::Doer(&self.person.id));
        keys.push(ViewerKey::ConcernAuthor(&self.person.id));
        if self.person.kind == PrincipalKind::ServiceAccount {
            keys.extend(self.person.agency().map(ViewerKey::Carrier));
        }
        keys.iter().map(ToString::to_string).collect()
    }

    fn involved(&self) -> Vec<ViewerKey<'_>> {
        let grants = self.person.grants.iter();
        let mut keys: Vec<ViewerKey<'_>> = grants
            .filter_map(|grant| grant.team.as_ref())
            .map(ViewerKey::Team)
            .collect();
        keys.push(match self.person.kind {
            PrincipalKind::Person => ViewerKey::Person(&self.person.id),
            PrincipalKind::ServiceAccount => ViewerKey::Sender(&self.person.id),
        });
        let covered = self
            .covers
            .iter()
            .filter(|(_, cover)| cover.by == self.person.id);
        keys.extend(covered.map(|(agency, _)| ViewerKey::Cover(agency)));
        if self.answers_concerns {
            keys.push(ViewerKey::Concern);
        }
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{Action, Resource, decide};
    use crate::domain::ids::RoleName;
    use crate::domain::organisation::CoverNow;
    use crate::domain::request::actor::Grant;
    use crate::domain::request::command::Sight;
    use crate::domain::request::concern::Concern;
    use crate::domain::request::entitle::Who;
    use crate::domain::request::plan::{PlanAction, PlanStep};
    use crate::domain::request::sight::{Involvement, Tie};
    use crate::domain::workflow::definition::Definition;
    use serde_json::json;
    use std::str::FromStr;

    fn code<T: FromStr<Err: fmt::Debug>>(text: &str) -> T {
        text.parse().unwrap()
    }

    fn a_request() -> Request {
        serde_json::from_value(json!({
            "opening": {
                "workflow": "help", "version": 1, "definition": "00".repeat(32),
                "reference": crate::domain::ids::Reference::from_random(7).as_str(),
                "requester": "head", "agency": "school",
                "child": "00000000-0000-0000-0000-000000000001",
                "received_at": "2026-03-02T09:00:00Z"
            },
            "state": "sent",
            "owner": { "team": "ayr", "held_by": "team" },
            "requester": "head", "agency": "school",
            "worker": null, "decider": null, "claimed_by": null,
            "version": 1
        }))
        .unwrap()
    }

    fn to_do(who: Option<&str>, agency: Option<&str>) -> PlanStep {
        PlanStep::Added(PlanAction {
            what: "visit".to_owned(),
            due_on: code("2026-03-09"),
            who: who.map(code),
            agency: agency.map(code),
            settled: None,
        })
    }

    fn concern() -> Concern {
        serde_json::from_value(json!({
            "number": 1, "passed_on_by": "worker", "attempt_count": 0, "open": true
        }))
        .unwrap()
    }

    /// One request for each relation, and some that mix them.
    fn requests() -> Vec<Request> {
        type Change = fn(&mut Request);
        let changes: [Change; 9] = [
            |_| {},
            |one| one.owner.team = code("girvan"),
            |one| one.owner.held_by = HeldBy::Requester(code("head")),
            |one| one.requester = code("other-head"),
            |one| one.worker = Some(code("worker")),
            |one| one.claimed_by = Some(code("holder")),
            |one| one.concerns.push(concern()),
            |one| one.plan.evolve(&to_do(Some("doer"), None)),
            |one| one.plan.evolve(&to_do(None, Some("health"))),
        ];
        let mut requests = Vec::new();
        for first in changes {
            for second in changes {
                let mut request = a_request();
                first(&mut request);
                second(&mut request);
                requests.push(request);
            }
        }
        requests
    }

    struct Somebody {
        id: &'static str,
        kind: PrincipalKind,
        team: Option<&'static str>,
        agency: Option<&'static str>,
        answers_concerns: bool,
    }

    fn people() -> Vec<Somebody> {
        let mut people = Vec::new();
        let ids = [
            "head",
            "other-head",
            "worker",
            "holder",
            "doer",
            "cover",
            "nobody",
        ];
        for id in ids {
            for team in [None, Some("ayr"), Some("girvan")] {
                for agency in [None, Some("school"), Some("health")] {
                    for (kind, answers_concerns) in [
                        (PrincipalKind::Person, false),
                        (PrincipalKind::Person, true),
                        (PrincipalKind::ServiceAccount, false),
                    ] {
                        // A system has a name of its own.
                        if kind == PrincipalKind::Person || id == "nobody" {
                            people.push(Somebody {
                                id,
                                kind,
                                team,
                                agency,
                                answers_concerns,
                            });
                        }
                    }
                }
            }
        }
        people
    }

    /// Somebody with the role `responder` answers concerns wherever they come from.
    fn definition() -> Definition {
        serde_json::from_value(json!({
            "format": 1, "workflow": "help", "version": 1, "title": "Help",
            "roles": {
                "responder": { "title": "Responder", "any_of": ["responder"], "of": "anywhere" }
            },
            "states": { "sent": { "title": "Sent", "meaning": "It waits" } },
            "moves": {
                "take-over": { "title": "Take over", "by": ["responder"], "emits": "taken-over",
                    "data": {}, "paths": [{ "from": "any", "to": "same" }], "restricted": true,
                    "hand_over": "takes-over", "concern": "concern" }
            },
            "routing": [{ "team": { "team": "ayr" }, "because": "Nearest" }]
        }))
        .unwrap()
    }

    #[test]
    fn a_request_shares_a_key_with_exactly_those_who_may_see_it() {
        let cover = CoverNow {
            by: code("cover"),
            agency: code("council"),
            until: code("2026-03-31"),
        };
        let covers = Covers::from([(code("school"), cover)]);
        let definition = definition();
        let mut seen = 0;
        for somebody in people() {
            let role: RoleName = code(if somebody.answers_concerns {
                "responder"
            } else {
                "locality-worker"
            });
            let grants = vec![
                Grant::new(role.clone(), somebody.team.map(code), None),
                Grant::new(role, None, somebody.agency.map(code)),
            ];
            let person = Principal::new(code(somebody.id), somebody.kind, grants);
            let who = Who {
                person: &person,
                covers: &covers,
                sight: Sight::Unopened,
            };
            let answers_concerns = somebody.answers_concerns;
            let standing = ViewerStanding {
                person: &person,
                covers: &covers,
                answers_concerns,
            };
            for request in requests() {
                let keys = viewers_of(&request, None);
                let involved = Involvement::of(&definition, &request, who);
                let may =
                    |action| decide(&person, action, Resource::Request(&involved)).is_allowed();
                let shares = |own: Vec<String>| own.iter().any(|key| keys.contains(key));
                let what = format!("{person:?} {keys:?}");
                assert_eq!(shares(standing.knows()), may(Action::ReadSummary), "{what}");
                let works =
                    may(Action::ReadContent) || may(Action::Claim) || involved.has(Tie::Responder);
                assert_eq!(shares(standing.works_on()), works, "{what}");
                seen += usize::from(works);
            }
        }
        assert!(seen > 1_000, "{seen}");
    }

    #[test]
    fn a_service_account_finds_what_it_sent_and_not_what_a_colleague_did() {
        let covers = Covers::new();
        let agency = Some(code("school"));
        let grant = Grant::new(code("submitter"), None, agency);
        let kind = PrincipalKind::ServiceAccount;
        let system = Principal::new(code("school.system"), kind, vec![grant]);
        let standing = ViewerStanding {
            person: &system,
            covers: &covers,
            answers_concerns: false,
        };
        let finds = |sender: Option<&PrincipalId>| {
            let keys = viewers_of(&a_request(), sender);
            standing.works_on().iter().any(|key| keys.contains(key))
        };
        assert!(finds(Some(&system.id)));
        assert!(!finds(None));
        assert!(!finds(Some(&code("other.system"))));
    }
}
