//! Everything that can be done to a request, and whether its state allows it, whoever asks.

use super::cast::CallerPair;
use super::fixture::RequestFixture;
use super::sample::{Filling, data_of, made};
use super::stage::SweepStage;
use super::standing::{ConcernStage, RequestParts};
use serde_json::{Value, json};

/// Act names of the rules that are no moves.
pub(super) const OTHER_ACTS: &[&str] = &[
    "claim",
    "give the claim back",
    "end another's claim",
    "give a clock more time",
];
/// What the rules may call moves beside their names.
pub(super) const KINDS_OF_ACT: &[&str] = &[
    "any act",
    "records the result of a concern",
    "takes a concern over",
    "writes down who answered",
    "writes down that nobody answered",
    "name-worker of a colleague",
    "name-worker of themself",
    "agree-to-help of a named meeting",
    "propose-not-agreed of a named meeting",
];

#[derive(Debug, Clone)]
pub(super) enum ActWay {
    Move {
        name: String,
        data: Value,
        /// The one who is named as worker must be the one who asks.
        names_themself: bool,
        /// It changes nothing that a right depends on.
        is_harmless: bool,
    },
    Claim,
    Release,
    TakeOver(String),
    GiveBackAnothers(String),
    Extend {
        clock: String,
        reason: String,
        is_running: bool,
    },
}

/// One act that is tried.
#[derive(Debug, Clone)]
pub(super) struct TriedAct {
    /// What the rules may call it.
    pub(super) what: Vec<String>,
    pub(super) way: ActWay,
}

impl TriedAct {
    fn new(what: &str, way: ActWay) -> Self {
        Self {
            what: vec![what.to_owned()],
            way,
        }
    }

    /// Where the act is done.
    pub(super) fn path(&self, id: &str) -> String {
        match &self.way {
            ActWay::Move { name, .. } => format!("/requests/{id}/moves/{name}"),
            ActWay::Claim | ActWay::TakeOver(_) => format!("/requests/{id}/claim"),
            ActWay::Release | ActWay::GiveBackAnothers(_) => format!("/requests/{id}/release"),
            ActWay::Extend { clock, .. } => format!("/requests/{id}/clocks/{clock}/extension"),
        }
    }

    pub(super) fn body(&self, caller: &CallerPair) -> Value {
        match &self.way {
            ActWay::Move {
                data,
                names_themself,
                ..
            } => {
                let mut data = data.clone();
                if *names_themself {
                    data["worker"] = json!(caller.by);
                }
                json!({ "data": data })
            }
            ActWay::Claim | ActWay::Release => json!({}),
            ActWay::TakeOver(reason) | ActWay::GiveBackAnothers(reason) => {
                json!({ "reason": reason })
            }
            ActWay::Extend { reason, .. } => json!({ "by": "1wd", "reason": reason }),
        }
    }

    pub(super) fn has_version(&self) -> bool {
        matches!(self.way, ActWay::Move { .. } | ActWay::Extend { .. })
    }

    pub(super) fn is_harmless(&self) -> bool {
        matches!(
            self.way,
            ActWay::Move {
                is_harmless: true,
                ..
            }
        )
    }

    /// Whether somebody can ask for it at all: nobody claims in another's name, and whoever names
    /// themself must be somebody who can be named.
    pub(super) fn is_for(
        &self,
        caller: &CallerPair,
        stage: &SweepStage,
        parts: &RequestParts,
    ) -> bool {
        match &self.way {
            ActWay::Move {
                data,
                names_themself: false,
                ..
            } => data["worker"] != caller.by.as_str(),
            ActWay::Move {
                names_themself: true,
                ..
            } => caller.speaks_for.is_none() && stage.cast.of(&caller.by).is_in(&parts.team),
            ActWay::TakeOver(_) | ActWay::GiveBackAnothers(_) => {
                let holder = parts.claimed_by.as_ref();
                caller.speaks_for.is_none() && holder.is_some_and(|holder| *holder != caller.by)
            }
            ActWay::Claim | ActWay::Release | ActWay::Extend { .. } => caller.speaks_for.is_none(),
        }
    }

    /// Whether the state and what others did allow it, whoever asks.
    pub(super) fn is_possible(
        &self,
        stage: &SweepStage,
        fixture: &RequestFixture,
        by: &str,
    ) -> bool {
        let (book, parts) = (&stage.book, &fixture.parts);
        let holder = parts.claimed_by.as_deref();
        let is_open = !book.ends(&fixture.state);
        match &self.way {
            ActWay::Move { name, .. } => {
                let settles = book.rule(name)["plan"]["settles"]["which"]["at"].is_string()
                    || book.rule(name)["plan"]["settles"]["which"]["list"].is_string();
                let has_action = parts.open_action.is_some();
                let guard = match book.rule(name)["guard"]["asks"].as_str() {
                    Some("help.expected") => parts.expects,
                    Some("!help.expected") => !parts.expects,
                    Some(_) | None => true,
                };
                let is_open = parts.concern == ConcernStage::Open;
                let concern = match book.rule(name)["hand_over"].as_str() {
                    Some("attempts" | "hands-over") => is_open && !parts.is_answered,
                    Some("takes-over") => is_open && !parts.held_by.contains(by),
                    Some(_) | None => true,
                };
                book.starts_at(name, &fixture.state) && (has_action || !settles) && guard && concern
            }
            ActWay::Claim => is_open && holder.is_none_or(|holder| holder == by),
            ActWay::Release => is_open && holder == Some(by),
            ActWay::TakeOver(_) | ActWay::GiveBackAnothers(_) => is_open && holder.is_some(),
            ActWay::Extend { is_running, .. } => *is_running,
        }
    }
}

impl SweepStage {
    /// Every move of the workflow but the one that opens a request, claims, and more time.
    pub(super) async fn acts(&self, fixture: &RequestFixture) -> Vec<TriedAct> {
        let mut acts = Vec::new();
        for (name, rule) in self.book.moves() {
            if name != self.book.opening().0 {
                acts.extend(self.moves_of(fixture, name, rule));
            }
        }
        acts.push(TriedAct::new("claim", ActWay::Claim));
        acts.push(TriedAct::new("give the claim back", ActWay::Release));
        if let Some(reason) = self.book.claim_reason() {
            let ways = [
                ActWay::TakeOver(reason.clone()),
                ActWay::GiveBackAnothers(reason),
            ];
            acts.extend(ways.map(|way| TriedAct::new("end another's claim", way)));
        }
        let running = self.running_clocks(fixture).await;
        for (clock, reason) in self.book.extended_clocks() {
            let is_running = running.contains(&clock);
            let way = ActWay::Extend {
                clock,
                reason,
                is_running,
            };
            acts.push(TriedAct::new("give a clock more time", way));
        }
        acts
    }

    fn moves_of(&self, fixture: &RequestFixture, name: &str, rule: &Value) -> Vec<TriedAct> {
        let mut known = self.known(fixture, "");
        known.push(("reference", json!(self.other_reference()), Filling::Needed));
        let data = data_of(name, rule, &known);
        let stays =
            self.book.leads_to(name, &fixture.state).as_deref() == Some(fixture.state.as_str());
        let effects = ["worker", "requester", "plan", "hand_over"];
        let has_effect = effects.iter().any(|effect| rule.get(effect).is_some());
        let is_harmless =
            stays && !has_effect && rule["owner"] == "same" && rule["decision"] != true;
        let mut what = vec![name.to_owned()];
        what.extend(self.book.kinds_of(name).into_iter().map(str::to_owned));
        let act = |suffix: Option<&str>, names_themself| TriedAct {
            what: what
                .iter()
                .cloned()
                .chain(suffix.map(str::to_owned))
                .collect(),
            way: ActWay::Move {
                name: name.to_owned(),
                data: data.clone(),
                names_themself,
                is_harmless,
            },
        };
        if rule["by_when"]["recorder"].is_object() {
            let mut all = vec![act(None, false)];
            let meeting = format!("{name} of a named meeting");
            let mut of_meeting = act(Some(meeting.as_str()), false);
            if let ActWay::Move { data, .. } = &mut of_meeting.way {
                data["decided_at"] = made(rule, "decided_at");
            }
            all.push(of_meeting);
            return all;
        }
        if rule["worker"].is_string() && data.get("worker").is_some() {
            let colleague = act(Some("name-worker of a colleague"), false);
            return vec![colleague, act(Some("name-worker of themself"), true)];
        }
        vec![act(None, false)]
    }

    async fn running_clocks(&self, fixture: &RequestFixture) -> Vec<String> {
        let members = self.cast.members_of(&fixture.parts.team);
        let path = format!("/requests/{}/clocks", fixture.id);
        let shown = self.show(&path, members.last().expect("a member")).await;
        let clocks = shown.body["clocks"].as_array().cloned().unwrap_or_default();
        let runs = |clock: &&Value| {
            let status = clock["status"].as_str().unwrap_or_default();
            ["running", "paused"].contains(&status) && clock.get("extensions").is_none()
        };
        let running = clocks.iter().filter(runs);
        running
            .filter_map(|clock| clock["clock"].as_str().map(str::to_owned))
            .collect()
    }
}
