//! How somebody stands to a request, in the words of the rules. It follows from what was done to make
//! the request and from the file of people, never from what the engine says.

use super::cast::{CallerPair, CastMember, WholeCast};
use std::collections::BTreeSet;

/// Every word that the rules may use for somebody; `anybody` is said of all.
pub(super) const STANDINGS: &[&str] = &[
    "anybody",
    "whoever asked",
    "whoever asked before",
    "whoever wrote the address",
    "cover of whoever asked",
    "colleague of whoever asked",
    "named person or lead professional",
    "named worker",
    "named worker who opened it",
    "former worker",
    "claim holder",
    "claim holder who opened it",
    "former claim holder",
    "member of the team",
    "member of the team who opened it",
    "leader of the team",
    "leader of the team who opened it",
    "member of the resource group",
    "member of the resource group who opened it",
    "member who once acted",
    "member of a former team",
    "leader of a former team",
    "member of another team",
    "leader of another team",
    "doer of an open action",
    "doer of a settled action",
    "responder",
    "responder who holds the concern",
    "whoever passed the concern on",
    "whoever decided last",
    "whoever proposed the decision",
    "service manager",
    "analyst",
    "auditor",
    "information governance",
    "platform administrator",
    "person without a role",
    "service account",
    "service account for a person of its agency who agreed",
    "service account for whoever asked",
    "service account of their agency",
    "service account that sent it",
];

/// Words for those who have no part in the request.
pub(super) const UNTIED: &[&str] = &[
    "named person or lead professional",
    "member of another team",
    "leader of another team",
    "responder",
    "service manager",
    "analyst",
    "platform administrator",
    "person without a role",
    "service account",
];

/// Roles that stand for themselves.
const BY_ROLE: &[(&str, &str)] = &[
    ("named-person", "named person or lead professional"),
    ("lead-professional", "named person or lead professional"),
    ("social-work-responder", "responder"),
    ("partnership-manager", "service manager"),
    ("analyst", "analyst"),
    ("auditor", "auditor"),
    ("information-governance", "information governance"),
    ("platform-admin", "platform administrator"),
];

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum ConcernStage {
    #[default]
    None,
    Open,
    Over,
}

/// Who has which part in a request, and who had one.
#[derive(Debug, Clone, Default)]
pub(super) struct RequestParts {
    pub(super) team: String,
    pub(super) former_team: Option<String>,
    pub(super) requester: String,
    pub(super) former_requester: Option<String>,
    /// Whoever sent it in person.
    pub(super) written_by: Option<String>,
    /// The service account that sent it.
    pub(super) sent_by: Option<String>,
    /// It waits for the requester.
    pub(super) waits: bool,
    pub(super) worker: Option<String>,
    pub(super) former_worker: Option<String>,
    pub(super) claimed_by: Option<String>,
    pub(super) claimed_before: BTreeSet<String>,
    /// Whoever has read what was written.
    pub(super) opened: BTreeSet<String>,
    pub(super) acted: BTreeSet<String>,
    pub(super) decided_by: Option<String>,
    pub(super) proposed_by: Option<String>,
    /// The family was told of a day on which help is expected.
    pub(super) expects: bool,
    /// Somebody is known to have answered for the concern.
    pub(super) is_answered: bool,
    /// Number of the action that is open, and who does it.
    pub(super) open_action: Option<(u64, String)>,
    pub(super) settled_by: Option<String>,
    pub(super) action_count: u64,
    pub(super) concern: ConcernStage,
    pub(super) passed_on_by: BTreeSet<String>,
    /// The responder who has taken the concern over; of all of them, where nobody can take one over.
    pub(super) held_by: BTreeSet<String>,
}

impl RequestParts {
    pub(super) fn standings(&self, caller: &CallerPair, cast: &WholeCast) -> Vec<&'static str> {
        let member = cast.of(&caller.by);
        let mut words: Vec<&'static str> = if member.is_account {
            self.of_account(caller, cast)
        } else {
            self.of_person(&caller.by, cast)
        };
        words.extend(of_roles(member));
        words.sort_unstable();
        words.dedup();
        words
    }

    fn of_account(&self, caller: &CallerPair, cast: &WholeCast) -> Vec<&'static str> {
        let account = cast.of(&caller.by);
        let is_ours = self
            .requester_agency(cast)
            .is_some_and(|agency| account.agency() == Some(agency));
        let may_speak = may_speak(caller, cast);
        let asked = caller.speaks_for.as_deref() == Some(self.requester.as_str());
        let words = [
            ("service account", true),
            ("service account of their agency", is_ours),
            ("service account for whoever asked", may_speak && asked),
            (
                "service account that sent it",
                self.sent_by.as_ref() == Some(&caller.by),
            ),
        ];
        chosen(&words)
    }

    fn requester_agency<'c>(&self, cast: &'c WholeCast) -> Option<&'c str> {
        cast.of(&self.requester).agency()
    }

    fn of_person(&self, id: &str, cast: &WholeCast) -> Vec<&'static str> {
        let member = cast.of(id);
        let is = |one: &Option<String>| one.as_deref() == Some(id);
        let (asked, opened) = (self.requester == id, self.opened.contains(id));
        let (in_team, leads) = (member.is_in(&self.team), member.leads(&self.team));
        let groups = in_team && member.has_role("garf-member");
        let is_cover = id == "cover.education"
            && self.requester_agency(cast) == Some("example-primary-girvan");
        let is_colleague =
            member.agency().is_some() && member.agency() == self.requester_agency(cast);
        let words = [
            ("whoever asked", asked),
            ("whoever asked before", is(&self.former_requester)),
            ("whoever wrote the address", is(&self.written_by)),
            ("cover of whoever asked", is_cover && self.waits),
            ("colleague of whoever asked", is_colleague && !asked),
            ("named worker", is(&self.worker)),
            ("named worker who opened it", is(&self.worker) && opened),
            ("former worker", is(&self.former_worker)),
            ("claim holder", is(&self.claimed_by)),
            ("claim holder who opened it", is(&self.claimed_by) && opened),
            (
                "former claim holder",
                self.claimed_before.contains(id) && !is(&self.claimed_by),
            ),
            ("member of the team", in_team),
            ("member of the team who opened it", in_team && opened),
            ("member of the resource group", groups),
            (
                "member of the resource group who opened it",
                groups && opened,
            ),
            ("leader of the team", leads),
            ("leader of the team who opened it", leads && opened),
            ("member who once acted", in_team && self.acted.contains(id)),
            (
                "doer of an open action",
                self.open_action.as_ref().is_some_and(|(_, who)| who == id),
            ),
            ("doer of a settled action", is(&self.settled_by)),
            ("responder who holds the concern", self.held_by.contains(id)),
            (
                "whoever passed the concern on",
                self.passed_on_by.contains(id),
            ),
            ("whoever decided last", is(&self.decided_by)),
            ("whoever proposed the decision", is(&self.proposed_by)),
            ("person without a role", member.grants.is_empty()),
        ];
        let mut words = chosen(&words);
        words.extend(self.of_other_teams(member));
        words
    }

    fn of_other_teams(&self, member: &CastMember) -> Vec<&'static str> {
        let former = self.former_team.as_deref();
        let is_in_former = former.is_some_and(|team| member.is_in(team));
        let leads_former = former.is_some_and(|team| member.leads(team));
        let works = member.has_role("locality-worker") || member.has_role("garf-member");
        let elsewhere = !member.is_in(&self.team) && !is_in_former;
        chosen(&[
            ("member of a former team", is_in_former),
            ("leader of a former team", leads_former),
            ("member of another team", elsewhere && works),
            (
                "leader of another team",
                elsewhere && member.has_role("team-lead"),
            ),
        ])
    }
}

/// Before there is a request: by roles alone.
pub(super) fn standings_of_role(caller: &CallerPair, cast: &WholeCast) -> Vec<&'static str> {
    let member = cast.of(&caller.by);
    let mut words: Vec<&'static str> = of_roles(member).collect();
    words.extend(chosen(&[
        ("person without a role", member.grants.is_empty()),
        ("service account", member.is_account),
        (
            "service account for a person of its agency who agreed",
            may_speak(caller, cast),
        ),
    ]));
    words
}

/// The person is of the account's own agency and has agreed, where the file says who has.
fn may_speak(caller: &CallerPair, cast: &WholeCast) -> bool {
    let account = cast.of(&caller.by);
    let Some(person) = caller.speaks_for.as_deref().filter(|_| account.is_account) else {
        return false;
    };
    let agreed = cast.agreed(person, &caller.by);
    let is_ours = account.agency().is_some() && account.agency() == cast.of(person).agency();
    agreed && is_ours
}

fn of_roles(member: &CastMember) -> impl Iterator<Item = &'static str> {
    let words = BY_ROLE.iter().filter(|(role, _)| member.has_role(role));
    words.map(|(_, word)| *word)
}

fn chosen(words: &[(&'static str, bool)]) -> Vec<&'static str> {
    let words = words.iter().filter(|(_, holds)| *holds);
    words.map(|(word, _)| *word).collect()
}
