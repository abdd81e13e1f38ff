//! Each clock: its target and calendar, what starts, pauses and ends it, who waits for whom.

use super::super::definition::{
    Anchor, CalendarChoice, ClockKind, ClockRule, CountDay, ExtendRule, Roll, StateHolder, Target,
    Trigger,
};
use super::super::phrase::{self, Titles};
use super::Source;
use super::page::Page;
use crate::domain::ids::{CalendarName, ClockName, StateName};

pub(super) fn all(page: &mut Page, source: Source<'_>) {
    if source.definition.clocks.is_empty() {
        return;
    }
    page.heading("How long things may take");
    page.paragraph(
        "A clock of the service may stand still, with a reason. The child's own time since help was \
         first asked for never does.",
    );
    for clock in &source.definition.clocks {
        tell(page, source, clock);
    }
}

pub(super) fn tell(page: &mut Page, source: Source<'_>, (name, rule): (&ClockName, &ClockRule)) {
    page.subheading(&format!("{} ({name})", rule.title));
    page.sentence(&format!("{}. {}", within(source, rule), kind(rule.kind)));
    let mut starts = format!("It starts with {}", triggers(source, &rule.start));
    if rule.anchor == Anchor::Received {
        starts.push_str(", counted from when help was first asked for");
    }
    page.sentence(&format!("{starts}."));
    if !rule.stop.is_empty() {
        page.sentence(&format!("It is met with {}.", triggers(source, &rule.stop)));
    }
    if !rule.restart.is_empty() {
        let with = triggers(source, &rule.restart);
        page.sentence(&format!("It ends and begins anew with {with}."));
    }
    if !rule.cancel.is_empty() {
        let with = triggers(source, &rule.cancel);
        page.sentence(&format!(
            "It is cancelled, and neither met nor missed, with {with}."
        ));
    }
    for pause in pauses(source, rule) {
        page.sentence(&pause);
    }
    if let Some(extend) = &rule.extend {
        page.sentence(&extension(source, extend));
    }
    if rule.again {
        page.sentence("Once it has ended, a new start begins a new count.");
    }
}

fn kind(kind: ClockKind) -> &'static str {
    match kind {
        ClockKind::Statutory => "This is set by law.",
        ClockKind::Standard => "This is what the service promises.",
        ClockKind::Internal => "This is for the service's own eyes.",
    }
}

fn within(source: Source<'_>, rule: &ClockRule) -> String {
    let target = phrase::target(rule.target);
    let calendar = calendar(source, &rule.calendar);
    let mut text = match rule.target {
        Target::WorkingDays(_) | Target::WorkingHours(_) => {
            format!("Within {target} of {calendar}")
        }
        Target::Minutes(_) => format!("Within {target} by the wall clock, day and night"),
        Target::CalendarDays(_) => format!("Within {target}, weekends and holidays included"),
        Target::NextWorkingDayAt(_) => format!("By {target} of {calendar}"),
    };
    if rule.counts_first_day {
        text.push_str("; the first day counts");
    }
    if rule.count_day == CountDay::Touched {
        text.push_str("; a day counts when the clock ran at any time of it");
    }
    if rule.roll == Some(Roll::NextWorkingDay) {
        text.push_str(&format!(
            "; if that is no working day, then on the next working day of {calendar}"
        ));
    }
    text
}

fn calendar(source: Source<'_>, choice: &CalendarChoice) -> String {
    match choice {
        CalendarChoice::OwnerTeam => {
            let usual = source.beside.usual_calendars.iter();
            let usual: Vec<String> = usual.map(|name| named(source, name)).collect();
            let mut text = "the team's calendar".to_owned();
            if !usual.is_empty() {
                text.push_str(&format!(" ({})", phrase::any_of(&usual)));
            }
            text
        }
        CalendarChoice::Requester => format!(
            "the calendar of {} (at a school its holidays do not count)",
            source.requester()
        ),
        CalendarChoice::Named(name) => format!("the calendar {}", named(source, name)),
    }
}

pub(super) fn named(source: Source<'_>, name: &CalendarName) -> String {
    let title = source.beside.calendars.get(name);
    title.map_or_else(|| format!("`{name}`"), |title| format!("“{title}”"))
}

/// Events by the moves that make them.
fn triggers(source: Source<'_>, triggers: &[Trigger]) -> String {
    let told: Vec<String> = triggers
        .iter()
        .map(|trigger| told(source, trigger))
        .collect();
    phrase::any_of(&told)
}

fn told(source: Source<'_>, trigger: &Trigger) -> String {
    let moves = source.definition.moves.values();
    let made: Vec<_> = moves.filter(|rule| rule.emits == trigger.event).collect();
    let titles: Vec<String> = made
        .iter()
        .map(|rule| format!("“{}”", rule.title))
        .collect();
    let mut text = if titles.is_empty() {
        format!("“{}”", phrase::words(trigger.event.as_str()))
    } else {
        phrase::any_of(&titles)
    };
    if let Some(rule) = made.first() {
        let when = phrase::condition(&trigger.when, Titles::of(source.definition, &rule.data));
        if !when.is_empty() {
            text.push_str(&format!(" ({when})"));
        }
        if let Some(path) = &trigger.at {
            let title = phrase::title_at(&rule.data, path);
            text.push_str(&format!(" (at the time in “{title}”)"));
        }
    }
    text
}

fn extension(source: Source<'_>, rule: &ExtendRule) -> String {
    let reasons = rule.reasons.values().map(|title| format!("“{title}”"));
    let reasons: Vec<String> = reasons.collect();
    let often = match rule.at_most {
        1 => "once".to_owned(),
        times => format!("{times} times"),
    };
    let mut text = format!(
        "Before the target is missed it may be extended {often} by {}, by at most {}, with a reason: {}.",
        source.roles(&rule.by),
        phrase::target(rule.longest),
        phrase::any_of(&reasons)
    );
    if let Some(basis) = &rule.basis {
        text.push_str(&format!(" The law allows it: {basis}."));
    }
    text
}

/// One sentence for the states with the same limit, and who waits for whom meanwhile.
fn pauses(source: Source<'_>, rule: &ClockRule) -> Vec<String> {
    let mut limits: Vec<(Option<Target>, Vec<&StateName>)> = Vec::new();
    for state in &rule.pause_in {
        let limit = rule.pause_at_most.get(state).copied();
        match limits.iter_mut().find(|(same, _)| *same == limit) {
            Some((_, states)) => states.push(state),
            None => limits.push((limit, vec![state])),
        }
    }
    let mut told = Vec::new();
    for (limit, states) in &limits {
        let mut text = format!(
            "It stands still while the request is {}",
            phrase::any_of(&source.states(states.iter().copied()))
        );
        if let Some(limit) = limit {
            let limit = phrase::target(*limit);
            text.push_str(&format!(
                ", for at most {limit} at a time; then it runs again by itself"
            ));
        }
        told.push(format!("{text}."));
    }
    told.extend(counterpart(source, rule));
    told
}

fn counterpart(source: Source<'_>, rule: &ClockRule) -> Option<String> {
    let name = rule.waits_on.as_ref()?;
    let clock = source.definition.clocks.get(name)?;
    let holder = |state: &StateName| source.definition.states[state].held_by;
    let waiting = rule
        .pause_in
        .iter()
        .filter(|state| holder(state) != StateHolder::Team);
    let waiting: Vec<&StateName> = waiting.collect();
    let whom = match waiting.first().map(|state| holder(state)) {
        Some(StateHolder::Worker) => source.worker(),
        Some(StateHolder::Requester) => source.requester(),
        Some(StateHolder::Team) | None => "the other side".to_owned(),
    };
    let during = if waiting.is_empty() {
        "Meanwhile".to_owned()
    } else {
        format!("While it is {}", phrase::any_of(&source.states(waiting)))
    };
    Some(format!(
        "{during} the team waits for {whom}, and “{}” ({name}) runs instead: {}.",
        clock.title,
        phrase::target(clock.target)
    ))
}
