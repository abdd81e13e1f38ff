//! A child protection concern: it never waits, it stays red until somebody has answered, and whoever
//! holds it closes it.

use super::super::definition::{ClockRule, HandOver, MoveRule};
use super::super::phrase;
use super::Source;
use super::clocks::named;
use super::data::must_be_given;
use super::moves::leads_of;
use super::page::Page;
use crate::domain::ids::MoveName;
use crate::domain::organisation::file::RungWhen;

pub(super) fn tell(page: &mut Page, source: Source<'_>) {
    let opening = of(source, HandOver::Opens);
    if opening.is_empty() {
        return;
    }
    page.heading("If a child may be in danger");
    for (name, rule) in opening {
        page.subheading(&format!("{} ({name})", rule.title));
        page.sentence(
            "Phone first, write it down then. It can be done in every state, and it is taken whatever \
             anybody else did meanwhile.",
        );
        numbers(page, source);
        common(page, source, (name, rule));
        runs(page, source, rule);
    }
    for step in [
        HandOver::Attempts,
        HandOver::HandsOver,
        HandOver::TakesOver,
        HandOver::Closes,
    ] {
        for (name, rule) in of(source, step) {
            page.subheading(&format!("{} ({name})", rule.title));
            page.sentence(means(step));
            if let Some(open) = open_results(rule) {
                page.sentence(&open);
            }
            common(page, source, (name, rule));
            runs(page, source, rule);
        }
    }
}

fn means(step: HandOver) -> &'static str {
    match step {
        HandOver::Opens => "",
        HandOver::Attempts => {
            "Nobody could be reached: the concern stays red, and somebody else is rung."
        }
        HandOver::HandsOver => {
            "The concern stays red until this is written down: who answered, on which number, and when. \
             It ends the alarm and nothing else."
        }
        HandOver::TakesOver => "Whoever does this holds the concern from then on, by name.",
        HandOver::Closes => "Only whoever holds the concern can say this.",
    }
}

/// `With “Result” being looked at the concern stays open.`
fn open_results(rule: &MoveRule) -> Option<String> {
    let results = rule.keeps_open.as_ref()?;
    let codes: Vec<String> = results
        .codes
        .iter()
        .map(|code| phrase::words(code))
        .collect();
    (!codes.is_empty()).then(|| {
        format!(
            "If “{}” is {}, the concern stays open.",
            phrase::title_at(&rule.data, &results.at),
            phrase::any_of(&codes)
        )
    })
}

fn runs(page: &mut Page, source: Source<'_>, rule: &MoveRule) {
    for clock in started_by(source, rule) {
        page.sentence(&format!(
            "From then on “{}” runs: {}.",
            clock.title,
            phrase::target(clock.target)
        ));
    }
}

/// What is rung, and when.
fn numbers(page: &mut Page, source: Source<'_>) {
    for one in &source.beside.numbers {
        let hours = one.hours.as_ref().map(|name| named(source, name));
        let when = match (one.when, hours) {
            (RungWhen::Open, Some(hours)) => format!(", in the hours of {hours}"),
            (RungWhen::Closed, Some(hours)) => format!(", outside the hours of {hours}"),
            (RungWhen::Open, None) => ", in office hours".to_owned(),
            (RungWhen::Closed, None) => ", out of office hours".to_owned(),
            (RungWhen::Always, _) => String::new(),
        };
        page.item(&format!("{}{when}: {}.", one.title, one.number));
    }
}

fn common(page: &mut Page, source: Source<'_>, (name, rule): (&MoveName, &MoveRule)) {
    page.sentence(&source.by(rule));
    page.sentence(&leads_of(source, name).words());
    page.sentence(&must_be_given(&rule.data));
    if rule.restricted {
        page.sentence("Only those who have to know see it.");
    }
}

fn of<'d>(source: Source<'d>, side: HandOver) -> Vec<(&'d MoveName, &'d MoveRule)> {
    let moves = source.definition.moves.iter();
    moves
        .filter(|(_, rule)| rule.hand_over == Some(side))
        .collect()
}

fn started_by<'d>(source: Source<'d>, rule: &MoveRule) -> Vec<&'d ClockRule> {
    let clocks = source.definition.clocks.values();
    let starts = |clock: &&ClockRule| clock.start.iter().any(|t| t.event == rule.emits);
    clocks.filter(starts).collect()
}
