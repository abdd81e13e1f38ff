//! The opening move's questions, and the pages that they stand on.

use super::Screens;
use super::form::{Fault, Field, Typed, faults, read};
use super::sources::{Sources, questions};
use super::viewer::Viewer;
use crate::api::problem::{Kind, Problem};
use crate::commands::CommandError;
use crate::domain::ids::MoveName;
use crate::domain::request::asking::civil_date;
use crate::domain::workflow::schema::{DataError, Moment, Workflow};
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::sync::Arc;

/// What a new request is asked.
pub(super) struct Asking {
    pub(super) workflow: Arc<Workflow>,
    pub(super) opening: MoveName,
    pub(super) fields: Vec<Field>,
    pub(super) pages: Vec<Questions>,
}

/// One page.
pub(super) struct Questions {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) first: Vec<Field>,
    pub(super) more: Vec<Field>,
}

impl Asking {
    /// By the version that a request with these answers begins with.
    pub(super) fn of(screens: &Screens, viewer: &Viewer, typed: &Typed) -> Result<Self, Problem> {
        let asking = Self::load(screens, viewer, &Map::new())?;
        match read(&asking.fields, typed) {
            Value::Object(data) => Self::load(screens, viewer, &data),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => Ok(asking),
        }
    }

    pub(super) fn load(
        screens: &Screens,
        viewer: &Viewer,
        data: &Map<String, Value>,
    ) -> Result<Self, Problem> {
        if !viewer.asks {
            let words = "Only named persons and lead professionals ask for help here.";
            return Err(Problem::new(Kind::NotYours, words));
        }
        let now = (screens.app.now)();
        let usual = &screens.app.usual_workflow;
        let found = viewer
            .declared
            .opening_workflow(usual, data, civil_date(now));
        let workflow = Arc::clone(found.map_err(CommandError::from)?);
        let (opening, rule) = workflow.opening_move().map_err(|_| {
            Problem::new(
                Kind::NotNow,
                "This workflow can begin in several ways; use the API.",
            )
        })?;
        let hints = screens.hints(usual.as_str());
        let fields = questions(&rule.data, hints, &Sources::of(screens, viewer, None));
        let opening = opening.clone();
        let mut rest = fields.clone();
        let mut take = |names: &[String]| {
            let found = names.iter().filter_map(|name| {
                let at = rest.iter().position(|field| field.name == *name)?;
                Some(rest.remove(at))
            });
            found.collect::<Vec<Field>>()
        };
        let mut pages: Vec<Questions> = hints
            .pages
            .iter()
            .map(|page| Questions {
                name: page.name.clone(),
                title: page.title.clone(),
                first: take(&page.fields),
                more: take(&page.more),
            })
            .collect();
        stand_somewhere(&mut pages, rest);
        pages.retain(|page| !page.first.is_empty() || !page.more.is_empty());
        Ok(Self {
            workflow,
            opening,
            fields,
            pages,
        })
    }

    pub(super) fn page(&self, name: &str) -> Option<&Questions> {
        self.pages.iter().find(|page| page.name == name)
    }

    /// From 1.
    pub(super) fn number(&self, name: &str) -> usize {
        let at = self.pages.iter().position(|page| page.name == name);
        at.map_or(1, |at| at + 1)
    }

    pub(super) fn after(&self, name: &str) -> Option<&str> {
        let at = self.pages.iter().position(|page| page.name == name)?;
        Some(&self.pages.get(at + 1)?.name)
    }

    pub(super) fn before(&self, name: &str) -> Option<&str> {
        let at = self.pages.iter().position(|page| page.name == name)?;
        Some(&self.pages.get(at.checked_sub(1)?)?.name)
    }

    /// The page that asks what stands at a dotted path.
    pub(super) fn page_of(&self, path: &str) -> Option<&str> {
        let found = self
            .pages
            .iter()
            .find(|page| page.asks(&format!("/{}", path.replace('.', "/"))));
        found.map(|page| page.name.as_str())
    }

    /// What the schema and the calendar say to the answers so far.
    pub(super) fn wrong(&self, typed: &Typed, now: Timestamp) -> Vec<DataError> {
        let data = read(&self.fields, typed);
        let mut wrong = self
            .workflow
            .check(&self.opening, &data)
            .err()
            .unwrap_or_default();
        let moment = Moment {
            now,
            today: civil_date(now),
        };
        wrong.extend(self.workflow.check_dates(&self.opening, &data, moment));
        wrong
    }

    /// Of the questions of one page.
    pub(super) fn faults(&self, page: &Questions, typed: &Typed, now: Timestamp) -> Vec<Fault> {
        let mut wrong = self.wrong(typed, now);
        wrong.retain(|error| page.asks(&error.pointer));
        faults(&self.fields, &wrong)
    }
}

/// What no page names is asked on the last one.
fn stand_somewhere(pages: &mut Vec<Questions>, rest: Vec<Field>) {
    if rest.is_empty() {
        return;
    }
    if pages.is_empty() {
        pages.push(Questions {
            name: "request".to_owned(),
            title: "Your request".to_owned(),
            first: Vec::new(),
            more: Vec::new(),
        });
    }
    let Some(last) = pages.last_mut() else {
        return;
    };
    let (needed, others): (Vec<Field>, Vec<Field>) = rest.into_iter().partition(|f| f.needed);
    last.first.extend(needed);
    last.more.extend(others);
}

impl Questions {
    fn each(&self) -> impl Iterator<Item = &Field> {
        self.first.iter().chain(&self.more)
    }

    pub(super) fn names(&self) -> Vec<&str> {
        self.each().map(|field| field.name.as_str()).collect()
    }

    /// Whether it asks what stands at a pointer into the data.
    pub(super) fn asks(&self, pointer: &str) -> bool {
        let first = pointer.trim_start_matches('/').split('/').next();
        self.each().any(|field| Some(field.name.as_str()) == first)
    }

    /// Whether a dotted path belongs to one of its questions.
    pub(super) fn has(&self, path: &str) -> bool {
        let fits = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        path.chars().all(fits) && self.asks(&path.replace('.', "/"))
    }
}
