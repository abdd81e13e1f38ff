//! What managers look at: how long families wait, who holds how much, what waits longest. Every
//! number opens to the requests and events that it stands on.

use super::layout::Page;
use super::teams::{self, chosen_team};
use super::viewer::Viewer;
use super::words::{self, days as days_words, known_on, plain, target};
use super::{ROOT, Screens, arrival, live, loads};
use crate::api::caseloads;
use crate::api::concerns;
use crate::api::extract::Params;
use crate::api::problem::{Kind, Problem};
use crate::api::read_tables::unreadable;
use crate::api::reports::stand;
use crate::api::response_times::{self, Figures};
use crate::charts::{Curve, Table};
use crate::domain::ids::{ClockName, TeamId};
use crate::projections::response_times::Question;
use crate::projections::response_times::answer::ClockFigures;
use crate::projections::response_times::charted::{Waits, waits};
use crate::projections::response_times::published::PublishedFigures;
use axum::extract::State;
use maud::{Markup, PreEscaped, html};

const UNTIL_DAYS: f64 = 60.0;

/// What the page was asked for.
struct Asked<'a> {
    screens: &'a Screens,
    viewer: &'a Viewer,
    /// A day, as it was typed.
    known_on: Option<&'a str>,
    clock: Option<&'a str>,
    /// The team that a leader looks at; absent for the whole.
    team: Option<TeamId>,
}

pub(super) async fn page(
    State(screens): State<Screens>,
    viewer: Viewer,
    params: Params,
) -> Result<Markup, Problem> {
    let params = params.only(&["as_known_on", "clock", "team"])?;
    let live = live::address(&screens);
    let asked = Asked {
        team: chosen_team(&viewer, params.text("team"))?,
        screens: &screens,
        viewer: &viewer,
        known_on: params.text("as_known_on").filter(|day| !day.is_empty()),
        clock: params
            .text("clock")
            .filter(|name| ClockName::parse(name).is_ok()),
    };
    let (figures, wrong) = match asked.figures().await {
        Ok(figures) => (figures, None),
        // A day that cannot be asked about stays in its field, with the reason beside it.
        Err(problem) if problem.kind == Kind::BadQuery && asked.known_on.is_some() => {
            let words = "Choose a day that has passed and on which something was recorded.";
            (html! {}, Some(words))
        }
        Err(problem) => return Err(problem),
    };
    let page = Page::of("Figures", &viewer).wrong(wrong.is_some());
    let page = match asked.known_on {
        None => page.live(&live),
        Some(_) => page,
    };
    Ok(page.draw(&html! {
        h1 { @match &asked.team {
            Some(team) => { "Figures of " (viewer.team(team.as_str())) }
            None => "Figures",
        } }
        (teams::choice(&viewer, asked.team.as_ref(), asked.known_on))
        (asked.day(wrong))
        (figures)
    }))
}

impl Asked<'_> {
    async fn figures(&self) -> Result<Markup, Problem> {
        let app = &self.screens.app;
        let caller = self.viewer.caller.clone();
        let only = self.only();
        let known = Params::of([("as_known_on", self.known_on), ("only", only.as_deref())]);
        let times = response_times::read(State(app.clone()), caller.clone(), known)
            .await?
            .0;
        let known = Params::of([("as_known_on", self.known_on)]);
        let loads = caseloads::read(State(app.clone()), caller, known).await;
        let loads = allowed(loads.map(|found| found.0))?;
        let concerns = self.concerns().await?;
        let arrival = arrival::card(self.screens, self.viewer, self.known_on).await?;
        let here = self.here();
        let live = self.known_on.is_none();
        Ok(html! {
            div #figures hx-get=[live.then_some(here)] hx-trigger=[live.then_some("changed from:body")]
                hx-select=[live.then_some("#figures")] hx-swap=[live.then_some("outerHTML")] {
                p.small {
                    @match times.as_known_on {
                        Some(at) => { "As it was known " (words::known(at)) ". This answer never changes." }
                        None => { "As it is known now." }
                    }
                }
                ul.cards {
                    @if let Some(concerns) = concerns { li { (concerns) } }
                    @if let Some(loads) = &loads { @if let Some(unowned) = loads::unowned(loads, self.known_on) { li { (unowned) } } li { (loads::open(loads)) } }
                    li { (self.missed(&times.figures)) }
                    @if let Some(arrival) = arrival { li { (arrival) } }
                }
                (self.times(&times.figures))
                @if let Figures::Identified(answer) = &times.figures {
                    (self.chart(&answer.clocks).await?)
                }
                @if let Some(loads) = &loads { (loads::table(self.viewer, loads, self.known_on)) }
            }
        })
    }

    /// The code that narrows figures to the team.
    fn only(&self) -> Option<String> {
        self.team.as_ref().map(|team| format!("team:{team}"))
    }

    /// Its own address, without a day.
    fn here(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.clock.map(|clock| ("clock", clock)));
        query.extend_pairs(self.team.as_ref().map(|team| ("team", team.as_str())));
        match query.finish() {
            query if query.is_empty() => format!("{ROOT}/figures"),
            query => format!("{ROOT}/figures?{query}"),
        }
    }

    fn day(&self, wrong: Option<&str>) -> Markup {
        html! {
            form.buttons method="get" action={ (ROOT) "/figures" } {
                label for="as-known-on" { "As known on" }
                @if let Some(words) = wrong {
                    p.ds_question__error-message #as-known-on-error { span.unseen { "Error: " } (words) }
                }
                input.ds_input #as-known-on name="as_known_on" type="date" value=[self.known_on]
                    aria-describedby=[wrong.map(|_| "as-known-on-error")] aria-invalid=[wrong.map(|_| "true")];
                @if let Some(clock) = self.clock { input type="hidden" name="clock" value=(clock); }
                @if let Some(team) = &self.team { input type="hidden" name="team" value=(team); }
                button.ds_button.ds_button--secondary.ds_button--small type="submit" { "Show" }
                @if self.known_on.is_some() { a href=(self.here()) { "Show today" } }
            }
        }
    }

    /// Of now alone: what was red on a past day is not.
    async fn concerns(&self) -> Result<Option<Markup>, Problem> {
        if self.known_on.is_some() || !self.viewer.sees_concerns() {
            return Ok(None);
        }
        let app = self.screens.app.clone();
        let caller = self.viewer.caller.clone();
        let found = concerns::list(State(app), caller, Params::of([])).await?.0;
        let class = if found.unanswered_count > 0 {
            "card red"
        } else {
            "card green"
        };
        Ok(Some(html! {
            div class=(class) {
                a.big href={ (ROOT) "/concerns" } { (found.unanswered_count) }
                "Child protection concerns that nobody has answered yet"
            }
        }))
    }

    fn missed(&self, figures: &Figures) -> Markup {
        let missed: Option<usize> = match figures {
            Figures::Identified(answer) => {
                Some(answer.clocks.iter().map(|clock| clock.missed_open).sum())
            }
            Figures::Published(_) => None,
        };
        html! {
            div.card {
                @match missed {
                    Some(missed) if missed > 0 => a.big href="#waits" { (missed) },
                    Some(_) => span.big { "0" },
                    None => span.big { "–" },
                }
                "Targets that are missed and still wait"
            }
        }
    }

    fn opened(&self, clock: &str, part: &str) -> String {
        let known = known_on('&', self.known_on);
        let team = self
            .only()
            .map_or_else(String::new, |only| format!("&only={only}"));
        format!("{ROOT}/figures/opened?clock={clock}&part={part}{team}{known}")
    }

    fn chart_of(&self, clock: &str) -> String {
        let known = known_on('&', self.known_on);
        let team = self.team.as_ref();
        let team = team.map_or_else(String::new, |team| format!("&team={team}"));
        format!("{ROOT}/figures?clock={clock}{team}{known}#chart")
    }

    fn times(&self, figures: &Figures) -> Markup {
        html! {
            h2 #waits { "How long families wait" }
            @match figures {
                Figures::Identified(_) => p {
                    "Open requests are counted. Half is the time after which half were through; choose a number to see its requests."
                },
                Figures::Published(answer) => p {
                    "Open requests are counted. You see whole months that have passed, as it stood "
                    (words::known(answer.figures_as_of)) "; small numbers are hidden."
                },
            }
            @if match figures {
                Figures::Identified(answer) => answer.clocks.is_empty(),
                Figures::Published(answer) => answer.clocks.is_empty(),
            } {
                p { "Nothing had begun by then." }
            } @else { (self.clocks(figures)) }
        }
    }

    fn clocks(&self, figures: &Figures) -> Markup {
        html! {
            section.scroll aria-label="How long families wait" tabindex="0" { table {
                thead { tr {
                    th scope="col" { "What was waited for" }
                    th scope="col" { "Target" }
                    th.number scope="col" { "Began" }
                    th.number scope="col" { "In time" }
                    th.number scope="col" { "Late" }
                    th.number scope="col" { "Late and open" }
                    th.number scope="col" { "Open" }
                    th.number scope="col" { "No longer needed" }
                    th.number scope="col" { "Half, days" }
                    th.number scope="col" { "85 %, days" }
                    th.number scope="col" { "Oldest open, days" }
                } }
                tbody {
                    @match figures {
                        Figures::Identified(answer) => { @for one in &answer.clocks { (self.clock(one)) } }
                        Figures::Published(answer) => { @for one in &answer.clocks { (published(one)) } }
                    }
                }
            } }
        }
    }

    fn clock(&self, one: &ClockFigures) -> Markup {
        let number_of = |part: &str, value: usize| {
            html! {
                td.number {
                    @if value == 0 { "0" } @else {
                        a href=(self.opened(&one.clock, part)) { (value) span.unseen { ": " (one.title) ", " (part_words(part)) } }
                    }
                }
            }
        };
        let days = |value: Option<f64>| html! { td.number { (value.map_or("not yet".to_owned(), days_words)) } };
        html! {
            tr {
                th scope="row" { a href=(self.chart_of(&one.clock)) { (one.title) } }
                td { (target(&one.target)) }
                (number_of("started", one.started))
                (number_of("within_target", one.within_target))
                (number_of("missed_stopped", one.missed_stopped))
                (number_of("missed_open", one.missed_open))
                (number_of("open", one.open))
                (number_of("cancelled", one.cancelled))
                (days(one.kaplan_meier_days.median))
                (days(one.kaplan_meier_days.p85))
                td.number {
                    @match one.oldest_open_days {
                        Some(oldest) => a href=(self.opened(&one.clock, "open")) { (days_words(oldest)) span.unseen { " days, the longest wait for: " (one.title) } },
                        None => "–",
                    }
                }
            }
        }
    }

    /// The curve of one clock, with its table.
    async fn chart(&self, clocks: &[ClockFigures]) -> Result<Markup, Problem> {
        let chosen = clocks
            .iter()
            .find(|one| Some(one.clock.as_str()) == self.clock);
        // Of those that say equally much the first.
        let telling = || {
            let clocks = clocks.iter().rev();
            clocks.max_by_key(|one| (one.stopped, one.started))
        };
        let Some(chosen) = chosen.or_else(telling) else {
            return Ok(html! {});
        };
        let waits = self.waits(&chosen.clock).await?;
        let curve = Curve {
            title: chosen.title.clone(),
            curve: waits.curve,
            until_days: UNTIL_DAYS,
            count: chosen.started,
            open: chosen.open,
        };
        Ok(html! {
            h2 #chart { "How many still wait: " (chosen.title) }
            figure {
                div.scroll tabindex="0" role="group" aria-label="Curve" { (PreEscaped(without_style(&curve.svg()))) }
                figcaption { (curve.description()) }
            }
            details.more #as-a-table { summary { "The same as a table" } div.inside { (table(&curve.table())) } }
        })
    }
}

impl Asked<'_> {
    /// Of today from what is in memory; of another day counted from every row.
    async fn waits(&self, clock: &str) -> Result<Waits, Problem> {
        let app = &self.screens.app;
        let authority = self.viewer.caller.authority.as_str();
        let clock = ClockName::parse(clock).ok();
        let only = self.team.as_ref();
        let only = only.map(|team| ("team".to_owned(), team.to_string()));
        let of = |at| Question {
            clock,
            only: only.clone(),
            ..Question::whole(authority, app.usual_workflow.clone(), at)
        };
        let waits = if self.known_on.is_none() {
            let declared = app.commands.registry().of(authority);
            let question = of((app.now)());
            app.bases.waits(&app.reads, &declared, &question).await
        } else {
            let known = Params::of([("as_known_on", self.known_on)]);
            let stand = stand(app, &self.viewer.caller, &known).await?;
            waits(&app.reads, &stand.known, &of(stand.at)).await
        };
        waits.map_err(unreadable)
    }
}

/// What is not open to this reader is left out.
fn allowed<T>(found: Result<T, Problem>) -> Result<Option<T>, Problem> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(problem) if problem.kind == Kind::NotYours => Ok(None),
        Err(problem) => Err(problem),
    }
}

pub(super) fn part_words(part: &str) -> String {
    match part {
        "started" => "began".to_owned(),
        "within_target" => "in time".to_owned(),
        "missed_stopped" => "late".to_owned(),
        "missed_open" => "late and open".to_owned(),
        "cancelled" => "no longer needed".to_owned(),
        other => plain(other).to_lowercase(),
    }
}

/// Where small counts are hidden.
fn published(one: &PublishedFigures) -> Markup {
    let shown = |value: Option<u64>| html! { td.number { (value.map_or("hidden".to_owned(), |value| value.to_string())) } };
    let days =
        |value: Option<f64>| html! { td.number { (value.map_or("–".to_owned(), days_words)) } };
    let open = one
        .missed_open
        .zip(one.undecided)
        .map(|(late, inside)| late + inside);
    html! {
        tr {
            th scope="row" { (one.title) }
            td { (target(&one.target)) }
            (shown(one.started)) (shown(one.within_target)) (shown(one.missed_stopped)) (shown(one.missed_open)) (shown(open))
            (shown(one.cancelled))
            (days(one.median_days)) (days(one.p85_days))
            td.number { "–" }
        }
    }
}

/// The page's own style sheet has it.
fn without_style(svg: &str) -> String {
    match (svg.split_once("<style>"), svg.split_once("</style>")) {
        (Some((before, _)), Some((_, after))) => format!("{before}{after}"),
        (_, _) => svg.to_owned(),
    }
}

fn table(table: &Table) -> Markup {
    html! { div.scroll { (PreEscaped(table.html())) } }
}
