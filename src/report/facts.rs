//! What single requests say: were views sought before the decision, was help missing, what became of
//! hopes and of wellbeing.

use crate::projections::acts::{Seen, Story};
use serde_json::{Map, Value};

const DECISIONS: [&str; 2] = ["help-agreed", "not-agreed"];

/// The first decision.
#[must_use]
pub fn decision(story: &Story) -> Option<&Seen> {
    story
        .acts
        .iter()
        .find(|act| DECISIONS.contains(&act.event.as_str()))
}

/// Somebody sought the child's views by the first decision, in whatever way.
#[must_use]
pub fn views_before_decision(story: &Story) -> Option<bool> {
    let decided = decision(story)?;
    let until = story.acts.iter().filter(|act| act.number <= decided.number);
    Some(until.into_iter().any(|act| is_sought(&act.coded)))
}

fn is_sought(coded: &Map<String, Value>) -> bool {
    let how = coded
        .get("views")
        .and_then(|views| views.pointer("/child/how"));
    how.and_then(Value::as_str)
        .is_some_and(|how| how != "not-sought")
}

/// Services that a decision names as right and not available.
#[must_use]
pub fn not_available(decision: &Seen) -> Vec<String> {
    let missing = decision
        .coded
        .get("not_available")
        .and_then(Value::as_array);
    let services = missing.into_iter().flatten();
    services
        .filter_map(|one| one.get("service")?.as_str().map(str::to_owned))
        .collect()
}

/// Outcomes of hopes at an end: `achieved`, `partly`, `not`, `not-known`.
#[must_use]
pub fn outcomes(end: &Seen) -> Vec<String> {
    let outcomes = end.coded.get("outcomes").and_then(Value::as_array);
    let outcomes = outcomes.into_iter().flatten();
    outcomes
        .filter_map(|one| one.get("outcome")?.as_str().map(str::to_owned))
        .collect()
}

/// Mean change over all parts that were rated at the start of help and at its end.
#[must_use]
pub fn wellbeing_change(story: &Story, end: &Seen) -> Option<f64> {
    let rated = |act: &Seen| {
        act.coded
            .get("wellbeing")
            .and_then(Value::as_object)
            .cloned()
    };
    let before = rated(story.find("help-started")?)?;
    let after = rated(end)?;
    let changes: Vec<f64> = after
        .iter()
        .filter_map(|(part, after)| Some(after.as_f64()? - before.get(part)?.as_f64()?))
        .collect();
    let count = u32::try_from(changes.len())
        .ok()
        .filter(|count| *count > 0)?;
    Some(changes.iter().sum::<f64>() / f64::from(count))
}

/// Ends of help, each with its story.
pub fn ends(stories: &[Story]) -> impl Iterator<Item = (&Story, &Seen)> {
    stories.iter().flat_map(|story| {
        let ends = story.acts.iter().filter(|act| act.event == "request-ended");
        ends.map(move |act| (story, act))
    })
}
