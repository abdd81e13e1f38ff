//! A small workflow with ladders, requests of it at times of the test's own, and replicas that sweep.

use crate::support::engine::{Engine, MASTER_KEY, now, vault_config, workflows};
use jiff::{SignedDuration, Timestamp};
use rfa::commands::{
    Ask, AskedMove, Command, CommandError, Commands, Declaration, ImportMark, Imported,
    ImportedAct, Importer, Provenance, Receipt, Registry, mark_import,
};
use rfa::domain::ids::{Authority, MoveName, RequestId, WorkflowName};
use rfa::domain::request::actor::{Grant, Principal, PrincipalKind};
use rfa::domain::request::event::{RequestEvent, RungRaised};
use rfa::log::connect::LogConfig;
use rfa::log::vault::{MasterKey, Vault};
use rfa::log::{Log, Recorded};
use rfa::projections::rebuild::IfDifferent;
use rfa::projections::{due_rungs, shape, store};
use rfa::timers::{FindDue, NotFound, Outcome, Pace, Sweeper};
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

pub(crate) const AUTHORITY: &str = "south-ayrshire";
pub(crate) const PROJECTION: &str = "due_rungs";

/// Three clocks of three kinds; a question pauses the one of days.
const LOAN: &str = r"
format: 1
workflow: tool-loan
version: 1
title: A loan from the tool shed
roles:
  neighbour: { title: Neighbour, any_of: [neighbour], of: anywhere }
  keeper: { title: Keeper, any_of: [keeper], of: anywhere }
states:
  wished-for: { title: Wished for, meaning: Somebody wants a tool. }
  asked: { title: Asked, meaning: A question waits., held_by: requester }
  lent: { title: Lent, meaning: It is out., ends: true }
moves:
  wish:
    title: Wish for a tool
    opens: true
    by: [neighbour]
    to: wished-for
    emits: tool-wished-for
    owner: routed
    data: { type: object, additionalProperties: false }
  query:
    title: Query
    by: [keeper]
    from: [wished-for]
    to: asked
    emits: tool-queried
    data: { type: object, additionalProperties: false }
  reply:
    title: Reply
    by: [keeper]
    from: [asked]
    to: wished-for
    emits: tool-query-answered
    data: { type: object, additionalProperties: false }
  lend:
    title: Lend
    by: [keeper]
    from: any
    to: lent
    emits: tool-lent
    plan: { settles: all, as: not-needed }
    data: { type: object, additionalProperties: false }
  promise:
    title: Promise something
    by: [keeper]
    from: [wished-for]
    to: same
    emits: tool-promised
    plan: { adds: { what: what, by: by, agency: agency } }
    data:
      type: object
      additionalProperties: false
      required: [what, by, agency]
      properties:
        what: { title: What, enum: [oil, sharpen] }
        by: { title: By, type: string, format: date }
        agency: { title: Agency, type: string, maxLength: 64, x-coded: true }
  keep-promise:
    title: Keep a promise
    by: [keeper]
    from: [wished-for]
    to: same
    emits: promise-kept
    plan: { settles: action, as: done }
    data:
      type: object
      additionalProperties: false
      required: [action]
      properties:
        action: { title: Which, type: integer, minimum: 1, maximum: 200 }
clocks:
  look: { title: Looked at, target: 30min, calendar: all-hours, ladder: minutes, start: [tool-wished-for], stop: [tool-lent] }
  search: { title: Searched for, target: 8wh, calendar: scotland-bank-holidays, ladder: hours, start: [tool-wished-for], stop: [tool-lent] }
  lend: { title: Lent, target: 5wd, calendar: scotland-bank-holidays, pause_in: [asked], ladder: days, start: [tool-wished-for], stop: [tool-lent] }
ladders:
  minutes: [ { at: -10min, tell: [keeper] }, { at: 0, tell: [keeper], missed: true }, { at: +1800min, tell: [keeper], every: 1800min, at_most: 5 } ]
  hours: [ { at: -4wh, tell: [keeper] }, { at: 0, tell: [keeper, neighbour], missed: true }, { at: +8wh, tell: [keeper], every: 8wh, at_most: 4 } ]
  days: [ { at: -3wd, tell: [keeper] }, { at: -1wd, tell: [keeper] }, { at: 0, tell: [keeper], missed: true }, { at: +2wd, tell: [keeper], every: 2wd, at_most: 3 } ]
actions: { ladder: days }
claims: { lease: 4wh, warn: { at: -1wh, tell: [keeper] }, frozen_in: [asked], tell: [keeper], take_over: { by: [keeper], reasons: { away: Away } } }
routing:
  - { otherwise: carrick-team, because: There is one shed }
";

pub(crate) struct Stage {
    pub(crate) engine: Engine,
}

/// One server of several over one database.
pub(crate) struct Replica {
    pub(crate) commands: Commands,
    log: Log,
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn after(from: Timestamp, minutes: i64) -> Timestamp {
    let minutes = SignedDuration::from_mins(minutes);
    from.saturating_add(minutes).unwrap()
}

pub(crate) fn person(id: &str, role: &str) -> Principal {
    let role = role.parse().unwrap();
    let team = (role == "keeper".parse().unwrap()).then(|| "carrick-team".parse().unwrap());
    let grant = Grant::new(role, team, None);
    Principal::new(id.parse().unwrap(), PrincipalKind::Person, vec![grant])
}

impl Stage {
    pub(crate) async fn set() -> Self {
        let engine = Engine::start().await;
        engine.publish_folder(AUTHORITY).await;
        let loan = Declaration::workflow("v1.yaml", LOAN).unwrap();
        engine.publish(AUTHORITY, vec![loan]).await;
        Self { engine }
    }

    pub(crate) async fn replica(&self) -> Replica {
        let config = LogConfig {
            database_url: self.engine.database.url.clone(),
            queue_commands_max: 1_000,
            pool_max: 6,
        };
        let log = Log::connect(&config).await.unwrap();
        let master = MasterKey::parse(MASTER_KEY).unwrap();
        let vault = Vault::connect(&vault_config(&config.database_url), master)
            .await
            .unwrap();
        let registry = Registry::open(log.clone()).await.unwrap();
        Replica {
            commands: Commands::new(registry, vault),
            log,
        }
    }

    /// Publishes the calendars anew, with one closed day more.
    pub(crate) async fn close_on(&self, day: &str) {
        let folder = std::env::temp_dir().join(format!("rfa-test-{}", Uuid::new_v4()));
        let calendars = folder.join("calendars");
        std::fs::create_dir_all(&calendars).unwrap();
        for entry in std::fs::read_dir(workflows().join("calendars")).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_owned();
            let mut text = std::fs::read_to_string(&path).unwrap();
            if name == "scotland-bank-holidays.yaml" {
                let flood =
                    format!("closures:\n  - {{ from: {day}, name: Flood, source: test }}\n");
                text = text.replace("closures:\n", &flood);
                assert!(text.contains("Flood"));
            }
            std::fs::write(calendars.join(name), text).unwrap();
        }
        let authority = Authority::parse(AUTHORITY).unwrap();
        let changed = rfa::commands::read_folder(&folder, &authority).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(self.engine.publish(AUTHORITY, changed).await, 1);
    }

    /// Opens a request as if it were that time.
    pub(crate) async fn wish(&self, now: Timestamp) -> RequestId {
        let ask = Ask::Open {
            workflow: WorkflowName::parse("tool-loan").unwrap(),
            moves: asked("wish"),
        };
        let command = command(person("n.ross", "neighbour"), ask, None);
        let receipt = self.engine.commands.execute(command, now).await;
        receipt.unwrap().request_id
    }

    /// The same, of a log that was kept elsewhere.
    pub(crate) async fn import_wish(&self, import: Uuid, occurred_at: Timestamp) -> RequestId {
        let authority = Authority::parse(AUTHORITY).unwrap();
        let name = WorkflowName::parse("tool-loan").unwrap();
        let commands = self.engine.commands.clone();
        let mut importer = Importer::new(commands, authority, (&name, 1), import).unwrap();
        let request = Uuid::new_v4();
        let act = ImportedAct {
            request,
            command_id: Uuid::new_v4(),
            asked: asked("wish").remove(0),
            actor: person("n.ross", "neighbour"),
            occurred_at,
            team: "carrick-team".parse().unwrap(),
        };
        let outcomes = importer.append(&[act]).await.unwrap();
        assert_eq!(outcomes, [Imported::Appended]);
        RequestId(request)
    }

    pub(crate) async fn mark(&self, import: Uuid, mark: ImportMark) {
        let authority = Authority::parse(AUTHORITY).unwrap();
        let commands = &self.engine.commands;
        let marked = mark_import(commands, &authority, "shed", (import, mark), now());
        assert!(marked.await.unwrap());
    }

    pub(crate) async fn rebuilt_equals_live(&self) {
        let rebuilt = self
            .engine
            .runner
            .rebuild(PROJECTION, IfDifferent::Flip, &|_, _| {});
        let difference = rebuilt.await.unwrap();
        assert!(difference.difference.is_none(), "{difference:?}");
    }

    /// What the keeper does next; reminders that were raised meanwhile are none of the keeper's.
    pub(crate) async fn keep(
        &self,
        request: RequestId,
        name: &str,
        seen: i32,
        now: Timestamp,
    ) -> Result<Receipt, CommandError> {
        let ask = Ask::Moves {
            request,
            moves: asked(name),
        };
        self.ask("k.bain", ask, Some(seen), now).await
    }

    /// What a keeper asks for.
    pub(crate) async fn ask(
        &self,
        keeper: &str,
        ask: Ask,
        seen: Option<i32>,
        now: Timestamp,
    ) -> Result<Receipt, CommandError> {
        let command = command(person(keeper, "keeper"), ask, seen);
        self.engine.commands.execute(command, now).await
    }

    /// Until the read tables are at the head of the log.
    pub(crate) async fn read(&self) {
        self.engine.runner.run_until_idle().await.unwrap();
    }

    /// Looks, and lets the read table follow, until nothing comes any more.
    pub(crate) async fn sweep(&self, sweeper: &mut Sweeper, now: Timestamp) -> usize {
        let mut all = 0;
        loop {
            self.read().await;
            let mut raised = 0;
            loop {
                match sweeper.step(now).await.unwrap() {
                    Outcome::Raised(count) => raised += count,
                    Outcome::Passed(_) => {}
                    Outcome::Idle => break,
                }
            }
            if raised == 0 {
                return all;
            }
            all += raised;
        }
    }

    /// Every rung in the log of a request, in the order of the log.
    pub(crate) async fn raised(&self, request: RequestId) -> Vec<(Recorded, RungRaised)> {
        let loaded = self.engine.commands.load(AUTHORITY, request).await.unwrap();
        let events = loaded.events.into_iter();
        let rungs = events.filter_map(|(recorded, event)| match event {
            RequestEvent::RungRaised(raised) => Some((recorded, *raised)),
            RequestEvent::Act(_)
            | RequestEvent::Claimed { .. }
            | RequestEvent::Released { .. }
            | RequestEvent::ClaimLapsed(_)
            | RequestEvent::ClockExtended(_) => None,
        });
        rungs.collect()
    }

    /// The same, as `clock/spell/rung/occurrence`, of one clock.
    pub(crate) async fn steps(&self, request: RequestId, clock: &str) -> Vec<String> {
        let raised = self.raised(request).await;
        let names = raised.iter().map(|(_, raised)| raised.rung.to_string());
        let of_clock = names.filter(|name| name.starts_with(&format!("{clock}/")));
        of_clock.collect()
    }
}

impl Replica {
    pub(crate) fn sweeper(&self, pace: Pace) -> Sweeper {
        Sweeper::new(self.commands.clone(), find_due(&self.log), pace)
    }
}

pub(crate) fn find_due(log: &Log) -> FindDue {
    let pool = log.pool().clone();
    Arc::new(move |look| {
        let pool = pool.clone();
        Box::pin(async move { due_rungs::query(&pool, &look).await.map_err(|_| NotFound) })
    })
}

/// The read table without a request, for tests that fill it themselves.
pub(crate) async fn create_table(engine: &Engine) {
    let client = engine.log.pool().get().await.unwrap();
    shape::create::<due_rungs::DueRungs, _>(&client, &store::live_table::<due_rungs::DueRungs>())
        .await
        .unwrap();
}

pub(crate) fn asked(name: &str) -> Vec<AskedMove> {
    vec![AskedMove {
        move_name: MoveName::parse(name).unwrap(),
        data: json!({}),
    }]
}

pub(crate) fn command(actor: Principal, ask: Ask, if_match: Option<i32>) -> Command {
    Command {
        authority: Authority::parse(AUTHORITY).unwrap(),
        actor,
        on_behalf_of: None,
        key: Uuid::new_v4().to_string(),
        ask,
        if_match,
        occurred_at: None,
        provenance: Provenance::Live,
        correlation: Uuid::new_v4(),
        causation: None,
    }
}
