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
use jiff::tz::TimeZone;
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
                .ok_or_else(|| refuse(format!("`{column}` is not a time")))
        };
        let at = time(&columns.time, &required(&columns.time)?)?;
        let received = match &columns.received {
            None => None,
            Some(column) => text(column).map(|t| time(column, &t)).transpose()?,
        };
        let of_row = columns.row.as_deref().and_then(text).unwrap_or_default();
        let step = Step {
            line,
            activity,
            at,
            received,
            row: of_row,
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

    /// RFC 3339, with a space for the `T` where need be; without an offset in the mapping's zone.
    fn time(&self, text: &str) -> Option<Timestamp> {
        text.parse::<Timestamp>().ok().or_else(|| {
            let civil: DateTime = text.parse().ok()?;
            civil
                .to_zoned(self.zone.clone())
                .ok()
                .map(|zoned| zoned.timestamp())
        })
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
        self.report.requests = self.requests.len() as u64;
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
        let longest = self.requests.values().map(Vec::len).max().unwrap_or(0);
        for turn in 0..longest {
            let wave: Vec<(u64, String, ImportedAct)> = self
                .requests
                .iter()
                .filter_map(|(label, steps)| {
                    let step = steps.get(turn)?;
                    let act = self.act(authority, label, step, (turn == 0).then_some(&steps[0]));
                    Some((step.line, step.activity.clone(), act))
                })
                .collect();
            for batch in wave.chunks(BATCH_ACTS) {
                let acts: Vec<ImportedAct> = batch.iter().map(|(_, _, act)| act.clone()).collect();
                let outcomes = importer.append(&acts).await?;
                for ((line, activity, _), outcome) in batch.iter().zip(outcomes) {
                    self.count(*line, activity, outcome);
                }
                done(batch.len() as u64);
            }
        }
        Ok(self.report)
    }

    fn count(&mut self, line: u64, activity: &str, outcome: Imported) {
        match outcome {
            Imported::Appended => self.report.appended += 1,
            Imported::Known => self.report.known += 1,
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
        authority: &Authority,
        label: &str,
        step: &Step,
        opened_by: Option<&Step>,
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
            actor: self.actor(step, &team),
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

    /// Pseudonymous, and marked as somebody of the older log.
    fn actor(&self, step: &Step, team: &TeamId) -> Principal {
        let label = self
            .mapping
            .columns
            .actor
            .as_ref()
            .and_then(|column| self.text(&step.texts, column))
            .unwrap_or_else(|| "unknown".to_owned());
        let code: String = label
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .take(48)
            .collect();
        let id = PrincipalId::parse(&format!("import:{code}"));
        Principal {
            id: id.unwrap_or_else(|_| unreachable!("letters, digits and - make a code")),
            kind: PrincipalKind::Person,
            grants: vec![Grant {
                role: self.mapping.acts_as.clone(),
                team: Some(team.clone()),
                agency: None,
            }],
        }
    }
}
