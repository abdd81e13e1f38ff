//! What somebody has asked for, in plain words; and what they were told when they sent it.

use super::agenda::{AgendaView, PersonalAgenda, reader_of};
use super::arrival::Looking;
use super::draft;
use super::due::owed;
use super::layout::Page;
use super::progress::{ExpectedWords, childs_time, expected};
use super::request::holder_words;
use super::viewer::Viewer;
use super::words::moment;
use super::{ROOT, Screens, live};
use crate::api::extract::{Params, Segments};
use crate::api::problem::{Kind, Problem};
use crate::api::read_tables::unreadable;
use crate::api::requests::Seen;
use crate::api::requests::clock::explained;
use crate::api::requests::clocks::{ClockView, child_clock, readings};
use crate::api::requests::list::{next_of, parse_after};
use crate::domain::request::state::Request;
use crate::domain::time::clock::SpellStatus;
use crate::projections::own_requests::{OwnPage, newest};
use axum::extract::State;
use jiff::Timestamp;
use maud::{Markup, html};

/// Requests on one page of the list.
const PAGE_SIZE: i64 = 20;

/// A request as whoever asked sees it in the list.
struct Asked<'a> {
    screens: &'a Screens,
    viewer: &'a Viewer,
    seen: Seen,
    clocks: Vec<ClockView>,
    now: Timestamp,
}

impl<'a> Asked<'a> {
    async fn load(screens: &'a Screens, viewer: &'a Viewer, id: &str) -> Result<Self, Problem> {
        let seen = Seen::load(&screens.app, &viewer.caller, id).await?;
        Ok(Self {
            clocks: readings(&screens.app, &viewer.caller, &seen)?,
            now: (screens.app.now)(),
            screens,
            viewer,
            seen,
        })
    }

    fn request(&self) -> &Request {
        self.seen.request()
    }

    /// The clock that is due first.
    fn next(&self) -> Option<&ClockView> {
        let open = self
            .clocks
            .iter()
            .filter(|clock| clock.status == SpellStatus::Running);
        open.min_by_key(|clock| clock.due_at.unwrap_or(Timestamp::MAX))
    }

    fn arrival(&self) -> Option<Markup> {
        Looking::at(&self.seen, (self.screens, self.viewer), self.now).told(&self.clocks)
    }

    fn facts(&self) -> Result<Markup, Problem> {
        let state = self.seen.state_view();
        let child = child_clock(&self.seen, self.now);
        let day = self.seen.expected(&self.clocks);
        let next = self.next();
        let why = next.map(|clock| {
            let app = &self.screens.app;
            explained(app, &self.viewer.caller, &self.seen, &clock.clock)
        });
        let why = why.transpose()?;
        Ok(html! {
            dl.facts {
                div { dt { "Where it is" } dd { strong { (state.title) } br; (state.meaning) } }
                @if let Some(holder) = self.seen.holder() {
                    div { dt { "Who has it" } dd { (holder_words(self.viewer, &holder)) } }
                }
                @if let Some(clock) = next {
                    div { dt { "What happens next" } dd {
                        p { (owed(clock, self.now)) "." }
                        @if let Some(why) = &why { p.small { (why.sentence) } }
                    } }
                }
                @if let Some(day) = &day {
                    div { dt { "When help is expected" } dd { (expected(day, ExpectedWords::of(&self.seen, self.screens, self.now))) } }
                }
                (childs_time(&child, self.now))
                @if let Some(arrival) = self.arrival() {
                    div { dt { "Did help arrive?" } dd { (arrival) } }
                }
            }
        })
    }

    fn card(&self) -> Result<Markup, Problem> {
        let request = self.request();
        let id = self.seen.id().0;
        Ok(html! {
            section.card aria-labelledby={ "request-" (id) } {
                h2 id={ "request-" (id) } {
                    a href={ (ROOT) "/requests/" (id) } { "Request " (request.opening.reference) }
                }
                (self.facts()?)
            }
        })
    }
}

/// One page of the list, the newest first: what stands in the agenda is left out.
struct ListPage {
    cards: Vec<Markup>,
    next: Option<String>,
}

async fn list_page(
    screens: &Screens,
    viewer: &Viewer,
    (params, agenda): (&Params, &PersonalAgenda),
) -> Result<ListPage, Problem> {
    let page = OwnPage {
        open_only: params.text("all").is_none(),
        after: params.find("after", "`next` of the page before", parse_after)?,
        without: agenda.ids(),
        limit: PAGE_SIZE,
    };
    let reader = reader_of(&screens.app, &viewer.caller);
    let rows = newest(&screens.app.reads, &reader, &page).await;
    let rows = rows.map_err(unreadable)?;
    let mut cards = Vec::new();
    for row in &rows {
        match Asked::load(screens, viewer, &row.request_id.to_string()).await {
            Ok(asked) => cards.push(asked.card()?),
            // It went to somebody else since the list was read.
            Err(problem) if problem.kind == Kind::NotFound => {}
            Err(problem) => return Err(problem),
        }
    }
    let full = i64::try_from(rows.len()).is_ok_and(|shown| shown == PAGE_SIZE);
    let next = rows.last().filter(|_| full).map(next_of);
    Ok(ListPage { cards, next })
}

pub(super) async fn page(
    State(screens): State<Screens>,
    viewer: Viewer,
    params: Params,
) -> Result<Markup, Problem> {
    let params = params.only(&["after", "all"])?;
    let live = live::address(&screens);
    // An agenda that cannot be read is no empty one.
    let agenda = viewer.agenda.clone();
    let agenda = agenda.ok_or_else(|| unreadable("what waits for somebody"))?;
    let list = list_page(&screens, &viewer, (&params, &agenda)).await?;
    let (after, all) = (params.text("after"), params.text("all").is_some());
    let begun = begun(&screens, &viewer).await?;
    let here = address(after, all);
    let title = if viewer.asks {
        "My requests"
    } else {
        "For you"
    };
    let waits = AgendaView {
        screens: &screens,
        viewer: &viewer,
        now: (screens.app.now)(),
    };
    Ok(Page::of(title, &viewer).live(&live).draw(&html! {
        div.top {
            h1 { (title) }
            @if viewer.asks { a.ds_button href={ (ROOT) "/new" } { "Ask for help" } }
        }
        (begun)
        div #mine hx-get=(here) hx-trigger="changed from:body" hx-select="#mine" hx-swap="outerHTML" {
            (waits.draw(&agenda))
            @if !agenda.is_empty() && !list.cards.is_empty() { h2 { "All others" } }
            @if agenda.is_empty() && list.cards.is_empty() {
                p { @if all { "You have not sent a request yet." } @else { "No request of yours is open." } }
            }
            @for card in &list.cards { (card) }
            @if let Some(next) = &list.next {
                p { a href=(address(Some(next), all)) { "More requests" } }
            }
            @if after.is_none() && viewer.asks {
                p { @if all {
                    a href=(address(None, false)) { "Only those that are open" }
                } @else {
                    a href=(address(None, true)) { "Those that have ended, too" }
                } }
            }
        }
    }))
}

fn address(after: Option<&str>, all: bool) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(after.map(|after| ("after", after)));
    query.extend_pairs(all.then_some(("all", "yes")));
    match query.finish() {
        query if query.is_empty() => format!("{ROOT}/mine"),
        query => format!("{ROOT}/mine?{query}"),
    }
}

/// Requests that were begun and not sent.
async fn begun(screens: &Screens, viewer: &Viewer) -> Result<Markup, Problem> {
    let caller = &viewer.caller;
    let drafts = screens
        .drafts
        .begun(&caller.authority, &caller.principal.id)
        .await;
    let drafts = drafts.map_err(unreadable)?;
    let open: Vec<_> = drafts
        .into_iter()
        .filter(|kept| draft::read(&kept.content).is_some_and(|content| content.is_begun()))
        .collect();
    Ok(html! {
        @if !open.is_empty() {
            h2 { "Not sent yet" }
            ul { @for kept in &open {
                li { a href={ (ROOT) "/" (kept.form) "/check" } { "Go on with what you began on " (moment(kept.begun_at)) } }
            } }
            h2 { "Sent" }
        }
    })
}

pub(super) async fn receipt(
    State(screens): State<Screens>,
    viewer: Viewer,
    Segments(id): Segments<String>,
    params: Params,
) -> Result<Markup, Problem> {
    params.only(&[])?;
    let asked = Asked::load(&screens, &viewer, &id).await?;
    let same = asked.seen.same_child(&screens.app, &viewer.caller).await?;
    let same = same.filter(|same| !same.requests.is_empty());
    let id = asked.seen.id().0;
    Ok(Page::of("The request was sent", &viewer).draw(&html! {
        section.card.green role="status" {
            h1 { "The request was sent" }
            p { "Its reference is " strong { (asked.request().opening.reference) } ". You need it when you ring." }
        }
        h2 { "What happens now" }
        (asked.facts()?)
        @if let Some(same) = same {
            div.card {
                h2 { "You may have asked for this child before" }
                ul { @for other in &same.requests {
                    li { a href={ (ROOT) "/requests/" (other) } { "Look at the other request" } }
                } }
            }
        }
        p { a href={ (ROOT) "/requests/" (id) } { "Open the request" } }
        p { a href={ (ROOT) "/mine" } { "My requests" } }
        p { "Do you need help for a brother or sister, too? " a href={ (ROOT) "/new" } { "Send another request" } "." }
    }))
}
