//! Did help arrive? What the service can tell, what whoever asked says, and where it has not come.

use super::due::due;
use super::form::hints::Arrival;
use super::layout::Page;
use super::opened::{elsewhere, from, further, named};
use super::shown::when;
use super::teams::led;
use super::viewer::Viewer;
use super::words::{self, count};
use super::{ROOT, Screens};
use crate::access::{Action, Opened, Resource};
use crate::api::excerpt::{self, SKIP, skipped};
use crate::api::extract::Params;
use crate::api::problem::Problem;
use crate::api::read_tables::{reached, unreadable};
use crate::api::reports::known_position;
use crate::api::requests::Seen;
use crate::api::requests::clocks::ClockView;
use crate::api::requests::readings::record;
use crate::commands::Position;
use crate::domain::ids::{MoveName, TeamId};
use crate::domain::time::clock::SpellStatus;
use crate::domain::workflow::definition::{FromStates, PathRule};
use crate::projections::last_told::{Question, Told, query};
use axum::extract::State;
use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

/// One request, as somebody sees it now.
pub(super) struct Looking<'a> {
    screens: &'a Screens,
    viewer: &'a Viewer,
    seen: &'a Seen,
    now: Timestamp,
}

impl<'a> Looking<'a> {
    pub(super) fn at(
        seen: &'a Seen,
        (screens, viewer): (&'a Screens, &'a Viewer),
        now: Timestamp,
    ) -> Self {
        Self {
            screens,
            viewer,
            seen,
            now,
        }
    }

    fn rule(&self) -> Option<&'a Arrival> {
        let workflow = self.seen.request().opening.workflow.as_str();
        self.screens.hints(workflow).arrival.as_ref()
    }

    /// What whoever asked said last.
    pub(super) fn said(&self) -> Option<Markup> {
        let rule = self.rule()?;
        let told = self.seen.last_told(&rule.event)?;
        let answer = told.codes.get(&rule.field)?.as_str()?;
        let workflow = self.seen.request().opening.workflow.as_str();
        let words = self.screens.hints(workflow).words(&rule.field, answer);
        let mine = told.by == self.viewer.caller.principal.id.as_str();
        Some(html! {
            @if answer == rule.unmet { span.ds_tag.ds_tag--red { (words) } } @else { strong { (words) } }
            @if mine { ", you said on " } @else { ", said " (self.viewer.person(told.by)) " on " }
            (when(told.at, self.now))
        })
    }

    /// The move by which this reader can say it now.
    fn saying(&self) -> Option<MoveName> {
        let rule = self.rule()?;
        let rules = &self.seen.workflow().definition.moves;
        let mut rules = rules.iter();
        let (name, _) = rules.find(|(_, one)| one.emits.as_str() == rule.event)?;
        let me = &self.viewer.caller.principal;
        let open = self.seen.moves(me, &self.viewer.declared, self.now);
        let is_open = open.iter().any(|one| one.name == name.as_str());
        is_open.then(|| name.clone())
    }

    /// For whoever asked: by the clock, by their own words, and where to say it.
    pub(super) fn told(&self, clocks: &[ClockView]) -> Option<Markup> {
        let rule = self.rule()?;
        let clock = clocks.iter().rev().find(|one| one.clock == rule.clock)?;
        let (id, said) = (self.seen.id().0, self.said());
        Some(html! {
            p { @match (clock.status, clock.ended_at) {
                (SpellStatus::Stopped, Some(at)) => { "It began on " (when(at, self.now)) ", says the team." }
                (SpellStatus::Running, _) => {
                    @if said.is_none() { "Not yet. " }
                    @if clock.due_at.is_some_and(|at| at < self.now) { "It should have begun: " }
                    @else { "The team should begin it " }
                    (due(clock, self.now)) "."
                }
                (SpellStatus::Paused, _) => { "Not yet. The time for it stands still now." }
                (SpellStatus::Stopped | SpellStatus::Cancelled, _) => { "No. " (self.seen.state_view().meaning) }
            } }
            @if let Some(said) = &said { p { (said) "." } }
            @if let Some(name) = self.saying() {
                p { a href={ (ROOT) "/requests/" (id) "/moves/" (name) } {
                    "Tell the team whether help arrived"
                    span.unseen { ", for request " (self.seen.request().opening.reference) }
                } }
            }
        })
    }
}

/// Requests of which whoever asked last said that it has not come, where that can be said anew;
/// `None` where nobody can say so, or it is not this reader's to know.
async fn unmet(
    screens: &Screens,
    viewer: &Viewer,
    known_on: Option<&str>,
) -> Result<Option<Vec<Told>>, Problem> {
    let app = &screens.app;
    let workflow = app.usual_workflow.as_str();
    let Some(rule) = &screens.hints(workflow).arrival else {
        return Ok(None);
    };
    let whole = viewer.may(Action::ReadIdentified, Resource::Whole);
    let led = led(viewer);
    if !whole && led.is_empty() {
        return Ok(None);
    }
    let position = match known_on {
        None => Position(i64::MAX),
        Some(_) => {
            let known = Params::of([("as_known_on", known_on)]);
            let (position, _) = known_position(app, &known).await?;
            reached(app, "acts", position).await?;
            position
        }
    };
    let newest = viewer.declared.newest_workflow(&app.usual_workflow);
    let moves = newest.map(|workflow| workflow.definition.moves.values());
    let mut moves = moves.into_iter().flatten();
    let says = moves.find(|one| one.emits.as_str() == rule.event);
    let paths = says.map_or(&[][..], |says| &says.paths);
    let question = Question {
        authority: viewer.caller.authority.to_string(),
        workflow: workflow.to_owned(),
        event: rule.event.clone(),
        field: rule.field.clone(),
        answer: rule.unmet.clone(),
        states: from_states(paths),
        position,
    };
    let mut told = query(&app.reads, &question).await.map_err(unreadable)?;
    // A leader's figures are those of her team.
    told.retain(|one| whole || led.iter().any(|team| team.as_str() == one.team));
    Ok(Some(told))
}

/// Where a move can be made; none is named where it can be made anywhere.
fn from_states(paths: &[PathRule]) -> Vec<String> {
    let mut states = Vec::new();
    for path in paths {
        match &path.from {
            FromStates::Of(from) => states.extend(from.iter().map(ToString::to_string)),
            FromStates::Start => {}
            FromStates::Any => return Vec::new(),
        }
    }
    states
}

/// How many, for those who answer for the whole.
pub(super) async fn card(
    screens: &Screens,
    viewer: &Viewer,
    known_on: Option<&str>,
) -> Result<Option<Markup>, Problem> {
    let found = unmet(screens, viewer, known_on).await?;
    let known = words::known_on('?', known_on);
    Ok(found.map(|found| {
        let class = if found.is_empty() { "card" } else { "card red" };
        html! {
            div class=(class) {
                @if found.is_empty() { span.big { "0" } }
                @else { a.big href={ (ROOT) "/figures/not-arrived" (known) } { (found.len()) } }
                "Requests where whoever asked says that help has not come yet"
            }
        }
    }))
}

pub(super) async fn page(
    State(screens): State<Screens>,
    viewer: Viewer,
    params: Params,
) -> Result<Markup, Problem> {
    let params = params.only(&["as_known_on", SKIP])?;
    let day = params.text("as_known_on");
    if led(&viewer).is_empty() {
        viewer
            .caller
            .must(Action::ReadIdentified, Resource::Whole)?;
    }
    let found = unmet(&screens, &viewer, day).await?;
    let found = found.ok_or_else(Problem::not_found)?;
    let now = (screens.app.now)();
    let all = found.len();
    let opens = |told: &Told| {
        TeamId::parse(&told.team)
            .is_ok_and(|team| viewer.may(Action::OpenFigures, Resource::Team(&team)))
    };
    let mut shown: Vec<Told> = found.into_iter().filter(opens).collect();
    let not_open = all - shown.len();
    let left_out = excerpt::keep(&mut shown, &params)?;
    let further = further("/figures/not-arrived", &params, (shown.len(), left_out))?;
    let ids: Vec<Uuid> = shown.iter().map(|told| told.request_id).collect();
    record(&screens.app, &viewer.caller, (Opened::Figure, &ids)).await?;
    let many = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let back = words::known_on('?', day);
    let title = from("Help has not come yet".to_owned(), skipped(&params)?);
    Ok(Page::of(&title, &viewer).draw(&html! {
        p { a.ds_back-link href={ (ROOT) "/figures" (back) } { "Back to the figures" } }
        h1 { (title) }
        p {
            strong { (count(many(all), "request", "requests")) }
            " where whoever asked says so; who said so longest ago stands first. What they wrote is open to those who work on the request."
        }
        (elsewhere(not_open, "in teams that you do not answer for"))
        ul { @for one in &shown {
            li {
                (named(&viewer, (one.request_id, one.reference.as_deref()), &one.team))
                ", " (viewer.team(&one.team)) ": said on " (when(one.told_at, now))
                @if one.ended { ", and the request has ended" }
            }
        } }
        (further)
    }))
}
