//! The actions of the child's plan: who does what by when, and what became of it. A fold of acts.
//!
//! Invariant: ids and codes only; the words of an action are sealed with the act that added it.

use super::actor::Principal;
use super::command::Asked;
use super::error::{Place, Refusal};
use crate::domain::ids::{AgencyId, PrincipalId};
use crate::domain::workflow::definition::{
    AddedBy, MoveRule, PlanEffect, SettledBy, Settling, Which,
};
use crate::domain::workflow::expression::{Scope, find};
use crate::domain::workflow::phrase;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Actions of one request, open or not.
pub const ACTIONS_MAX: usize = 200;

/// What one act did to the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlanStep {
    Added(PlanAction),
    Settled(Settled),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    pub actions: Vec<u32>,
    #[serde(rename = "as")]
    pub how: Settling,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanAction {
    /// Its kind, a code of the workflow.
    pub what: String,
    /// The last day on which it is in time.
    pub due_on: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<PrincipalId>,
    /// Of which anybody may do it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<AgencyId>,
    /// How, and the coded reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled: Option<(Settling, Option<String>)>,
}

impl PlanAction {
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.settled.is_none()
    }

    /// Whether somebody is named to do it.
    #[must_use]
    pub fn is_for(&self, person: &Principal) -> bool {
        let of_agency = |agency: &AgencyId| {
            let mut grants = person.grants.iter();
            grants.any(|grant| grant.agency.as_ref() == Some(agency))
        };
        self.who.as_ref() == Some(&person.id) || self.agency.as_ref().is_some_and(of_agency)
    }

    /// `health check, by school-nurse-1, due 14 June 2026`
    fn words(&self) -> String {
        let by: Vec<String> = [
            self.who.as_ref().map(ToString::to_string),
            self.agency.as_ref().map(ToString::to_string),
        ]
        .into_iter()
        .flatten()
        .collect();
        let due = self.due_on.strftime("%-d %B %Y");
        format!(
            "{}, by {}, due {due}",
            phrase::words(&self.what),
            by.join(" of ")
        )
    }
}

/// Numbered from 1, in the order in which they were added.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Plan(Vec<PlanAction>);

impl Plan {
    pub fn evolve(&mut self, step: &PlanStep) {
        match step {
            PlanStep::Added(action) => self.0.push(action.clone()),
            PlanStep::Settled(settled) => {
                for number in &settled.actions {
                    if let Some(action) = self.find_mut(*number) {
                        action.settled = Some((settled.how, settled.because.clone()));
                    }
                }
            }
        }
    }

    pub fn numbered(&self) -> impl Iterator<Item = (u32, &PlanAction)> {
        (1..).zip(&self.0)
    }

    pub fn open(&self) -> impl Iterator<Item = (u32, &PlanAction)> {
        self.numbered().filter(|(_, action)| action.is_open())
    }

    /// Whether all of the open actions with these numbers are this person's to do; without
    /// numbers, whether some open action is.
    #[must_use]
    pub fn is_for(&self, person: &Principal, numbers: Option<&[u32]>) -> bool {
        let own = |number: &u32| {
            let mut open = self.open();
            open.any(|(n, action)| n == *number && action.is_for(person))
        };
        match numbers {
            Some(numbers) => !numbers.is_empty() && numbers.iter().all(own),
            None => self.open().any(|(_, action)| action.is_for(person)),
        }
    }

    /// What still stands in the way, in plain words; nothing when nothing does.
    #[must_use]
    pub fn still_open(&self) -> Option<String> {
        let open: Vec<String> = self
            .open()
            .map(|(number, action)| format!("{number} ({})", action.words()))
            .collect();
        let are = if open.len() == 1 {
            "action of the child's plan is"
        } else {
            "actions of the child's plan are"
        };
        (!open.is_empty()).then(|| format!("{} {are} open: {}", open.len(), open.join("; ")))
    }

    fn find_mut(&mut self, number: u32) -> Option<&mut PlanAction> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        self.0.get_mut(index)
    }
}

/// The numbers that an act names: none where it names none.
pub(super) fn numbers(rule: &MoveRule, asked: &Asked) -> Vec<u32> {
    let Some(PlanEffect::Settles(SettledBy {
        which: Which::At(path),
        ..
    })) = &rule.plan
    else {
        return Vec::new();
    };
    let found = find(&asked.coded, path);
    let items = match found {
        Some(Value::Array(items)) => items.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    // What is no number of an action is 0, which none has.
    let number = |item: &Value| {
        let number = item.as_u64().and_then(|number| u32::try_from(number).ok());
        number.unwrap_or(0)
    };
    items.iter().map(number).collect()
}

/// What an act does to the plan as it stands.
///
/// # Errors
/// When it names what is no open action, or says no action.
pub(super) fn step(
    rule: &MoveRule,
    plan: &Plan,
    asked: &Asked,
    scope: Scope<'_>,
) -> Result<Option<PlanStep>, Refusal> {
    match &rule.plan {
        None => Ok(None),
        Some(PlanEffect::Adds(_)) if plan.0.len() >= ACTIONS_MAX => {
            Err(Refusal::TooManyActions { limit: ACTIONS_MAX })
        }
        Some(PlanEffect::Adds(added)) => {
            added_action(added, asked).map(|a| Some(PlanStep::Added(a)))
        }
        Some(PlanEffect::Settles(settled)) if settled.when.holds(scope) => {
            let open = || plan.open().map(|(number, _)| number);
            let actions = match &settled.which {
                Which::All => open().collect(),
                Which::At(_) => numbers(rule, asked),
            };
            if let Some(found) = actions.iter().find(|number| !open().any(|n| n == **number)) {
                return Err(Refusal::NoSuchAction {
                    found: *found,
                    open: open().collect(),
                });
            }
            let because = settled
                .because
                .as_deref()
                .and_then(|path| code(asked, path));
            Ok((!actions.is_empty()).then(|| {
                PlanStep::Settled(Settled {
                    actions,
                    how: settled.how,
                    because: because.map(str::to_owned),
                })
            }))
        }
        Some(PlanEffect::Settles(_)) => Ok(None),
    }
}

fn code<'a>(asked: &'a Asked, path: &str) -> Option<&'a str> {
    find(&asked.coded, path).and_then(Value::as_str)
}

fn added_action(added: &AddedBy, asked: &Asked) -> Result<PlanAction, Refusal> {
    let bad = |path: &str, what| Refusal::BadCode {
        place: Place::at(path),
        what,
    };
    let at = |path: &Option<String>| path.as_deref().and_then(|path| code(asked, path));
    let due_on = code(asked, &added.by).and_then(|text| text.parse().ok());
    let who = at(&added.who).map(PrincipalId::parse).transpose();
    let agency = at(&added.agency).map(AgencyId::parse).transpose();
    let path = |of: &Option<String>| of.clone().unwrap_or_default();
    let action = PlanAction {
        what: code(asked, &added.what)
            .ok_or_else(|| bad(&added.what, "kind of action"))?
            .to_owned(),
        due_on: due_on.ok_or_else(|| bad(&added.by, "day"))?,
        who: who.map_err(|_| bad(&path(&added.who), "person"))?,
        agency: agency.map_err(|_| bad(&path(&added.agency), "agency"))?,
        settled: None,
    };
    if action.who.is_none() && action.agency.is_none() {
        let path = added.who.as_deref().or(added.agency.as_deref());
        return Err(bad(path.unwrap_or_default(), "person or an agency"));
    }
    Ok(action)
}
