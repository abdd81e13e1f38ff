//! Invented people who may come in through the door of the screens, and their tokens.

use super::engine::Engine;
use super::people::Person;
use super::{people, say};
use crate::access::Holder;
use crate::api::App;
use crate::config::Config;
use crate::domain::ids::Authority;
use crate::domain::request::actor::PrincipalKind;
use crate::drafts::Drafts;
use crate::screens::{self, Door, Guest, ROOT, Screens, read_hints};
use crate::simulate::cast::Cast;
use axum::Router;
use jiff::SignedDuration;
use secrecy::ExposeSecret;
use std::error::Error;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

type Failed = Box<dyn Error + Send + Sync>;

/// Of what nobody may see from another machine.
fn refuse_off_loopback(config: &Config) -> Result<(), Failed> {
    let settings = &config.settings;
    if settings.http_public {
        return Err(
            "--demo hands out tokens and serves loopback only: unset RFA_HTTP_PUBLIC".into(),
        );
    }
    if !settings.http.ip().is_loopback() {
        let address = settings.http;
        return Err(format!(
            "--demo lets anybody in as anybody and serves loopback only: RFA_HTTP is {address}"
        )
        .into());
    }
    Ok(())
}

/// Grants their roles, prints their tokens, and opens the door for them.
pub(super) async fn open(
    engine: &Engine,
    config: &Config,
    sign_in_seconds: u32,
) -> Result<Door, Failed> {
    refuse_off_loopback(config)?;
    let settings = &config.settings;
    let people = people::read(&settings.workflows.join("people/demonstration.yaml"))?;
    let mut guests = guests(&engine.authority, &people);
    let mut known = Vec::new();
    let everybody: Vec<&Person> = people.iter().collect();
    let issued = people::welcome(engine, &engine.authority, &everybody).await?;
    say(format!(
        "Invented people of {}, and their tokens until the next start:",
        settings.authority
    ));
    for (person, (id, token)) in people.iter().zip(&issued) {
        say(format!(
            "  {id:<24} {}  {}",
            token.expose_secret(),
            person.title
        ));
    }
    let year = super::simulate::authority_of(&engine.authority)?;
    let registry = engine.commands.registry();
    if registry.of(year.as_str()).workflow_names().next().is_none() {
        say(format!(
            "No invented year is loaded; `rfa simulate` makes one in {year}."
        ));
    } else {
        let overseers: Vec<&Person> = people.iter().filter(|one| oversees(one)).collect();
        for (id, token) in people::welcome(engine, &year, &overseers).await? {
            say(format!(
                "  {id:<24} {}  for the invented year in {year}",
                token.expose_secret()
            ));
        }
        guests.extend(overseers.into_iter().map(|person| Guest {
            title: format!("{} (invented year)", person.title),
            group: "People with an invented year behind them",
            ..guest(&year, person)
        }));
        let organisation = registry.of(year.as_str());
        let cast = Cast::of(organisation.organisation());
        let titles = cast.titles(organisation.organisation());
        known.extend(titles.into_iter().map(|(principal, title)| {
            let authority = year.clone();
            (
                Holder {
                    authority,
                    principal,
                },
                title,
            )
        }));
    }
    say(format!(
        "API http://{}  document http://{0}/openapi  metrics http://{}/metrics",
        settings.http, settings.metrics
    ));
    say(format!("Screens http://{}{ROOT}", settings.http));
    let vault = engine.commands.vault();
    Ok(Door::Demonstration {
        guests,
        known,
        key: vault.derive("demonstration-sign-in", settings.authority.as_str(), &[]),
        lasts: SignedDuration::from_secs(i64::from(sign_in_seconds)),
    })
}

fn guests(authority: &Authority, people: &[Person]) -> Vec<Guest> {
    let people = people.iter();
    let people = people.filter(|person| person.principal().kind == PrincipalKind::Person);
    people.map(|person| guest(authority, person)).collect()
}

/// Whoever leads a team or answers for the whole sees something of a year that others did the work of.
fn oversees(person: &Person) -> bool {
    holds(person, &["team-lead", "partnership-manager", "analyst"])
}

fn holds(person: &Person, roles: &[&str]) -> bool {
    let grants = person.principal().grants;
    grants
        .iter()
        .any(|grant| roles.contains(&grant.role.as_str()))
}

fn guest(authority: &Authority, person: &Person) -> Guest {
    let principal = person.principal();
    let group = if holds(person, &["partnership-manager", "analyst"]) {
        "People who answer for the whole"
    } else if holds(person, &["team-lead"]) {
        "People who lead a team"
    } else if holds(person, &["named-person", "lead-professional"]) {
        "People who ask for help for a child"
    } else {
        "People who work on requests"
    };
    Guest {
        holder: Holder {
            authority: authority.clone(),
            principal: principal.id.clone(),
        },
        title: person.title.clone(),
        group,
    }
}

/// The pages, to be served beside the API.
pub(super) fn pages(
    engine: &Engine,
    config: &Config,
    (app, door, shutdown): (App, Door, CancellationToken),
) -> Result<Router, Failed> {
    Ok(screens::router(Screens {
        app,
        drafts: Drafts::new(&engine.log, engine.commands.vault().clone()),
        door: Arc::new(door),
        hints: Arc::new(read_hints(&config.settings.workflows)?),
        shutdown,
    }))
}
