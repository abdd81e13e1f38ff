//! The plan of an import and its execution: the first row of every request, then the second, …,
//! so that each batch holds many requests and each request keeps its order.

use super::mapping::Mapping;
use super::report::Report;
use super::rows::{ReadRow, Row, Texts};
use crate::commands::{AskedMove, CommandError, Imported, ImportedAct, Importer};
use crate::domain::ids::{Authority, PrincipalId, TeamId};
use crate::domain::request::actor::{Grant, Principal, PrincipalKind};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Acts a batch. The log takes them in one statement; people's commands get in between.
const BATCH_ACTS: usize = 1_000;

/// One row, understood, before it is known which of its request's rows comes first.
#[derive(Debug, Clone)]
struct Step {
    line: u64,
    activity: String,
    at: Timestamp,
    received: Option<Timestamp>,
    row: String,
    /// A local time of the row exists twice; the first is taken.
    is_ambiguous: bool,
    texts: Texts,
}

/// All rows of a file, by request, in order of their times.
pub struct Plan {
    mapping: Mapping,
    zone: TimeZone,
    requests: BTreeMap<String, Vec<Step>>,
    pub report: Report,
}

#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    #[error("zone `{found}` is not an IANA time zone")]
    Zone { found: String },
}

impl Plan {
    /// # Errors
    /// When the mapping's zone is not known. Rows that do not fit are refused in the report.
    pub fn new(mapping: Mapping, rows: Vec<ReadRow>) -> Result<Self, PlanError> {
        let zone = TimeZone::get(&mapping.zone).map_err(|_| PlanError::Zone {
            found: mapping.zone.clone(),
        })?;
        let report = Report {
            rows_read: rows.len() as u64,
            ..Report::default()
        };
        let mut plan = Self {
            mapping,
            zone,
            requests: BTreeMap::new(),
            report,
        };
        for row in rows {
            match row.and_then(|row| plan.step(row)) {
                Ok((request, step)) => plan.requests.entry(request).or_default().push(step),
                Err((line, reason)) => plan.report.refuse(line, reason),
            }
        }
        for steps in plan.requests.values_mut() {
            steps.sort_by(|a, b| (a.at, &a.row, &a.activity).cmp(&(b.at, &b.row, &b.activity)));
        }
        plan.look();
        Ok(plan)
    }

    /// Rows that are to be taken, for the progress bar.
    #[must_use]
    pub fn step_count(&self) -> u64 {
        self.requests.values().map(|steps| steps.len() as u64).sum()
    }

    fn step(&self, row: Row) -> Result<(String, Step), (u64, String)> {
        let line = row.line;
        let refuse = |reason: String| (line, reason);
        let columns = &self.mapping.columns;
        let text = |column: &str| self.text(&row.texts, column);
        let required =
            |column: &str| text(column).ok_or_else(|| refuse(format!("`{column}` is empty")));
        let request = required(&columns.request)?;
        let activity = required(&columns.activity)?;
        if !self.mapping.activities.contains_key(&activity) {
            return Err(refuse("the mapping does not know this activity".to_owned()));
        }
        let time = |column: &str, text: &str| {
            self.time(text)
                .map_err(|why| refuse(format!("`{column}` is {why}")))
        };
        let (at, twice) = time(&columns.time, &required(&columns.time)?)?;
        let received = match &columns.received {
            None => None,
            Some(column) => text(column).map(|t| time(column, &t)).transpose()?,
        };
        let of_row = columns.row.as_deref().and_then(text).unwrap_or_default();
        let step = Step {
            line,
            activity,
            at,
            received: received.map(|(received, _)| received),
            row: of_row,
            is_ambiguous: twice || received.is_some_and(|(_, twice)| twice),
            texts: row.texts,
        };
        Ok((request, step))
    }

    /// `None` where nothing was recorded.
    fn text(&self, texts: &Texts, column: &str) -> Option<String> {
        let text = texts.get(column)?.trim();
        let absent = text.is_empty() || self.mapping.absent.iter().any(|a| a == text);
        (!absent).then(|| text.to_owned())
    }

    /// RFC 3339, with a space for the `T` where need be; without an offset in the mapping's zone, and
    /// then whether that local time exists twice.
    fn time(&self, text: &str) -> Result<(Timestamp, bool), &'static str> {
        if let Ok(at) = text.parse::<Timestamp>() {
            return Ok((at, false));
        }
        let civil: DateTime = text.parse().map_err(|_| "not a time")?;
        let found = self.zone.to_ambiguous_timestamp(civil);
        let twice = match found.offset() {
            AmbiguousOffset::Unambiguous { .. } => false,
            AmbiguousOffset::Fold { .. } => true,
            AmbiguousOffset::Gap { .. } => {
                return Err("a local time that does not exist: the clocks went forward");
            }
        };
        let at = found.earlier().map_err(|_| "not a time")?;
        Ok((at, twice))
    }

    /// Rows that have not happened yet: a clock that was wrong, or a column that is not what it seems.
    pub fn look_ahead(&mut self, now: Timestamp) {
        let late = self.labels_with(|step| step.at > now);
        self.report.find("rows that lie in the future", late);
    }

    /// Of requests with such a row.
    fn labels_with(&self, is_such: impl Fn(&Step) -> bool) -> Vec<String> {
        let requests = self.requests.iter();
        let with = requests.filter(|(_, steps)| steps.iter().any(&is_such));
        with.map(|(label, _)| label.clone()).collect()
    }

    /// What a reader of the figures must know about the data.
    fn look(&mut self) {
        let mut late_start = Vec::new();
        let mut no_received = Vec::new();
        let mut no_team = BTreeSet::new();
        for (label, steps) in &self.requests {
            let Some(first) = steps.first() else { continue };
            match first.received {
                Some(received) if received > first.at => late_start.push(label.clone()),
                None if self.mapping.columns.received.is_some() => no_received.push(label.clone()),
                Some(_) | None => {}
            }
            if let Some(column) = &self.mapping.columns.team
                && steps
                    .iter()
                    .any(|step| self.text(&step.texts, column).is_none())
            {
                no_team.insert(label.clone());
            }
        }
        let ambiguous = self.labels_with(|step| step.is_ambiguous);
        self.report.requests = self.requests.len() as u64;
        self.report.find(
            "a local time that exists twice; the first is taken",
            ambiguous,
        );
        self.report.find(
            "the start lies after the first event; the first event counts",
            late_start,
        );
        self.report
            .find("no start is recorded; the first event counts", no_received);
        self.report
            .find("rows without a team", no_team.into_iter().collect());
    }

    /// Takes every row; `done` hears how many more are through.
    ///
    /// # Errors
    /// When the log is out of reach: start the same import again and it goes on.
    pub async fn run(
        mut self,
        importer: &mut Importer,
        authority: &Authority,
        mut done: impl FnMut(u64),
    ) -> Result<Report, CommandError> {
        let mut twice = Vec::new();
        let longest = self.requests.values().map(Vec::len).max().unwrap_or(0);
        for turn in 0..longest {
            let wave: Vec<(String, Step, ImportedAct)> = self
                .requests
                .iter()
                .filter_map(|(label, steps)| {
                    let step = steps.get(turn)?;
                    let opening = (turn == 0).then_some(&steps[0]);
                    let act = self.act(importer, authority, (label, step, opening));
                    Some((label.clone(), step.clone(), act))
                })
                .collect();
            for batch in wave.chunks(BATCH_ACTS) {
                let acts: Vec<ImportedAct> = batch.iter().map(|(_, _, act)| act.clone()).collect();
                let outcomes = importer.append(&acts).await?;
                for ((label, step, _), outcome) in batch.iter().zip(outcomes) {
                    if outcome == Imported::Twice {
                        twice.push(label.clone());
                    }
                    self.count(step.line, &step.activity, outcome);
                }
                done(batch.len() as u64);
            }
        }
        self.report
            .find("a row stands twice; it counts once", twice);
        Ok(self.report)
    }

    fn count(&mut self, line: u64, activity: &str, outcome: Imported) {
        match outcome {
            Imported::Appended => self.report.appended += 1,
            Imported::Known => self.report.known += 1,
            Imported::Twice => return,
            Imported::Refused(reason) => return self.report.refuse(line, reason),
        }
        *self
            .report
            .by_activity
            .entry(activity.to_owned())
            .or_default() += 1;
    }

    fn act(
        &self,
        importer: &Importer,
        authority: &Authority,
        (label, step, opened_by): (&str, &Step, Option<&Step>),
    ) -> ImportedAct {
        let mapping = &self.mapping;
        let space = Uuid::new_v5(&Uuid::NAMESPACE_OID, authority.as_str().as_bytes());
        let request = Uuid::new_v5(
            &space,
            format!("import/{}/{label}", mapping.source).as_bytes(),
        );
        let move_name = mapping.activities[&step.activity].clone();
        let row = format!("{move_name}\n{}\n{}", step.at, step.row);
        let team = mapping
            .columns
            .team
            .as_ref()
            .and_then(|column| self.text(&step.texts, column))
            .and_then(|text| mapping.teams.get(&text).cloned())
            .unwrap_or_else(|| mapping.team.clone());
        ImportedAct {
            request,
            command_id: Uuid::new_v5(&request, row.as_bytes()),
            actor: self.actor(importer, step, &team),
            occurred_at: step.at,
            asked: AskedMove {
                move_name,
                data: self.data(step, opened_by),
            },
            team,
        }
    }

    fn data(&self, step: &Step, opened_by: Option<&Step>) -> Value {
        let mut data = Map::new();
        let opening = self.mapping.opening.iter().filter(|_| opened_by.is_some());
        for (field, column) in opening.chain(&self.mapping.attributes) {
            if let Some(text) = self.text(&step.texts, column) {
                data.insert(field.clone(), Value::String(text));
            }
        }
        if let Some(first) = opened_by {
            let received = first
                .received
                .map_or(first.at, |received| received.min(first.at));
            data.insert(
                "received_at".to_owned(),
                Value::String(received.to_string()),
            );
        }
        Value::Object(data)
    }

    /// Marked as somebody of the older log, without a name.
    fn actor(&self, importer: &Importer, step: &Step, team: &TeamId) -> Principal {
        let actor = self.mapping.columns.actor.as_ref();
        let label = actor.and_then(|column| self.text(&step.texts, column));
        let code = label.map_or_else(
            || "import:unknown".to_owned(),
            |label| importer.code_of_actor(&label),
        );
        let id = PrincipalId::parse(&code);
        Principal::new(
            id.unwrap_or_else(|_| unreachable!("letters and digits make a code")),
            PrincipalKind::Person,
            vec![Grant::new(
                self.mapping.acts_as.clone(),
                Some(team.clone()),
                None,
            )],
        )
    }
}
