//! A calendar file: zone, windows a weekday, closures with a name and a source.

use super::super::located::{Node, Reader, Yaml};
use crate::domain::ids::CalendarName;
use crate::domain::time::calendar::{CalendarFile, Closure, WeekdayName, Window};
use jiff::civil::Time;
use std::collections::BTreeMap;

const WEEKDAYS: [(&str, WeekdayName); 7] = [
    ("monday", WeekdayName::Monday),
    ("tuesday", WeekdayName::Tuesday),
    ("wednesday", WeekdayName::Wednesday),
    ("thursday", WeekdayName::Thursday),
    ("friday", WeekdayName::Friday),
    ("saturday", WeekdayName::Saturday),
    ("sunday", WeekdayName::Sunday),
];

pub(super) fn read(reader: &mut Reader, root: &Node) -> Option<CalendarFile> {
    let mut fields = reader.fields(root)?;
    let format = super::read_format(reader, &mut fields);
    let calendar = fields.need_as(reader, "calendar", |r, n| r.id(n, CalendarName::parse));
    let revision = fields.find_as(reader, "revision", Reader::whole);
    let title = fields.need_as(reader, "title", Reader::text);
    let zone = fields.find_as(reader, "zone", zone);
    let layers = fields.find_as(reader, "layers", |r, n| {
        let items = r.items(n, "calendars").iter();
        let layers = items.filter_map(|item| r.id(item, CalendarName::parse));
        Some(layers.collect::<Vec<_>>())
    });
    let windows = fields.find_as(reader, "windows", |r, n| Some(windows(r, n)));
    let closures = fields.find_as(reader, "closures", |r, n| Some(closures(r, n)));
    let cut_off = fields.find_as(reader, "cut_off", time);
    let covers_until = fields.find_as(reader, "covers_until", Reader::date);
    fields.finish(reader);
    let file = CalendarFile {
        format: format?,
        calendar: calendar?,
        revision,
        title: title?,
        zone,
        layers: layers.unwrap_or_default(),
        windows: windows.unwrap_or_default(),
        closures: closures.unwrap_or_default(),
        cut_off,
        covers_until,
    };
    stands_alone(reader, root, &file);
    agree_with_path(reader, root, &file.calendar);
    Some(file)
}

/// Without a layer below there is nobody to take zone and windows from.
fn stands_alone(reader: &mut Reader, root: &Node, file: &CalendarFile) {
    if !file.layers.is_empty() {
        if let (true, Some(layers)) = (file.layers.contains(&file.calendar), root.find("layers")) {
            reader.wrong(
                layers,
                "a calendar that is its own layer",
                "other calendars",
            );
        }
        return;
    }
    if file.zone.is_none() && root.find("zone").is_none() {
        reader.wrong(
            root,
            "missing key `zone`",
            "`zone`, or `layers` that have it",
        );
    }
}

/// `…/<calendar>.yaml`
fn agree_with_path(reader: &mut Reader, root: &Node, name: &CalendarName) {
    let path = reader.file().to_owned();
    let stem = path
        .rsplit(['/', '\\'])
        .next()
        .and_then(|file| file.strip_suffix(".yaml"));
    if let (Some(stem), Some(node)) = (stem, root.find("calendar"))
        && stem != name.as_str()
    {
        let found = format!("calendar `{name}` in a file named {stem}.yaml");
        reader.wrong(node, found, format!("{stem}, or the file {name}.yaml"));
    }
}

fn zone(reader: &mut Reader, node: &Node) -> Option<String> {
    let zone = reader.text(node)?;
    // A bundled table of names would be another fact to keep; shape is checked here, existence by
    // whoever loads the zone.
    let shaped = zone
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'_' | b'-' | b'+'));
    if !shaped {
        reader.wrong(node, node.describe(), "an IANA zone, as Europe/London");
    }
    Some(zone)
}

fn windows(reader: &mut Reader, node: &Node) -> BTreeMap<WeekdayName, Vec<Window>> {
    let mut windows = BTreeMap::new();
    for entry in reader.entries(node, "weekdays") {
        let day = WEEKDAYS.iter().find(|(word, _)| *word == entry.key);
        let Some((_, day)) = day else {
            let words = WEEKDAYS.map(|(word, _)| word).join(", ");
            reader.wrong_key(entry, format!("unknown weekday `{}`", entry.key), words);
            continue;
        };
        windows.insert(*day, windows_of_day(reader, &entry.value));
    }
    windows
}

fn windows_of_day(reader: &mut Reader, node: &Node) -> Vec<Window> {
    let mut windows: Vec<Window> = Vec::new();
    for item in reader.items(node, "windows, as { open: \"08:45\", close: \"16:45\" }") {
        let Some(window) = window(reader, item) else {
            continue;
        };
        let over = |last: &Window| last.is_until_midnight() || last.close > window.open;
        if windows.last().is_some_and(over) {
            reader.wrong(item, "a window before or over the last", "rising windows");
        }
        windows.push(window);
    }
    windows
}

fn window(reader: &mut Reader, node: &Node) -> Option<Window> {
    let mut fields = reader.fields(node)?;
    let open = fields.need_as(reader, "open", time);
    let close = fields.need_as(reader, "close", close_of_day);
    fields.finish(reader);
    let window = Window {
        open: open?,
        close: close?,
    };
    if !window.is_until_midnight() && window.open >= window.close {
        reader.wrong(node, "a window that is never open", "`open` before `close`");
    }
    Some(window)
}

/// A close may also be `"24:00"`: midnight at the day's end.
fn close_of_day(reader: &mut Reader, node: &Node) -> Option<Time> {
    if node.as_text() == Some("24:00") {
        return Some(Time::midnight());
    }
    time(reader, node)
}

/// `"17:00"` or `"17:00:30"`, in quotes: without them YAML 1.1 reads a number.
fn time(reader: &mut Reader, node: &Node) -> Option<Time> {
    let text = match &node.yaml {
        Yaml::Text(text) if matches!(text.len(), 5 | 8) => Some(text),
        Yaml::Null
        | Yaml::Bool(_)
        | Yaml::Number(_)
        | Yaml::Text(_)
        | Yaml::BareDate(_)
        | Yaml::List(_)
        | Yaml::Map(_) => None,
    };
    let time = text
        .filter(|text| text.is_ascii() && text.as_bytes()[2] == b':')
        .and_then(|text| text.parse().ok());
    if time.is_none() {
        reader.wrong(
            node,
            node.describe(),
            "a local time in quotes, as \"17:00\"",
        );
    }
    time
}

fn closures(reader: &mut Reader, node: &Node) -> Vec<Closure> {
    let items = reader.items(node, "closures").iter();
    items.filter_map(|item| closure(reader, item)).collect()
}

fn closure(reader: &mut Reader, node: &Node) -> Option<Closure> {
    let mut fields = reader.fields(node)?;
    let from = fields.need_as(reader, "from", Reader::date);
    let to = fields.find_as(reader, "to", Reader::date);
    let name = fields.need_as(reader, "name", Reader::text);
    let source = fields.need_as(reader, "source", Reader::text);
    fields.finish(reader);
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        reader.wrong(
            node,
            "a closure that ends before it starts",
            "`to` from `from` on",
        );
    }
    Some(Closure {
        from: from?,
        to,
        name: name?,
        source: source?,
    })
}
