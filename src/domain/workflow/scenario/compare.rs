//! What a scenario expects, held against where the request stands.

use super::moment::{told, told_date};
use super::parse::NOBODY;
use super::{ClockList, Due, Holder, What};
use crate::domain::declared::Declared;
use crate::domain::ids::{ClockName, PrincipalId};
use crate::domain::request::asking::civil_date;
use crate::domain::request::event::{HeldBy, RungRaised};
use crate::domain::request::state::Request;
use crate::domain::time::clock::{Clocks, Reading, Spell, SpellStatus};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// Expected and found, in words.
pub(super) type Differs = (String, String);

pub(super) struct Seen<'a> {
    pub(super) declared: &'a Declared,
    pub(super) request: &'a Request,
    pub(super) clocks: &'a Clocks,
    pub(super) raised: &'a [RungRaised],
    pub(super) at: Timestamp,
}

impl Seen<'_> {
    /// `None` when it is as expected.
    pub(super) fn compare(&self, what: &What) -> Option<Differs> {
        let request = self.request;
        match what {
            What::State(state) => differ("state", state, &request.state),
            What::Team(team) => differ("team", team, &request.owner.team),
            What::HeldBy(holder) => differ(
                "held by",
                word(*holder),
                word(holder_of(&request.owner.held_by)),
            ),
            What::Requester(person) => differ("requester", person, &request.requester),
            What::Worker(person) => {
                let found = request.worker.as_ref().map_or("nobody", |id| id.as_str());
                differ("worker", person.as_str(), found)
            }
            What::ClaimedBy(person) => {
                let told =
                    |id: Option<&PrincipalId>| id.map_or(NOBODY, |id| id.as_str()).to_owned();
                differ(
                    "claimed by",
                    told(person.as_ref()),
                    told(request.claimed_by.as_ref()),
                )
            }
            What::ClaimedUntil(until) => {
                differ("claimed until", told(*until), self.claimed_until())
            }
            What::ClaimStandsStill(still) => {
                let lease = self.clocks.lease.find();
                let found = lease.is_some_and(|lease| lease.status == SpellStatus::Paused);
                differ("claim stands still", still, found)
            }
            What::CoveredBy(person) => differ("covered by", person.as_str(), self.cover()),
            What::ConcernOpen(open) => differ("concern open", open, request.is_concern_open()),
            What::ConcernsUnanswered(numbers) => self.unanswered(numbers),
            What::ConcernsHeldBy(holders) => self.concern_holders(holders),
            What::ActionsOpen(numbers) => {
                let open: Vec<u32> = request.plan.open().map(|(number, _)| number).collect();
                let words = |numbers: &[u32]| format!("{numbers:?}");
                differ("open actions", words(numbers), words(&open))
            }
            What::Clocks(list, names) => self.clocks(*list, names),
            What::Due(clock, due) => self.each(clock, |spell, reading| {
                let expected = match due {
                    Due::On(date) => told_date(*date),
                    Due::At(at) => told(*at),
                };
                differ("due", expected, self.due(spell, reading, *due))
            }),
            What::WorkingDays(clock, days) => self.each(clock, |_, reading| {
                differ("working days", days, reading.working_days)
            }),
            What::Spell(clock, number) => {
                self.each(clock, |spell, _| differ("spell", number, spell.number))
            }
            What::Raised(clock, rungs) => {
                let found = self.raised_of(clock).map(|raised| raised.rung.step.rung);
                let expected = rungs.iter().map(ToString::to_string).collect();
                let found = found.map(|rung| rung.to_string()).collect();
                same(&format!("raised of {clock}"), expected, found)
            }
            What::Told(clock, roles) => {
                let found = self.raised_of(clock).flat_map(|raised| &raised.tell);
                let [expected, found] = [roles.iter().collect(), found.collect::<BTreeSet<_>>()]
                    .map(|roles| roles.iter().map(ToString::to_string).collect());
                same(&format!("told of {clock}"), expected, found)
            }
        }
    }

    fn unanswered(&self, numbers: &[u32]) -> Option<Differs> {
        let found = self.request.concerns.iter();
        let found = found.filter(|concern| concern.is_unanswered());
        let found: Vec<u32> = found.map(|concern| concern.number).collect();
        let words = |numbers: &[u32]| format!("{numbers:?}");
        differ("unanswered concerns", words(numbers), words(&found))
    }

    fn concern_holders(&self, holders: &[Option<PrincipalId>]) -> Option<Differs> {
        let open = self.request.concerns.iter().filter(|concern| concern.open);
        let found: Vec<Option<PrincipalId>> = open.map(|one| one.held_by.clone()).collect();
        let words = |people: &[Option<PrincipalId>]| {
            let people = people.iter();
            let people: Vec<&str> = people
                .map(|id| id.as_ref().map_or(NOBODY, |id| id.as_str()))
                .collect();
            format!("[{}]", people.join(", "))
        };
        differ("concerns held by", words(holders), words(&found))
    }

    fn raised_of(&self, clock: &ClockName) -> impl Iterator<Item = &RungRaised> {
        let raised = self.raised.iter();
        raised.filter(move |raised| raised.rung.clock == *clock)
    }

    fn claimed_until(&self) -> String {
        let Some(lease) = self.clocks.lease.find() else {
            return "no end: nobody has claimed it, or no lease is declared".to_owned();
        };
        match self.declared.calendars().load(&lease.calendar) {
            Ok(calendar) => {
                let due_at = lease.reading(calendar, self.at).due_at;
                due_at.map_or_else(|| "no end while it stands still".to_owned(), told)
            }
            Err(error) => error.to_string(),
        }
    }

    fn cover(&self) -> String {
        let covers = self.declared.organisation().covers_on(civil_date(self.at));
        let waits = matches!(self.request.owner.held_by, HeldBy::Requester(_));
        let agency = self.request.agency.as_ref().filter(|_| waits);
        let cover = agency.and_then(|agency| covers.get(agency));
        cover.map_or_else(|| "nobody".to_owned(), |cover| cover.by.to_string())
    }

    fn readings(&self) -> impl Iterator<Item = Result<(&Spell, Reading), String>> {
        let newest = |spell: &&Spell| {
            let standing = self.clocks.find_standing(&spell.clock);
            standing.is_some_and(|standing| standing.number == spell.number)
        };
        self.clocks.spells.iter().filter(newest).map(|spell| {
            let calendar = self.declared.calendars().load(&spell.calendar);
            let calendar = calendar.map_err(|error| error.to_string())?;
            Ok((spell, spell.reading(calendar, self.at)))
        })
    }

    fn clocks(&self, list: ClockList, expected: &[ClockName]) -> Option<Differs> {
        let (name, fits): (_, fn(&Reading) -> bool) = match list {
            ClockList::Running => ("running", |r| r.status == SpellStatus::Running),
            ClockList::Paused => ("paused", |r| r.status == SpellStatus::Paused),
            ClockList::Met => ("met", |r| r.met == Some(true)),
            ClockList::Missed => ("missed", |r| r.met == Some(false)),
        };
        let mut found = Vec::new();
        for reading in self.readings() {
            match reading {
                Ok((spell, reading)) if fits(&reading) => found.push(spell.clock.as_str()),
                Ok(_) => {}
                Err(why) => {
                    return Some((listed(name, expected.iter().map(ClockName::as_str)), why));
                }
            }
        }
        let mut expected: Vec<&str> = expected.iter().map(ClockName::as_str).collect();
        expected.sort_unstable();
        found.sort_unstable();
        (expected != found).then(|| (listed(name, expected), listed(name, found)))
    }

    fn each(
        &self,
        clock: &ClockName,
        compare: impl Fn(&Spell, &Reading) -> Option<Differs>,
    ) -> Option<Differs> {
        let mut readings = self.readings();
        let found = readings.find(|reading| match reading {
            Ok((spell, _)) => spell.clock == *clock,
            Err(_) => true,
        });
        let differs = match found {
            None => Some((format!("a clock `{clock}`"), "no spell of it".to_owned())),
            Some(Err(why)) => Some((format!("a clock `{clock}`"), why)),
            Some(Ok((spell, reading))) => compare(spell, &reading),
        };
        differs
            .map(|(expected, found)| (format!("{clock}: {expected}"), format!("{clock}: {found}")))
    }

    /// As exactly as it is asked for: 24:00 belongs to the day that ends with it.
    fn due(&self, spell: &Spell, reading: &Reading, as_asked: Due) -> String {
        let Some(due_at) = reading.due_at else {
            return "not while it is paused".to_owned();
        };
        match as_asked {
            Due::At(_) => told(due_at),
            Due::On(_) => match self.declared.calendars().load(&spell.calendar) {
                Ok(calendar) => spell
                    .strip(calendar, self.at)
                    .due_on
                    .map_or_else(|| told(due_at), told_date),
                Err(error) => error.to_string(),
            },
        }
    }
}

fn differ(name: &str, expected: impl ToString, found: impl ToString) -> Option<Differs> {
    let (expected, found) = (expected.to_string(), found.to_string());
    (expected != found).then(|| (format!("{name} {expected}"), format!("{name} {found}")))
}

fn same(name: &str, expected: Vec<String>, found: Vec<String>) -> Option<Differs> {
    let told = |all: &[String]| listed(name, all.iter().map(String::as_str));
    (expected != found).then(|| (told(&expected), told(&found)))
}

fn listed<'a>(name: &str, clocks: impl IntoIterator<Item = &'a str>) -> String {
    let clocks: Vec<&str> = clocks.into_iter().collect();
    if clocks.is_empty() {
        format!("{name}: none")
    } else {
        format!("{name}: {}", clocks.join(", "))
    }
}

fn holder_of(held_by: &HeldBy) -> Holder {
    match held_by {
        HeldBy::Team => Holder::Team,
        HeldBy::Worker(_) => Holder::Worker,
        HeldBy::Requester(_) => Holder::Requester,
    }
}

fn word(holder: Holder) -> &'static str {
    match holder {
        Holder::Team => "team",
        Holder::Worker => "worker",
        Holder::Requester => "requester",
    }
}
