//! What the answers of some questions are taken from: what is known here now.

use super::Screens;
use super::form::hints::{Hints, Known};
use super::form::{Choice, Source};
use super::viewer::Viewer;
use super::words::{day, plain};
use crate::api::requests::Seen;
use crate::api::requests::view::EventView;
use crate::domain::request::actor::{Principal, PrincipalKind};
use crate::domain::request::asking::civil_date;
use jiff::civil::Date;
use serde_json::Value;
use std::sync::LazyLock;

static NONE: LazyLock<Hints> = LazyLock::new(Hints::default);

impl Screens {
    pub(super) fn hints(&self, workflow: &str) -> &Hints {
        self.hints.get(workflow).unwrap_or(&NONE)
    }
}

/// Of whoever looks at a request, or is about to send one.
pub(super) struct Sources<'a> {
    pub(super) viewer: &'a Viewer,
    pub(super) seen: Option<&'a Seen>,
    pub(super) today: Date,
    hopes: Vec<Choice>,
}

impl<'a> Sources<'a> {
    pub(super) fn of(screens: &Screens, viewer: &'a Viewer, seen: Option<&'a Seen>) -> Self {
        Self {
            viewer,
            seen,
            today: civil_date((screens.app.now)()),
            hopes: Vec::new(),
        }
    }

    /// With what the opening hoped for, where this reader may read it.
    pub(super) fn hoping(mut self, hints: &Hints, events: &[EventView]) -> Self {
        let opening = events.iter().find_map(|event| event.data.as_ref());
        let Some(opening) = opening else {
            return self;
        };
        for (list, number) in hints.numbered() {
            let entries = opening.get(list).and_then(Value::as_array);
            for entry in entries.into_iter().flatten().filter_map(Value::as_object) {
                let Some(value) = entry.get(number).and_then(Value::as_str) else {
                    continue;
                };
                let mut others = entry.iter().filter(|(name, _)| *name != number);
                if let Some(text) = others.find_map(|(_, other)| other.as_str()) {
                    self.hopes.push(choice(value, &shortened(text)));
                }
            }
        }
        self
    }

    pub(super) fn give(&self, known: Known) -> Vec<Choice> {
        let mut choices = match known {
            Known::Schools => self.schools(),
            Known::Agencies => self.agencies(),
            Known::Teams => self.teams(),
            Known::Members => self.people(&|person| self.is_member(person)),
            Known::Requesters => self.people(&|person| person.agency().is_some()),
            Known::Everybody => self.people(&|_| true),
            Known::Actions => return self.actions(),
            Known::Hopes => return self.hopes.clone(),
        };
        choices.sort_by(|a, b| a.label.cmp(&b.label));
        choices
    }

    fn schools(&self) -> Vec<Choice> {
        let file = self.viewer.declared.organisation().file();
        let schools = file.map_or(&[][..], |file| &file.schools);
        schools
            .iter()
            .map(|one| choice(one.id.as_str(), &one.title))
            .collect()
    }

    fn agencies(&self) -> Vec<Choice> {
        let file = self.viewer.declared.organisation().file();
        let agencies = file.map_or(&[][..], |file| &file.agencies);
        agencies
            .iter()
            .map(|one| choice(one.id.as_str(), &one.title))
            .collect()
    }

    fn teams(&self) -> Vec<Choice> {
        let teams = self.viewer.declared.organisation().teams_on(self.today);
        let here = self.seen.map(|seen| &seen.request().owner.team);
        teams
            .iter()
            .filter(|team| Some(*team) != here)
            .map(|team| choice(team.as_str(), &self.viewer.team(team.as_str())))
            .collect()
    }

    fn is_member(&self, person: &Principal) -> bool {
        let team = self.seen.map(|seen| &seen.request().owner.team);
        team.is_some_and(|team| person.is_member_of(team))
    }

    fn people(&self, fits: &dyn Fn(&Principal) -> bool) -> Vec<Choice> {
        let people = self.viewer.declared.principals();
        people
            .filter(|person| person.kind == PrincipalKind::Person && !person.grants.is_empty())
            .filter(|person| fits(person))
            .map(|person| choice(person.id.as_str(), &self.viewer.person(person.id.as_str())))
            .collect()
    }

    fn actions(&self) -> Vec<Choice> {
        let Some(seen) = self.seen else {
            return Vec::new();
        };
        let open = seen.request().plan.open();
        open.map(|(number, action)| {
            let label = format!(
                "{number}: {}, by {}",
                plain(&action.what),
                day(action.due_on)
            );
            choice(&number.to_string(), &label)
        })
        .collect()
    }
}

/// A choice is one line.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 80;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let start: String = text.chars().take(LONGEST).collect();
    format!("{}…", start.trim_end())
}

fn choice(value: &str, label: &str) -> Choice {
    Choice {
        value: value.to_owned(),
        label: label.to_owned(),
    }
}

/// For those who build a form.
pub(super) fn questions(
    schema: &Value,
    hints: &Hints,
    sources: &Sources<'_>,
) -> Vec<super::form::Field> {
    let give: Source<'_> = &|known| sources.give(known);
    super::form::build(schema, hints, give)
}
