//! What can be done: by whom, with what, and where it leads.

use super::super::arrows::{Arrow, arrows, arrows_from, is_everywhere};
use super::super::definition::{MoveRule, OwnerRule};
use super::super::phrase;
use super::Source;
use super::data::{fields, must_be_given};
use super::page::Page;
use crate::domain::ids::{MoveName, StateName, TeamId};

pub(super) fn openings(page: &mut Page, source: Source<'_>) {
    page.heading("How a request begins");
    for (name, rule) in &source.definition.moves {
        let ways = arrows_from(source.definition, None);
        let ways: Vec<&Arrow<'_>> = ways.iter().filter(|arrow| arrow.name == name).collect();
        if ways.is_empty() {
            continue;
        }
        page.subheading(&format!("{} ({name})", rule.title));
        page.sentence(&source.by(rule));
        page.sentence(&leads(source, &ways));
        page.sentence(&must_be_given(&rule.data));
        for effect in effects(source, rule) {
            page.sentence(&effect);
        }
    }
}

/// What a person can do in a state, one item a move; what can be done everywhere is told apart.
pub(super) fn in_state(page: &mut Page, source: Source<'_>, state: &StateName) {
    let ways = arrows_from(source.definition, Some(state));
    let mut told = 0;
    for (name, rule) in &source.definition.moves {
        let ways: Vec<&Arrow<'_>> = ways.iter().filter(|arrow| arrow.name == name).collect();
        if ways.is_empty() || is_everywhere(source.definition, rule) {
            continue;
        }
        if told == 0 {
            page.sentence("What can happen next:");
        }
        told += 1;
        page.item(&item(source, rule, &ways));
    }
    if told == 0 {
        page.sentence("Only what can be done in every state can happen next.");
    }
}

fn item(source: Source<'_>, rule: &MoveRule, ways: &[&Arrow<'_>]) -> String {
    let mut text = format!(
        "{}. {} {} {}",
        rule.title,
        source.by(rule),
        leads(source, ways),
        must_be_given(&rule.data)
    );
    for effect in effects(source, rule) {
        text.push(' ');
        text.push_str(&effect);
    }
    text
}

/// `It is then “Seen”.`, with what decides between several ways.
fn leads(source: Source<'_>, ways: &[&Arrow<'_>]) -> String {
    let told: Vec<String> = ways.iter().map(|way| lead(source, way)).collect();
    format!("{}.", phrase::upper(&told.join("; ")))
}

fn lead(source: Source<'_>, way: &Arrow<'_>) -> String {
    let place = if way.stays() {
        format!("the request stays {}", source.state(way.to))
    } else {
        format!("the request is then {}", source.state(way.to))
    };
    if !way.when.is_empty() {
        let when = phrase::condition(way.when, &way.rule.data);
        return format!("{when}, {place}");
    }
    if way.otherwise {
        return format!("otherwise {place}");
    }
    place
}

/// What else becomes true.
fn effects(source: Source<'_>, rule: &MoveRule) -> Vec<String> {
    let mut told = Vec::new();
    let title = |path: &str| phrase::title_at(&rule.data, path);
    match &rule.owner {
        OwnerRule::Same => {}
        OwnerRule::Routed => told.push("The rules below find the team.".to_owned()),
        OwnerRule::Team(team) => {
            told.push(format!("It goes to {}.", source.team(team)));
        }
        OwnerRule::From(path) => {
            told.push(format!("It goes to the team in “{}”.", title(path)));
        }
    }
    if let Some(path) = &rule.worker {
        told.push(format!(
            "Whoever is in “{}” is {} from then on.",
            title(path),
            source.worker()
        ));
    }
    if let Some(path) = &rule.requester {
        told.push(format!(
            "Whoever is in “{}” answers for the request from then on, as {}.",
            title(path),
            source.requester()
        ));
    }
    if rule.decision {
        told.push("This is a decision: another person looks at a challenge to it.".to_owned());
    }
    if rule.any_version {
        told.push("It is taken whatever anybody else did meanwhile.".to_owned());
    }
    if rule.restricted {
        told.push("Only those who have to know see it.".to_owned());
    }
    told
}

/// Moves that are possible wherever a request is, apart from the concern's own.
pub(super) fn everywhere(page: &mut Page, source: Source<'_>) {
    let moves = source
        .definition
        .moves
        .iter()
        .filter(|(_, rule)| is_everywhere(source.definition, rule) && rule.hand_over.is_none());
    let moves: Vec<_> = moves.collect();
    if moves.is_empty() {
        return;
    }
    page.heading("In every state");
    for (name, rule) in moves {
        let mut text = format!("{}. {} ", rule.title, source.by(rule));
        text.push_str(&everywhere_leads(source, name));
        text.push(' ');
        text.push_str(&must_be_given(&rule.data));
        for effect in effects(source, rule) {
            text.push_str(&format!(" {effect}"));
        }
        page.item(&text);
    }
}

/// Where a move of every state leads, state by state where that differs.
pub(super) fn everywhere_leads(source: Source<'_>, name: &MoveName) -> String {
    let mut ways: Vec<(String, Vec<&StateName>)> = Vec::new();
    let mut stays = false;
    let all = arrows(source.definition);
    for arrow in all.iter().filter(|arrow| arrow.name == name) {
        let Some(from) = arrow.from else { continue };
        if arrow.stays() {
            stays = true;
            continue;
        }
        let words = lead(source, arrow);
        let words = words
            .strip_prefix("otherwise ")
            .unwrap_or(&words)
            .to_owned();
        match ways.iter_mut().find(|(same, _)| *same == words) {
            Some((_, states)) => states.push(from),
            None => ways.push((words, vec![from])),
        }
    }
    let others = source.definition.states.len().saturating_sub(1);
    if let [(words, from)] = ways.as_slice()
        && from.len() == others
    {
        return format!("{}.", phrase::upper(words));
    }
    let mut told: Vec<String> = Vec::new();
    for (words, from) in ways {
        let from = phrase::any_of(&source.states(from));
        told.push(format!("From {from}: {words}."));
    }
    if stays {
        let everywhere = if told.is_empty() {
            "The"
        } else {
            "Everywhere else the"
        };
        told.push(format!("{everywhere} request stays where it is."));
    }
    told.join(" ")
}

/// One move with every field that it asks for.
pub(super) fn alone(page: &mut Page, source: Source<'_>, (name, rule): (&MoveName, &MoveRule)) {
    page.title(&format!("{} ({name})", rule.title));
    page.paragraph(&source.by(rule));
    let all = arrows(source.definition);
    let ways: Vec<&Arrow<'_>> = all.iter().filter(|arrow| arrow.name == name).collect();
    let opening: Vec<&Arrow<'_>> = ways.iter().copied().filter(|w| w.from.is_none()).collect();
    if !opening.is_empty() {
        page.paragraph(&format!("It opens a request. {}", leads(source, &opening)));
    }
    if is_everywhere(source.definition, rule) {
        page.paragraph("It can be made in every state.");
    }
    if ways.len() > opening.len() {
        page.paragraph(&everywhere_leads_or_from(source, name, &ways));
    }
    for effect in effects(source, rule) {
        page.paragraph(&effect);
    }
    page.paragraph(&clocks_of(source, rule));
    let fields = fields(&rule.data);
    for (heading, wanted) in [("To be given", true), ("May be given", false)] {
        let some: Vec<&String> = fields
            .iter()
            .filter(|f| f.0 == wanted)
            .map(|f| &f.1)
            .collect();
        if !some.is_empty() {
            page.heading(heading);
            some.into_iter().for_each(|text| page.item(text));
        }
    }
}

/// As for the moves of every state, with the states in which it stays by name.
fn everywhere_leads_or_from(source: Source<'_>, name: &MoveName, ways: &[&Arrow<'_>]) -> String {
    let mut text = everywhere_leads(source, name);
    let rule = &source.definition.moves[name];
    if !is_everywhere(source.definition, rule) {
        let stays = ways
            .iter()
            .filter(|way| way.stays())
            .filter_map(|way| way.from);
        let stays = source.states(stays);
        if !stays.is_empty() {
            let end = text
                .find("Everywhere else")
                .or_else(|| text.find("The request stays"));
            text.truncate(end.unwrap_or(text.len()));
            text.push_str(&format!(
                "In {} the request stays where it is.",
                phrase::any_of(&stays)
            ));
        }
    }
    text
}

/// `It starts “…” and stops “…”.`
fn clocks_of(source: Source<'_>, rule: &MoveRule) -> String {
    let mut told = Vec::new();
    for (verb, list) in [
        ("starts", 0),
        ("stops", 1),
        ("cancels", 2),
        ("begins anew", 3),
    ] {
        let clocks = source.definition.clocks.values().filter(|clock| {
            let triggers = [&clock.start, &clock.stop, &clock.cancel, &clock.restart];
            triggers[list]
                .iter()
                .any(|trigger| trigger.event == rule.emits)
        });
        let titles: Vec<String> = clocks.map(|clock| format!("“{}”", clock.title)).collect();
        if !titles.is_empty() {
            told.push(format!("{verb} {}", phrase::all_of(&titles)));
        }
    }
    if told.is_empty() {
        return "No clock starts or stops with it.".to_owned();
    }
    format!("It {}.", phrase::all_of(&told))
}

impl Source<'_> {
    /// A team by its title.
    pub(super) fn team(&self, team: &TeamId) -> String {
        self.beside.teams.get(team).map_or_else(
            || format!("the team `{team}`"),
            |title| format!("“{title}”"),
        )
    }
}
