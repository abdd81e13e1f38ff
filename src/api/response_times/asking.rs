//! What is asked of response times: checked, and refused in words where it makes no sense.

use crate::access::{Action, Resource, decide};
use crate::api::App;
use crate::api::caller::Caller;
use crate::api::extract::Params;
use crate::api::position::{AsOf, public};
use crate::api::problem::{Kind, Problem};
use crate::api::read_tables::{caught_up, reached, unreadable};
use crate::api::reports::recorded_by;
use crate::domain::declared::Declared;
use crate::domain::ids::{ClockName, TeamId, WorkflowName};
use crate::projections::QueryError;
use crate::projections::response_times::answer::Key;
use crate::projections::response_times::known::Known;
use crate::projections::response_times::{Answer, Question, Window, answer};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::convert::Infallible;
use std::sync::Arc;

pub(super) const READ_TABLE: &str = "response_times";
pub(super) const PARAMETERS: [&str; 10] = [
    "workflow",
    "clock",
    "by",
    "only",
    "view",
    "from",
    "to",
    "as_of",
    "as_known_on",
    "min_position",
];

/// A question with all that its answer stands on.
pub(super) struct Asked {
    pub(super) question: Question,
    pub(super) as_known_on: Option<Timestamp>,
    pub(super) known: Option<Known>,
    pub(super) declared: Arc<Declared>,
    pub(super) as_of: AsOf,
    /// Counts of this caller leave the identified view.
    pub(super) leaves: bool,
    /// Asked about the present, without a moment.
    is_about_now: bool,
}

impl Asked {
    pub(super) async fn read(app: &App, caller: &Caller, params: &Params) -> Result<Self, Problem> {
        let only = params.find("only", "DIMENSION:CODE", |text| {
            let (dimension, code) = text.split_once(':').ok_or(())?;
            Ok::<_, ()>((dimension.to_owned(), code.to_owned()))
        })?;
        let leaves = !sees_each(caller, only.as_ref());
        let now = (app.now)();
        let as_known_on = params.find("as_known_on", WHEN, when)?;
        if as_known_on.is_some_and(|at| at > now) {
            return Err(wrong("as_known_on", "after now", "a time that has passed"));
        }
        let usual = if leaves {
            first_of_month(now)
        } else {
            as_known_on.unwrap_or(now)
        };
        let as_of = params.find("as_of", WHEN, when)?;
        let question = Question {
            authority: caller.authority.to_string(),
            workflow: params
                .find("workflow", "the name of a workflow", WorkflowName::parse)?
                .unwrap_or_else(|| app.usual_workflow.clone()),
            clock: params.find("clock", "the name of a clock", ClockName::parse)?,
            by: params.find("by", "`team` or a coded field", |text| {
                Ok::<_, Infallible>(text.to_owned())
            })?,
            only,
            window: window(params, now)?,
            as_of: as_of.unwrap_or(usual),
        };
        if question.as_of > as_known_on.unwrap_or(now) {
            let allowed = "no later than `as_known_on`, or than now";
            return Err(wrong("as_of", "not known yet", allowed));
        }
        if leaves {
            whole_months(&question)?;
        }
        let mut asked = Self {
            question,
            as_known_on,
            known: None,
            declared: app.commands.registry().of(caller.authority.as_str()),
            as_of: caught_up(app, READ_TABLE, params).await?,
            leaves,
            is_about_now: as_of.is_none() && !leaves,
        };
        if let Some(at) = as_known_on {
            asked.go_back(app, at).await?;
        }
        Ok(asked)
    }

    async fn go_back(&mut self, app: &App, at: Timestamp) -> Result<(), Problem> {
        let position = recorded_by(app, at).await?;
        reached(app, READ_TABLE, position).await?;
        let log = app.commands.registry().log();
        let known = Known::at(&app.reads, log, &self.question, position).await;
        self.known = Some(known.map_err(unanswered)?);
        // The same answer for ever: it does not tell how far the table is today.
        self.as_of = AsOf {
            position: public(app.epoch, position.0),
            lag: 0,
        };
        Ok(())
    }

    pub(super) async fn answer(&self, app: &App) -> Result<Answer, Problem> {
        let answer = match &self.known {
            Some(known) => answer::query_known(&app.reads, known, &self.question).await,
            None => self.present(app).await,
        };
        answer.map_err(unanswered)
    }

    async fn present(&self, app: &App) -> Result<Answer, QueryError> {
        let (question, position) = (&self.question, &self.as_of.position);
        let key = Key::of(question, self.is_about_now, position, &self.declared);
        let (pool, declared) = (&app.reads, &self.declared);
        let read = async {
            // What has ended by now stays as it is; of an earlier moment some had not ended.
            if self.is_about_now {
                app.bases.query(pool, declared, question).await
            } else {
                answer::query(pool, declared, question).await
            }
        };
        let answer = app.times.ask(key, read).await;
        answer.map(Arc::unwrap_or_clone)
    }
}

/// Whether the caller answers for what is asked about: the whole, or the one team that they lead.
fn sees_each(caller: &Caller, only: Option<&(String, String)>) -> bool {
    let team = only.filter(|(dimension, _)| dimension == "team");
    let team = team.and_then(|(_, code)| TeamId::parse(code).ok());
    let resource = team.as_ref().map_or(Resource::Whole, Resource::Team);
    decide(&caller.principal, Action::ReadIdentified, resource).is_allowed()
}

pub(super) fn unanswered(error: QueryError) -> Problem {
    match error {
        QueryError::UnknownDimension { allowed, .. } => Problem::new(
            Kind::BadQuery,
            "`by` or `only` is not a dimension of this workflow.",
        )
        .allow(allowed),
        QueryError::Unavailable | QueryError::Calendar(_) => unreadable(error),
    }
}

pub(in crate::api) fn wrong(parameter: &str, what: &str, allowed: &str) -> Problem {
    Problem::new(Kind::BadQuery, "A parameter of the query cannot be used.").with(
        format!("#query/{parameter}"),
        what,
        allowed,
    )
}

pub(crate) const WHEN: &str = "an RFC 3339 time with its offset, or a date";

/// A date is its first moment in Scotland.
pub(crate) fn when(text: &str) -> Result<Timestamp, jiff::Error> {
    if let Ok(at) = text.parse() {
        return Ok(at);
    }
    let date: Date = text.parse()?;
    Ok(date.to_zoned(TimeZone::get("Europe/London")?)?.timestamp())
}

fn window(params: &Params, now: Timestamp) -> Result<Window, Problem> {
    let from = params.find("from", WHEN, when)?;
    let to = params.find("to", WHEN, when)?;
    let view = params.text("view").unwrap_or("all");
    let (from, to) = match (view, from, to) {
        ("all", None, None) => return Ok(Window::All),
        ("cohort" | "period", Some(from), Some(to)) => (from, to),
        ("all", _, _) => {
            let what = "given with `view` `all`";
            return Err(wrong(
                "from",
                what,
                "`from` and `to` with `cohort` or `period`",
            ));
        }
        ("cohort" | "period", _, _) => {
            let what = "`from` or `to` is missing";
            return Err(wrong(
                "view",
                what,
                "`from` and `to` with `cohort` or `period`",
            ));
        }
        _ => return Err(wrong("view", "not known", "`all`, `cohort` or `period`")),
    };
    if from >= to {
        return Err(wrong("to", "not after `from`", "a later time"));
    }
    if from >= now {
        return Err(wrong("from", "in the future", "a time that has passed"));
    }
    Ok(if view == "cohort" {
        Window::Cohort { from, to }
    } else {
        Window::Period { from, to }
    })
}

/// The first moment of the month in Scotland.
fn first_of_month(at: Timestamp) -> Timestamp {
    let zone = TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC);
    let first = at.to_zoned(zone).first_of_month();
    first
        .and_then(|day| day.start_of_day())
        .map_or(at, |day| day.timestamp())
}

/// Two answers a day apart would tell of the few in between.
fn whole_months(question: &Question) -> Result<(), Problem> {
    let bounds = match question.window {
        Window::All => vec![],
        Window::Cohort { from, to } | Window::Period { from, to } => {
            vec![("from", from), ("to", to)]
        }
    };
    for (name, at) in bounds.into_iter().chain([("as_of", question.as_of)]) {
        if first_of_month(at) != at {
            return Err(wrong(name, "within a month", "the first day of a month"));
        }
    }
    Ok(())
}
