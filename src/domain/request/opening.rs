//! What follows from the first opening of a request's text: moves that the workflow declares for it.
//! Nobody says that a request was seen; it was, or it was not.

use super::actor::PrincipalKind;
use super::command::{Asked, Facts, OpenedOn};
use super::decide::{Hand, Pinned, act};
use super::entitle::{Ground, Who, starts_at};
use super::error::Refusal;
use super::event::{Personal, RequestEvent};
use super::state::{Request, RequestState};
use crate::domain::workflow::definition::{CountedPlace, Definition, OpeningRule};
use serde_json::Map;

/// The rules whose move an opening by this person makes now.
pub fn rules_due<'a>(
    definition: &'a Definition,
    request: &'a Request,
    who: Who<'a>,
    on: OpenedOn,
) -> impl Iterator<Item = &'a OpeningRule> {
    let ground = Ground {
        definition,
        request: Some(request),
        team: &request.owner.team,
        actions: None,
        concern: None,
    };
    definition.openings.iter().filter(move |rule| {
        who.person.kind == PrincipalKind::Person
            && counts(rule.on, on)
            && is_first(rule, request)
            && starts_here(definition, rule, request)
            && ground.find_role(&rule.by, who).is_some()
    })
}

fn counts(place: CountedPlace, on: OpenedOn) -> bool {
    match (place, on) {
        (CountedPlace::Anywhere, _) | (CountedPlace::Pages, OpenedOn::Page) => true,
        (CountedPlace::Pages, OpenedOn::Program) => false,
    }
}

/// A move that is not bound to a decision leaves its state, and so cannot come a second time.
fn is_first(rule: &OpeningRule, request: &Request) -> bool {
    !rule.after_decision || (request.decider.is_some() && !request.opened.contains(&rule.makes))
}

fn starts_here(definition: &Definition, rule: &OpeningRule, request: &Request) -> bool {
    let made = definition.moves.get(&rule.makes);
    let mut paths = made.into_iter().flat_map(|made| &made.paths);
    paths.any(|path| starts_at(&path.from, Some(&request.state)))
}

/// No events where nothing follows: the text was opened before, or by somebody else.
pub(super) fn open(
    state: &RequestState,
    pinned: Pinned<'_>,
    on: OpenedOn,
    facts: &Facts,
) -> Result<Vec<RequestEvent>, Refusal> {
    let mut after = state.clone();
    let mut events = Vec::new();
    // Whoever speaks for a person is not that person's eyes.
    if facts.on_behalf_of.is_some() {
        return Ok(events);
    }
    for rule in &pinned.definition.openings {
        let request = after.find().ok_or(Refusal::NotFound)?;
        if !rules_due(pinned.definition, request, facts.who(), on).any(|due| due == rule) {
            continue;
        }
        let asked = Asked {
            move_name: rule.makes.clone(),
            coded: Map::new(),
            personal: Personal::default(),
            agency: None,
        };
        let event = act(&after, pinned, Hand::opening(asked), facts)?;
        after.evolve(&event);
        events.push(event);
    }
    Ok(events)
}
