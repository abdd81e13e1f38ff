//! What an act does to the clocks of a request: starts, pauses and ends of their runs.

use super::{ClockFact, Clocks, Spell, SpellStatus};
use crate::domain::ids::{CalendarName, ClockName, TeamId};
use crate::domain::workflow::definition::{ClockRule, Trigger};
use crate::domain::workflow::expression::{Scope, find};
use indexmap::IndexMap;
use jiff::Timestamp;

/// What one event does to one clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    End(SpellStatus, Timestamp),
    Pause,
    Resume,
    Restart(Timestamp),
    Start,
    StartAndStop(Timestamp),
    Nothing,
}

impl Clocks {
    /// `calendar_of` names the calendar for a rule at the moment its clock starts.
    pub fn evolve(
        &mut self,
        rules: &IndexMap<ClockName, ClockRule>,
        fact: ClockFact<'_>,
        calendar_of: &dyn Fn(&ClockRule, &TeamId) -> CalendarName,
    ) {
        for (name, rule) in rules {
            let followed = self.followed(name, fact.concern);
            if followed.is_empty() {
                self.follow((name, rule), None, fact, calendar_of);
            }
            for at in followed {
                self.follow((name, rule), Some(at), fact, calendar_of);
            }
        }
    }

    /// The runs of a clock that an act touches: all that are open, else the newest; an act about one
    /// concern does not touch what runs for another.
    fn followed(&self, clock: &ClockName, concern: Option<u32>) -> Vec<usize> {
        let touched = |spell: &Spell| {
            spell.clock == *clock
                && (spell.concern.is_none() || concern.is_none() || spell.concern == concern)
        };
        let runs = self.spells.iter().enumerate();
        let runs: Vec<(usize, bool)> = runs
            .filter(|(_, spell)| touched(spell))
            .map(|(at, spell)| (at, spell.status.is_open()))
            .collect();
        let open: Vec<usize> = runs.iter().filter(|run| run.1).map(|run| run.0).collect();
        if open.is_empty() {
            return runs.last().map(|run| run.0).into_iter().collect();
        }
        open
    }

    /// One run of a clock, or none yet.
    fn follow(
        &mut self,
        (name, rule): (&ClockName, &ClockRule),
        run: Option<usize>,
        fact: ClockFact<'_>,
        calendar_of: &dyn Fn(&ClockRule, &TeamId) -> CalendarName,
    ) {
        let number = self.find_newest(name).map_or(1, |spell| spell.number + 1);
        let newest = run.and_then(|at| self.spells.get_mut(at));
        match (effect(rule, &fact, newest.as_deref()), newest) {
            (Effect::End(status, at), Some(spell)) => spell.end(status, at),
            (Effect::Pause, Some(spell)) => spell.pause(rule, &fact),
            (Effect::Resume, Some(spell)) => spell.resume(fact.occurred_at),
            (effect @ (Effect::Start | Effect::Restart(_) | Effect::StartAndStop(_)), newest) => {
                if let (Effect::Restart(at), Some(before)) = (effect, newest) {
                    before.end(SpellStatus::Stopped, at);
                }
                let calendar = calendar_of(rule, fact.team);
                let mut spell = Spell::start(name, rule, &fact, number, calendar);
                match effect {
                    Effect::StartAndStop(at) => spell.end(SpellStatus::Stopped, at),
                    Effect::Restart(at) => spell.start_at(at, fact.occurred_at),
                    Effect::Start
                    | Effect::End(..)
                    | Effect::Pause
                    | Effect::Resume
                    | Effect::Nothing => {}
                }
                self.spells.push(spell);
            }
            (Effect::End(..) | Effect::Pause | Effect::Resume | Effect::Nothing, _) => {}
        }
    }
}

/// Stop before cancel, cancel before pause, pause before resume, resume before restart, restart before
/// start; one event has one effect.
fn effect(rule: &ClockRule, fact: &ClockFact<'_>, newest: Option<&Spell>) -> Effect {
    let open = newest.filter(|spell| spell.status.is_open());
    let ending = match fired(&rule.stop, fact) {
        Some(trigger) => Some((SpellStatus::Stopped, trigger)),
        None => fired(&rule.cancel, fact).map(|trigger| (SpellStatus::Cancelled, trigger)),
    };
    let may_start = newest.is_none() || (rule.again && open.is_none());
    let starts = || fired(&rule.start, fact).is_some();
    if let Some((status, trigger)) = ending {
        return match open {
            Some(spell) => Effect::End(status, happened_at(trigger, fact, spell.started_at)),
            // Done at once counts: a decision that is told as it is taken is told in no time.
            None if status == SpellStatus::Stopped && may_start && starts() => {
                Effect::StartAndStop(fact.occurred_at)
            }
            None => Effect::Nothing,
        };
    }
    let pausing = rule.pause_in.contains(fact.to);
    match open {
        Some(spell) if pausing && spell.find_pause() != Some(fact.to) => Effect::Pause,
        Some(spell) if spell.status == SpellStatus::Paused && !pausing => Effect::Resume,
        Some(spell) => match fired(&rule.restart, fact) {
            Some(trigger) if !pausing => {
                Effect::Restart(happened_at(trigger, fact, spell.started_at))
            }
            Some(_) | None => Effect::Nothing,
        },
        None if may_start && starts() => Effect::Start,
        None => Effect::Nothing,
    }
}

fn fired<'r>(triggers: &'r [Trigger], fact: &ClockFact<'_>) -> Option<&'r Trigger> {
    triggers
        .iter()
        .find(|t| t.event.as_str() == fact.event && t.when.holds(Scope::of_data(fact.coded)))
}

/// The time that the data gives, where the definition reads it: not before the spell began and not
/// after it was written down.
fn happened_at(trigger: &Trigger, fact: &ClockFact<'_>, started_at: Timestamp) -> Timestamp {
    trigger
        .at
        .as_deref()
        .and_then(|path| find(fact.coded, path)?.as_str()?.parse().ok())
        .map_or(fact.occurred_at, |at: Timestamp| {
            at.min(fact.occurred_at).max(started_at)
        })
}
