//! The monthly pack for the planning group, in twelve parts.

use super::measured::Ground;
use super::{children, page, sections};
use crate::charts::Table;
use crate::domain::ids::WorkflowName;
use crate::domain::measures::note::{Note, Says};
use crate::log::{Log, Position};
use crate::projections::acts::{Reach, Story, stories};
use crate::projections::response_times::charted::month_of;
use crate::projections::response_times::known::Known;
use crate::projections::response_times::{Answer, Question, Window, answer};
use crate::projections::{QueryError, ReadPool};
use crate::statistics::disclosure::Policy;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;

/// Which pack.
#[derive(Debug, Clone)]
pub struct Ask {
    pub authority: String,
    pub workflow: WorkflowName,
    /// `2026-07`
    pub month: String,
    /// What was known then.
    pub position: Position,
    pub policy: Policy,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pack {
    pub month: String,
    pub html: String,
    pub csv: String,
    /// The page for children and young people.
    pub children_html: String,
}

#[derive(Debug, thiserror::Error)]
pub enum PackError {
    #[error("`{found}` is not a month; allowed: YYYY-MM")]
    NotAMonth { found: String },
    #[error("this authority has no measures: publish a file of measures first")]
    NoMeasures,
    #[error(transparent)]
    Query(#[from] QueryError),
}

/// One part: words, tables, and charts with their tables.
#[derive(Debug, Clone, Default)]
pub(super) struct Section {
    pub(super) title: &'static str,
    pub(super) blocks: Vec<Block>,
}

#[derive(Debug, Clone)]
pub(super) enum Block {
    Words(String),
    Table(Table),
    Chart { svg: String, table: Table },
}

impl Section {
    pub(super) fn new(title: &'static str) -> Self {
        Self {
            title,
            blocks: Vec::new(),
        }
    }

    pub(super) fn say(&mut self, words: impl Into<String>) {
        self.blocks.push(Block::Words(words.into()));
    }

    pub(super) fn table(&mut self, table: Table) {
        self.blocks.push(Block::Table(table));
    }
}

/// All that the parts are made from.
pub(super) struct Material<'a> {
    pub(super) ask: &'a Ask,
    pub(super) ground: Ground<'a>,
    pub(super) notes: &'a [Note],
    /// First moments of the month and of the one after.
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
}

impl Material<'_> {
    /// Requests that were asked for in the month.
    pub(super) fn new_requests(&self) -> Vec<&Story> {
        let stories = self.ground.stories.iter();
        let month = self.from..self.to;
        stories
            .filter(|story| month.contains(&story.opening().occurred_at))
            .collect()
    }

    pub(super) fn question(&self, window: Window, by: Option<&str>) -> Question {
        Question {
            by: by.map(str::to_owned),
            window,
            ..Question::whole(&self.ask.authority, self.ask.workflow.clone(), self.to)
        }
    }

    pub(super) async fn times(&self, question: &Question) -> Result<Answer, QueryError> {
        answer::query_known(self.ground.pool, self.ground.known, question).await
    }

    /// What people wrote to the month.
    pub(super) fn narrative(&self, of: Option<&str>) -> Vec<String> {
        let notes = self.notes.iter().filter_map(|note| match &note.says {
            Says::Narrative {
                measure,
                period,
                text,
            } if *period == self.ask.month && measure.as_deref() == of => Some(format!(
                "{text} ({}, {})",
                note.by,
                note.at.strftime("%-d %B %Y")
            )),
            Says::Narrative { .. }
            | Says::Value { .. }
            | Says::TestOfChange { .. }
            | Says::Quote { .. }
            | Says::QuoteChecked { .. }
            | Says::PackIssued { .. } => None,
        });
        notes.collect()
    }
}

/// First moments of a month and of the next.
///
/// # Errors
/// When it is no month.
pub fn bounds(month: &str) -> Result<(Timestamp, Timestamp), PackError> {
    let wrong = || PackError::NotAMonth {
        found: month.to_owned(),
    };
    let (year, number) = month.split_once('-').ok_or_else(wrong)?;
    let year: i16 = year.parse().map_err(|_| wrong())?;
    let number: i8 = number.parse().map_err(|_| wrong())?;
    if !(1..=12).contains(&number) || !(2000..=2999).contains(&year) {
        return Err(wrong());
    }
    let first = date(year, number, 1);
    let start = |day: Date| {
        let zone = TimeZone::get("Europe/London").map_err(|_| wrong())?;
        day.to_zoned(zone)
            .map(|at| at.timestamp())
            .map_err(|_| wrong())
    };
    let next = first.last_of_month().tomorrow().map_err(|_| wrong())?;
    let bounds = (start(first)?, start(next)?);
    if month_of(bounds.0) == month {
        Ok(bounds)
    } else {
        Err(wrong())
    }
}

/// The pack of a month as known at a position; the read tables must have come so far.
///
/// # Errors
/// When the month is none, there are no measures, or the read tables are out of reach.
pub async fn build(pool: &ReadPool, log: &Log, ask: &Ask) -> Result<Pack, PackError> {
    let (from, to) = bounds(&ask.month)?;
    let whole = Question::whole(&ask.authority, ask.workflow.clone(), to);
    let known = Known::at(pool, log, &whole, ask.position).await?;
    let measures = known
        .declared
        .measures()
        .cloned()
        .ok_or(PackError::NoMeasures)?;
    let reach = Reach {
        authority: ask.authority.clone(),
        workflow: ask.workflow.to_string(),
        as_of: to,
        position: ask.position.0,
    };
    let stories = stories(pool, &reach).await?;
    let notes = known.declared.notes().to_vec();
    let material = Material {
        ask,
        ground: Ground {
            pool,
            known: &known,
            stories: &stories,
            authority: &ask.authority,
            workflow: &ask.workflow,
            as_of: to,
            policy: ask.policy,
        },
        notes: &notes,
        from,
        to,
    };
    let sections = sections::all(&material, &measures, log).await?;
    let title = known
        .declared
        .organisation()
        .file()
        .map_or(ask.authority.clone(), |file| file.title.clone());
    let children_html = children::html(&title, &material, &measures).await?;
    Ok(Pack {
        month: ask.month.clone(),
        children_html,
        html: page::html(&title, ask, &measures.status, &sections),
        csv: page::csv(&sections),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_has_the_bounds_of_its_own_zone() {
        let (from, to) = bounds("2026-07").unwrap();
        assert_eq!(from.to_string(), "2026-06-30T23:00:00Z");
        assert_eq!(to.to_string(), "2026-07-31T23:00:00Z");
        for wrong in [
            "2026",
            "2026-13",
            "2026-7",
            "July",
            "2026-00",
            "1999-01",
            "2026-07-01",
        ] {
            assert!(bounds(wrong).is_err(), "{wrong}");
        }
    }
}
