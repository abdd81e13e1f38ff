//! The invented people of a synthetic year, and where they stand.

use super::choice::{Asker, Chance};
use crate::commands::{Declaration, PublishError};
use crate::domain::ids::{AgencyId, PrincipalId, RoleName, TeamId};
use crate::domain::organisation::Organisation;
use crate::domain::organisation::file::UnitKind;
use crate::domain::request::actor::{Grant, Principal, PrincipalKind};
use std::collections::BTreeMap;

/// Workers a team, beside its leader.
const WORKERS: usize = 4;
/// Requesters of each kind and agency.
const REQUESTERS: usize = 3;

#[derive(Debug, Default)]
pub struct Cast {
    /// The first is the leader.
    teams: BTreeMap<TeamId, Vec<Principal>>,
    requesters: Vec<(Asker, Principal)>,
    responders: Vec<Principal>,
    /// Code of a school, and its locality where it has one.
    pub schools: Vec<(String, Option<String>)>,
    /// Postcode and its locality.
    pub postcodes: Vec<(String, String)>,
    pub localities: Vec<TeamId>,
}

impl Cast {
    #[must_use]
    pub fn of(organisation: &Organisation) -> Self {
        let mut cast = Self::default();
        let Some(file) = organisation.file() else {
            return cast;
        };
        for unit in &file.units {
            let role = match unit.kind {
                UnitKind::LocalityTeam | UnitKind::ServiceTeam | UnitKind::Triage => {
                    "locality-worker"
                }
                UnitKind::AllocationGroup => "garf-member",
                UnitKind::SocialWork => "social-work-responder",
                UnitKind::TeamAroundTheLocality => continue,
            };
            let mut members = vec![person(
                &format!("lead.{}", unit.id),
                "team-lead",
                Some(&unit.id),
                None,
            )];
            for n in 1..=WORKERS {
                members.push(person(
                    &format!("w{n}.{}", unit.id),
                    role,
                    Some(&unit.id),
                    None,
                ));
            }
            if unit.kind == UnitKind::SocialWork {
                cast.responders.extend(members[1..].iter().cloned());
            }
            if unit.kind == UnitKind::LocalityTeam {
                cast.localities.push(unit.id.clone());
            }
            cast.teams.insert(unit.id.clone(), members);
        }
        cast.schools = file
            .schools
            .iter()
            .map(|school| (school.id.to_string(), school.locality.clone()))
            .collect();
        cast.postcodes = organisation
            .keys("postcodes")
            .filter_map(|key| {
                let locality = organisation.lookup("postcodes", key, "locality")?;
                Some((key.to_owned(), locality.to_owned()))
            })
            .collect();
        cast.add_requesters();
        cast
    }

    fn add_requesters(&mut self) {
        let agencies = [
            (Asker::HealthVisitor, "nhs"),
            (Asker::SchoolNurse, "nhs"),
            (Asker::Midwife, "nhs"),
            (Asker::SocialWorker, "social-work"),
            (Asker::ThirdSector, "third-sector"),
            (Asker::AdultServices, "adult-services"),
            (Asker::Police, "police"),
        ];
        for (asker, agency) in agencies {
            self.add(asker, agency);
        }
        for (school, _) in self.schools.clone() {
            let asker = if school.contains("primary") || school.contains("nursery") {
                Asker::PrimaryHead
            } else {
                Asker::Guidance
            };
            self.add(asker, &school);
        }
    }

    fn add(&mut self, asker: Asker, agency: &str) {
        for n in 1..=REQUESTERS {
            let kind = format!("{asker:?}").to_lowercase();
            let id = format!("{kind}{n}.{agency}");
            self.requesters
                .push((asker, person(&id, "named-person", None, Some(agency))));
        }
    }

    /// What people would call each of them.
    #[must_use]
    pub fn titles(&self, organisation: &Organisation) -> Vec<(PrincipalId, String)> {
        let units = organisation.file().map_or(&[][..], |file| &file.units);
        let mut titles = Vec::new();
        for (team, members) in &self.teams {
            let unit = units.iter().find(|unit| unit.id == *team);
            let team = unit.map_or(team.as_str(), |unit| &unit.title);
            for (number, member) in members.iter().enumerate() {
                let title = match number {
                    0 => format!("Leader, {team}"),
                    number => format!("Worker {number}, {team}"),
                };
                titles.push((member.id.clone(), title));
            }
        }
        for (at, (asker, person)) in self.requesters.iter().enumerate() {
            let title = format!("{} {}", asker.title(), at % REQUESTERS + 1);
            titles.push((person.id.clone(), title));
        }
        titles
    }

    /// # Errors
    /// Never for an invented person.
    pub fn declarations(&self) -> Result<Vec<Declaration>, PublishError> {
        self.teams
            .values()
            .flatten()
            .chain(self.requesters.iter().map(|(_, person)| person))
            .map(Declaration::grants)
            .collect()
    }

    /// Somebody of that kind; of that school, where one is named.
    pub fn requester(
        &self,
        asker: Asker,
        school: Option<&str>,
        chance: &mut Chance,
    ) -> Option<&Principal> {
        let of_school = |person: &Principal| {
            school.is_none() || person.agency().map(AgencyId::as_str) == school
        };
        let fitting: Vec<&Principal> = self
            .requesters
            .iter()
            .filter(|(kind, person)| *kind == asker && (!asker.is_school() || of_school(person)))
            .map(|(_, person)| person)
            .collect();
        let any: Vec<&Principal> = self
            .requesters
            .iter()
            .filter(|(kind, _)| *kind == asker)
            .map(|(_, p)| p)
            .collect();
        let choices = if fitting.is_empty() { any } else { fitting };
        (!choices.is_empty()).then(|| *chance.one_of(&choices))
    }

    #[must_use]
    pub fn leader(&self, team: &TeamId) -> Option<&Principal> {
        self.teams.get(team)?.first()
    }

    pub fn member(
        &self,
        team: &TeamId,
        but: &[&PrincipalId],
        chance: &mut Chance,
    ) -> Option<&Principal> {
        let members: Vec<&Principal> = self
            .teams
            .get(team)?
            .iter()
            .skip(1)
            .filter(|person| !but.contains(&&person.id))
            .collect();
        (!members.is_empty()).then(|| *chance.one_of(&members))
    }

    #[must_use]
    pub fn find(&self, id: &PrincipalId) -> Option<&Principal> {
        self.teams
            .values()
            .flatten()
            .find(|person| person.id == *id)
    }

    pub fn responder(&self, chance: &mut Chance) -> Option<&Principal> {
        (!self.responders.is_empty()).then(|| chance.one_of(&self.responders))
    }
}

fn person(id: &str, role: &str, team: Option<&TeamId>, agency: Option<&str>) -> Principal {
    let code = || unreachable!("a code made of codes");
    Principal::new(
        PrincipalId::parse(id).unwrap_or_else(|_| code()),
        PrincipalKind::Person,
        vec![Grant::new(
            RoleName::parse(role).unwrap_or_else(|_| unreachable!("a constant")),
            team.cloned(),
            agency.and_then(|agency| AgencyId::parse(agency).ok()),
        )],
    )
}
