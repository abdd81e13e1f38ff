//! Does the stories of a year, day by day, by the ordinary commands.

use super::cast::Cast;
use super::choice::{Asker, Chance};
use super::payload::{Moment, payload};
use super::story::{Doing, Part, Step, Story, year};
use crate::commands::Provenance;
use crate::commands::{Ask, AskedMove, Command, CommandError, Commands};
use crate::domain::ids::{Authority, MoveName, PrincipalId, RequestId, WorkflowName};
use crate::domain::request::actor::Principal;
use crate::domain::request::state::Request;
use crate::domain::time::calendar::Calendar;
use futures::StreamExt;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::fmt;
use uuid::Uuid;

/// Stories that go on at the same time.
const AT_ONCE: usize = 24;

#[derive(Debug, Clone)]
pub struct Settings {
    pub seed: u64,
    pub requests: usize,
    pub last: Date,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    pub requests: u64,
    pub acts: u64,
    /// What the workflow did not let happen, by reason.
    pub refused: BTreeMap<String, u64>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} requests, {} acts", self.requests, self.acts)?;
        for (reason, count) in &self.refused {
            write!(f, "\n  refused {count} ×: {reason}")?;
        }
        Ok(())
    }
}

struct World<'a> {
    commands: &'a Commands,
    authority: &'a Authority,
    cast: &'a Cast,
    settings: &'a Settings,
}

/// A story and the request that it has become.
struct Running {
    story: Story,
    request: Option<RequestId>,
    requester: Option<Principal>,
    next: usize,
    chance: Chance,
    report: Report,
}

/// # Errors
/// When the log or the vault is out of reach; the same run again goes on.
pub async fn run(
    commands: &Commands,
    authority: &Authority,
    cast: &Cast,
    settings: &Settings,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Report, CommandError> {
    let declared = commands.registry().of(authority.as_str());
    let schools = crate::domain::ids::CalendarName::parse("south-ayrshire-schools")
        .ok()
        .and_then(|name| declared.calendars().load(&name).ok().cloned());
    let closed = |date: Date| {
        schools
            .as_ref()
            .is_some_and(|c: &Calendar| !c.is_working_day(date))
    };
    let mut chance = Chance::new(settings.seed);
    let stories = year(settings.last, settings.requests, &closed, &mut chance);
    let of = stories.iter().map(|story| story.steps.len() as u64).sum();
    let world = World {
        commands,
        authority,
        cast,
        settings,
    };
    let mut running: Vec<Running> = stories.into_iter().map(Running::new).collect();
    let mut days: Vec<Date> = running
        .iter()
        .flat_map(|r| r.story.steps.iter().map(date))
        .collect();
    days.sort();
    days.dedup();
    let mut done = 0;
    for day in days {
        let (today, later): (Vec<Running>, Vec<Running>) =
            running.into_iter().partition(|r| r.is_due(day));
        running = later;
        let mut acting = futures::stream::iter(today.into_iter().map(|r| r.act_until(&world, day)))
            .buffer_unordered(AT_ONCE);
        while let Some(result) = acting.next().await {
            running.push(result?);
        }
        running.sort_by_key(|r| r.story.number);
        done = running.iter().map(|r| r.next as u64).sum::<u64>().max(done);
        progress(done, of);
    }
    Ok(running
        .into_iter()
        .fold(Report::default(), |sum, running| sum.and(running.report)))
}

fn date(step: &Step) -> Date {
    step.at.to_zoned(TimeZone::UTC).date()
}

impl Report {
    fn and(mut self, other: Self) -> Self {
        self.requests += other.requests;
        self.acts += other.acts;
        for (reason, count) in other.refused {
            *self.refused.entry(reason).or_default() += count;
        }
        self
    }
}

impl Running {
    fn new(story: Story) -> Self {
        let chance = Chance::new(story.chance_seed);
        Self {
            story,
            request: None,
            requester: None,
            next: 0,
            chance,
            report: Report::default(),
        }
    }

    fn is_due(&self, day: Date) -> bool {
        self.story
            .steps
            .get(self.next)
            .is_some_and(|step| date(step) <= day)
    }

    async fn act_until(mut self, world: &World<'_>, day: Date) -> Result<Self, CommandError> {
        while self.is_due(day) {
            let step = self.story.steps[self.next].clone();
            match self.act(world, &step).await {
                Ok(()) => {}
                Err(CommandError::Refused(refusal)) => {
                    self.refuse(&format!("{:?}: {refusal}", step.doing))
                }
                Err(CommandError::Data {
                    move_name, errors, ..
                }) => {
                    let first = errors.first().map(|e| format!("{} {}", e.pointer, e.what));
                    self.refuse(&format!("{move_name}: {}", first.unwrap_or_default()));
                }
                Err(other) => return Err(other),
            }
            self.next += 1;
        }
        Ok(self)
    }

    fn refuse(&mut self, reason: &str) {
        *self.report.refused.entry(reason.to_owned()).or_default() += 1;
    }

    async fn act(&mut self, world: &World<'_>, step: &Step) -> Result<(), CommandError> {
        let loaded = match self.request {
            None => None,
            Some(id) => Some(world.commands.load(world.authority.as_str(), id).await?),
        };
        let present = loaded.as_ref().and_then(|loaded| loaded.state.find());
        if present.is_none() && step.doing != Doing::Send {
            return Ok(());
        }
        let Some(actor) = self.actor(world, step, present) else {
            return Ok(());
        };
        let unrouted = world.cast.localities.first().cloned();
        let Some(team) = present.map(|r| r.owner.team.clone()).or(unrouted) else {
            return Ok(());
        };
        let worker = world
            .cast
            .member(&team, &[], &mut self.chance)
            .map(|p| p.id.clone());
        let next = (step.doing == Doing::ChangeNamedPerson)
            .then(|| {
                world
                    .cast
                    .requester(Asker::PrimaryHead, None, &mut self.chance)
                    .cloned()
            })
            .flatten();
        let moment = Moment {
            cast: world.cast,
            story: &self.story,
            at: step.at,
            team: &team,
            worker: worker.as_ref(),
            next_named_person: next.as_ref().map(|person| &person.id),
        };
        let (name, data) = payload(step.doing, &moment, &mut self.chance);
        let Ok(move_name) = MoveName::parse(name) else {
            return Ok(());
        };
        let moves = vec![AskedMove { move_name, data }];
        let ask = match self.request {
            Some(request) => Ask::Moves { request, moves },
            None => Ask::Open {
                workflow: usual()?,
                moves,
            },
        };
        let version = present.map(|request| request.version);
        let command = self.command(world, step, actor, (ask, version));
        let receipt = world.commands.execute(command, step.at).await?;
        if self.request.is_none() {
            self.report.requests += 1;
        }
        self.request = Some(receipt.request_id);
        self.report.acts += 1;
        // The head of the primary school answers from now on.
        self.requester = next.or(self.requester.take());
        Ok(())
    }

    fn command(
        &self,
        world: &World<'_>,
        step: &Step,
        actor: Principal,
        (ask, if_match): (Ask, Option<i32>),
    ) -> Command {
        let key = format!(
            "simulate-{}-{}-{}-{}",
            world.settings.seed, world.settings.requests, self.story.number, self.next
        );
        Command {
            authority: world.authority.clone(),
            actor,
            on_behalf_of: None,
            key,
            ask,
            if_match,
            occurred_at: Some(step.at),
            provenance: Provenance::Synthetic,
            correlation: Uuid::from_u64_pair(world.settings.seed, self.story.number as u64),
            causation: None,
        }
    }

    fn actor(
        &mut self,
        world: &World<'_>,
        step: &Step,
        present: Option<&Request>,
    ) -> Option<Principal> {
        let cast = world.cast;
        let team = present.map(|request| &request.owner.team);
        let member =
            |but: &[&PrincipalId], chance: &mut Chance| cast.member(team?, but, chance).cloned();
        match step.part {
            Part::Requester => {
                if self.requester.is_none() {
                    let school = None;
                    self.requester = cast
                        .requester(self.story.asker, school, &mut self.chance)
                        .cloned();
                }
                self.requester.clone()
            }
            Part::TeamMember => member(&[], &mut self.chance),
            // A challenge goes to somebody who neither decided nor proposed.
            Part::OtherMember => {
                let decided = present.and_then(|request| request.decider.as_ref());
                let proposed = present.and_then(|request| request.decided_with.as_ref());
                let but: Vec<&PrincipalId> = decided.into_iter().chain(proposed).collect();
                member(&but, &mut self.chance)
            }
            Part::Worker => present
                .and_then(|request| request.worker.as_ref())
                .and_then(|worker| cast.find(worker).cloned())
                .or_else(|| member(&[], &mut self.chance)),
            Part::Allocator => cast.leader(team?).cloned(),
            Part::SocialWork => {
                let mut concerns = present.into_iter().flat_map(|request| &request.concerns);
                let holder = concerns.find_map(|concern| concern.held_by.as_ref());
                let holder = holder.and_then(|holder| cast.find(holder).cloned());
                holder.or_else(|| cast.responder(&mut self.chance).cloned())
            }
        }
    }
}

fn usual() -> Result<WorkflowName, CommandError> {
    WorkflowName::parse("request-for-assistance").map_err(|error| CommandError::Broken {
        why: error.to_string(),
    })
}
