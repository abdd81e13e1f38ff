//! `clocks`: what starts, pauses and stops them, and what they are held against.

use super::super::definition::{Anchor, CalendarChoice, ClockRule, Trigger};
use super::super::located::{Node, Reader, Yaml};
use super::names::Names;
use super::value::{self, Ground};
use crate::domain::ids::{CalendarName, ClockName, EventName, StateName};
use indexmap::IndexMap;

const ANCHORS: [(&str, Anchor); 2] = [("event", Anchor::Event), ("received", Anchor::Received)];

pub(super) fn read(
    reader: &mut Reader,
    node: &Node,
    names: &Names<'_>,
) -> IndexMap<ClockName, ClockRule> {
    let mut clocks = IndexMap::new();
    for entry in reader.entries(node, "clocks") {
        let name = reader.key_id(entry, ClockName::parse);
        if let (Some(name), Some(rule)) = (name, rule(reader, &entry.value, names)) {
            clocks.insert(name, rule);
        }
    }
    clocks
}

fn rule(reader: &mut Reader, node: &Node, names: &Names<'_>) -> Option<ClockRule> {
    let mut fields = reader.fields(node)?;
    let title = fields.need_as(reader, "title", Reader::text);
    let target = fields.need_as(reader, "target", value::target);
    let calendar = fields.find_as(reader, "calendar", calendar);
    let start = fields.need_as(reader, "start", |r, n| Some(triggers(r, n, names)));
    let stop = fields.need_as(reader, "stop", |r, n| Some(triggers(r, n, names)));
    let cancel = fields.find_as(reader, "cancel", |r, n| Some(triggers(r, n, names)));
    let pause_in = fields.find_as(reader, "pause_in", |r, n| {
        let parse = StateName::parse;
        Some(value::declared_list(r, n, parse, "state", &names.states))
    });
    let anchor = fields.find_as(reader, "anchor", |r, n| r.word(n, "anchor", &ANCHORS));
    let again = fields.flag(reader, "again");
    fields.finish(reader);
    Some(ClockRule {
        title: title?,
        target: target?,
        calendar: calendar.unwrap_or_default(),
        start: start?,
        stop: stop?,
        cancel: cancel.unwrap_or_default(),
        pause_in: pause_in.unwrap_or_default(),
        anchor: anchor.unwrap_or_default(),
        again,
    })
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
        });
    }
    let mut fields = reader.fields(node)?;
    let event_node = fields.need(reader, "event");
    let when = fields.need(reader, "when");
    fields.finish(reader);
    let event = event_node.and_then(|node| event(reader, node, names));
    let ground = event
        .as_ref()
        .and_then(|event| names.behind(event.as_str()))
        .map(|behind| Ground::of(names, behind));
    let when = when.and_then(|node| value::condition(reader, node, ground));
    Some(Trigger {
        event: event?,
        when: when?,
    })
}

fn event(reader: &mut Reader, node: &Node, names: &Names<'_>) -> Option<EventName> {
    value::declared(reader, node, EventName::parse, "event", &names.events())
}
