//! Everybody who tries: the people of the demonstration, and more who stand to a request in ways that
//! nobody there does.

use crate::cover::schools_closed;
use crate::support::WorkflowFiles;
use serde_json::Value;
use std::collections::BTreeMap;

const PEOPLE: &str = "people/demonstration.yaml";

/// Added to the people of the demonstration; nobody here exists.
const MORE_PEOPLE: &str = "people:
  - { id: deputy.girvan, kind: person, title: Deputy head in Girvan, grants: [ { role: named-person, agency: example-primary-girvan } ] }
  - { id: nurse.ayr, kind: person, title: School nurse, grants: [ { role: named-person, agency: nhs } ] }
  - { id: colleague.carrick, kind: person, title: Another worker in Carrick, grants: [ { role: locality-worker, team: carrick-team } ] }
  - { id: acted.carrick, kind: person, title: Worker in Carrick who acted once, grants: [ { role: locality-worker, team: carrick-team } ] }
  - { id: gave-back.carrick, kind: person, title: Worker in Carrick who gave a claim back, grants: [ { role: locality-worker, team: carrick-team } ] }
  - { id: worker.carrick, kind: person, title: Named worker in Carrick, grants: [ { role: locality-worker, team: carrick-team } ] }
  - { id: old-worker.carrick, kind: person, title: Worker in Carrick before, grants: [ { role: locality-worker, team: carrick-team } ] }
  - { id: deputy-lead.carrick, kind: person, title: Deputy of the leader in Carrick, grants: [ { role: team-lead, team: carrick-team } ] }
  - { id: second.responder, kind: person, title: Another responder, grants: [ { role: social-work-responder, team: initial-response } ] }
  - { id: auditor.partnership, kind: person, title: Auditor, grants: [ { role: auditor } ] }
  - { id: governance.partnership, kind: person, title: Information governance, grants: [ { role: information-governance } ] }
  - { id: platform.admin, kind: person, title: Platform administrator, grants: [ { role: platform-admin } ] }
  - { id: nobody.now, kind: person, title: Somebody who has left, grants: [] }
  - { id: nhs.system, kind: service-account, title: A system of the health service, grants: [ { role: submitter, agency: nhs } ] }
";

/// Who take part in building a request only where its history needs them.
pub(super) const OF_THE_PAST: [&str; 3] =
    ["acted.carrick", "gave-back.carrick", "old-worker.carrick"];
pub(super) const REQUESTER: &str = "head.girvan";
/// Another named person, to whom a request is given.
pub(super) const NEXT_REQUESTER: &str = "guidance.queen-margaret";
pub(super) const CLAIMANT: &str = "duty.carrick";
pub(super) const WORKER: &str = "worker.carrick";
pub(super) const DOER: &str = "hv.ayr";
pub(super) const PAST_DOER: &str = "nurse.ayr";
pub(super) const RESPONDER: &str = "social.work";
pub(super) const ACCOUNT: &str = "school.system";

/// One grant, as the file of people says it.
pub(super) struct RoleGrant {
    pub(super) role: String,
    pub(super) team: Option<String>,
    pub(super) agency: Option<String>,
}

pub(super) struct CastMember {
    pub(super) is_account: bool,
    pub(super) grants: Vec<RoleGrant>,
    /// Service accounts that the person agreed to be carried by; `None` where nobody was asked.
    pub(super) carried_by: Option<Vec<String>>,
}

impl CastMember {
    pub(super) fn has_role(&self, role: &str) -> bool {
        self.grants.iter().any(|grant| grant.role == role)
    }

    pub(super) fn is_in(&self, team: &str) -> bool {
        self.grants
            .iter()
            .any(|one| one.team.as_deref() == Some(team))
    }

    pub(super) fn leads(&self, team: &str) -> bool {
        let mut grants = self.grants.iter();
        grants.any(|one| one.role == "team-lead" && one.team.as_deref() == Some(team))
    }

    pub(super) fn agency(&self) -> Option<&str> {
        self.grants.iter().find_map(|grant| grant.agency.as_deref())
    }
}

/// Who calls, and the person a service account says that it speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CallerPair {
    pub(super) by: String,
    pub(super) speaks_for: Option<String>,
}

impl CallerPair {
    fn new(by: &str, speaks_for: Option<&str>) -> Self {
        Self {
            by: by.to_owned(),
            speaks_for: speaks_for.map(str::to_owned),
        }
    }

    pub(super) fn title(&self) -> String {
        match &self.speaks_for {
            Some(person) => format!("{} for {person}", self.by),
            None => self.by.clone(),
        }
    }
}

/// Definition files with everybody in them, on a day on which the schools are closed.
pub(super) fn files() -> WorkflowFiles {
    let files = schools_closed("access");
    files.change(PEOPLE, "people:\n", MORE_PEOPLE);
    files
}

pub(super) struct WholeCast(BTreeMap<String, CastMember>);

impl WholeCast {
    pub(super) fn read(files: &WorkflowFiles) -> Self {
        let text = std::fs::read_to_string(files.folder().join(PEOPLE)).unwrap();
        let file: Value = serde_saphyr::from_str(&text).unwrap();
        let people = file["people"].as_array().unwrap().iter();
        Self(
            people
                .map(|one| (code(&one["id"]).unwrap(), member(one)))
                .collect(),
        )
    }

    pub(super) fn of(&self, id: &str) -> &CastMember {
        &self.0[id]
    }

    pub(super) fn persons(&self) -> impl Iterator<Item = &str> {
        let persons = self.0.iter().filter(|(_, one)| !one.is_account);
        persons.map(|(id, _)| id.as_str())
    }

    /// Whether a person agreed that an account speaks for them; where the file asks nobody, all did.
    pub(super) fn agreed(&self, person: &str, account: &str) -> bool {
        let is_asked = self.0.values().any(|one| one.carried_by.is_some());
        let carried_by = self.of(person).carried_by.as_ref();
        let names = carried_by.is_some_and(|list| list.iter().any(|one| one == account));
        names || !is_asked
    }

    /// Members of a team, leaders last.
    pub(super) fn members_of(&self, team: &str) -> Vec<&str> {
        let mut members: Vec<&str> = self
            .persons()
            .filter(|id| self.of(id).is_in(team))
            .collect();
        members.sort_by_key(|id| self.of(id).leads(team));
        members
    }

    /// Everybody, and every way in which a service account may be used.
    pub(super) fn callers(&self) -> Vec<CallerPair> {
        let persons = self.persons().map(|id| CallerPair::new(id, None));
        let colleagues = [
            REQUESTER,
            NEXT_REQUESTER,
            "deputy.girvan",
            "cover.education",
            CLAIMANT,
        ];
        let school = colleagues.map(|id| CallerPair::new(ACCOUNT, Some(id)));
        let health = [REQUESTER, DOER].map(|id| CallerPair::new("nhs.system", Some(id)));
        let alone = [ACCOUNT, "nhs.system"].map(|id| CallerPair::new(id, None));
        persons.chain(alone).chain(school).chain(health).collect()
    }
}

fn code(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn member(one: &Value) -> CastMember {
    let grants = one["grants"].as_array().unwrap().iter();
    let grants = grants.map(|grant| RoleGrant {
        role: code(&grant["role"]).unwrap(),
        team: code(&grant["team"]),
        agency: code(&grant["agency"]),
    });
    let carried_by = one["carried_by"].as_array();
    CastMember {
        is_account: one["kind"] == "service-account",
        grants: grants.collect(),
        carried_by: carried_by.map(|list| list.iter().filter_map(code).collect()),
    }
}
