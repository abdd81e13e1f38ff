//! How requests flow through teams, and what families and workers go through meanwhile: hand-offs,
//! touches, questions asked back, and who was never answered.

use super::acts::{Seen, Story};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// One team between two moments. Whatever is there at the end was there at the beginning or came in,
/// and did not go out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, utoipa::ToSchema)]
pub struct Flow {
    pub team: String,
    pub open_at_start: usize,
    /// Asked for in the time.
    pub new: usize,
    /// Taken over from another team.
    pub taken_over: usize,
    /// Ended before, and open again.
    pub reopened: usize,
    pub ended: usize,
    /// Passed on to another team.
    pub passed_on: usize,
    pub open_at_end: usize,
}

/// Flow by team, in `[from, to)`.
#[must_use]
pub fn flow(stories: &[Story], from: Timestamp, to: Timestamp) -> Vec<Flow> {
    let mut teams: BTreeMap<&str, Flow> = BTreeMap::new();
    for story in stories {
        let mut held: Option<&str> = None;
        for act in story.acts.iter().filter(|act| act.occurred_at < to) {
            let now = (!act.ended).then_some(act.team.as_str());
            if act.occurred_at >= from {
                count(&mut teams, held, act, now);
            } else {
                held = now;
                continue;
            }
            held = now;
        }
        let before = story.acts.iter().take_while(|act| act.occurred_at < from);
        if let Some(last) = before.last().filter(|act| !act.ended) {
            teams.entry(&last.team).or_default().open_at_start += 1;
        }
        if let Some(team) = held {
            teams.entry(team).or_default().open_at_end += 1;
        }
    }
    teams
        .into_iter()
        .map(|(team, flow)| Flow {
            team: team.to_owned(),
            ..flow
        })
        .collect()
}

fn count<'a>(
    teams: &mut BTreeMap<&'a str, Flow>,
    held: Option<&'a str>,
    act: &'a Seen,
    now: Option<&'a str>,
) {
    let opens = act.number == 1;
    if opens {
        teams.entry(&act.team).or_default().new += 1;
    }
    match (held, now) {
        (None, Some(team)) if !opens => teams.entry(team).or_default().reopened += 1,
        // Opened and ended by the same act.
        (None, None) if opens => teams.entry(&act.team).or_default().ended += 1,
        (Some(team), None) => teams.entry(team).or_default().ended += 1,
        (Some(old), Some(new)) if old != new => {
            teams.entry(old).or_default().passed_on += 1;
            teams.entry(new).or_default().taken_over += 1;
        }
        (Some(_) | None, Some(_)) | (None, None) => {}
    }
}

/// What it took, over requests that were asked for in a time.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Effort {
    /// The code of the dimension asked by; absent for the whole.
    pub group: Option<String>,
    pub requests: usize,
    /// Acts on a request by those who help, on average and at the most.
    pub touches_mean: f64,
    pub touches_most: usize,
    /// Times that a request went from one team to another.
    pub hand_offs_mean: f64,
    pub hand_offs_most: usize,
    /// Requests that were passed on at least once.
    pub handed_off: usize,
    /// Questions asked back.
    pub questions_mean: f64,
    pub questions_most: usize,
    /// Acts before help started, of those where it did.
    pub acts_before_help_mean: Option<f64>,
    /// Open, and nobody who helps has done anything yet.
    pub never_answered: usize,
}

/// Effort by group of a dimension, or as a whole.
#[must_use]
pub fn effort(stories: &[&Story], by: Option<&str>) -> Vec<Effort> {
    let mut groups: BTreeMap<Option<String>, Vec<&Story>> = BTreeMap::new();
    for story in stories {
        match by {
            None => groups.entry(None).or_default().push(story),
            Some(by) => {
                for code in story.codes(by) {
                    groups.entry(Some(code)).or_default().push(story);
                }
            }
        }
    }
    let of = |(group, stories): (Option<String>, Vec<&Story>)| effort_of(group, &stories);
    groups.into_iter().map(of).collect()
}

fn effort_of(group: Option<String>, stories: &[&Story]) -> Effort {
    let touches: Vec<usize> = stories.iter().map(|s| touches(s).count()).collect();
    let hand_offs: Vec<usize> = stories.iter().map(|s| hand_offs(s)).collect();
    let questions: Vec<usize> = stories.iter().map(|s| questions(s)).collect();
    let before: Vec<usize> = stories.iter().filter_map(|s| before_help(s)).collect();
    Effort {
        group,
        requests: stories.len(),
        touches_mean: mean(&touches).unwrap_or(0.0),
        touches_most: most(&touches),
        hand_offs_mean: mean(&hand_offs).unwrap_or(0.0),
        hand_offs_most: most(&hand_offs),
        handed_off: hand_offs.iter().filter(|count| **count > 0).count(),
        questions_mean: mean(&questions).unwrap_or(0.0),
        questions_most: most(&questions),
        acts_before_help_mean: mean(&before),
        never_answered: stories.iter().filter(|s| is_unanswered(s)).count(),
    }
}

fn touches(story: &Story) -> impl Iterator<Item = &Seen> {
    let acts = story.acts.iter().skip(1);
    acts.filter(|act| !act.by_requester)
}

fn hand_offs(story: &Story) -> usize {
    let acts = story.acts.iter();
    acts.filter(|act| act.left_team.is_some()).count()
}

/// The state waits for whoever asked.
fn questions(story: &Story) -> usize {
    let acts = story.acts.iter();
    acts.filter(|act| act.event == "question-asked").count()
}

fn before_help(story: &Story) -> Option<usize> {
    story
        .acts
        .iter()
        .position(|act| act.event == "help-started")
}

fn is_unanswered(story: &Story) -> bool {
    !story.last().ended && touches(story).next().is_none()
}

#[expect(clippy::cast_precision_loss, reason = "counts of acts")]
fn mean(counts: &[usize]) -> Option<f64> {
    (!counts.is_empty()).then(|| counts.iter().sum::<usize>() as f64 / counts.len() as f64)
}

fn most(counts: &[usize]) -> usize {
    counts.iter().copied().max().unwrap_or(0)
}
