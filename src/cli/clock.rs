//! `rfa clock explain --calendar scotland-bank-holidays --target 5wd --start 2026-11-26T10:00`

use super::{Outcome, say};
use crate::commands::definition_files;
use crate::config::Config;
use crate::domain::ids::{CalendarName, ClockName, StateName};
use crate::domain::time::calendar::Calendars;
use crate::domain::time::clock::{Pause, Spell, SpellStatus};
use crate::domain::time::strip::Strip;
use crate::domain::workflow::definition::Target;
use crate::domain::workflow::parse::parse_calendar;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use std::error::Error;
use std::process::ExitCode;

/// Times without an offset are local time there.
const ZONE: &str = "Europe/London";

#[derive(Debug, Subcommand)]
pub(super) enum Clock {
    /// What if: day by day, why a clock would be due when it is
    Explain(Explain),
}

#[derive(Debug, Args)]
pub(super) struct Explain {
    /// A calendar of the folder of definition files
    #[arg(long)]
    calendar: CalendarName,
    /// 5wd, 16wh, 15min, 10d or 12w
    #[arg(long)]
    target: Target,
    /// Local time in Scotland, as 2026-11-26T10:00
    #[arg(long, value_parser = local)]
    start: Timestamp,
    /// FROM..TO, or FROM.. for a pause that goes on; may be given again
    #[arg(long, value_parser = pause)]
    pause: Vec<Pause>,
    /// The moment asked about; the start, or the last time of a pause, if not given
    #[arg(long, value_parser = local)]
    as_of: Option<Timestamp>,
}

type Wrong = Box<dyn Error + Send + Sync>;

fn local(text: &str) -> Result<Timestamp, Wrong> {
    let local: DateTime = text.parse()?;
    Ok(local.to_zoned(TimeZone::get(ZONE)?)?.timestamp())
}

fn pause(text: &str) -> Result<Pause, Wrong> {
    let (from, to) = text.split_once("..").ok_or("allowed: FROM..TO or FROM..")?;
    let to = if to.is_empty() {
        None
    } else {
        Some(local(to)?)
    };
    let from = local(from)?;
    if to.is_some_and(|to| to < from) {
        return Err("a pause ends after it begins".into());
    }
    Ok(Pause {
        from,
        to,
        state: StateName::parse("paused")?,
        at_most: None,
    })
}

impl Clock {
    pub(super) fn run(self, config: &Config) -> Outcome {
        match self {
            Self::Explain(explain) => explain.run(config),
        }
    }
}

impl Explain {
    fn run(mut self, config: &Config) -> Outcome {
        let mut files = Vec::new();
        for (file, text) in definition_files(&config.settings.workflows.join("calendars"), "yaml")?
        {
            files.push(parse_calendar(&file, &text).map_err(words)?);
        }
        let calendars = Calendars::build(files)?;
        let calendar = calendars.load(&self.calendar)?;
        self.pause.sort_by_key(|pause| pause.from);
        let last = self.pause.last().map(|p| p.to.unwrap_or(p.from));
        let paused = self.pause.iter().any(|pause| pause.to.is_none());
        let spell = Spell {
            clock: ClockName::parse("what-if")?,
            number: 1,
            started_at: self.start,
            calendar: self.calendar,
            target: self.target,
            status: if paused {
                SpellStatus::Paused
            } else {
                SpellStatus::Running
            },
            ended_at: None,
            pauses: self.pause,
            counting: Default::default(),
            extensions: Vec::new(),
            concern: None,
            known_at: None,
        };
        let as_of = self.as_of.or(last).unwrap_or(self.start).max(self.start);
        print(&spell, &spell.strip(calendar, as_of));
        Ok(ExitCode::SUCCESS)
    }
}

fn words<T: ToString>(problems: Vec<T>) -> String {
    let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
    all.join("\n")
}

fn print(spell: &Spell, strip: &Strip) {
    let title_of = |_: &StateName| "as asked".to_owned();
    say(strip.sentence(spell, &title_of));
    say("");
    for day in &strip.days {
        let mark = if day.counted { '*' } else { ' ' };
        let date = day.date.strftime("%a %e %b %Y");
        say(format!(
            "{mark} {date}  {}",
            day.words(strip.target, &title_of)
        ));
    }
    if strip.is_cut {
        say("Later days are left out.");
    }
}
