//! Which requests are made: one for every state, without a concern and with one, and those in whose
//! past somebody lost a part.

use super::book::WorkflowBook;
use super::cast::{CLAIMANT, REQUESTER};
use super::standing::ConcernStage;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FirstClaim {
    None,
    Unread,
    Read,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PastEvent {
    Nothing,
    PassedOn,
    OtherNamedPerson,
    ProposedByLeader,
}

#[derive(Debug, Clone)]
pub(super) struct FixtureRecipe {
    pub(super) label: String,
    pub(super) state: String,
    /// States that it goes through first.
    via: Vec<&'static str>,
    pub(super) first_claim: FirstClaim,
    pub(super) by_account: bool,
    pub(super) is_private: bool,
    /// Somebody acted once, gave a claim back, was the worker before, did an action.
    pub(super) is_rich: bool,
    pub(super) past: PastEvent,
    pub(super) concern: ConcernStage,
    pub(super) passed_on_by: &'static str,
    /// A responder has taken the concern over.
    pub(super) is_held: bool,
}

impl FixtureRecipe {
    fn of(state: &str) -> Self {
        Self {
            label: state.to_owned(),
            state: state.to_owned(),
            via: Vec::new(),
            first_claim: FirstClaim::Read,
            by_account: false,
            is_private: false,
            is_rich: false,
            past: PastEvent::Nothing,
            concern: ConcernStage::None,
            passed_on_by: CLAIMANT,
            is_held: false,
        }
    }

    fn with_concern(&self, concern: ConcernStage, word: &str) -> Self {
        Self {
            label: format!("{}, {word}", self.label),
            concern,
            is_held: concern == ConcernStage::Over,
            ..self.clone()
        }
    }

    fn passed_on_by_requester(&self) -> Self {
        Self {
            label: format!("{} by whoever asked", self.label),
            passed_on_by: REQUESTER,
            ..self.clone()
        }
    }

    pub(super) fn sent_by_account(&self) -> Self {
        Self {
            label: format!("{}, sent by a system", self.label),
            by_account: true,
            ..self.clone()
        }
    }

    pub(super) fn rich(&self) -> Self {
        if self.is_rich {
            return self.clone();
        }
        Self {
            label: format!("{}, with a past", self.label),
            is_rich: true,
            ..self.clone()
        }
    }

    fn private(&self) -> Self {
        Self {
            label: format!("{}, at a private address", self.label),
            is_private: true,
            ..self.clone()
        }
    }

    fn after(&self, past: PastEvent, word: &str) -> Self {
        Self {
            label: format!("{}, {word}", self.label),
            past,
            ..self.clone()
        }
    }

    fn claimed(&self, first_claim: FirstClaim, word: &str) -> Self {
        Self {
            label: format!("{}, {word}", self.label),
            first_claim,
            ..self.clone()
        }
    }

    /// States on the way, up to the one in which the concern is passed on.
    pub(super) fn way(&self, book: &WorkflowBook) -> Vec<String> {
        let before = (self.concern != ConcernStage::None)
            .then(|| book.before_the_concern(&self.state))
            .flatten();
        let last = before.unwrap_or_else(|| self.state.clone());
        let via = self.via.iter().map(|state| (*state).to_owned());
        via.chain([last]).collect()
    }

    /// Few of each kind, for the doors that are slower: before help, while it is given, and hidden.
    pub(super) fn is_typical(&self) -> bool {
        [
            "acknowledged",
            "helping",
            "with-child-protection, a concern is open",
        ]
        .contains(&self.label.as_str())
    }
}

/// The states that are named here are those of which somebody's past is made; all others come from the
/// workflow.
pub(super) fn recipes(book: &WorkflowBook) -> Vec<FixtureRecipe> {
    let mut recipes = Vec::new();
    for state in book.states() {
        let mut recipe = FixtureRecipe::of(state);
        if state == book.first_state() {
            recipes.push(recipe.claimed(FirstClaim::None, "not claimed"));
            recipes.push(recipe.claimed(FirstClaim::Unread, "claimed and not read"));
            continue;
        }
        match state {
            "ended" => recipe.via = vec!["helping"],
            "looked-at-again" => recipe.via = vec!["not-agreed"],
            _ => {}
        }
        if !book.is_restricted(state) {
            recipes.push(recipe.clone());
        }
        if book.before_the_concern(state).is_some() {
            recipes.extend(with_concerns(book, &recipe));
        }
    }
    let of = |state: &str| FixtureRecipe::of(state);
    recipes.extend([
        of("sent").after(PastEvent::PassedOn, "passed on"),
        of("acknowledged").after(PastEvent::OtherNamedPerson, "given to another named person"),
        of("acknowledged").sent_by_account(),
        of("awaiting-answer").sent_by_account(),
        of("with-child-protection")
            .with_concern(ConcernStage::Open, "a concern is open")
            .sent_by_account(),
        of("acknowledged").rich(),
        of("helping").rich(),
    ]);
    if book.states().any(|state| state == "decision-proposed") {
        let proposed = of("decision-proposed");
        recipes.push(proposed.after(PastEvent::ProposedByLeader, "by the leader"));
        let mut in_group = proposed.after(PastEvent::Nothing, "in the resource group");
        in_group.via = vec!["with-garf"];
        recipes.push(in_group);
    }
    recipes
}

/// Those at whose address nobody may find the child; for reading alone.
pub(super) fn private_recipes() -> Vec<FixtureRecipe> {
    let of = |state: &str| FixtureRecipe::of(state).private();
    let concern = of("helping").with_concern(ConcernStage::Open, "a concern is open");
    let concern = concern.rich();
    vec![
        of("acknowledged"),
        of("awaiting-answer"),
        of("helping").rich(),
        concern,
        of("acknowledged").after(PastEvent::OtherNamedPerson, "given to another named person"),
    ]
}

fn with_concerns(book: &WorkflowBook, recipe: &FixtureRecipe) -> Vec<FixtureRecipe> {
    let open = recipe.with_concern(ConcernStage::Open, "a concern is open");
    let mut all = vec![open.clone()];
    let is_main = ["with-child-protection", "helping"].contains(&recipe.state.as_str());
    if is_main {
        all.push(recipe.with_concern(ConcernStage::Over, "a concern is over"));
        all.push(open.passed_on_by_requester());
    }
    if book.hand_over("takes-over").is_some() && (is_main || book.is_restricted(&recipe.state)) {
        let mut held = recipe.with_concern(ConcernStage::Open, "a concern is taken over");
        held.is_held = true;
        all.push(held);
    }
    all
}
