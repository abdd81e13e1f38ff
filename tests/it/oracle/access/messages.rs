//! Tries as messages: a service account's own queue is its door, and nobody else has one.

use super::act::TriedAct;
use super::cast::CallerPair;
use super::fixture::RequestFixture;
use super::stage::{TryAnswer, newer_version};
use crate::intake::{MOVE, OPEN, School};
use crate::support::client::Served;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tokio::sync::Mutex;

/// Every service account with a connection of its own.
pub(super) struct AccountSenders(BTreeMap<String, Mutex<School>>);

impl AccountSenders {
    pub(super) async fn connect(served: &Served, accounts: &[&str]) -> Self {
        let mut senders = BTreeMap::new();
        for account in accounts {
            let school = School::speaking_for(served, account).await;
            senders.insert((*account).to_owned(), Mutex::new(school));
        }
        Self(senders)
    }

    pub(super) fn knows(&self, account: &str) -> bool {
        self.0.contains_key(account)
    }

    pub(super) async fn open(&self, caller: &CallerPair, body: Value) -> TryAnswer {
        self.ask(caller, OPEN, body).await
    }

    pub(super) async fn try_one(
        &self,
        fixture: &RequestFixture,
        caller: &CallerPair,
        act: &TriedAct,
    ) -> TryAnswer {
        let mut body = act.body(caller);
        body["request"] = json!(fixture.id);
        body["move"] = json!(act.what[0]);
        body["if_match"] = json!(fixture.version);
        let answer = self.ask(caller, MOVE, body.clone()).await;
        let Some(version) = newer_version(&answer.body) else {
            return answer;
        };
        body["if_match"] = json!(version);
        self.ask(caller, MOVE, body).await
    }

    async fn ask(&self, caller: &CallerPair, kind: &str, mut body: Value) -> TryAnswer {
        if let Some(person) = &caller.speaks_for {
            body["on_behalf_of"] = json!(person);
        }
        let mut school = self.0[&caller.by].lock().await;
        let properties = school.properties(kind);
        let reply = school.ask(properties, &body).await;
        let status = reply.body["status"].as_u64().unwrap_or(200);
        TryAnswer::of(u16::try_from(status).unwrap(), reply.body)
    }
}
