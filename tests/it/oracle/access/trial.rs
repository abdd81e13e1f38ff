//! Every act by everybody: a refused try changes nothing, so a request serves until an act is taken.

use super::act::{ActWay, TriedAct};
use super::cast::{CallerPair, OF_THE_PAST};
use super::cell::SweepCell;
use super::fixture::RequestFixture;
use super::messages::AccountSenders;
use super::pages::PageVisitors;
use super::plan::FixtureRecipe;
use super::sample::data_of;
use super::stage::{ApiCall, SweepStage, TryAnswer};
use super::standing::{UNTIED, standings_of_role};
use serde_json::json;
use std::collections::BTreeSet;

/// Where the tries come in.
pub(super) enum TrialDoor<'a> {
    Api,
    Pages(&'a PageVisitors),
    Messages(&'a AccountSenders),
}

impl TrialDoor<'_> {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Pages(_) => "pages",
            Self::Messages(_) => "messages",
        }
    }

    /// Whether somebody can come in here with such an act.
    fn lets_in(&self, caller: &CallerPair, act: &TriedAct) -> bool {
        match self {
            Self::Api => true,
            Self::Pages(visitors) => {
                visitors.knows(&caller.by) && !matches!(act.way, ActWay::Extend { .. })
            }
            Self::Messages(senders) => {
                senders.knows(&caller.by) && matches!(act.way, ActWay::Move { .. })
            }
        }
    }
}

impl SweepStage {
    pub(super) async fn try_acts(
        &self,
        recipe: &FixtureRecipe,
        door: TrialDoor<'_>,
    ) -> Vec<SweepCell> {
        let mut fixture = self.build(recipe).await;
        let mut callers = self.callers_of(recipe);
        if !recipe.is_typical() {
            self.keep_one_of_a_kind(&mut callers, &fixture);
        }
        let mut cells = Vec::new();
        for act in self.acts(&fixture).await {
            for caller in &callers {
                if !act.is_for(caller, self, &fixture.parts) || !door.lets_in(caller, &act) {
                    continue;
                }
                if matches!(door, TrialDoor::Pages(_)) {
                    // A form stands on a page of the request, so whoever sends it has opened that.
                    fixture.parts.opened.insert(caller.by.clone());
                }
                let mut cell = SweepCell::of(self, caller, &fixture, &recipe.label);
                cell.door = door.name();
                cell.what.clone_from(&act.what);
                cell.possible = act.is_possible(self, &fixture, &caller.by);
                if !cell.possible && !cell.is_tied() && !recipe.is_typical() {
                    continue;
                }
                let mut tried = self.try_one(&door, &fixture, (caller, &act)).await;
                if tried.detail.starts_with("412") {
                    self.look(&mut fixture).await;
                    tried = self.try_one(&door, &fixture, (caller, &act)).await;
                }
                cell.answer = tried.answer;
                cell.detail.clone_from(&tried.detail);
                cells.push(cell);
                if tried.is_taken() {
                    self.renew(&mut fixture, recipe, &act, &tried).await;
                    let person = caller.speaks_for.as_ref().unwrap_or(&caller.by);
                    if act.is_harmless() {
                        fixture.parts.acted.insert(person.clone());
                    }
                }
            }
        }
        cells
    }

    /// Those whose only part is a past one try where there is a past.
    pub(super) fn callers_of(&self, recipe: &FixtureRecipe) -> Vec<CallerPair> {
        let callers = self.cast.callers().into_iter();
        let has_part =
            |caller: &CallerPair| recipe.is_rich || !OF_THE_PAST.contains(&caller.by.as_str());
        callers.filter(has_part).collect()
    }

    /// Of persons without any part who stand alike, one.
    fn keep_one_of_a_kind(&self, callers: &mut Vec<CallerPair>, fixture: &RequestFixture) {
        let mut known = BTreeSet::new();
        callers.retain(|caller| {
            let words = fixture.parts.standings(caller, &self.cast);
            let is_tied = words.iter().any(|word| !UNTIED.contains(word));
            is_tied || self.cast.of(&caller.by).is_account || known.insert(words)
        });
    }

    async fn try_one(
        &self,
        door: &TrialDoor<'_>,
        fixture: &RequestFixture,
        (caller, act): (&CallerPair, &TriedAct),
    ) -> TryAnswer {
        match door {
            TrialDoor::Api => {
                let call = ApiCall {
                    caller,
                    path: act.path(&fixture.id),
                    body: act.body(caller),
                    version: act.has_version().then_some(fixture.version),
                };
                self.call(&call).await
            }
            TrialDoor::Pages(visitors) => visitors.try_one(fixture, caller, act).await,
            TrialDoor::Messages(senders) => senders.try_one(fixture, caller, act).await,
        }
    }

    /// The same request where nothing that a right depends on has changed, else another like it.
    async fn renew(
        &self,
        fixture: &mut RequestFixture,
        recipe: &FixtureRecipe,
        act: &TriedAct,
        taken: &TryAnswer,
    ) {
        match taken.version().filter(|_| act.is_harmless()) {
            Some(version) => fixture.version = version,
            None => *fixture = self.build(recipe).await,
        }
    }

    /// Opening a request: by everybody, with nothing to try at.
    pub(super) async fn try_sending(&self, door: TrialDoor<'_>) -> Vec<SweepCell> {
        let (name, rule) = self.book.opening();
        let mut cells = Vec::new();
        for caller in self.cast.callers() {
            let is_known = match &door {
                TrialDoor::Api => true,
                TrialDoor::Pages(_) => false,
                TrialDoor::Messages(senders) => senders.knows(&caller.by),
            };
            if !is_known {
                continue;
            }
            let mut data = data_of(name, rule, &[]);
            data["child"]["family_name"] = json!(format!("Example {}", self.fresh_letters()));
            let body = json!({ "data": data });
            let path = "/requests".to_owned();
            let tried = match &door {
                TrialDoor::Messages(senders) => senders.open(&caller, body).await,
                TrialDoor::Api | TrialDoor::Pages(_) => {
                    self.call(&ApiCall {
                        caller: &caller,
                        path,
                        body,
                        version: None,
                    })
                    .await
                }
            };
            cells.push(SweepCell {
                kind: "act",
                door: door.name(),
                what: vec![name.to_owned()],
                by: caller.title(),
                stands: standings_of_role(&caller, &self.cast),
                states: vec!["not sent yet".to_owned()],
                concern: vec!["none"],
                possible: true,
                answer: tried.answer,
                detail: tried.detail,
                fixture: None,
            });
        }
        cells
    }
}
