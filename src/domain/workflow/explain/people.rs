//! Who: roles with their articles, holders, and who may not.

use super::super::definition::{CountedPlace, MoveRule, OpeningRule, Relation, StateHolder};
use super::super::phrase;
use super::Source;
use crate::domain::ids::RoleName;

/// Offices of which a team has one.
const OFFICES: [&str; 5] = ["Leader", "Head", "Manager", "Chair", "Director"];
/// Titles that begin so need no article.
const WHOLE: [&str; 8] = [
    "Whoever",
    "Anybody",
    "Somebody",
    "Everybody",
    "The",
    "A",
    "An",
    "Any",
];

impl Source<'_> {
    /// `a member of the team …`, `the named worker`, `whoever asked for help`
    pub(super) fn role(&self, name: &RoleName) -> String {
        let Some(rule) = self.definition.roles.get(name) else {
            return phrase::words(name.as_str());
        };
        let title = rule.title.as_str();
        let first = title.split_whitespace().next().unwrap_or_default();
        if let Some(rest) = title.strip_prefix("Who ") {
            return format!("whoever {rest}");
        }
        let words = phrase::lower(title);
        if WHOLE.contains(&first) {
            return words;
        }
        if rule.relation.is_some() || OFFICES.contains(&first) {
            return format!("the {words}");
        }
        format!("{} {words}", article(&words))
    }

    pub(super) fn roles(&self, names: &[RoleName]) -> String {
        let roles: Vec<String> = names.iter().map(|name| self.role(name)).collect();
        phrase::any_of(&roles)
    }

    pub(super) fn all_roles(&self, names: &[RoleName]) -> String {
        let roles: Vec<String> = names.iter().map(|name| self.role(name)).collect();
        phrase::all_of(&roles)
    }

    /// `By a member of the team, but never by whoever asked for help.`
    pub(super) fn by(&self, rule: &MoveRule) -> String {
        if let Some(opening) = self.opening_of(rule) {
            return self.by_opening(opening);
        }
        let by = self.roles(&rule.by);
        let mut text = if rule.not_by.is_empty() {
            format!("By {by}.")
        } else {
            format!("By {by}, but never by {}.", self.roles(&rule.not_by))
        };
        for (role, guard) in &rule.by_when {
            let because = guard.because.trim_end_matches('.');
            text.push_str(&format!(
                " For {} there is a limit: {}.",
                self.role(role),
                phrase::lower(because)
            ));
        }
        text
    }

    fn opening_of(&self, rule: &MoveRule) -> Option<&OpeningRule> {
        let definition = self.definition;
        let mut openings = definition.openings.iter();
        openings.find(|opening| definition.moves.get(&opening.makes) == Some(rule))
    }

    /// `By nobody's hand: it is so when … opens the request for the first time.`
    fn by_opening(&self, opening: &OpeningRule) -> String {
        let place = match opening.on {
            CountedPlace::Anywhere => "",
            CountedPlace::Pages => " on a page",
        };
        let since = if opening.after_decision {
            " after a decision"
        } else {
            ""
        };
        let who = self.roles(&opening.by);
        format!(
            "By nobody's hand: it comes about when {who} opens the request{place} for the first time{since}."
        )
    }

    /// Who has the request in hand, by the role's own title where there is one.
    pub(super) fn holder(&self, holder: StateHolder) -> String {
        match holder {
            StateHolder::Team => "the team".to_owned(),
            StateHolder::Worker => {
                let worker = self.relation(Relation::Worker, "the named worker");
                format!("{worker}, or the team while there is none")
            }
            StateHolder::Requester => self.requester(),
        }
    }

    /// Who may act for the requester, where the definition has a role for it.
    pub(super) fn cover(&self) -> Option<String> {
        let mut roles = self.definition.roles.iter();
        let role = roles.find(|(_, rule)| rule.relation == Some(Relation::Cover));
        role.map(|(name, _)| self.role(name))
    }

    pub(super) fn requester(&self) -> String {
        self.relation(Relation::Requester, "whoever asked")
    }

    pub(super) fn worker(&self) -> String {
        self.relation(Relation::Worker, "the named worker")
    }

    fn relation(&self, relation: Relation, otherwise: &str) -> String {
        let mut roles = self.definition.roles.iter();
        let role = roles.find(|(_, rule)| rule.relation == Some(relation));
        role.map_or_else(|| otherwise.to_owned(), |(name, _)| self.role(name))
    }
}

/// By its sound: `an hour` and `a unit` are the exceptions that come up.
fn article(words: &str) -> &'static str {
    let word = words.to_lowercase();
    let sounds_like_y = ["uni", "use", "eu", "one"]
        .iter()
        .any(|start| word.starts_with(start));
    let silent = ["hour", "honest", "honour", "heir"]
        .iter()
        .any(|start| word.starts_with(start));
    if silent || (word.starts_with(['a', 'e', 'i', 'o', 'u']) && !sounds_like_y) {
        "an"
    } else {
        "a"
    }
}

#[cfg(test)]
mod tests {
    use super::article;

    #[test]
    fn articles_go_by_the_sound() {
        for (words, wanted) in [
            ("member of the team", "a"),
            ("educational psychologist", "an"),
            ("union officer", "a"),
            ("one-to-one worker", "a"),
            ("honoured guest", "an"),
            ("Allied health professional", "an"),
        ] {
            assert_eq!(article(words), wanted, "{words}");
        }
    }
}
