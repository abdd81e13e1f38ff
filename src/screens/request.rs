//! One request: where it is, what is owed, what this reader may do, and what was written.

use super::arrival::Looking;
use super::concerns;
use super::decision;
use super::due::due;
use super::first::first;
use super::form::Field;
use super::layout::Page;
use super::progress::{ExpectedWords, childs_time, expected};
use super::shown::{answers, when};
use super::sources::{Sources, questions};
use super::success::{Success, taken_away};
use super::viewer::Viewer;
use super::words::{day, plain};
use super::{ROOT, Screens};
use crate::api::extract::{Params, Segments};
use crate::api::problem::Problem;
use crate::api::requests::Seen;
use crate::api::requests::clocks::{ChildClock, ClockView, child_clock};
use crate::api::requests::plan::ActionView;
use crate::api::requests::read::{OpenedRequest, open};
use crate::api::requests::view::{EventView, Holder, MoveView, RequestView};
use crate::domain::time::clock::SpellStatus;
use crate::domain::workflow::definition::{
    FromStates, HandOver, MoveRule, PathRule, PlanEffect, SettledBy, Which,
};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use maud::{Markup, html};

/// A request with all that this reader may see of it.
pub(super) struct Opened<'a> {
    pub(super) screens: &'a Screens,
    pub(super) viewer: &'a Viewer,
    pub(super) seen: Seen,
    pub(super) view: RequestView,
    child: ChildClock,
    pub(super) now: Timestamp,
}

impl<'a> Opened<'a> {
    pub(super) async fn load(
        screens: &'a Screens,
        viewer: &'a Viewer,
        id: &str,
    ) -> Result<Self, Problem> {
        Self::load_because(screens, viewer, id, None).await
    }

    /// With the reason for which whoever holds a concern opens what was written.
    async fn load_because(
        screens: &'a Screens,
        viewer: &'a Viewer,
        id: &str,
        reason: Option<&str>,
    ) -> Result<Self, Problem> {
        let seen = Seen::load(&screens.app, &viewer.caller, id).await?;
        let OpenedRequest { seen, view } = open(&screens.app, &viewer.caller, seen, reason).await?;
        let now = (screens.app.now)();
        Ok(Self {
            child: child_clock(&seen, now),
            screens,
            viewer,
            seen,
            view,
            now,
        })
    }
}

pub(super) async fn page(
    State(screens): State<Screens>,
    viewer: Viewer,
    Segments(id): Segments<String>,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let params = params.only(&["narrative"])?;
    let reason = params.text("narrative");
    let opened = Opened::load_because(&screens, &viewer, &id, reason).await?;
    let said = Success::find(&screens.door, &viewer, &headers, opened.now);
    let own = said.filter(|said| said.request == opened.view.id.to_string());
    let Some(done) = own.and_then(|said| opened.done(&said.done)) else {
        return Ok(opened.draw(None).await?.into_response());
    };
    let page = format!("{ROOT}/requests/{}", opened.view.id);
    let drawn = opened.draw(Some(&done)).await?;
    Ok((taken_away(&page), drawn).into_response())
}

impl Opened<'_> {
    fn done(&self, name: &str) -> Option<Markup> {
        let words = match name {
            "claim" => {
                "You have claimed this request. What was written is open to you now.".to_owned()
            }
            "release" => "You have given the request back to the team.".to_owned(),
            name => {
                let mut rules = self.seen.workflow().definition.moves.iter();
                let (_, rule) = rules.find(|(known, _)| known.as_str() == name)?;
                format!("Done: {}.", rule.title)
            }
        };
        Some(html! {
            div.card.green role="status" { p { strong { (words) } } }
        })
    }

    pub(super) async fn draw(&self, notice: Option<&Markup>) -> Result<Markup, Problem> {
        let others = self.others().await?;
        let view = &self.view;
        let title = format!("Request {}", view.reference);
        Ok(Page::of(&title, self.viewer).draw(&html! {
            (self.top(&title))
            @if let Some(notice) = notice { (notice) }
            (concerns::cards(self))
            (self.prompts(&others))
            (decision::card(self))
            (self.standing())
            (super::claim::card(self))
            (self.acts())
            (self.clocks())
            (self.plan())
            (concerns::reasons(self))
            (self.story())
        }))
    }

    /// The move that passes a concern on, where this reader may make it.
    fn concern(&self) -> Option<&MoveView> {
        let mut moves = self.view.moves.iter();
        let opens = |rule: &MoveRule| rule.hand_over == Some(HandOver::Opens);
        moves.find(|one| self.rule_of(one).is_some_and(opens))
    }

    /// The title, with the button beside it that stands there on every page of a request.
    pub(super) fn top(&self, title: &str) -> Markup {
        html! {
            div.top {
                h1 { (title) }
                @if let Some(rule) = self.concern() {
                    a.ds_button.concern href={ (ROOT) "/requests/" (self.view.id) "/moves/" (rule.name) } { (rule.title) }
                }
            }
        }
    }

    fn standing(&self) -> Markup {
        let view = &self.view;
        let holder = view.holder.as_ref();
        html! {
            dl.facts {
                div { dt { "Where it is" } dd { strong { (view.state.title) } br; (view.state.meaning) } }
                @if let Some(holder) = holder {
                    div { dt { "Who has it" } dd { (holder_words(self.viewer, holder)) } }
                }
                @if let Some(worker) = &view.worker {
                    div { dt { "Named worker" } dd { (self.viewer.person(worker)) } }
                }
                (childs_time(&self.child, self.now))
                @if let Some(day) = &view.expected {
                    div { dt { "When help is expected" } dd { (expected(day, ExpectedWords::of(&self.seen, self.screens, self.now))) } }
                }
                div { dt { "Who asked" } dd {
                    (self.viewer.person(&view.requester))
                    @if let Some(agency) = &view.agency { ", " (self.viewer.agency(agency)) }
                } }
                @if let Some(said) = self.arrival() { div { dt { "Did help arrive?" } dd { (said) } } }
            }
        }
    }

    fn arrival(&self) -> Option<Markup> {
        Looking::at(&self.seen, (self.screens, self.viewer), self.now).said()
    }

    /// What meets what is due first; then what this state is for, in the order of work; what can be done
    /// at any time stands behind it.
    fn acts(&self) -> Markup {
        let view = &self.view;
        let open = view.moves.iter();
        let open = open.filter(|one| self.rule_of(one).is_none_or(|rule| self.is_of_use(rule)));
        let open: Vec<&MoveView> = open.collect();
        let first = first(self, &open);
        let others = open
            .into_iter()
            .filter(|one| Some(&one.name) != first.map(|one| &one.name));
        let (always, now): (Vec<&MoveView>, Vec<&MoveView>) = others.partition(|one| {
            self.rule_of(one).is_some_and(|rule| {
                let from_any = |path: &PathRule| matches!(path.from, FromStates::Any);
                rule.paths.iter().all(from_any)
            })
        });
        html! {
            @if first.is_some() || !now.is_empty() || !always.is_empty() {
                h2 #what-you-can-do { "What you can do" }
            }
            @if first.is_none() && now.is_empty() && !always.is_empty() {
                ul.acts aria-labelledby="what-you-can-do" { @for one in always { (self.act(one)) } }
            } @else if first.is_some() || !now.is_empty() {
                ul.acts aria-labelledby="what-you-can-do" {
                    @if let Some(one) = first { li { (self.leading_to(one, "ds_button")) } }
                    @for one in now { (self.act(one)) }
                }
                @if !always.is_empty() {
                    details.more {
                        summary { "More that you can do" }
                        div.inside { ul.acts { @for one in always { (self.act(one)) } } }
                    }
                }
            }
            @if let Some(open) = &view.still_open { p { (open) } }
        }
    }

    pub(super) fn rule_of(&self, one: &MoveView) -> Option<&MoveRule> {
        let mut rules = self.seen.workflow().definition.moves.iter();
        let found = rules.find(|(name, _)| name.as_str() == one.name);
        found.map(|(_, rule)| rule)
    }

    /// What concerns is done at the top of the page, and there is nothing to settle in a plan where
    /// nothing is open.
    fn is_of_use(&self, rule: &MoveRule) -> bool {
        let settles_one = matches!(
            &rule.plan,
            Some(PlanEffect::Settles(SettledBy {
                which: Which::At(_),
                ..
            }))
        );
        let plan = &self.seen.request().plan;
        rule.hand_over.is_none() && (!settles_one || plan.open().next().is_some())
    }

    fn act(&self, one: &MoveView) -> Markup {
        html! { li { (self.leading_to(one, "ds_button ds_button--secondary")) } }
    }

    fn leading_to(&self, one: &MoveView, class: &str) -> Markup {
        let place = format!("{ROOT}/requests/{}/moves/{}", self.view.id, one.name);
        html! { a class=(class) href=(place) { (one.title) } }
    }

    fn clocks(&self) -> Markup {
        let view = &self.view;
        let mut next: Vec<&ClockView> = view.next.iter().collect();
        // What can be late stands before what stands still.
        next.sort_by_key(|clock| {
            let stands = clock.status != SpellStatus::Running;
            (stands, clock.due_at.unwrap_or(Timestamp::MAX))
        });
        html! {
            @if !next.is_empty() {
                h2 { "What is owed, and by when" }
                ul.wide {
                    @for clock in next {
                        li {
                            (clock.title) ": " (due(clock, self.now)) " "
                            a href={ (ROOT) "/requests/" (view.id) "/clocks/" (clock.clock) } {
                                "Why then" span.unseen { ": " (clock.title) }
                            }
                        }
                    }
                }
            }
        }
    }

    fn plan(&self) -> Markup {
        let actions = &self.view.actions;
        html! {
            @if !actions.is_empty() {
                h2 { "The child's plan" }
                ul { @for action in actions { li { (self.action(action)) } } }
            }
        }
    }

    fn action(&self, action: &ActionView) -> Markup {
        let who = action.who.as_ref().map(|who| self.viewer.person(who));
        let who = who.or_else(|| Some(self.viewer.agency(action.agency.as_ref()?)));
        html! {
            (action.number) ". " (plain(&action.what)) ", by " (day(action.due_on))
            @if let Some(who) = who { ": " (who) }
            " "
            @if action.overdue { span.late { "late" } } @else { "(" (plain(action.standing)) ")" }
        }
    }

    /// What happened, the newest first, with what was written where it is open.
    fn story(&self) -> Markup {
        let view = &self.view;
        html! {
            h2 { "What was written" }
            @if view.events.is_empty() {
                p { "You see the outline of this request. What was written about the child and the family is open to those who work on it." }
            }
            @for event in view.events.iter().rev() { (self.event(event)) }
            @if self.seen.readings {
                p { a href={ (ROOT) "/requests/" (view.id) "/readings" } { "Who has opened this request" } }
            }
        }
    }

    /// What is to be answered, above the form that answers it.
    pub(super) fn written_last(&self) -> Markup {
        let mut events = self.view.events.iter().rev();
        let last = events.find(|event| event.data.as_ref().is_some_and(|data| !data.is_empty()));
        let holder = self.view.holder.as_ref();
        let waits = holder.is_some_and(|holder| holder.held_by == "requester");
        html! {
            @if let Some(event) = last {
                details.more open[waits] {
                    summary { "What was written last" }
                    div.inside { (self.event(event)) }
                }
            }
        }
    }

    fn event(&self, event: &EventView) -> Markup {
        let known = self.questions_of(&event.name);
        html! {
            section.card {
                h3 { (plain(&event.name)) }
                p.small {
                    (when(event.occurred_at, self.now))
                    @if let Some(actor) = &event.actor { ", " (self.viewer.person(actor)) }
                    @if let Some(because) = &event.because { ". " (because) }
                }
                @if event.destroyed { p { "Some of it cannot be read any more: the record was destroyed." } }
                @if let (Some(fields), Some(data)) = (&known, &event.data) {
                    @if !data.is_empty() { (answers(fields, data)) }
                }
            }
        }
    }

    /// Questions of the move that an event tells of.
    pub(super) fn questions_of(&self, event: &str) -> Option<Vec<Field>> {
        let workflow = self.seen.workflow();
        let mut rules = workflow.definition.moves.values();
        let rule = rules.find(|rule| rule.emits.as_str() == event)?;
        let hints = self.screens.hints(&self.view.workflow);
        let sources = Sources::of(self.screens, self.viewer, Some(&self.seen));
        let sources = sources.hoping(hints, &self.view.events);
        Some(questions(&rule.data, hints, &sources))
    }
}

pub(super) fn holder_words(viewer: &Viewer, holder: &Holder) -> Markup {
    let team = viewer.team(&holder.team);
    let me = viewer.caller.principal.id.as_str();
    let name = |person: &String| {
        if person.as_str() == me {
            "you".to_owned()
        } else {
            viewer.person(person)
        }
    };
    let person = holder.person.as_ref().map(name);
    html! {
        @match (holder.held_by, person) {
            ("worker", Some(_)) if holder.person.as_deref() == Some(me) => { "You, for " (team) }
            ("worker", Some(person)) => { (person) ", for " (team) }
            ("requester", Some(person)) => {
                "It waits for an answer from "
                @if let Some(cover) = &holder.covered_by {
                    (name(cover)) ", who answers for " (person)
                } @else {
                    (person)
                }
                ". The team is " (team) "."
            }
            (_, _) => { (team) }
        }
    }
}
