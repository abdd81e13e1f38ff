//! Tries through pages: the form of a move, filled in and sent as a browser sends it.

use super::act::{ActWay, TriedAct};
use super::cast::{CallerPair, WholeCast};
use super::fixture::RequestFixture;
use super::stage::TryAnswer;
use crate::screens::Visitor;
use jiff::Timestamp;
use reqwest::StatusCode;
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Everybody who has signed in.
pub(super) struct PageVisitors(BTreeMap<String, Visitor>);

impl PageVisitors {
    /// Whoever has no role cannot sign in, and a system has no sign-in.
    pub(super) async fn sign_in(http: &str, cast: &WholeCast) -> Self {
        let mut visitors = BTreeMap::new();
        for person in cast.persons().filter(|id| !cast.of(id).grants.is_empty()) {
            visitors.insert(person.to_owned(), Visitor::signed_in(http, person).await);
        }
        Self(visitors)
    }

    pub(super) fn knows(&self, person: &str) -> bool {
        self.0.contains_key(person)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The page of a request as somebody sees it; nothing where there is none for them.
    pub(super) async fn show(&self, id: &str, person: &str) -> Option<String> {
        let page = self.0[person].get(&format!("/app/requests/{id}")).await;
        (page.status == StatusCode::OK).then_some(page.text)
    }

    pub(super) async fn try_one(
        &self,
        fixture: &RequestFixture,
        caller: &CallerPair,
        act: &TriedAct,
    ) -> TryAnswer {
        let mut fields = vec![
            ("key".to_owned(), Uuid::new_v4().to_string()),
            ("version".to_owned(), fixture.version.to_string()),
        ];
        let body = act.body(caller);
        match &act.way {
            ActWay::Move { .. } => typed(&mut fields, "", &body["data"]),
            ActWay::TakeOver(reason) | ActWay::GiveBackAnothers(reason) => {
                fields.push(("reason".to_owned(), reason.clone()));
            }
            ActWay::Claim | ActWay::Release | ActWay::Extend { .. } => {}
        }
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect();
        let path = format!("/app{}", act.path(&fixture.id));
        let page = self.0[&caller.by].post(&path, &fields).await;
        let mut answer = TryAnswer::of(page.status.as_u16(), Value::Null);
        if answer.is_taken() && page.location().starts_with("/app/sign-in") {
            answer.answer = "no role";
        }
        answer
    }
}

/// Answers of a form, each under its dotted name.
fn typed(fields: &mut Vec<(String, String)>, name: &str, value: &Value) {
    match value {
        Value::Object(members) => {
            for (member, value) in members {
                let dot = if name.is_empty() { "" } else { "." };
                typed(fields, &format!("{name}{dot}{member}"), value);
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                let place = if item.is_object() {
                    format!("{name}.{at}")
                } else {
                    name.to_owned()
                };
                typed(fields, &place, item);
            }
        }
        Value::Bool(yes) => {
            let text = if *yes { "yes" } else { "no" };
            fields.push((name.to_owned(), text.to_owned()));
        }
        Value::String(text) => fields.push((name.to_owned(), local(text))),
        Value::Number(number) => fields.push((name.to_owned(), number.to_string())),
        Value::Null => {}
    }
}

/// A moment is typed as the clock on the wall shows it; every other text stays as it is.
fn local(text: &str) -> String {
    let Ok(at) = text.parse::<Timestamp>() else {
        return text.to_owned();
    };
    let here = at.in_tz("Europe/London").unwrap();
    here.strftime("%Y-%m-%dT%H:%M").to_string()
}
