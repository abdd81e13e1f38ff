//! Each way of being without an owner, by hand.

use super::*;
use crate::domain::ids::RoleName;
use crate::domain::request::actor::Grant;
use crate::domain::workflow::parse::{parse, parse_organisation};
use std::path::Path;

fn read(file: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

fn shipped() -> Definition {
    let file = "workflows/request-for-assistance/v1.yaml";
    parse(file, &read(file)).unwrap()
}

/// The shipped one, in which the substance use team has had its last day.
fn organisation() -> Organisation {
    let file = "workflows/organisation/south-ayrshire.yaml";
    let open = "title: Substance use team, from: 2025-01-01";
    let text = read(file).replace(open, &format!("{open}, until: 2026-05-31"));
    Organisation::new(parse_organisation(file, &text).unwrap(), [])
}

fn person(id: &str, grants: &[(&str, &str)]) -> Principal {
    let grants = grants.iter().map(|(role, team)| {
        let team = TeamId::parse(team).unwrap();
        Grant::new(RoleName::parse(role).unwrap(), Some(team), None)
    });
    let id = PrincipalId::parse(id).unwrap();
    Principal::new(id, PrincipalKind::Person, grants.collect())
}

fn people() -> Vec<Principal> {
    vec![
        person("duty", &[("locality-worker", "carrick-team")]),
        person("placer", &[("team-lead", "unrouted")]),
        person("substances", &[("locality-worker", "substance-use-team")]),
        person(
            "responder",
            &[("social-work-responder", "initial-response")],
        ),
        person("gone", &[]),
    ]
}

struct Held {
    state: &'static str,
    team: &'static str,
    worker: Option<&'static str>,
    claimed_by: Option<&'static str>,
    lapses: i32,
}

const USUAL: Held = Held {
    state: "acknowledged",
    team: "carrick-team",
    worker: None,
    claimed_by: None,
    lapses: 0,
};

#[track_caller]
fn has(held: &Held, expected: &[OwnerGap]) {
    let (definition, organisation, people) = (shipped(), organisation(), people());
    let on = jiff::civil::date(2026, 6, 1);
    let id = |id: &str| PrincipalId::parse(id).unwrap();
    let (worker, claimed_by) = (held.worker.map(id), held.claimed_by.map(id));
    let (state, team) = (
        StateName::parse(held.state).unwrap(),
        TeamId::parse(held.team).unwrap(),
    );
    let in_force = OwnersInForce::among(&organisation, people.iter(), on);
    let gaps = in_force.gaps(&HeldRequest {
        definition: &definition,
        state: &state,
        team: &team,
        worker: worker.as_ref(),
        claimed_by: claimed_by.as_ref(),
        lapses: held.lapses,
    });
    assert_eq!(gaps, expected);
}

#[test]
fn a_request_of_a_team_that_can_act_has_an_owner() {
    has(&USUAL, &[]);
    for state in ["helping", "awaiting-answer", "with-child-protection"] {
        let worker = Some("duty");
        has(
            &Held {
                state,
                worker,
                ..USUAL
            },
            &[],
        );
    }
}

#[test]
fn a_team_whose_members_can_only_pass_on_a_concern_cannot_act() {
    let team = "initial-response";
    has(&Held { team, ..USUAL }, &[OwnerGap::NobodyCanAct]);
    // A unit without anybody, and a worker who is there all the same.
    let team = "intensive-support";
    has(&Held { team, ..USUAL }, &[OwnerGap::NobodyCanAct]);
    let (state, worker) = ("helping", Some("duty"));
    has(
        &Held {
            team,
            state,
            worker,
            ..USUAL
        },
        &[],
    );
}

#[test]
fn a_named_worker_without_any_role_is_gone() {
    for worker in [Some("gone"), Some("nobody-knows")] {
        let state = "in-touch";
        has(
            &Held {
                state,
                worker,
                ..USUAL
            },
            &[OwnerGap::WorkerGone],
        );
    }
}

#[test]
fn a_team_after_its_last_day_is_closed_though_its_members_can_act() {
    let team = "substance-use-team";
    has(&Held { team, ..USUAL }, &[OwnerGap::UnitClosed]);
    let team = "never-heard-of";
    let both = [OwnerGap::NobodyCanAct, OwnerGap::UnitClosed];
    has(&Held { team, ..USUAL }, &both);
}

#[test]
fn what_no_rule_could_place_waits_for_a_person() {
    let team = "unrouted";
    has(&Held { team, ..USUAL }, &[OwnerGap::Unrouted]);
}

#[test]
fn two_claims_that_lapsed_with_nothing_done_count_until_somebody_claims_again() {
    has(&Held { lapses: 1, ..USUAL }, &[]);
    let twice = [OwnerGap::ClaimLapsedTwice];
    has(&Held { lapses: 2, ..USUAL }, &twice);
    let claimed_by = Some("duty");
    has(
        &Held {
            lapses: 2,
            claimed_by,
            ..USUAL
        },
        &[],
    );
}
