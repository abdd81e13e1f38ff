//! E05, E06, E07, E20 and W23: while somebody waits a clock runs, every pause has a counterpart,
//! every clock can stop, and none is left behind at the end.

use super::steps::{Chance, Step};
use super::walk::{Spot, Walk};
use super::{Ground, Rule, SWEEP_SECONDS};
use crate::domain::ids::{ClockName, StateName};
use crate::domain::workflow::definition::{ClockRule, Definition, StateHolder, StateRule, Target};
use crate::domain::workflow::located::{Entry, Reader, Yaml};
use std::collections::BTreeSet;

/// One clock and every state in which it can be open.
struct Clock<'a> {
    name: &'a ClockName,
    rule: &'a ClockRule,
    walk: Walk<'a, Spell>,
}

pub(super) fn check(ground: &Ground<'_>, reader: &mut Reader) {
    let steps = &ground.steps;
    let clocks: Vec<Clock<'_>> = ground
        .definition
        .clocks
        .iter()
        .map(|(name, rule)| Clock {
            name,
            rule,
            walk: walk(rule, steps),
        })
        .collect();
    uncovered_waits(ground, reader, &clocks);
    for clock in &clocks {
        let Some(entry) = ground.entry("clocks", clock.name.as_str()) else {
            continue;
        };
        unbounded_pauses(reader, entry, clock, &clocks);
        let ending = Ending {
            definition: ground.definition,
            steps,
            clock,
        };
        endless(reader, entry, &ending);
        idle_stops(reader, entry, &ending);
        left_behind(reader, entry, &ending);
        too_fine(reader, entry, clock);
    }
}

/// The newest spell of a clock; a pause is told by the state, so it is open here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
enum Spell {
    #[default]
    None,
    Open,
    Ended,
}

/// What a step does to one clock.
#[derive(Clone, Copy)]
struct Effect {
    starts: Chance,
    stops: Chance,
    cancels: Chance,
}

fn walk<'a>(rule: &ClockRule, steps: &[Step<'a>]) -> Walk<'a, Spell> {
    let effect = |step: &Step<'_>| Effect {
        starts: step.fires(&rule.start),
        stops: step.fires(&rule.stop),
        cancels: step.fires(&rule.cancel),
    };
    let effects: Vec<Effect> = steps.iter().map(effect).collect();
    Walk::of(steps, |i, spell| after(rule, effects[i], spell))
}

/// What the spell can be after a step: stop before cancel, cancel before start, as the clock itself
/// does it.
fn after(rule: &ClockRule, effect: Effect, spell: Spell) -> Vec<Spell> {
    let ended = either(effect.stops, effect.cancels);
    let may_start = spell == Spell::None || (rule.again && spell == Spell::Ended);
    let started = match effect.starts {
        chance if may_start => chance,
        Chance::Never | Chance::Maybe | Chance::Always => Chance::Never,
    };
    let mut found = BTreeSet::new();
    if ended != Chance::Never {
        // Stopped as it starts: a spell that was met in no time. Cancelled: none began.
        let done = started != Chance::Never && effect.stops != Chance::Never;
        found.insert(if spell == Spell::Open || done {
            Spell::Ended
        } else {
            spell
        });
        if spell == Spell::None && started != Chance::Always {
            found.insert(spell);
        }
    }
    if ended != Chance::Always {
        if started != Chance::Never {
            found.insert(Spell::Open);
        }
        if started != Chance::Always {
            found.insert(spell);
        }
    }
    found.into_iter().collect()
}

fn either(left: Chance, right: Chance) -> Chance {
    match (left, right) {
        (Chance::Always, _) | (_, Chance::Always) => Chance::Always,
        (Chance::Never, Chance::Never) => Chance::Never,
        (Chance::Maybe, _) | (_, Chance::Maybe) => Chance::Maybe,
    }
}

impl Clock<'_> {
    fn can_run_in(&self, state: &StateName) -> bool {
        self.walk.can_be(state, Spell::Open) && !self.rule.pause_in.contains(state)
    }

    /// Whether it runs after every step that enters a state.
    fn runs_from_entry(&self, state: &StateName) -> bool {
        let mut entries = self
            .walk
            .edges()
            .filter(|(from, _, (to, _))| *to == state && from.map(|(s, _)| s) != Some(state));
        !self.rule.pause_in.contains(state)
            && entries.all(|(_, _, (_, spell))| spell == Spell::Open)
    }
}

/// E05: a question waits for the requester, or help that is agreed waits for somebody who is free.
/// The clock of a concern that was passed on says nothing about that wait.
fn uncovered_waits(ground: &Ground<'_>, reader: &mut Reader, clocks: &[Clock<'_>]) {
    let waits = |rule: &StateRule| rule.waiting || rule.held_by == StateHolder::Requester;
    let moves = &ground.definition.moves;
    let hands_over = |clock: &Clock<'_>| {
        let mut starts = clock.rule.start.iter();
        starts.all(|trigger| {
            let mut behind = moves.values().filter(|rule| rule.emits == trigger.event);
            behind.all(|rule| rule.hand_over.is_some())
        })
    };
    for (name, _) in ground.definition.states.iter().filter(|(_, r)| waits(r)) {
        let covers = |clock: &Clock<'_>| clock.can_run_in(name) && !hands_over(clock);
        if clocks.iter().any(covers) {
            continue;
        }
        if let Some(entry) = ground.entry("states", name.as_str()) {
            let found = format!("in `{name}` somebody waits, and no clock can run");
            let allowed = "a clock that starts on the way there and is not paused in it";
            reader.against_key(Rule::E05, entry, [&found, allowed]);
        }
    }
}

/// E06: a pause lasts as long as its counterpart is due.
fn unbounded_pauses(reader: &mut Reader, entry: &Entry, clock: &Clock<'_>, clocks: &[Clock<'_>]) {
    let Some(Yaml::List(nodes)) = entry.value.find("pause_in").map(|node| &node.yaml) else {
        return;
    };
    for (state, node) in clock.rule.pause_in.iter().zip(nodes) {
        let others = clocks.iter().filter(|other| other.name != clock.name);
        let bounded = others.into_iter().any(|other| other.runs_from_entry(state));
        let capped = clock.rule.pause_at_most.contains_key(state);
        if !bounded && !capped && clock.walk.can_be(state, Spell::Open) {
            let name = clock.name;
            let found = format!("`{name}` is paused in `{state}` and no other clock runs there");
            let allowed = "`pause_at_most` for it, or a counterpart clock that starts with every move into it";
            reader.against(Rule::E06, node, [&found, allowed]);
        }
    }
}

/// What the rules about the end of one clock read.
struct Ending<'a> {
    definition: &'a Definition,
    steps: &'a [Step<'a>],
    clock: &'a Clock<'a>,
}

impl Ending<'_> {
    fn is_end(&self, state: &StateName) -> bool {
        let rule = self.definition.states.get(state);
        rule.is_some_and(|rule| rule.ends)
    }

    fn open_spots(&self) -> impl Iterator<Item = Spot<'_, Spell>> {
        self.clock
            .walk
            .spots()
            .filter(|(_, spell)| *spell == Spell::Open)
    }
}

/// E07: somewhere it runs, and from there nothing that can still happen stops it.
fn endless(reader: &mut Reader, entry: &Entry, ending: &Ending<'_>) {
    let leading = ending
        .clock
        .walk
        .leading_to(|(_, spell)| spell != Spell::Open);
    let stuck = ending.open_spots().find(|spot| !leading.contains(spot));
    if let Some((state, _)) = stuck {
        let name = ending.clock.name;
        let found = format!("`{name}` can run for ever: from `{state}` on nothing stops it");
        let allowed = "`stop` or `cancel` with an event that can come there";
        reader.against_key(Rule::E07, entry, [&found, allowed]);
    }
}

/// E07: an event that can never come while the clock runs, nor with its start, stops nothing.
fn idle_stops(reader: &mut Reader, entry: &Entry, ending: &Ending<'_>) {
    let Some(Yaml::List(nodes)) = entry.value.find("stop").map(|node| &node.yaml) else {
        return;
    };
    let rule = ending.clock.rule;
    for (trigger, node) in rule.stop.iter().zip(nodes) {
        let one = std::slice::from_ref(trigger);
        let works = ending.clock.walk.edges().any(|(from, step, _)| {
            let step = &ending.steps[step];
            let open = from.is_some_and(|(_, spell)| spell == Spell::Open);
            step.fires(one) != Chance::Never && (open || step.fires(&rule.start) != Chance::Never)
        });
        if !works {
            let (name, event) = (ending.clock.name, &trigger.event);
            let found = format!("`{event}` stops `{name}`, and can never come while it runs");
            let allowed = "an event that can come after the start";
            reader.against(Rule::E07, node, [&found, allowed]);
        }
    }
}

/// E20: it may run on after the end only where somebody can still stop it there, as the news of a
/// decision that is told on the day after.
fn left_behind(reader: &mut Reader, entry: &Entry, ending: &Ending<'_>) {
    let clock = ending.clock;
    // Met late, not cancelled: a mistake that is taken back cancels from everywhere.
    let stopped_at = |state: &StateName| {
        clock.walk.edges().any(|(from, step, (to, _))| {
            let met = ending.steps[step].fires(&clock.rule.stop) != Chance::Never;
            met && from == Some((state, Spell::Open)) && ending.is_end(to)
        })
    };
    for (from, step, (to, spell)) in clock.walk.edges() {
        let enters = from.map(|(state, _)| state) != Some(to);
        if spell != Spell::Open || !enters || !ending.is_end(to) || stopped_at(to) {
            continue;
        }
        let (name, event) = (clock.name, &ending.steps[step].rule.emits);
        let found = format!("`{name}` still runs in the ending state `{to}`");
        let allowed = format!("`{event}` in its `stop` or `cancel`, or a move there that stops it");
        reader.against_key(Rule::E20, entry, [&found, &allowed]);
        return;
    }
}

/// W23: by the time it is looked at, it is missed.
fn too_fine(reader: &mut Reader, entry: &Entry, clock: &Clock<'_>) {
    let Target::Minutes(minutes) = clock.rule.target else {
        return;
    };
    let target = entry.value.find("target");
    if let (Some(at), true) = (target, minutes.saturating_mul(60) <= SWEEP_SECONDS) {
        let found =
            format!("a target of {minutes}min, and timers that look every {SWEEP_SECONDS} s");
        let allowed = format!("more than {}min", SWEEP_SECONDS / 60);
        reader.against(Rule::W23, at, [&found, &allowed]);
    }
}
