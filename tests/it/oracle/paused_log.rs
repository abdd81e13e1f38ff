//! An invented log whose rows stop and start a clock again, imported as an older system's log is.

use super::{calendars, out};
use crate::support::engine::Engine;
use jiff::{SignedDuration, Timestamp};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rfa::commands::{Declaration, Importer};
use rfa::domain::ids::{Authority, WorkflowName};
use rfa::domain::time::clock::Spell;
use rfa::history::import::Plan;
use rfa::history::mapping::Mapping;
use rfa::history::rows;
use rfa::projections::response_times::{Question, query};
use serde_json::{Value, json};
use uuid::Uuid;

const AUTHORITY: &str = "permit-office";
const REQUESTS: i64 = 400;
const SEED: u64 = 7_102;

const WORKFLOW: &str = r"
format: 1
workflow: paused-permit
version: 1
title: A permit with questions
roles:
  clerk: { title: Clerk, any_of: [clerk], of: anywhere }
states:
  received: { title: Received, meaning: It is being looked at. }
  asked: { title: Asked, meaning: Somebody else has to answer first. }
  confirmed: { title: Confirmed, meaning: It was confirmed., ends: true }
  withdrawn: { title: Withdrawn, meaning: It was taken back., ends: true }
moves:
  receive: { title: Receive, opens: true, by: [clerk], to: received, emits: received, owner: routed, data: { type: object, additionalProperties: false, properties: { received_at: { type: string, format: date-time } } } }
  ask: { title: Ask, by: [clerk], from: [received], to: asked, emits: asked, data: { type: object, additionalProperties: false } }
  answer: { title: Answer, by: [clerk], from: [asked], to: received, emits: answered, data: { type: object, additionalProperties: false } }
  confirm: { title: Confirm, by: [clerk], from: [received, asked], to: confirmed, emits: confirmed, data: { type: object, additionalProperties: false } }
  withdraw: { title: Withdraw, by: [clerk], from: [received, asked], to: withdrawn, emits: withdrawn, data: { type: object, additionalProperties: false } }
clocks:
  confirm: { title: It is confirmed, target: 10wd, calendar: scotland-bank-holidays, pause_in: [asked], waits_on: answer, start: [received], stop: [confirmed], cancel: [withdrawn] }
  answer: { title: It is answered, target: 5wd, calendar: scotland-bank-holidays, again: true, start: [asked], stop: [answered], cancel: [confirmed, withdrawn] }
routing:
  - { otherwise: permit-desk, because: There is one desk }
";

const MAPPING: &str = r"
format: 1
mapping: paused-permit
source: paused-permit
zone: Europe/London
columns: { request: request, activity: activity, time: time }
acts_as: clerk
absent: ['']
team: permit-desk
opening: {}
attributes: {}
activities: { Received: receive, Asked: ask, Answered: answer, Confirmed: confirm, Withdrawn: withdraw }
";

/// One row an act: label, activity, time in UTC.
fn log() -> String {
    let mut chance = StdRng::seed_from_u64(SEED);
    let first: Timestamp = "2025-09-01T08:00:00Z".parse().unwrap();
    let mut lines = vec!["request,activity,time".to_owned()];
    for request in 0..REQUESTS {
        // An odd second a request: its start tells it from every other.
        let mut now = first + SignedDuration::from_secs(request * 61_001);
        let mut row = |activity: &str, at: Timestamp| {
            lines.push(format!("permit-{request},{activity},{at}"));
        };
        row("Received", now);
        let mut step = |now: &mut Timestamp, most: i64| {
            *now += SignedDuration::from_secs(chance.random_range(60..most));
            chance.random_range(0..100)
        };
        let mut asked = false;
        for _ in 0..step(&mut now, 400_000) % 4 {
            row("Asked", now);
            asked = true;
            if step(&mut now, 900_000) < 8 {
                break;
            }
            row("Answered", now);
            asked = false;
            step(&mut now, 500_000);
        }
        match step(&mut now, 900_000) {
            0..70 => row("Confirmed", now),
            70..80 if !asked => row("Withdrawn", now),
            _ => {}
        }
    }
    lines.join("\n") + "\n"
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_pauses_is_imported_and_written_down_with_our_figures() {
    let engine = Engine::start().await;
    engine.publish_folder(AUTHORITY).await;
    let workflow = Declaration::workflow("paused-permit/v1.yaml", WORKFLOW).unwrap();
    engine.publish(AUTHORITY, vec![workflow]).await;
    let file = out("paused.csv");
    let log = log();
    std::fs::write(&file, &log).unwrap();

    let mapping = Mapping::parse("mapping.yaml", MAPPING).unwrap();
    let columns: Vec<String> = mapping.columns().map(str::to_owned).collect();
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let plan = Plan::new(mapping, rows::read(&file, &columns).unwrap()).unwrap();
    let authority = Authority::parse(AUTHORITY).unwrap();
    let name = WorkflowName::parse("paused-permit").unwrap();
    let commands = engine.commands.clone();
    let mut importer =
        Importer::new(commands, authority.clone(), (&name, 1), Uuid::new_v4()).unwrap();
    let report = plan.run(&mut importer, &authority, |_| {}).await.unwrap();
    assert_eq!(report.appended, log.lines().count() as u64 - 1, "{report}");
    engine.runner.run_until_idle().await.unwrap();

    let as_of: Timestamp = "2026-07-01T12:00:00Z".parse().unwrap();
    let question = Question::whole(AUTHORITY, name, as_of);
    let declared = engine.commands.registry().of(AUTHORITY);
    let figures = query(engine.log.pool(), &declared, &question)
        .await
        .unwrap();
    let calendars = calendars();
    let client = engine.database.connect().await;
    let stored = client
        .query(
            "select detail from read_model.response_times where workflow = 'paused-permit' \
             and clock = 'confirm'",
            &[],
        )
        .await
        .unwrap();
    let readings: Vec<Value> = stored
        .iter()
        .map(|row| {
            let spell: Spell = serde_json::from_value(row.get(0)).unwrap();
            let calendar = calendars.load(&spell.calendar).unwrap();
            json!({ "started_at": spell.started_at, "ours": spell.reading(calendar, as_of) })
        })
        .collect();
    assert_eq!(readings.len(), REQUESTS as usize);
    let written = json!({ "as_of": as_of, "requests": readings, "figures": figures });
    std::fs::write(out("paused.json"), written.to_string()).unwrap();
    let paused = |figures: &rfa::projections::response_times::Answer| {
        let confirm = figures.clocks.iter().find(|clock| clock.clock == "confirm");
        confirm.unwrap().pause_share.unwrap()
    };
    assert!(
        paused(&figures) > 0.1,
        "seed {SEED}: pauses are a part of it"
    );
}
