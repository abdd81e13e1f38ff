//! `clocks`: what starts, pauses and stops them, and what they are held against.

use super::super::definition::{
    Anchor, CalendarChoice, ClockKind, ClockRule, CountDay, Roll, Target, Trigger,
};
use super::super::lint::Rule;
use super::super::located::{Node, Reader, Yaml};
use super::expression::{self, Speaks};
use super::extend;
use super::names::Names;
use super::value::{self, Ground};
use crate::domain::ids::{CalendarName, ClockName, EventName, LadderName, StateName};
use indexmap::IndexMap;
use std::collections::BTreeMap;

const KINDS: [(&str, ClockKind); 3] = [
    ("statutory", ClockKind::Statutory),
    ("standard", ClockKind::Standard),
    ("internal", ClockKind::Internal),
];
const COUNT_DAYS: [(&str, CountDay); 2] =
    [("at-end", CountDay::AtEnd), ("touched", CountDay::Touched)];
const ROLLS: [(&str, Roll); 1] = [("next-working-day", Roll::NextWorkingDay)];
const ANCHORS: [(&str, Anchor); 2] = [("event", Anchor::Event), ("received", Anchor::Received)];

pub(super) fn read(
    reader: &mut Reader,
    node: &Node,
    names: &Names<'_>,
) -> IndexMap<ClockName, ClockRule> {
    let mut clocks = IndexMap::new();
    let entries = reader.entries(node, "clocks");
    for entry in entries {
        let name = reader.key_id(entry, ClockName::parse);
        let reserved = name.as_ref().and_then(taken);
        if let Some(by) = reserved {
            let found = format!("a clock named `{}`", entry.key);
            reader.wrong_key(entry, found, format!("another name: {by} this one"));
        }
        if let (Some(name), Some(rule)) = (name, rule(reader, &entry.value, names)) {
            clocks.insert(name, rule);
        }
    }
    for entry in entries {
        if let Some(at) = entry.value.find("waits_on") {
            counterpart(reader, at, &entry.key, &clocks);
        }
    }
    clocks
}

/// Names of clocks that no definition declares.
fn taken(name: &ClockName) -> Option<&'static str> {
    if name.is_of_claim() {
        Some("the lease of a claim has")
    } else if name.is_of_action() {
        Some("the actions of the child's plan have")
    } else {
        None
    }
}

/// Whoever is waited for has a clock of his own, and it is another one.
fn counterpart(
    reader: &mut Reader,
    at: &Node,
    clock: &str,
    clocks: &IndexMap<ClockName, ClockRule>,
) {
    let Some(found) = at.as_text() else { return };
    let others = clocks.keys().map(ClockName::as_str);
    reader.known(at, "clock", found, others.filter(|name| *name != clock));
}

fn rule(reader: &mut Reader, node: &Node, names: &Names<'_>) -> Option<ClockRule> {
    let mut fields = reader.fields(node)?;
    let title = fields.need_as(reader, "title", Reader::text);
    let kind = fields.find_as(reader, "kind", |r, n| r.word(n, "kind", &KINDS));
    let target = fields.need_as(reader, "target", value::clock_target);
    let calendar = fields.find_as(reader, "calendar", calendar);
    let start = fields.need_as(reader, "start", |r, n| Some(triggers(r, n, names)));
    // A clock that begins anew with every stop needs no other.
    let stop = if node.find("restart").is_some() {
        let stop = fields.find_as(reader, "stop", |r, n| Some(triggers(r, n, names)));
        Some(stop.unwrap_or_default())
    } else {
        fields.need_as(reader, "stop", |r, n| Some(triggers(r, n, names)))
    };
    let cancel = fields.find_as(reader, "cancel", |r, n| Some(triggers(r, n, names)));
    let pause_in = fields.find_as(reader, "pause_in", |r, n| {
        let parse = StateName::parse;
        Some(value::declared_list(r, n, parse, "state", &names.states))
    });
    let restart = fields.find_as(reader, "restart", |r, n| Some(triggers(r, n, names)));
    let caps = fields.find("pause_at_most");
    let pause_at_most = caps.map(|at| pause_at_most(reader, at, pause_in.as_deref()));
    let waits_on = fields.find_as(reader, "waits_on", |r, n| r.id(n, ClockName::parse));
    let ladder = fields.find_as(reader, "ladder", |r, n| {
        value::declared(r, n, LadderName::parse, "ladder", &names.ladders)
    });
    let extend = fields.find_as(reader, "extend", |r, n| {
        extend::read(r, n, names, (kind, target))
    });
    let counts_first_day = fields.flag(reader, "counts_first_day");
    let count_day = fields.find_as(reader, "count_day", |r, n| r.word(n, "way", &COUNT_DAYS));
    let roll = fields.find_as(reader, "roll", |r, n| r.word(n, "way", &ROLLS));
    fit_together(reader, node, kind, target);
    let anchor = fields.find_as(reader, "anchor", |r, n| r.word(n, "anchor", &ANCHORS));
    let again = fields.flag(reader, "again");
    fields.finish(reader);
    Some(ClockRule {
        title: title?,
        kind: kind.unwrap_or_default(),
        target: target?,
        calendar: calendar.unwrap_or_default(),
        start: start?,
        stop: stop?,
        cancel: cancel.unwrap_or_default(),
        restart: restart.unwrap_or_default(),
        pause_in: pause_in.unwrap_or_default(),
        pause_at_most: pause_at_most.unwrap_or_default(),
        waits_on,
        ladder,
        extend,
        counts_first_day,
        count_day: count_day.unwrap_or_default(),
        roll,
        anchor: anchor.unwrap_or_default(),
        again,
    })
}

/// One cap for every pausing state, or `{ state: cap, … }`.
fn pause_at_most(
    reader: &mut Reader,
    node: &Node,
    pause_in: Option<&[StateName]>,
) -> BTreeMap<StateName, Target> {
    let states = pause_in.unwrap_or_default();
    if !matches!(node.yaml, Yaml::Map(_)) {
        let cap = value::target(reader, node);
        return cap
            .map(|cap| states.iter().map(|state| (state.clone(), cap)).collect())
            .unwrap_or_default();
    }
    let mut caps = BTreeMap::new();
    for entry in reader.entries(node, "states and their longest pause") {
        let state = reader.key_id(entry, StateName::parse);
        let known = states.iter().map(StateName::as_str);
        let known = reader.known(&entry.value, "pausing state", &entry.key, known);
        let cap = value::target(reader, &entry.value);
        if let (Some(state), Some(cap), true) = (state, cap, known) {
            caps.insert(state, cap);
        }
    }
    caps
}

/// Keys that say nothing, or the wrong thing, beside what else the clock is.
fn fit_together(reader: &mut Reader, node: &Node, kind: Option<ClockKind>, target: Option<Target>) {
    if kind == Some(ClockKind::Statutory) {
        for key in ["pause_in", "pause_at_most"] {
            if let Some(at) = node.find(key) {
                let found = format!("`{key}` on a statutory clock");
                reader.against(Rule::E08, at, [&found, "no pause: the law knows none"]);
            }
        }
    }
    if let Some(target @ Target::NextWorkingDayAt(_)) = target {
        for key in ["pause_in", "pause_at_most", "extend"] {
            if let Some(at) = node.find(key) {
                let found = format!("`{key}` on a clock that is due at `{target}`");
                reader.wrong(
                    at,
                    found,
                    "no such key: a time of the day neither waits nor grows",
                );
            }
        }
    }
    if node.find("pause_in").is_none() {
        for key in ["pause_at_most", "waits_on", "count_day"] {
            if let Some(at) = node.find(key) {
                let found = format!("`{key}` on a clock that never pauses");
                reader.wrong(at, found, "`pause_in` beside it");
            }
        }
    }
    if !matches!(target, None | Some(Target::CalendarDays(_))) {
        for key in ["counts_first_day", "roll"] {
            if let Some(at) = node.find(key) {
                let found = format!("`{key}` on a clock that does not count calendar days");
                reader.wrong(at, found, "a target in days or weeks, as 10d or 12w");
            }
        }
    }
    if !matches!(
        target,
        None | Some(Target::CalendarDays(_) | Target::WorkingDays(_))
    ) && let Some(at) = node.find("count_day")
    {
        let found = "`count_day` on a clock that does not count days";
        reader.wrong(at, found, "a target in days, as 5wd or 10d");
    }
}

/// A word of the language, or the name of a calendar.
fn calendar(reader: &mut Reader, node: &Node) -> Option<CalendarChoice> {
    match node.as_text() {
        Some("owner-team") => Some(CalendarChoice::OwnerTeam),
        Some("requester") => Some(CalendarChoice::Requester),
        _ => reader
            .id(node, CalendarName::parse)
            .map(CalendarChoice::Named),
    }
}

fn triggers(reader: &mut Reader, node: &Node, names: &Names<'_>) -> Vec<Trigger> {
    let items = reader.items(node, "events").iter();
    items
        .filter_map(|item| trigger(reader, item, names))
        .collect()
}

/// `event`, or `{ event: …, when: … }`
fn trigger(reader: &mut Reader, node: &Node, names: &Names<'_>) -> Option<Trigger> {
    if !matches!(node.yaml, Yaml::Map(_)) {
        return Some(Trigger {
            event: event(reader, node, names)?,
            when: Default::default(),
            at: None,
        });
    }
    let mut fields = reader.fields(node)?;
    let event_node = fields.need(reader, "event");
    let when = fields.find("when");
    let at = fields.find("at");
    if when.is_none() && at.is_none() {
        let allowed = "`when`, `at` or both; else the event alone";
        reader.wrong(node, "a trigger that only names its event", allowed);
    }
    fields.finish(reader);
    let event = event_node.and_then(|node| event(reader, node, names));
    let behind = event
        .as_ref()
        .and_then(|event| names.behind(event.as_str()));
    let ground = behind.map(|behind| Ground::of(names, behind));
    let speaks = Speaks::event(names, behind);
    let when = when.map(|node| expression::read(reader, node, speaks));
    let at = at.map(|node| match ground {
        Some(ground) => value::code_path(reader, node, ground),
        None => reader.text(node),
    });
    Some(Trigger {
        event: event?,
        when: when.unwrap_or_else(|| Some(Default::default()))?,
        at: match at {
            Some(path) => Some(path?),
            None => None,
        },
    })
}

fn event(reader: &mut Reader, node: &Node, names: &Names<'_>) -> Option<EventName> {
    value::declared(reader, node, EventName::parse, "event", &names.events())
}
