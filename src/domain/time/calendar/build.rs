//! Files to calendars: checks what one file says, then resolves layers depth first.

use super::local::LocalTime;
use super::{Calendar, CalendarError, CalendarFile, ClosedDay, Closure, WeekdayName, Window};
use crate::domain::ids::CalendarName;
use jiff::civil::{Date, Time};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use std::collections::BTreeMap;

/// The only file format there is.
const FORMAT: u32 = 1;
/// A longer closure is a slip of the pen in a year.
const MAX_CLOSURE_DAYS: i32 = 400;

type Files = BTreeMap<CalendarName, CalendarFile>;

pub(super) fn resolve_all(
    files: impl IntoIterator<Item = CalendarFile>,
) -> Result<BTreeMap<CalendarName, Calendar>, CalendarError> {
    let mut by_name = Files::new();
    for file in files {
        check(&file)?;
        let name = file.calendar.clone();
        if by_name.insert(name.clone(), file).is_some() {
            return Err(wrong(&name, "is given twice"));
        }
    }
    let mut resolver = Resolver {
        files: &by_name,
        done: BTreeMap::new(),
        path: Vec::new(),
    };
    for name in by_name.keys() {
        resolver.resolve(name)?;
    }
    let done = resolver.done;
    by_name
        .values()
        .filter_map(|file| done.get(&file.calendar).map(|layer| (file, layer)))
        .map(|(file, layer)| Ok((file.calendar.clone(), finish(file, layer)?)))
        .collect()
}

fn wrong(name: &CalendarName, why: impl Into<String>) -> CalendarError {
    CalendarError::Wrong {
        name: name.clone(),
        why: why.into(),
    }
}

/// What a file says alone, whatever its layers are.
fn check(file: &CalendarFile) -> Result<(), CalendarError> {
    let name = &file.calendar;
    if file.format != FORMAT {
        let why = format!("format {} is not known; {FORMAT} is", file.format);
        return Err(wrong(name, why));
    }
    for (day, windows) in &file.windows {
        check_windows(*day, windows).map_err(|why| wrong(name, why))?;
    }
    for closure in &file.closures {
        check_closure(closure).map_err(|why| wrong(name, why))?;
    }
    let last = file.closures.iter().map(Closure::last_day).max();
    match (file.covers_until, last) {
        (Some(until), Some(last)) if until < last => Err(wrong(
            name,
            format!("covers_until {until} is before its last closure, {last}"),
        )),
        _ => Ok(()),
    }
}

fn check_windows(day: WeekdayName, windows: &[Window]) -> Result<(), String> {
    let day = day.title();
    if windows.is_empty() {
        return Err(format!("{day} has no window; leave the day out"));
    }
    for window in windows {
        let Window { open, close } = *window;
        if !window.is_until_midnight() && open >= close {
            return Err(format!("{day}: {open} is not before {close}"));
        }
    }
    for pair in sorted(windows).windows(2) {
        if let [first, next] = pair
            && (first.is_until_midnight() || first.close > next.open)
        {
            let (close, open) = (first.close, next.open);
            return Err(format!(
                "{day}: one window closes at {close}, the next opens at {open} before that"
            ));
        }
    }
    Ok(())
}

fn check_closure(closure: &Closure) -> Result<(), String> {
    let (from, last) = (closure.from, closure.last_day());
    if last < from {
        return Err(format!("closure from {from} ends before that, on {last}"));
    }
    if days_between(from, last) >= MAX_CLOSURE_DAYS {
        return Err(format!(
            "closure from {from} to {last} is longer than {MAX_CLOSURE_DAYS} days"
        ));
    }
    if closure.name.trim().is_empty() || closure.source.trim().is_empty() {
        return Err(format!("closure from {from} needs a name and a source"));
    }
    Ok(())
}

fn days_between(from: Date, to: Date) -> i32 {
    from.duration_until(to)
        .as_hours()
        .checked_div(24)
        .and_then(|days| i32::try_from(days).ok())
        .unwrap_or(i32::MAX)
}

fn sorted(windows: &[Window]) -> Vec<Window> {
    let mut windows = windows.to_vec();
    windows.sort_by_key(|window| window.open);
    windows
}

/// A calendar on the way: what it has from itself and from its layers.
#[derive(Debug, Clone, Default)]
struct Layer {
    zone: Option<String>,
    windows: BTreeMap<WeekdayName, Vec<Window>>,
    closed: BTreeMap<Date, ClosedDay>,
    cut_off: Option<Time>,
    covers_until: Option<Date>,
}

struct Resolver<'a> {
    files: &'a Files,
    done: BTreeMap<CalendarName, Layer>,
    /// The calendars that are being resolved, outermost first.
    path: Vec<CalendarName>,
}

impl Resolver<'_> {
    fn resolve(&mut self, name: &CalendarName) -> Result<Layer, CalendarError> {
        if let Some(layer) = self.done.get(name) {
            return Ok(layer.clone());
        }
        let Some(file) = self.files.get(name) else {
            return Err(match self.path.last() {
                Some(asking) => wrong(asking, format!("layer `{name}` does not exist")),
                None => CalendarError::Unknown(name.clone()),
            });
        };
        if self.path.contains(name) {
            let mut chain: Vec<&str> = self.path.iter().map(CalendarName::as_str).collect();
            chain.push(name.as_str());
            return Err(wrong(
                name,
                format!("is a layer of itself: {}", chain.join(" on ")),
            ));
        }
        self.path.push(name.clone());
        let mut layer = own(file);
        for below in &file.layers {
            lay_over(&mut layer, self.resolve(below)?);
        }
        self.path.pop();
        self.done.insert(name.clone(), layer.clone());
        Ok(layer)
    }
}

fn own(file: &CalendarFile) -> Layer {
    let mut closed = BTreeMap::new();
    for closure in &file.closures {
        let mut date = closure.from;
        while date <= closure.last_day() {
            closed.entry(date).or_insert_with(|| ClosedDay {
                name: closure.name.clone(),
                source: closure.source.clone(),
            });
            let Ok(next) = date.tomorrow() else { break };
            date = next;
        }
    }
    Layer {
        zone: file.zone.clone(),
        windows: file.windows.clone(),
        covers_until: file
            .covers_until
            .or_else(|| closed.last_key_value().map(|(date, _)| *date)),
        closed,
        cut_off: file.cut_off,
    }
}

fn lay_over(layer: &mut Layer, below: Layer) {
    layer.zone = layer.zone.take().or(below.zone);
    if layer.windows.is_empty() {
        layer.windows = below.windows;
    }
    layer.cut_off = layer.cut_off.or(below.cut_off);
    layer.covers_until = match (layer.covers_until, below.covers_until) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
    for (date, day) in below.closed {
        layer.closed.entry(date).or_insert(day);
    }
}

fn finish(file: &CalendarFile, layer: &Layer) -> Result<Calendar, CalendarError> {
    let name = &file.calendar;
    let zone = layer
        .zone
        .as_deref()
        .ok_or_else(|| wrong(name, "has no zone, and none of its layers has"))?;
    if layer.windows.is_empty() {
        return Err(wrong(name, "has no windows, and none of its layers has"));
    }
    let mut windows = <[Vec<Window>; 7]>::default();
    for (day, list) in &layer.windows {
        if let Some(slot) = windows.get_mut(*day as usize) {
            *slot = sorted(list);
        }
    }
    Ok(Calendar {
        name: name.clone(),
        title: file.title.clone(),
        local: LocalTime::new(zone_named(zone).map_err(|why| wrong(name, why))?),
        windows,
        closed: layer.closed.clone(),
        cut_off: layer.cut_off,
        covers_until: layer.covers_until,
    })
}

/// From the time-zone data inside the binary: the same answer on every machine, without a file.
fn zone_named(zone: &str) -> Result<TimeZone, String> {
    TimeZoneDatabase::bundled()
        .get(zone)
        .map_err(|_| format!("zone `{zone}` is no IANA time zone, such as Europe/London"))
}

#[cfg(test)]
mod tests;
