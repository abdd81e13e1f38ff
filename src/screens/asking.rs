//! A new request, a page at a time: begun, answered, checked and sent.
//!
//! Its answers lie in a sealed draft from the first page on, so that nothing typed is lost.

use super::draft::{self, Content};
use super::failure::in_words;
use super::form::{
    Drawing, Fault, Field, Kind, Typed, close_up, draw, faults, more, read, summary,
};
use super::layout::Page;
use super::pages::{Asking, Questions};
use super::shown::answers_under;
use super::viewer::Viewer;
use super::{ROOT, Screens};
use crate::access::Holder;
use crate::api::extract::{Params, Segments, strict};
use crate::api::fields::OpenBody;
use crate::api::problem::{Kind as Wrong, Problem};
use crate::api::read_tables::unreadable;
use crate::api::requests::moves::open_request;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde_json::Map;
use uuid::Uuid;

/// The last page before it is sent.
const CHECK: &str = "check";

/// A request that is being written.
struct Written {
    id: Uuid,
    form: String,
    holder: Holder,
    content: Content,
}

impl Written {
    async fn load(screens: &Screens, viewer: &Viewer, id: &str) -> Result<Self, Problem> {
        let id = Uuid::try_parse(id).map_err(|_| Problem::not_found())?;
        let (form, holder) = (draft::of_new(id), draft::holder(&viewer.caller));
        let content = draft::find(screens, &holder, &form).await?;
        let content = content.ok_or_else(Problem::not_found)?;
        Ok(Self {
            id,
            form,
            holder,
            content,
        })
    }

    /// Where it went, if it was sent.
    fn sent(&self) -> Option<Response> {
        let request = self.content.sent?;
        Some(Redirect::to(&format!("{ROOT}/sent/{request}")).into_response())
    }

    fn page(&self, name: &str) -> String {
        format!("{ROOT}/new/{}/{name}", self.id)
    }

    async fn keep(&self, screens: &Screens) -> Result<(), Problem> {
        draft::keep(screens, &self.holder, (&self.form, &self.content)).await
    }
}

/// A draft with what can be known already, and its first page.
pub(super) async fn begin(screens: &Screens, viewer: &Viewer) -> Result<Response, Problem> {
    let asking = Asking::load(screens, viewer, &Map::new())?;
    let mut content = Content::default();
    for field in &asking.fields {
        let Kind::One(choices) = &field.kind else {
            continue;
        };
        let held = choices.iter().find(|choice| {
            let mut grants = viewer.caller.principal.grants.iter();
            grants.any(|grant| grant.role.as_str() == choice.value)
        });
        if let Some(held) = held {
            content.typed.put(&field.name, &held.value);
        }
    }
    let id = Uuid::new_v4();
    let holder = draft::holder(&viewer.caller);
    draft::keep(screens, &holder, (&draft::of_new(id), &content)).await?;
    let first = asking.pages.first().map_or(CHECK, |page| &page.name);
    Ok(Redirect::to(&format!("{ROOT}/new/{id}/{first}")).into_response())
}

pub(super) async fn page(
    State(screens): State<Screens>,
    viewer: Viewer,
    Segments((id, name)): Segments<(String, String)>,
    params: Params,
) -> Result<Response, Problem> {
    let params = params.only(&["again", "wrong"])?;
    let written = Written::load(&screens, &viewer, &id).await?;
    if let Some(sent) = written.sent() {
        return Ok(sent);
    }
    let asking = Asking::of(&screens, &viewer, &written.content.typed)?;
    if name == CHECK {
        return Ok(check(&asking, &viewer, &written, (&[], None)).into_response());
    }
    let questions = asking.page(&name).ok_or_else(Problem::not_found)?;
    let typed = &written.content.typed;
    let faults = match params.text("wrong") {
        Some(_) => asking.faults(questions, typed, (screens.app.now)()),
        None => Vec::new(),
    };
    let with = Drawing {
        typed,
        faults: &faults,
        again: params.text("again"),
        whole: questions.whole(),
    };
    Ok(sheet(&asking, &viewer, (&written, questions), &with).into_response())
}

pub(super) async fn answer(
    State(screens): State<Screens>,
    viewer: Viewer,
    Segments((id, name)): Segments<(String, String)>,
    mut typed: Typed,
) -> Result<Response, Problem> {
    let mut written = Written::load(&screens, &viewer, &id).await?;
    if let Some(sent) = written.sent() {
        return Ok(sent);
    }
    if name == "send" {
        return send(&screens, &viewer, written).await;
    }
    if name == "discard" {
        draft::forget(&screens, &written.holder, &written.form).await?;
        return Ok(Redirect::to(&format!("{ROOT}/mine")).into_response());
    }
    let asking = Asking::of(&screens, &viewer, &written.content.typed)?;
    let questions = asking.page(&name).ok_or_else(Problem::not_found)?;
    close_up(&questions.all(), &mut typed);
    let (again, go) = (
        typed.one("again").map(str::to_owned),
        typed.one("go").map(str::to_owned),
    );
    let names: Vec<&str> = questions.names();
    written.content.typed.without(&names);
    written.content.typed.take(typed);
    written.content.answered = true;
    written.keep(&screens).await?;
    if let Some(again) = again.filter(|path| questions.has(path)) {
        let place = format!(
            "{}?again={again}#{}",
            written.page(&name),
            super::form::id(&again)
        );
        return Ok(Redirect::to(&place).into_response());
    }
    if go.as_deref() == Some("later") {
        return Ok(Redirect::to(&format!("{ROOT}/mine")).into_response());
    }
    // What was just written may choose another version of the workflow.
    let asking = Asking::of(&screens, &viewer, &written.content.typed)?;
    let questions = asking.page(&name).ok_or_else(Problem::not_found)?;
    let faults = asking.faults(questions, &written.content.typed, (screens.app.now)());
    if faults.is_empty() {
        let next = asking.after(&name).unwrap_or(CHECK);
        return Ok(Redirect::to(&written.page(next)).into_response());
    }
    let with = Drawing {
        typed: &written.content.typed,
        faults: &faults,
        again: None,
        whole: questions.whole(),
    };
    let drawn = sheet(&asking, &viewer, (&written, questions), &with);
    Ok((StatusCode::UNPROCESSABLE_ENTITY, drawn).into_response())
}

fn sheet(
    asking: &Asking,
    viewer: &Viewer,
    (written, questions): (&Written, &Questions),
    with: &Drawing<'_>,
) -> Markup {
    let number = asking.number(&questions.name);
    let of = asking.pages.len() + 1;
    let before = asking
        .before(&questions.name)
        .map(|name| written.page(name));
    let title = &questions.title;
    Page::of(title, viewer).wrong(!with.faults.is_empty()).draw(&html! {
        @if let Some(before) = before {
            p { a.ds_back-link href=(before) { "Back" } }
        }
        (summary(with.faults))
        p.small { "Page " (number) " of " (of) }
        h1 { (title) }
        form method="post" action=(written.page(&questions.name)) novalidate {
            // Enter in a field goes on, and presses none of the other buttons.
            button.unseen type="submit" tabindex="-1" aria-hidden="true" { "Save and go on" }
            (draw(&questions.first, with))
            (more(&questions.more, "", with))
            div.buttons {
                button.ds_button type="submit" { "Save and go on" }
                button.ds_button.ds_button--secondary type="submit" name="go" value="later" { "Save and go on later" }
            }
        }
    })
}

/// All answers, to be looked at before they are sent.
fn check(
    asking: &Asking,
    viewer: &Viewer,
    written: &Written,
    (wrong, notice): (&[Fault], Option<&str>),
) -> Markup {
    let title = "Check your answers";
    let data = read(&asking.fields, &written.content.typed);
    let nothing = Map::new();
    let data = data.as_object().unwrap_or(&nothing);
    let place = |fault: &Fault| {
        let Some(page) = asking.page_of(&fault.path) else {
            return written.page(CHECK);
        };
        format!(
            "{}?wrong=1#{}",
            written.page(page),
            super::form::id(&fault.path)
        )
    };
    Page::of(title, viewer).wrong(!wrong.is_empty()).draw(&html! {
        @if !wrong.is_empty() {
            div.ds_error-summary role="alert" aria-labelledby="error-summary-title" {
                h2.ds_error-summary__title #error-summary-title { "There is a problem" }
                ul.ds_error-summary__list {
                    @for fault in wrong { li { a href=(place(fault)) { (fault.words) } } }
                }
            }
        }
        @if let Some(notice) = notice {
            div.card.red role="alert" { p { (notice) } }
        }
        h1 { (title) }
        p { "Nothing was sent yet. You can change every answer." }
        @for page in &asking.pages {
            h2 { (page.title) }
            (answers_under(&page.title, &page.all(), data))
            p { a href=(written.page(&page.name)) { "Change" span.unseen { ": " (page.title) } } }
        }
        form method="post" action=(written.page("send")) {
            div.buttons {
                button.ds_button type="submit" { "Send the request" }
                button.ds_button.ds_button--secondary type="submit" formaction=(written.page("discard")) { "Delete this draft" }
            }
        }
    })
}

/// Once, whatever is pressed how often: the key is the draft's.
async fn send(
    screens: &Screens,
    viewer: &Viewer,
    mut written: Written,
) -> Result<Response, Problem> {
    let asking = Asking::of(screens, viewer, &written.content.typed)?;
    let data = read(&asking.fields, &written.content.typed);
    let bytes = serde_json::to_vec(&data).map_err(unreadable)?;
    let body = strict(&screens.app, &bytes).map(|data| OpenBody {
        workflow: Some(asking.workflow.definition.workflow.clone()),
        move_name: Some(asking.opening.clone()),
        on_behalf_of: None,
        data,
        then: Vec::new(),
    });
    let key = format!("draft-{}", written.id);
    let receipt = match body {
        Ok(body) => open_request(&screens.app, &viewer.caller, key, body).await,
        Err(problem) => Err(problem),
    };
    let problem = match receipt {
        Ok(receipt) => {
            written.content = Content {
                typed: Typed::default(),
                sent: Some(receipt.request_id.0),
                answered: true,
            };
            written.keep(screens).await?;
            let place = format!("{ROOT}/sent/{}", receipt.request_id.0);
            return Ok(Redirect::to(&place).into_response());
        }
        Err(problem) => problem,
    };
    let wrong = faults(&asking.fields, &problem.errors);
    let notice = wrong.is_empty().then(|| in_words(&problem).1);
    if problem.kind == Wrong::NotYours {
        return Err(problem);
    }
    let status = problem.kind.status();
    let drawn = check(&asking, viewer, &written, (&wrong, notice.as_deref()));
    Ok((status, drawn).into_response())
}

impl Questions {
    fn whole(&self) -> Option<&str> {
        match &self.first[..] {
            [only] if self.more.is_empty() => Some(&only.name),
            _ => None,
        }
    }

    pub(super) fn all(&self) -> Vec<Field> {
        self.first.iter().chain(&self.more).cloned().collect()
    }
}
