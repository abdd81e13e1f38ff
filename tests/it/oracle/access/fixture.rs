//! Requests to try at: sent, claimed, read and moved on by those who may, up to the state that is
//! wanted. Who has which part is noted on the way.

use super::cast::{
    ACCOUNT, CLAIMANT, CallerPair, DOER, NEXT_REQUESTER, PAST_DOER, REQUESTER, RESPONDER, WORKER,
};
use super::effect::TakenMove;
use super::plan::{FirstClaim, FixtureRecipe, PastEvent};
use super::sample::{Filling, data_of};
use super::stage::{ApiCall, SweepStage, TryAnswer};
use super::standing::{ConcernStage, RequestParts};
use serde_json::{Value, json};

/// A request, and what is known of it without asking the engine.
pub(super) struct RequestFixture {
    pub(super) id: String,
    pub(super) version: i32,
    pub(super) state: String,
    pub(super) parts: RequestParts,
    /// Stands in the child's name, in the narrative, in the address and in the words of a concern.
    pub(super) letters: String,
    /// Of the pupil in another system.
    pub(super) number: String,
}

/// One act while a request is made.
struct BuildingStep<'a> {
    by: &'a str,
    name: &'a str,
    more: Vec<(&'static str, Value, Filling)>,
}

impl SweepStage {
    /// # Panics
    /// When nobody may make a move that leads there: then the recipe is wrong, or the workflow.
    pub(super) async fn build(&self, recipe: &FixtureRecipe) -> RequestFixture {
        let mut fixture = self.send(recipe).await;
        if recipe.is_rich {
            self.make(&mut fixture, "tell-requester", &["acted.carrick"])
                .await;
        }
        if recipe.is_rich && recipe.first_claim == FirstClaim::Read {
            self.claim(&mut fixture, "gave-back.carrick", FirstClaim::Read)
                .await;
            self.release(&mut fixture, "gave-back.carrick").await;
        }
        self.claim(&mut fixture, CLAIMANT, recipe.first_claim).await;
        if recipe.past == PastEvent::PassedOn {
            self.make(&mut fixture, "pass-on", &[CLAIMANT]).await;
        }
        for state in recipe.way(&self.book) {
            self.walk(&mut fixture, &state, recipe).await;
        }
        match recipe.past {
            PastEvent::OtherNamedPerson => {
                self.make(
                    &mut fixture,
                    "change-named-person",
                    &[REQUESTER, "lead.carrick"],
                )
                .await;
            }
            PastEvent::Nothing | PastEvent::PassedOn | PastEvent::ProposedByLeader => {}
        }
        self.have_concern(&mut fixture, recipe).await;
        self.look(&mut fixture).await;
        assert_eq!(fixture.state, recipe.state, "{}", recipe.label);
        fixture
    }

    /// What only a known value can be right for.
    pub(super) fn known(
        &self,
        fixture: &RequestFixture,
        by: &str,
    ) -> Vec<(&'static str, Value, Filling)> {
        use Filling::{Always, Needed};
        let parts = &fixture.parts;
        let other_team = if parts.team == "carrick-team" {
            "ayr-south-team"
        } else {
            "carrick-team"
        };
        let members = self.cast.members_of(&parts.team);
        let colleague = [WORKER, CLAIMANT].into_iter().chain(members);
        let colleague = colleague
            .filter(|one| self.cast.of(one).is_in(&parts.team) && *one != by)
            .find(|one| parts.worker.as_deref() != Some(one));
        let action = parts.open_action.as_ref().map_or(1, |(number, _)| *number);
        let named = if parts.requester == NEXT_REQUESTER {
            "lead-professional.ayr"
        } else {
            NEXT_REQUESTER
        };
        let now = crate::support::engine::now();
        let mut known = vec![
            ("team", json!(other_team), Needed),
            ("named_person", json!(named), Needed),
            ("who", json!(DOER), Needed),
            ("agency", json!("housing"), Needed),
            ("action", json!(action), Needed),
            ("actions", json!([action]), Needed),
            ("rest_not_needed", json!(true), Always),
            ("expected_on", json!("2099-12-01"), Always),
            ("result", json!("child-protection"), Needed),
            ("answered_at", json!(now), Needed),
            (
                "concern",
                json!(format!("Invented: fear {}", fixture.letters)),
                Needed,
            ),
            ("concern", json!(1), Needed),
        ];
        if let Some(colleague) = colleague {
            known.push(("worker", json!(colleague), Needed));
        }
        known
    }

    async fn send(&self, recipe: &FixtureRecipe) -> RequestFixture {
        let letters = self.fresh_letters();
        let (name, rule) = self.book.opening();
        let mut data = data_of(name, rule, &[]);
        let number: u64 = letters
            .bytes()
            .fold(0, |sum, byte| sum * 26 + u64::from(byte - b'a'));
        let number = (number + 1).to_string();
        data["child"]["family_name"] = json!(format!("Example {letters}"));
        data["child"]["seemis"] = json!(number);
        data["child"]["address"] = json!(format!("1 Invented Lane, lane {letters}"));
        data["child"]["keep_address_private"] = json!(recipe.is_private);
        data["worried_about"] = json!(format!("Invented: worry {letters}"));
        let caller = CallerPair {
            by: if recipe.by_account {
                ACCOUNT
            } else {
                REQUESTER
            }
            .to_owned(),
            speaks_for: recipe.by_account.then(|| REQUESTER.to_owned()),
        };
        let call = ApiCall {
            caller: &caller,
            path: "/requests".to_owned(),
            body: json!({ "data": data }),
            version: None,
        };
        let sent = self.call(&call).await;
        assert!(sent.is_taken(), "{}: {}", recipe.label, sent.body);
        let parts = RequestParts {
            team: "carrick-team".to_owned(),
            requester: REQUESTER.to_owned(),
            written_by: (!recipe.by_account).then(|| REQUESTER.to_owned()),
            sent_by: recipe.by_account.then(|| ACCOUNT.to_owned()),
            ..RequestParts::default()
        };
        RequestFixture {
            id: sent.body["request_id"].as_str().unwrap().to_owned(),
            version: 1,
            state: self.book.first_state().to_owned(),
            parts,
            letters,
            number,
        }
    }

    async fn walk(&self, fixture: &mut RequestFixture, to: &str, recipe: &FixtureRecipe) {
        let mut steps = 0;
        while fixture.state != to {
            steps += 1;
            let name = self
                .book
                .first_move(&fixture.state, to)
                .filter(|_| steps < 20);
            let name = name.unwrap_or_else(|| panic!("no way from {} to {to}", fixture.state));
            let names_worker = self.book.rule(&name)["worker"].is_string() && name == "name-worker";
            if names_worker && recipe.is_rich {
                self.step_as_leader(fixture, &name, "old-worker.carrick")
                    .await;
            }
            let proposes = self.book.rule(&name)["proposal"] == "makes";
            let by_leader = proposes && recipe.past == PastEvent::ProposedByLeader;
            let by: &[&str] = if by_leader { &["lead.carrick"] } else { &[] };
            self.make(fixture, &name, by).await;
            self.settle(fixture, recipe).await;
        }
    }

    /// What belongs to a state: a claim in a new team, and actions as soon as there is a plan.
    async fn settle(&self, fixture: &mut RequestFixture, recipe: &FixtureRecipe) {
        if fixture.parts.claimed_by.is_none() && !self.book.ends(&fixture.state) {
            let team = fixture.parts.team.clone();
            let first = self.cast.members_of(&team)[0].to_owned();
            let by = if team == "carrick-team" {
                CLAIMANT.to_owned()
            } else {
                first
            };
            self.claim(fixture, &by, FirstClaim::Read).await;
            let has_leader = self
                .cast
                .members_of(&team)
                .iter()
                .any(|one| self.cast.of(one).leads(&team));
            for member in self.cast.members_of(&team) {
                if !has_leader && member != by {
                    self.open(fixture, member).await;
                }
            }
        }
        let plans = self.book.starts_at("plan-action", &fixture.state);
        if plans && fixture.parts.action_count == 0 {
            if recipe.is_rich {
                let more = vec![("who", json!(PAST_DOER), Filling::Needed)];
                self.step(
                    fixture,
                    BuildingStep {
                        by: CLAIMANT,
                        name: "plan-action",
                        more,
                    },
                )
                .await;
                self.make(fixture, "do-action", &[PAST_DOER]).await;
            }
            self.make(fixture, "plan-action", &[]).await;
        }
    }

    async fn have_concern(&self, fixture: &mut RequestFixture, recipe: &FixtureRecipe) {
        if recipe.concern == ConcernStage::None {
            return;
        }
        let opens = self
            .book
            .hand_over("opens")
            .expect("a move that passes a concern on");
        // Whoever is of another team by now does not see it any more.
        let team = fixture.parts.team.clone();
        let by = Some(recipe.passed_on_by)
            .filter(|by| self.cast.of(by).is_in(&team) || *by == fixture.parts.requester)
            .unwrap_or_else(|| self.cast.members_of(&team)[0]);
        self.make(fixture, opens, &[by]).await;
        if let Some(takes) = self.book.hand_over("takes-over") {
            if recipe.is_held {
                self.make(fixture, takes, &[RESPONDER]).await;
            }
        } else {
            let responders = [RESPONDER, "second.responder"].map(str::to_owned);
            fixture.parts.held_by.extend(responders);
        }
        if recipe.concern == ConcernStage::Over {
            let closes = self
                .book
                .hand_over("closes")
                .expect("a move that ends a concern");
            self.make(fixture, closes, &[RESPONDER]).await;
        }
    }

    async fn step_as_leader(&self, fixture: &mut RequestFixture, name: &str, worker: &str) {
        let more = vec![("worker", json!(worker), Filling::Needed)];
        let step = BuildingStep {
            by: "lead.carrick",
            name,
            more,
        };
        assert!(self.step(fixture, step).await.is_taken(), "{name}");
        self.open(fixture, worker).await;
    }

    /// By the first of these who may, or of everybody who has a part.
    async fn make(&self, fixture: &mut RequestFixture, name: &str, by: &[&str]) {
        let mut people: Vec<String> = by.iter().map(|one| (*one).to_owned()).collect();
        if people.is_empty() {
            let parts = &fixture.parts;
            people.extend(parts.claimed_by.clone());
            people.extend(parts.worker.clone());
            let members = self.cast.members_of(&parts.team).into_iter().rev();
            people.extend(members.map(str::to_owned));
            people.push(parts.requester.clone());
        }
        let mut told = Vec::new();
        for person in &people {
            let more = Vec::new();
            let answer = self
                .step(
                    fixture,
                    BuildingStep {
                        by: person,
                        name,
                        more,
                    },
                )
                .await;
            if answer.is_taken() {
                let worker = fixture.parts.worker.clone();
                if let Some(worker) = worker.filter(|one| !fixture.parts.opened.contains(one)) {
                    self.open(fixture, &worker).await;
                }
                return;
            }
            told.push(format!("{person}: {}", answer.body));
        }
        panic!(
            "nobody may {name} in {}: {}",
            fixture.state,
            told.join("\n")
        );
    }

    async fn step(&self, fixture: &mut RequestFixture, step: BuildingStep<'_>) -> TryAnswer {
        let rule = self.book.rule(step.name);
        let mut known = step.more.clone();
        known.extend(self.known(fixture, step.by));
        let data = data_of(step.name, rule, &known);
        let caller = CallerPair {
            by: step.by.to_owned(),
            speaks_for: None,
        };
        let call = ApiCall {
            caller: &caller,
            path: format!("/requests/{}/moves/{}", fixture.id, step.name),
            body: json!({ "data": data }),
            version: Some(fixture.version),
        };
        let answer = self.call(&call).await;
        if answer.is_taken() {
            let taken = TakenMove {
                name: step.name,
                by: step.by,
                data: &data,
            };
            fixture.note(&self.book, &taken);
            fixture.version = answer.version().unwrap();
        }
        answer
    }
}
