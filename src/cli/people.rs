//! Invented people for a demonstration: their grants and their tokens.

use super::engine::{Engine, now};
use crate::access::{Holder, Tokens};
use crate::commands::{Declaration, publish};
use crate::domain::ids::{Authority, PrincipalId};
use crate::domain::request::actor::{Grant, Principal, PrincipalKind};
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::error::Error;
use std::path::Path;

/// A demonstration does not last.
const LIFETIME_DAYS: i32 = 30;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct People {
    people: Vec<Person>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Person {
    id: PrincipalId,
    kind: PrincipalKind,
    pub(super) title: String,
    grants: Vec<Grant>,
    /// Service accounts of the same agency that may act for the person, who agreed to it.
    #[serde(default)]
    carried_by: BTreeSet<PrincipalId>,
}

impl Person {
    pub(super) fn principal(&self) -> Principal {
        Principal {
            carried_by: self.carried_by.clone(),
            ..Principal::new(self.id.clone(), self.kind, self.grants.clone())
        }
    }
}

pub(super) fn read(file: &Path) -> Result<Vec<Person>, Box<dyn Error + Send + Sync>> {
    let text =
        std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let people: People =
        serde_saphyr::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(people.people)
}

/// Grants their roles and gives each a new token: what is printed is all that is left of it.
pub(super) async fn welcome(
    engine: &Engine,
    authority: &Authority,
    people: &[&Person],
) -> Result<Vec<(PrincipalId, SecretString)>, Box<dyn Error + Send + Sync>> {
    let grants: Result<Vec<Declaration>, _> = people
        .iter()
        .map(|person| Declaration::grants(&person.principal()))
        .collect();
    publish(
        engine.commands.registry(),
        authority,
        grants?,
        "rfa:demonstration",
        now(),
    )
    .await?;
    let tokens = Tokens::new(engine.log.pool().clone());
    let mut issued = Vec::with_capacity(people.len());
    for person in people {
        let holder = Holder {
            authority: authority.clone(),
            principal: person.id.clone(),
        };
        tokens.revoke_all(&holder).await?;
        let token = tokens
            .issue(&holder, "demonstration", LIFETIME_DAYS)
            .await?;
        issued.push((person.id.clone(), token));
    }
    Ok(issued)
}
