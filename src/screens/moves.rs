//! A move of a request: its form, and what becomes of it.

use super::concerns;
use super::draft::{self, Content};
use super::failure::in_words;
use super::form::{Drawing, Fault, Field, Typed, close_up, draw, faults, fill, read, summary};
use super::layout::Page;
use super::request::Opened;
use super::sources::{Sources, questions};
use super::success::{Landing, Success, gone_page, land, taken_away};
use super::viewer::Viewer;
use super::{ROOT, Screens};
use crate::api::extract::{Params, Segments, strict};
use crate::api::fields::MoveBody;
use crate::api::problem::{Kind, Problem};
use crate::api::requests::Seen;
use crate::api::requests::moves::{of_move, receive};
use crate::api::requests::view::{EventView, MoveView};
use crate::commands::{Receipt, is_key};
use crate::domain::ids::{MoveName, RequestId};
use crate::domain::workflow::definition::{HandOver, MoveRule, ProposalPart};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use uuid::Uuid;

/// A move that this person may make now, and its questions.
struct Asked<'a> {
    opened: Opened<'a>,
    rule: MoveView,
    fields: Vec<Field>,
}

impl<'a> Asked<'a> {
    async fn load(
        screens: &'a Screens,
        viewer: &'a Viewer,
        (id, name): (&str, &str),
    ) -> Result<Self, Problem> {
        let mut opened = Opened::load(screens, viewer, id).await?;
        let at = opened.view.moves.iter().position(|rule| rule.name == name);
        let Some(rule) = at.map(|at| opened.view.moves.remove(at)) else {
            let words = "This cannot be done with the request now, or it is for others to do.";
            return Err(Problem::new(Kind::NotNow, words));
        };
        let hints = screens.hints(&opened.view.workflow);
        let sources = Sources::of(screens, viewer, Some(&opened.seen));
        let sources = sources.hoping(hints, &opened.view.events);
        let mut fields = questions(&rule.data, hints, &sources);
        concerns::choose(&opened, &rule, &mut fields);
        Ok(Self {
            opened,
            rule,
            fields,
        })
    }

    /// The questions that a link may answer: which other request, and which concern.
    fn named(&self) -> Vec<String> {
        let rule = self.opened.rule_of(&self.rule);
        let other = rule.and_then(|rule| Some(rule.link.as_ref()?.to.clone()));
        let concern = rule.and_then(|rule| rule.concern.clone());
        other.into_iter().chain(concern).collect()
    }

    fn answering<'s>(&'s self, typed: &Typed) -> Answering<'s> {
        let rule = self.opened.rule_of(&self.rule);
        let path = rule.and_then(|rule| rule.concern.as_deref());
        Answering {
            opened: &self.opened,
            rule: &self.rule,
            fields: &self.fields,
            step: rule.and_then(|rule| rule.hand_over),
            concern: path.and_then(|path| typed.one(path)?.parse().ok()),
        }
    }

    /// The newest proposal, where this move confirms one: whoever confirms it reads it and may change it.
    fn proposed(&self) -> Typed {
        let confirms = |rule: &MoveRule| rule.proposal == Some(ProposalPart::Confirms);
        if !self.opened.rule_of(&self.rule).is_some_and(confirms) {
            return Typed::default();
        }
        let moves = &self.opened.seen.workflow().definition.moves;
        let proposes = |event: &&EventView| {
            let mut rules = moves.values();
            rules.any(|rule| {
                rule.proposal == Some(ProposalPart::Makes) && rule.emits.as_str() == event.name
            })
        };
        let newest = self.opened.view.events.iter().rev().find(proposes);
        let data = newest.and_then(|event| event.data.as_ref());
        data.map(|data| fill(&self.fields, data))
            .unwrap_or_default()
    }

    fn request(&self) -> RequestId {
        self.opened.seen.id()
    }

    fn version(&self) -> i32 {
        self.opened.seen.request().version
    }
}

/// A move as its form is drawn, and the concern that it is about.
pub(super) struct Answering<'a> {
    pub(super) opened: &'a Opened<'a>,
    pub(super) rule: &'a MoveView,
    pub(super) fields: &'a [Field],
    pub(super) step: Option<HandOver>,
    pub(super) concern: Option<u32>,
}

/// A form on its way to the browser.
struct Sheet<'a> {
    asked: &'a Asked<'a>,
    typed: &'a Typed,
    faults: Vec<Fault>,
    /// Why it was not taken, where no question is to blame.
    notice: Option<String>,
    again: Option<&'a str>,
    key: String,
    version: i32,
}

pub(super) async fn form(
    State(screens): State<Screens>,
    viewer: Viewer,
    Segments((id, name)): Segments<(String, String)>,
    params: Params,
) -> Result<Markup, Problem> {
    let asked = Asked::load(&screens, &viewer, (&id, &name)).await?;
    let named = asked.named();
    let names: Vec<&str> = named.iter().map(String::as_str).collect();
    let params = params.only(&names)?;
    let place = draft::of_move(asked.request().0, &name);
    let kept = draft::find(&screens, &draft::holder(&viewer.caller), &place).await?;
    let notice = kept
        .as_ref()
        .map(|_| "We kept what you wrote here before. It was not sent yet.");
    let kept = kept.map(|content| content.typed);
    let mut typed = kept.unwrap_or_else(|| asked.proposed());
    // Whoever comes from another request's prompt need not copy its reference.
    for name in &named {
        if let Some(given) = params.text(name) {
            typed.put(name, given);
        }
    }
    concerns::begin(&asked.answering(&typed), &mut typed, (screens.app.now)());
    Ok(Sheet {
        asked: &asked,
        typed: &typed,
        faults: Vec::new(),
        notice: notice.map(str::to_owned),
        again: None,
        key: Uuid::new_v4().to_string(),
        version: asked.version(),
    }
    .draw(&viewer))
}

pub(super) async fn make(
    State(screens): State<Screens>,
    viewer: Viewer,
    Segments((id, name)): Segments<(String, String)>,
    mut typed: Typed,
) -> Result<Response, Problem> {
    let key = key_of(&typed);
    let asked = match Asked::load(&screens, &viewer, (&id, &name)).await {
        Ok(asked) => asked,
        // A second click: the first may have changed what is open. The key tells.
        Err(problem) if problem.kind == Kind::NotNow => {
            return repeated(&screens, &viewer, (&id, &name, &typed, key), problem).await;
        }
        Err(problem) => return Err(problem),
    };
    close_up(&asked.fields, &mut typed);
    let again = typed.one("again").map(str::to_owned);
    let version = typed.one("version").and_then(|text| text.parse().ok());
    let mut sheet = Sheet {
        asked: &asked,
        typed: &typed,
        faults: Vec::new(),
        notice: None,
        again: again.as_deref(),
        version: version.unwrap_or(asked.version()),
        key,
    };
    if sheet.again.is_some() {
        return Ok(sheet.draw(&viewer).into_response());
    }
    let problem = match sheet.send(&screens, &viewer).await {
        Ok(receipt) => {
            let place = draft::of_move(asked.request().0, &name);
            draft::forget(&screens, &draft::holder(&viewer.caller), &place).await?;
            return done(&screens, &viewer, &receipt, &name).await;
        }
        Err(problem) => problem,
    };
    sheet.faults = faults(&asked.fields, &problem.errors);
    if sheet.faults.is_empty() {
        sheet.notice = Some(in_words(&problem).1);
    }
    if problem.kind == Kind::Stale {
        sheet.version = asked.version();
    }
    if problem.kind == Kind::KeyReused {
        sheet.key = Uuid::new_v4().to_string();
    }
    let status = problem.kind.status();
    Ok((status, sheet.draw(&viewer)).into_response())
}

pub(super) fn key_of(typed: &Typed) -> String {
    let given = typed.one("key").filter(|key| is_key(key));
    given.map_or_else(|| Uuid::new_v4().to_string(), str::to_owned)
}

/// Back to the request; who has given it away, as when it is passed on, may not see it any more.
async fn done(
    screens: &Screens,
    viewer: &Viewer,
    receipt: &Receipt,
    name: &str,
) -> Result<Response, Problem> {
    let id = receipt.request_id.0.to_string();
    let page = match Seen::load(&screens.app, &viewer.caller, &id).await {
        Ok(_) => {
            let opened = Opened::load(screens, viewer, &id).await?;
            let next = concerns::next_question(&opened, name);
            next.unwrap_or_else(|| format!("{ROOT}/requests/{id}"))
        }
        Err(problem) if problem.kind == Kind::NotFound => gone_page(),
        Err(problem) => return Err(problem),
    };
    let to = Landing {
        page: &page,
        done: name,
        now: (screens.app.now)(),
    };
    Ok(land(&screens.door, viewer, receipt, &to))
}

/// Only for whoever has just given a request away.
pub(super) async fn gone(
    State(screens): State<Screens>,
    viewer: Viewer,
    headers: HeaderMap,
) -> Response {
    let now = (screens.app.now)();
    if Success::find(&screens.door, &viewer, &headers, now).is_none() {
        return Redirect::to(ROOT).into_response();
    }
    let page = Page::of("Done", &viewer).draw(&html! {
        section.card.green role="status" {
            h1 { "Done" }
            p { "It is written down. The request is with others now, so you do not see it any more." }
        }
        p { a href=(ROOT) { "Go to your start page" } }
    });
    (taken_away(&gone_page()), page).into_response()
}

/// The same command again is answered by its first receipt, whatever is open now.
async fn repeated(
    screens: &Screens,
    viewer: &Viewer,
    (id, name, typed, key): (&str, &str, &Typed, String),
    problem: Problem,
) -> Result<Response, Problem> {
    let seen = Seen::load(&screens.app, &viewer.caller, id).await?;
    let name = MoveName::parse(name).map_err(|_| Problem::not_found())?;
    let rules = &seen.workflow().definition.moves;
    let rule = rules.get(&name).ok_or_else(Problem::not_found)?;
    let hints = screens.hints(seen.request().opening.workflow.as_str());
    let fields = questions(
        &rule.data,
        hints,
        &Sources::of(screens, viewer, Some(&seen)),
    );
    let mut typed = typed.clone();
    close_up(&fields, &mut typed);
    let version = typed.one("version").and_then(|text| text.parse().ok());
    let data = read(&fields, &typed);
    let sent = send(
        screens,
        viewer,
        (seen.id(), name.clone(), data),
        (key, version),
    )
    .await;
    match sent {
        Ok(receipt) => done(screens, viewer, &receipt, name.as_str()).await,
        Err(_) => {
            let mut content = Content::default();
            content.typed.take(typed);
            if !content.typed.is_empty() {
                let place = draft::of_move(seen.id().0, name.as_str());
                let holder = draft::holder(&viewer.caller);
                draft::keep(screens, &holder, (&place, &content)).await?;
            }
            Err(problem)
        }
    }
}

async fn send(
    screens: &Screens,
    viewer: &Viewer,
    (request, name, data): (RequestId, MoveName, serde_json::Value),
    (key, version): (String, Option<i32>),
) -> Result<Receipt, Problem> {
    // What a body of JSON may not hold, a form may not hold either.
    let bytes = serde_json::to_vec(&data).map_err(crate::api::read_tables::unreadable)?;
    let body = MoveBody {
        on_behalf_of: None,
        data: strict(&screens.app, &bytes)?,
        then: Vec::new(),
    };
    let caller = &viewer.caller;
    let command = of_move(caller, key, version, (request, name, body));
    receive(&screens.app, caller, request, command).await
}

impl Sheet<'_> {
    async fn send(&self, screens: &Screens, viewer: &Viewer) -> Result<Receipt, Problem> {
        let data = read(&self.asked.fields, self.typed);
        let name = MoveName::parse(&self.asked.rule.name).map_err(|_| Problem::not_found())?;
        let version = Some(self.version).filter(|version| *version >= 1);
        let move_of = (self.asked.request(), name, data);
        send(screens, viewer, move_of, (self.key.clone(), version)).await
    }

    fn draw(&self, viewer: &Viewer) -> Markup {
        let Asked {
            opened,
            rule,
            fields,
        } = self.asked;
        let id = self.asked.request().0;
        let reference = &opened.view.reference;
        let with = Drawing {
            typed: self.typed,
            faults: &self.faults,
            again: self.again,
            whole: None,
        };
        let back = format!("{ROOT}/requests/{id}");
        Page::of(&rule.title, viewer)
            .wrong(!self.faults.is_empty())
            .draw(&html! {
                p { a.ds_back-link href=(back) { "Back to the request" } }
                (opened.top(&rule.title))
                p { "Request " (reference) }
                (summary(&self.faults))
                @if let Some(notice) = &self.notice {
                    div.ds_inset-text { div.ds_inset-text__text role="status" { p { (notice) } } }
                }
                (concerns::ring(&self.asked.answering(self.typed)))
                (opened.written_last())
            form method="post" action={ (back) "/moves/" (rule.name) } novalidate {
                    input type="hidden" name="key" value=(self.key);
                    input type="hidden" name="version" value=(self.version);
                    // Enter in a field sends the form, and not one of its other buttons.
                    button.unseen type="submit" tabindex="-1" aria-hidden="true" { (rule.title) }
                    (draw(fields, &with))
                    @if fields.is_empty() { p { "There is nothing to fill in." } }
                    div.buttons {
                        button.ds_button type="submit" { (rule.title) }
                        a href=(back) { "Cancel" }
                    }
                }
            })
    }
}

/// What a person sees where a request cannot be told of.
pub(super) fn conflict(page: Markup) -> Response {
    (StatusCode::CONFLICT, page).into_response()
}
