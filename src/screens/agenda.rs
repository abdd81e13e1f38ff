//! What waits for somebody: questions, actions of a child's plan, and decisions that they have not read.
//! It comes before everything else and is counted in the menu, however many requests there are.

use super::form::Field;
use super::shown::{answers, when};
use super::sources::{Sources, questions};
use super::viewer::Viewer;
use super::words::{count, plain};
use super::{ROOT, Screens};
use crate::api::App;
use crate::api::caller::Caller;
use crate::api::problem::Problem;
use crate::api::read_tables::unreadable;
use crate::api::requests::covers_now;
use crate::domain::declared::Declared;
use crate::domain::workflow::definition::{Definition, FromStates, MoveRule, Relation};
use crate::projections::own_requests::{self, OwnReader, OwnRequest};
use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::{Map, Value};
use uuid::Uuid;

/// More than one person can look at; the newest are shown.
const SHOWN_MAX: i64 = 200;

#[derive(Debug, Clone, Default)]
pub(super) struct PersonalAgenda {
    needs: Vec<OwnRequest>,
    /// Decided and not opened since.
    decided: Vec<OwnRequest>,
}

/// Somebody with those for whom they answer today.
pub(super) fn reader_of(app: &App, caller: &Caller) -> OwnReader {
    let me = &caller.principal.id;
    let covers = covers_now(app, caller).into_iter();
    let covered = covers.filter(|(_, cover)| cover.by == *me);
    let grants = caller.principal.grants.iter();
    OwnReader {
        authority: caller.authority.clone(),
        person: me.clone(),
        covered: covered.map(|(agency, _)| agency).collect(),
        agencies: grants.filter_map(|grant| grant.agency.clone()).collect(),
    }
}

impl PersonalAgenda {
    /// # Errors
    /// When a table is out of reach: then nobody may be told that nothing waits.
    pub(super) async fn load(app: &App, caller: &Caller) -> Result<Self, Problem> {
        let reader = reader_of(app, caller);
        let needs = own_requests::needs(&app.reads, &reader, SHOWN_MAX);
        let needs = needs.await.map_err(unreadable)?;
        let decided = own_requests::decided(&app.reads, &reader, SHOWN_MAX);
        let mut decided = decided.await.map_err(unreadable)?;
        let asked: Vec<(Uuid, Timestamp)> = decided
            .iter()
            .filter_map(|one| Some((one.request_id, one.decided_at?)))
            .collect();
        let read = app.readings.opened_since(caller.reader(), &asked).await;
        let read = read.map_err(unreadable)?;
        decided.retain(|one| !read.contains(&one.request_id));
        let needed = |id: Uuid| needs.iter().any(|one: &OwnRequest| one.request_id == id);
        decided.retain(|one| !needed(one.request_id));
        Ok(Self { needs, decided })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.needs.is_empty() && self.decided.is_empty()
    }

    /// Requests that stand in it.
    pub(super) fn ids(&self) -> Vec<Uuid> {
        let all = self.needs.iter().chain(&self.decided);
        all.map(|one| one.request_id).collect()
    }

    /// `1 question, 2 decisions`; nothing where nothing waits.
    pub(super) fn counted(&self) -> Option<String> {
        let many = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let asked = many(self.needs.iter().filter(|one| one.asked).count());
        let actions: i64 = self.needs.iter().map(|one| one.action_count).sum();
        let decisions = many(self.decided.len());
        let parts = [
            (asked, "question", "questions"),
            (actions, "action", "actions"),
            (decisions, "decision", "decisions"),
        ];
        let parts = parts.into_iter().filter(|(number, _, _)| *number > 0);
        let words: Vec<String> = parts
            .map(|(number, one, more)| count(number, one, more))
            .collect();
        let more = many(self.needs.len()) == SHOWN_MAX;
        (!words.is_empty())
            .then(|| format!("{}{}", words.join(", "), if more { " or more" } else { "" }))
    }
}

/// The sections of the page, as one reader sees them.
pub(super) struct AgendaView<'a> {
    pub(super) screens: &'a Screens,
    pub(super) viewer: &'a Viewer,
    pub(super) now: Timestamp,
}

impl AgendaView<'_> {
    pub(super) fn draw(&self, agenda: &PersonalAgenda) -> Markup {
        let full = i64::try_from(agenda.needs.len()).is_ok_and(|shown| shown == SHOWN_MAX);
        html! {
            @if !agenda.needs.is_empty() {
                h2 { "Needs you" }
                @for one in &agenda.needs { (self.need(one)) }
                @if full { p { "These are the newest " (SHOWN_MAX) ". The others come up as you answer them." } }
            }
            @if !agenda.decided.is_empty() {
                h2 { "Decided, and not read by you yet" }
                @for one in &agenda.decided { (self.decision(one)) }
            }
        }
    }

    fn need(&self, one: &OwnRequest) -> Markup {
        let id = one.request_id;
        let place = format!("{ROOT}/requests/{id}");
        let definition = definition_of(&self.viewer.declared, one);
        let answer = definition.and_then(|definition| answering(definition, &one.state));
        let me = self.viewer.caller.principal.id.as_str();
        html! {
            section.card.red aria-labelledby={ "needs-" (id) } {
                h3 id={ "needs-" (id) } { "Request " (one.reference) }
                @if one.asked {
                    p {
                        strong { "The team waits for your answer" } ", since " (when(one.state_since, self.now)) "."
                        @if one.requester != me { " You answer for " (self.viewer.person(&one.requester)) "." }
                    }
                }
                @if one.action_count > 0 {
                    p { (count(one.action_count, "action of the child's plan is", "actions of the child's plan are")) " yours to do." }
                }
                div.buttons {
                    @if let Some((name, rule)) = answer.filter(|_| one.asked) {
                        a.ds_button href={ (place) "/moves/" (name) } { (rule.title) span.unseen { ": " (one.reference) } }
                    }
                    a href=(place) { "Open the request" span.unseen { " " (one.reference) } }
                }
            }
        }
    }

    fn decision(&self, one: &OwnRequest) -> Markup {
        let id = one.request_id;
        html! {
            section.card.orange aria-labelledby={ "decided-" (id) } {
                h3 id={ "decided-" (id) } { "Request " (one.reference) }
                p {
                    strong { (plain(one.decision.as_deref().unwrap_or_default())) }
                    @if let Some(at) = one.decided_at { ", " (when(at, self.now)) }
                }
                (self.codes(one))
                p { "The decision says why, what can be done now, and how you can have it looked at again." }
                p { a.ds_button href={ (ROOT) "/requests/" (id) } { "Read the decision" span.unseen { ": " (one.reference) } } }
            }
        }
    }

    /// What a decision says in codes; its words are read where the request is opened.
    fn codes(&self, one: &OwnRequest) -> Markup {
        let definition = definition_of(&self.viewer.declared, one);
        let rules = definition.map(|definition| definition.moves.values());
        let mut rules = rules.into_iter().flatten();
        let made = |rule: &&MoveRule| Some(rule.emits.as_str()) == one.decision.as_deref();
        let Some(rule) = rules.find(made) else {
            return html! {};
        };
        let hints = self.screens.hints(&one.workflow);
        let sources = Sources::of(self.screens, self.viewer, None);
        let fields = questions(&rule.data, hints, &sources);
        let known = one.codes.iter().filter(|(name, value)| {
            let field = fields.iter().find(|field| field.name == **name);
            field.is_some_and(|field| is_chosen(field, value))
        });
        let known: Map<String, Value> = known.map(|(n, v)| (n.clone(), v.clone())).collect();
        html! { @if !known.is_empty() { (answers(&fields, &known)) } }
    }
}

/// Whether an answer is one of the choices, or some of them.
fn is_chosen(field: &Field, value: &Value) -> bool {
    let has = |value: &Value| {
        let mut choices = field.choices().iter();
        choices.any(|choice| value.as_str() == Some(choice.value.as_str()))
    };
    match value {
        Value::Array(items) => !items.is_empty() && items.iter().all(has),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            has(value)
        }
    }
}

fn definition_of<'a>(declared: &'a Declared, one: &OwnRequest) -> Option<&'a Definition> {
    let version = u32::try_from(one.workflow_version).ok()?;
    let mut workflows = declared.workflows().map(|workflow| &workflow.definition);
    workflows.find(|known| known.workflow.as_str() == one.workflow && known.version == version)
}

/// The move that a state exists for, where it waits for whoever asked.
fn answering<'a>(definition: &'a Definition, state: &str) -> Option<(&'a str, &'a MoveRule)> {
    let by_requester = |rule: &MoveRule| {
        rule.by.iter().any(|role| {
            let relation = definition.roles.get(role).and_then(|role| role.relation);
            relation == Some(Relation::Requester)
        })
    };
    let only_here = |rule: &MoveRule| {
        rule.paths.iter().all(|path| match &path.from {
            FromStates::Of(states) => states.len() == 1 && states[0].as_str() == state,
            FromStates::Start | FromStates::Any => false,
        })
    };
    let mut moves = definition.moves.iter();
    let found = moves.find(|(_, rule)| by_requester(rule) && only_here(rule));
    found.map(|(name, rule)| (name.as_str(), rule))
}
