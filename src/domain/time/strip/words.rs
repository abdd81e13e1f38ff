//! A strip in plain English.

use super::{Reason, Strip, StripDay};
use crate::domain::ids::StateName;
use crate::domain::time::clock::Spell;
use crate::domain::workflow::definition::Target;
use jiff::civil::Date;

const MINUTE_MS: i64 = 60_000;

impl StripDay {
    /// `title_of` gives the state's title as people know it.
    #[must_use]
    pub fn words(&self, target: Target, title_of: &dyn Fn(&StateName) -> String) -> String {
        let tally = match target {
            Target::WorkingDays(of) | Target::CalendarDays(of) => {
                format!("day {} of {of}", self.counted_days)
            }
            Target::WorkingHours(_) | Target::Minutes(_) => {
                format!("{} min", self.counted_ms / MINUTE_MS)
            }
            // No day counts towards a time of the day.
            Target::NextWorkingDayAt(_) => String::new(),
        };
        let counted = |words: &str| {
            if self.counted {
                format!("{words}, {tally}")
            } else {
                words.to_owned()
            }
        };
        match &self.reason {
            Reason::Received => counted("received"),
            Reason::ReceivedOutOfHours { counts_from } => {
                format!("received out of hours: counts from {}", day(*counts_from))
            }
            Reason::DayZero => "day 0: the days after it count".to_owned(),
            Reason::Counted => counted("counted"),
            Reason::Closed { name } => name.clone(),
            Reason::Paused { since, state } => {
                format!("paused since {}: {}", day(*since), title_of(state))
            }
            Reason::NoTime => "no time of this clock fell into it".to_owned(),
            Reason::Due => counted("due"),
            Reason::Missed => "target missed".to_owned(),
            Reason::Stopped => counted("stopped"),
            Reason::Cancelled => "cancelled".to_owned(),
            Reason::AfterEnd => "after the clock ended".to_owned(),
        }
    }
}

impl Strip {
    /// Why it is due then, in a sentence; closures on Saturdays and Sundays go without saying.
    #[must_use]
    pub fn sentence(&self, spell: &Spell, title_of: &dyn Fn(&StateName) -> String) -> String {
        let target = target_words(self.target);
        let Some(due_on) = self.due_on else {
            let waits = self.days.iter().rev().find_map(|one| {
                if let Reason::Paused { since, state } = &one.reason {
                    Some((since, state))
                } else {
                    None
                }
            });
            return match waits {
                Some((since, state)) => format!(
                    "No due date while paused, since {}: {}. The target is {target}.",
                    day(*since),
                    title_of(state)
                ),
                None => format!("No due date while paused. The target is {target}."),
            };
        };
        let zero = self.days.iter().find_map(|one| {
            if let Reason::ReceivedOutOfHours { counts_from } = &one.reason {
                Some(*counts_from)
            } else {
                None
            }
        });
        let from = zero.or_else(|| self.days.first().map(|one| one.date));
        let after = from.map_or(String::new(), |from| format!(" after {}", day(from)));
        let when = match self.target {
            Target::WorkingDays(_) | Target::CalendarDays(_) => "at the end of",
            Target::WorkingHours(_) | Target::Minutes(_) | Target::NextWorkingDayAt(_) => "on",
        };
        let due = due_on.strftime("%A %-d %B %Y");
        let before_due = self.days.iter().filter(|one| one.date < due_on);
        let mut notes: Vec<String> = Vec::new();
        let paused = before_due
            .clone()
            .filter(|one| matches!(one.reason, Reason::Paused { .. }))
            .count();
        for one in before_due {
            if let Reason::Closed { name } = &one.reason
                && *name != one.date.strftime("%A").to_string()
            {
                notes.push(format!("; {} is {name}", one.date.strftime("%-d %B")));
            }
        }
        if paused > 0 {
            let days = if paused == 1 { "day" } else { "days" };
            notes.push(format!("; {paused} {days} paused"));
        }
        for given in &spell.extensions {
            let at = given.at;
            if self.target != spell.target && self.due_at.is_none_or(|due| at <= due) {
                notes.push(format!("; extended by {}", target_words(given.by)));
            }
        }
        let assumed = self.assumed_after.map_or(String::new(), |until| {
            let until = until.strftime("%-d %B %Y");
            format!(" Holidays after {until} are not known yet: it may become later.")
        });
        format!(
            "Due {when} {due}: {target}{after}{}.{assumed}",
            notes.concat()
        )
    }
}

fn day(date: Date) -> String {
    date.strftime("%A %-d %B").to_string()
}

fn target_words(target: Target) -> String {
    let (count, unit) = match target {
        Target::WorkingDays(count) => (count, "working day"),
        Target::WorkingHours(count) => (count, "working hour"),
        Target::Minutes(count) => (count, "minute"),
        Target::CalendarDays(count) => (count, "calendar day"),
        Target::NextWorkingDayAt(time) => return format!("{time} on the next working day"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}
