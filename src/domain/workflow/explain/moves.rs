//! What can be done: by whom, with what, and where it leads.

use super::super::arrows::{Arrow, arrows, arrows_from, is_everywhere};
use super::super::definition::{MoveRule, OwnerRule, ProposalPart};
use super::super::phrase::{self, Titles};
use super::Source;
use super::data::{fields, must_be_given};
use super::page::Page;
use super::plan;
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

/// What a person can do in a state, one item a move. What can be done everywhere is told apart, unless
/// it leads somewhere from here alone. `fully` is with all that it takes and brings.
pub(super) fn in_state(page: &mut Page, source: Source<'_>, state: &StateName, fully: bool) {
    let ways = arrows_from(source.definition, Some(state));
    let mut told = 0;
    for (name, rule) in &source.definition.moves {
        let ways: Vec<&Arrow<'_>> = ways.iter().filter(|arrow| arrow.name == name).collect();
        if ways.is_empty() || is_same_everywhere(source, name, &ways) {
            continue;
        }
        if told == 0 {
            page.sentence("What can happen next:");
        }
        told += 1;
        let mut text = format!(
            "{}. {} {}",
            rule.title,
            source.by(rule),
            leads(source, &ways)
        );
        if fully {
            text.push_str(&takes_and_brings(source, rule));
        }
        page.item(&text);
    }
    if told == 0 {
        page.sentence("Only what can be done in every state can happen next.");
    }
}

/// Titles of what can be done everywhere and leads nowhere from here alone.
pub(super) fn told_apart(source: Source<'_>, state: &StateName) -> Vec<String> {
    let ways = arrows_from(source.definition, Some(state));
    let moves = source.definition.moves.iter().filter(|(name, _)| {
        let ways: Vec<&Arrow<'_>> = ways.iter().filter(|arrow| arrow.name == *name).collect();
        !ways.is_empty() && is_same_everywhere(source, name, &ways)
    });
    moves.map(|(_, rule)| format!("“{}”", rule.title)).collect()
}

fn is_same_everywhere(source: Source<'_>, name: &MoveName, ways: &[&Arrow<'_>]) -> bool {
    let definition = source.definition;
    if !is_everywhere(definition, &definition.moves[name]) {
        return false;
    }
    ways.iter().all(|way| way.stays()) || leads_of(source, name).same_from_all
}

/// Each move that is not told elsewhere, once: what has to be given, what else it brings.
pub(super) fn all(page: &mut Page, source: Source<'_>) {
    let moves = source.definition.moves.iter().filter(|(_, rule)| {
        !rule.opens && rule.hand_over.is_none() && !is_everywhere(source.definition, rule)
    });
    let moves: Vec<_> = moves.collect();
    if moves.is_empty() {
        return;
    }
    page.heading("What each move takes and brings");
    for (_, rule) in moves {
        page.item(&format!(
            "{}.{}",
            rule.title,
            takes_and_brings(source, rule)
        ));
    }
}

fn takes_and_brings(source: Source<'_>, rule: &MoveRule) -> String {
    let mut text = format!(" {}", must_be_given(&rule.data));
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
    if !way.when.is_always() {
        let when = phrase::condition(way.when, way.titles());
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
    let paths = rule.paths.iter().filter_map(|path| path.guard.as_ref());
    for guard in rule.guard.iter().chain(paths) {
        let asks = phrase::condition(&guard.asks, Titles::of(source.definition, &rule.data));
        let because = guard.because.trim_end_matches('.');
        told.push(format!("It is possible only {asks}; else: “{because}”."));
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
            "Whoever is in “{}” answers for the request from then on.",
            title(path)
        ));
    }
    if let Some(link) = &rule.link {
        told.push(format!(
            "The request named in “{}” is linked to it; nothing is merged.",
            title(&link.to)
        ));
    }
    told.extend(plan::effect(source, rule));
    if let Some(expects) = &rule.expects {
        let clock = source.definition.clocks.get(&expects.clock);
        told.push(format!(
            "The day in “{}” is when help is expected; it stands beside the target of “{}”, which runs on.",
            title(&expects.day),
            clock.map_or(expects.clock.as_str(), |clock| clock.title.as_str())
        ));
    }
    if rule.decision {
        told.push("This is a decision: another person looks at a challenge to it.".to_owned());
    }
    if let Some(part) = rule.proposal {
        told.push(proposal(part).to_owned());
    }
    if rule.any_version {
        told.push("It is taken whatever anybody else did meanwhile.".to_owned());
    }
    if rule.restricted {
        told.push("Only those who have to know see it.".to_owned());
    }
    told
}

fn proposal(part: ProposalPart) -> &'static str {
    match part {
        ProposalPart::Makes => {
            "It is a proposal: a second person confirms it or sends it back, and only the team reads it."
        }
        ProposalPart::Confirms => "It confirms what somebody else proposed.",
        ProposalPart::SendsBack => "It sends back what somebody proposed; nothing is decided then.",
    }
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
        let by = source.by(rule);
        let leads = leads_of(source, name).words();
        let rest = takes_and_brings(source, rule);
        page.item(&format!("{}. {by} {leads}{rest}", rule.title));
    }
}

/// Where a move leads, whatever the state.
pub(super) struct Leads {
    /// A sentence for the states from which it leads to the same.
    ways: Vec<String>,
    /// One sentence does for every state.
    same_from_all: bool,
    /// States, as people know them, in which the request stays.
    stays: Vec<String>,
    everywhere: bool,
}

pub(super) fn leads_of(source: Source<'_>, name: &MoveName) -> Leads {
    let definition = source.definition;
    let mut ways: Vec<(String, Vec<&StateName>)> = Vec::new();
    let mut stays = Vec::new();
    let all = arrows(definition);
    for arrow in all.iter().filter(|arrow| arrow.name == name) {
        let Some(from) = arrow.from else { continue };
        if arrow.stays() {
            stays.push(source.state(from));
            continue;
        }
        let words = lead(source, arrow);
        match ways.iter_mut().find(|(same, _)| *same == words) {
            Some((_, states)) => states.push(from),
            None => ways.push((words, vec![from])),
        }
    }
    let others = definition.states.len().saturating_sub(1);
    let same_from_all = matches!(ways.as_slice(), [(_, from)] if from.len() == others);
    let ways = ways.into_iter().map(|(words, from)| {
        if same_from_all {
            return format!("{}.", phrase::upper(&words));
        }
        format!("From {}: {words}.", phrase::any_of(&source.states(from)))
    });
    Leads {
        ways: ways.collect(),
        same_from_all,
        stays,
        everywhere: is_everywhere(definition, &definition.moves[name]),
    }
}

impl Leads {
    pub(super) fn words(&self) -> String {
        let mut told = self.ways.clone();
        if !self.stays.is_empty() && !self.same_from_all {
            told.push(match (self.everywhere, self.ways.is_empty()) {
                (true, true) => "The request stays where it is.".to_owned(),
                (true, false) => "Everywhere else the request stays where it is.".to_owned(),
                (false, _) => {
                    let stays = phrase::any_of(&self.stays);
                    format!("In {stays} the request stays where it is.")
                }
            });
        }
        told.join(" ")
    }
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
        page.paragraph(&leads_of(source, name).words());
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
