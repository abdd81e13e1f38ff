//! What a move that was made changes in who has which part.

use super::book::WorkflowBook;
use super::fixture::RequestFixture;
use super::standing::ConcernStage;
use serde_json::Value;

/// A move that was taken.
pub(super) struct TakenMove<'a> {
    pub(super) name: &'a str,
    pub(super) by: &'a str,
    pub(super) data: &'a Value,
}

impl RequestFixture {
    pub(super) fn note(&mut self, book: &WorkflowBook, taken: &TakenMove<'_>) {
        let rule = book.rule(taken.name);
        let before = self.state.clone();
        if let Some(to) = book.leads_to(taken.name, &before) {
            self.state = to;
        }
        let parts = &mut self.parts;
        parts.acted.insert(taken.by.to_owned());
        parts.waits = book.is_held_by(&self.state, "requester");
        let named = |path: &Value| Some(taken.data[path.as_str()?].as_str()?.to_owned());
        if let Some(worker) = named(&rule["worker"]) {
            parts.former_worker = parts.worker.replace(worker).or(parts.former_worker.take());
        }
        if let Some(requester) = named(&rule["requester"]) {
            parts.former_requester = Some(std::mem::replace(&mut parts.requester, requester));
        }
        if rule["decision"] == Value::Bool(true) {
            parts.decided_by = Some(taken.by.to_owned());
        }
        match rule["proposal"].as_str() {
            Some("makes") => parts.proposed_by = Some(taken.by.to_owned()),
            Some(_) => parts.proposed_by = None,
            None => {}
        }
        let expects = named(&rule["expects"]["day"]).is_some();
        parts.expects = parts.expects || expects;
        let team = rule["owner"]["team"].as_str().map(str::to_owned);
        if let Some(team) = team.or_else(|| named(&rule["owner"]["from"]))
            && team != parts.team
        {
            parts.former_team = Some(std::mem::replace(&mut parts.team, team));
            parts.former_worker = parts.worker.take().or(parts.former_worker.take());
            parts.claimed_before.extend(parts.claimed_by.take());
        }
        if book.ends(&self.state) {
            parts.claimed_before.extend(parts.claimed_by.take());
        }
        self.note_plan(&rule["plan"], taken);
        self.note_concern(&rule["hand_over"], taken.by);
    }

    fn note_plan(&mut self, effect: &Value, taken: &TakenMove<'_>) {
        let parts = &mut self.parts;
        if effect["adds"].is_object() {
            parts.action_count += 1;
            let who = taken.data["who"].as_str().unwrap_or_default();
            parts.open_action = Some((parts.action_count, who.to_owned()));
        }
        if effect["settles"].is_object()
            && let Some((_, who)) = parts.open_action.take()
        {
            parts.settled_by = Some(who);
        }
    }

    fn note_concern(&mut self, effect: &Value, by: &str) {
        let parts = &mut self.parts;
        match effect.as_str() {
            Some("opens") => {
                parts.concern = ConcernStage::Open;
                parts.is_answered = false;
                parts.passed_on_by.insert(by.to_owned());
            }
            Some("hands-over") => parts.is_answered = true,
            Some("takes-over") => {
                parts.held_by = [by.to_owned()].into();
                parts.is_answered = true;
            }
            Some("closes") => {
                parts.concern = ConcernStage::Over;
                parts.held_by.clear();
            }
            Some(_) | None => {}
        }
    }
}
