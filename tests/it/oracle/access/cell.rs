//! One try, as the program that knows the rules reads it: how somebody stands, what was tried, and
//! what the engine answered.

use super::cast::CallerPair;
use super::fixture::RequestFixture;
use super::stage::SweepStage;
use super::standing::{ConcernStage, UNTIED};
use serde::Serialize;

#[derive(Debug, Clone, Serialize)]
pub(super) struct SweepCell {
    /// `act` or `read`
    pub(super) kind: &'static str,
    /// `api`, `pages` or `messages`
    pub(super) door: &'static str,
    pub(super) what: Vec<String>,
    /// Who called, in codes of the invented people.
    pub(super) by: String,
    pub(super) stands: Vec<&'static str>,
    /// The state, and what kind of state it is.
    pub(super) states: Vec<String>,
    pub(super) concern: Vec<&'static str>,
    /// The state allows the act, whoever asks.
    pub(super) possible: bool,
    pub(super) answer: &'static str,
    pub(super) detail: String,
    /// What was made to try at; nothing where a request is opened.
    pub(super) fixture: Option<String>,
}

impl SweepCell {
    /// Whether whoever tries has, or had, some part in the request. Of all others, what its state does not
    /// allow is tried in few states.
    pub(super) fn is_tied(&self) -> bool {
        self.stands.iter().any(|word| !UNTIED.contains(word))
    }

    /// A cell that waits for its answer.
    pub(super) fn of(
        stage: &SweepStage,
        caller: &CallerPair,
        fixture: &RequestFixture,
        label: &str,
    ) -> Self {
        let parts = &fixture.parts;
        let is_over = stage.book.ends(&fixture.state);
        let is_restricted = stage.book.is_restricted(&fixture.state);
        let concern = match parts.concern {
            ConcernStage::None => vec!["none"],
            ConcernStage::Open if parts.held_by.is_empty() => vec!["open"],
            ConcernStage::Open => vec!["open", "held"],
            ConcernStage::Over => vec!["over"],
        };
        Self {
            kind: "act",
            door: "api",
            what: Vec::new(),
            by: caller.title(),
            stands: parts.standings(caller, &stage.cast),
            states: vec![
                fixture.state.clone(),
                if is_over { "over" } else { "not over" }.to_owned(),
                if is_restricted {
                    "restricted"
                } else {
                    "ordinary"
                }
                .to_owned(),
            ],
            concern,
            possible: true,
            answer: "unfit",
            detail: String::new(),
            fixture: Some(label.to_owned()),
        }
    }
}
