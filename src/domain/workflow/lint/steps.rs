//! Every step that a workflow allows, and how sure it is that a condition holds on it.

use crate::domain::ids::{MoveName, StateName};
use crate::domain::workflow::definition::{
    Definition, FromStates, MoveRule, PathRule, ToState, Trigger,
};
use crate::domain::workflow::expression::{Expression, excludes, implies};

/// One path of one move, from one state. `from` is `None` where a request opens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step<'a> {
    pub(super) name: &'a MoveName,
    pub(super) rule: &'a MoveRule,
    pub(super) path: &'a PathRule,
    /// Paths of the same move that are looked at before this one.
    earlier: &'a [PathRule],
    pub(super) from: Option<&'a StateName>,
    pub(super) to: &'a StateName,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chance {
    Never,
    Maybe,
    Always,
}

pub(super) fn steps(definition: &Definition) -> Vec<Step<'_>> {
    let mut found = Vec::new();
    for (name, rule) in &definition.moves {
        for (i, path) in rule.paths.iter().enumerate() {
            let from: Vec<Option<&StateName>> = match &path.from {
                FromStates::Start => vec![None],
                FromStates::Any => definition.states.keys().map(Some).collect(),
                FromStates::Of(states) => states.iter().map(Some).collect(),
            };
            for from in from {
                let to = match (&path.to, from) {
                    (ToState::State(to), _) => to,
                    (ToState::Same, Some(from)) => from,
                    (ToState::Same, None) => continue,
                };
                let step = Step {
                    name,
                    rule,
                    path,
                    earlier: &rule.paths[..i],
                    from,
                    to,
                };
                if !step.is_hidden() {
                    found.push(step);
                }
            }
        }
    }
    found
}

impl<'a> Step<'a> {
    pub(super) fn leaves(&self) -> bool {
        self.from != Some(self.to)
    }

    /// Whether a guard may refuse it.
    pub(super) fn is_guarded(&self) -> bool {
        self.rule.guard.is_some() || self.path.guard.is_some()
    }

    /// Earlier paths from the same state: the first fitting one wins.
    fn rivals(&self) -> impl Iterator<Item = &'a PathRule> {
        let from = self.from;
        self.earlier.iter().filter(move |path| match &path.from {
            FromStates::Start => from.is_none(),
            FromStates::Any => from.is_some(),
            FromStates::Of(states) => from.is_some_and(|from| states.contains(from)),
        })
    }

    fn is_hidden(&self) -> bool {
        self.rivals()
            .any(|rival| implies(&self.path.when, &rival.when))
    }

    /// Whether one of the triggers fires when this step is made.
    pub(super) fn fires(&self, triggers: &[Trigger]) -> Chance {
        let ours = triggers.iter().filter(|t| t.event == self.rule.emits);
        let mut best = Chance::Never;
        for trigger in ours {
            match self.holds(&trigger.when) {
                Chance::Always => return Chance::Always,
                Chance::Maybe => best = Chance::Maybe,
                Chance::Never => {}
            }
        }
        best
    }

    /// Whether a condition on the data holds, given that this path was the one taken.
    pub(super) fn holds(&self, when: &Expression) -> Chance {
        if implies(&self.path.when, when) {
            Chance::Always
        } else if excludes(&self.path.when, when) || self.rivals().any(|r| implies(when, &r.when)) {
            Chance::Never
        } else {
            Chance::Maybe
        }
    }
}
