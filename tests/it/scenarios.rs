//! Scenarios: the shipped ones hold, one that tells otherwise fails at its place, and a server does
//! with every step what the walk does.

use crate::support::WorkflowFiles;
use crate::support::engine::{Engine, workflows};
use jiff::Timestamp;
use rfa::commands::{Ask, Command, CommandError, Folder, OpenedOn, Provenance};
use rfa::domain::ids::{Authority, Reference, RequestId};
use rfa::domain::request::actor::Principal;
use rfa::domain::request::event::RequestEvent;
use rfa::domain::request::rung::find_ready;
use rfa::domain::request::state::RequestState;
use rfa::domain::time::clock::Clocks;
use rfa::domain::workflow::located::{Node, Problem, Yaml, read};
use rfa::domain::workflow::scenario::{
    Does, Doing, Scenario, Stage, Told, parse_scenario_placed, walk,
};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use uuid::Uuid;

const STORIES: &str = "request-for-assistance/scenarios";

fn run(folder: &Path, options: &[&str]) -> (i32, String) {
    let run = std::process::Command::new(env!("CARGO_BIN_EXE_rfa"))
        .args(["workflow", "test", "."])
        .args(options)
        .current_dir(folder)
        .output()
        .unwrap();
    let text = String::from_utf8(run.stdout).unwrap();
    (run.status.code().unwrap(), text)
}

fn texts(folder: &str, extension: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(workflows().join(folder)).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == extension) {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            found.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
    found.sort();
    found
}

#[test]
fn the_shipped_scenarios_hold_and_walk_through_every_move_and_clock() {
    let (code, text) = run(&workflows(), &[]);
    assert_eq!(code, 0, "{text}");
    let told = text
        .lines()
        .filter(|line| line.starts_with("  ok    "))
        .count();
    assert_eq!(told, texts(STORIES, "yaml").len());
    assert!(text.contains("  all 38 moves walked through\n"), "{text}");
    assert!(text.contains("  all 11 clocks walked through\n"), "{text}");
    assert!(text.contains("  all 35 rungs walked through\n"), "{text}");
    assert!(
        text.ends_with(&format!("OK (scenarios: {told})\n")),
        "{text}"
    );
}

#[test]
fn programs_get_what_was_walked_as_json() {
    let (code, text) = run(&workflows(), &["--format", "json"]);
    assert_eq!(code, 0);
    let said: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(said["ok"], true);
    let ours = said["organisations"].as_array().unwrap();
    let ours = ours.iter().find(|o| o["organisation"] == "south-ayrshire");
    let ours = ours.unwrap();
    assert_eq!(
        ours["coverage"][0]["moves"]["not_walked"],
        Value::Array(vec![])
    );
    assert_eq!(ours["scenarios"][0]["misses"], Value::Array(vec![]));
}

#[test]
fn a_scenario_that_tells_otherwise_fails_at_its_place() {
    let files = WorkflowFiles::copied("scenario-otherwise");
    files.change(
        "request-for-assistance/scenarios/03-a-question.yaml",
        "decide: Fri 2026-06-12",
        "decide: Thu 2026-06-11",
    );
    files.change(
        "request-for-assistance/scenarios/18-who-may.yaml",
        "refused: not-found",
        "refused: not-claimed",
    );
    let (code, text) = run(files.folder(), &[]);
    assert_eq!(code, 1);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let place = "./request-for-assistance/scenarios/03-a-question.yaml:30:14, Tue 2026-06-09 11:00";
    let at = lines.iter().position(|line| *line == place);
    let at = at.unwrap_or_else(|| panic!("{text}"));
    assert_eq!(lines[at + 1], "expected  decide: due Thu 2026-06-11");
    assert_eq!(lines[at + 2], "found     decide: due Fri 2026-06-12");
    let said = "found     refused: not-found (there is no such request)";
    assert!(lines.contains(&said), "{text}");
}

#[test]
fn a_move_that_no_scenario_walks_through_is_told_and_warned_of() {
    let files = WorkflowFiles::copied("scenario-uncovered");
    std::fs::remove_file(
        files
            .folder()
            .join(STORIES)
            .join("16-the-resource-group.yaml"),
    )
    .unwrap();
    let (code, text) = run(files.folder(), &[]);
    assert_eq!(code, 0);
    let missing = "37 of 38 moves walked through; not: ask-garf";
    assert!(text.contains(missing), "{text}");
    let check = std::process::Command::new(env!("CARGO_BIN_EXE_rfa"))
        .args(["workflow", "check", "."])
        .current_dir(files.folder())
        .output()
        .unwrap();
    let text = String::from_utf8(check.stdout).unwrap();
    let warned = "warning W26: no scenario walks through `ask-garf`";
    assert!(text.contains(warned), "{text}");
}

#[test]
fn a_rung_that_no_scenario_waits_for_is_named_and_warned_of_at_its_clock() {
    let files = WorkflowFiles::copied("scenario-rungs");
    let story = files.folder().join(STORIES).join("24-who-is-told.yaml");
    std::fs::remove_file(story).unwrap();
    let (code, text) = run(files.folder(), &[]);
    assert_eq!(code, 0);
    let missing =
        "  32 of 35 rungs walked through; not: take_over 0, take_over +1wd, inform +1wd\n";
    assert!(text.contains(missing), "{text}");
    let check = std::process::Command::new(env!("CARGO_BIN_EXE_rfa"))
        .args(["workflow", "check", "."])
        .current_dir(files.folder())
        .output()
        .unwrap();
    let text = String::from_utf8(check.stdout).unwrap();
    let warned = "warning W26: no scenario waits until the rung +1wd of `take_over` is raised";
    assert!(text.contains(warned), "{text}");
}

#[test]
fn who_is_told_otherwise_than_the_scenario_says_is_a_miss_at_its_place() {
    let files = WorkflowFiles::copied("scenario-told");
    files.change(
        "request-for-assistance/scenarios/24-who-is-told.yaml",
        "raised: { allocate: [+5wd] }, told: { allocate: [manager] }",
        "raised: { allocate: [] }, told: { allocate: [team-lead] }",
    );
    let (code, text) = run(files.folder(), &[]);
    assert_eq!(code, 1);
    let said = "expected  raised of allocate: none\n          found     raised of allocate: +5wd";
    assert!(text.contains(said), "{text}");
    let said =
        "expected  told of allocate: team-lead\n          found     told of allocate: manager";
    assert!(text.contains(said), "{text}");
    // A step without a day of its own is told with the day that it comes to.
    let when = ", Tue 2026-08-04 09:00, 5wd after the step before\n";
    assert!(text.contains(when), "{text}");
}

#[test]
fn a_story_that_goes_back_in_time_ends_there() {
    let files = WorkflowFiles::copied("scenario-back");
    files.change(
        "request-for-assistance/scenarios/24-who-is-told.yaml",
        "- { after: 10wd, expect",
        "- { after: 30wd, expect",
    );
    let (code, text) = run(files.folder(), &[]);
    assert_eq!(code, 1);
    let said = "expected  not before the step before it\n          found     Mon 2026-07-20 10:00";
    assert!(text.contains(said), "{text}");
}

fn problems(change: (&str, &str)) -> Vec<Problem> {
    let file = workflows().join(STORIES).join("02-one-act.yaml");
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.contains(change.0));
    let text = text.replacen(change.0, change.1, 1);
    parse_scenario_placed("02-one-act.yaml", &text).unwrap_err()
}

#[test]
fn a_scenario_file_that_cannot_be_meant_is_refused_at_its_place() {
    let cases = [
        (
            "Mon 2026-06-01 14:00",
            "Tue 2026-06-01 14:00",
            "2026-06-01 is a Mon",
        ),
        (
            "Mon 2026-06-01 14:00",
            "Mon 2026-06-01",
            "a weekday, a date and a time",
        ),
        (
            "Mon 2026-06-01 15:10",
            "Mon 2026-06-01 11:10",
            "not before the step before it",
        ),
        (
            "{ at: Mon 2026-06-01 10:00",
            "{ after: 1wd",
            "`at` in the first step",
        ),
        (
            "{ at: Mon 2026-06-01 10:00",
            "{ at: Mon 2026-06-01 10:00, after: 1wd",
            "one of `at` and `after`",
        ),
        (
            "at: Mon 2026-06-01 14:00",
            "after: P1D",
            "5wd (working days)",
        ),
        ("refused: data", "refused: dates", "data"),
        ("    as: duty.carrick\n", "", "both of `as` and `do`"),
        (
            "      worker: duty.carrick",
            "      werker: duty.carrick",
            "worker",
        ),
        ("format: 1", "format: 2", "1"),
    ];
    for (from, to, allowed) in cases {
        let found = problems((from, to));
        assert_eq!(found.len(), 1, "{to}: {found:#?}");
        assert!(found[0].allowed.contains(allowed), "{to}: {found:#?}");
        assert!(found[0].line > 0);
    }
}

fn json(node: &Node) -> Value {
    match &node.yaml {
        Yaml::Null => Value::Null,
        Yaml::Bool(value) => Value::Bool(*value),
        Yaml::Number(number) => Value::Number(number.clone()),
        Yaml::Text(text) | Yaml::BareDate(text) => Value::String(text.clone()),
        Yaml::List(items) => items.iter().map(json).collect(),
        Yaml::Map(entries) => {
            let pairs = entries.iter().map(|e| (e.key.clone(), json(&e.value)));
            Value::Object(pairs.collect::<Map<_, _>>())
        }
    }
}

fn people() -> Vec<Principal> {
    let (name, text) = texts("people", "yaml").remove(0);
    let root = json(&read(&name, &text).unwrap());
    let people = root["people"].as_array().unwrap().clone();
    people
        .into_iter()
        .map(|mut person| {
            person.as_object_mut().unwrap().remove("title");
            serde_json::from_value(person).unwrap()
        })
        .collect()
}

/// A scenario told to a server: the same steps as commands over a real log.
struct Server {
    engine: Engine,
    people: Vec<Principal>,
    examples: BTreeMap<String, Value>,
}

impl Server {
    async fn start() -> Self {
        let engine = Engine::start().await;
        engine.publish_folder("south-ayrshire").await;
        let people = people();
        let grants = people.iter().map(rfa::commands::Declaration::grants);
        let grants = grants.collect::<Result<Vec<_>, _>>().unwrap();
        engine.publish("south-ayrshire", grants).await;
        let examples = texts("request-for-assistance/examples", "json")
            .into_iter()
            .map(|(name, text)| (name, serde_json::from_str(&text).unwrap()))
            .collect();
        Self {
            engine,
            people,
            examples,
        }
    }

    async fn act(
        &self,
        at: Timestamp,
        doing: &Doing,
        known: Option<RequestId>,
        references: &BTreeMap<String, Reference>,
    ) -> Result<RequestId, CommandError> {
        let moves = match &doing.does {
            Does::Claim(_) | Does::Release(_) | Does::Extend { .. } | Does::Open => Vec::new(),
            Does::Moves(moves) => moves
                .iter()
                .map(|done| done.asked(&self.examples, references).unwrap())
                .collect(),
        };
        let ask = match (known, &doing.does) {
            (None, _) => Ask::Open {
                workflow: "request-for-assistance".parse().unwrap(),
                moves,
            },
            (Some(request), Does::Claim(reason)) => Ask::Claim {
                request,
                reason: reason.clone(),
            },
            (Some(request), Does::Release(reason)) => Ask::Release {
                request,
                reason: reason.clone(),
            },
            (Some(request), Does::Extend { clock, by, reason }) => Ask::Extend {
                request,
                clock: clock.clone(),
                by: *by,
                reason: reason.clone(),
            },
            (Some(request), Does::Open) => {
                let authority = "south-ayrshire";
                self.engine.read(authority, request, &doing.by).await;
                let on = OpenedOn::Page;
                Ask::Opening { request, on }
            }
            (Some(request), Does::Moves(_)) => Ask::Moves { request, moves },
        };
        let if_match = match known {
            None => None,
            Some(request) => Some(self.load(request).await.0.version()),
        };
        let actor = self.people.iter().find(|p| p.id == doing.by).unwrap();
        let command = Command {
            authority: Authority::parse("south-ayrshire").unwrap(),
            actor: actor.clone(),
            on_behalf_of: None,
            key: Uuid::new_v4().to_string(),
            ask,
            if_match,
            occurred_at: None,
            provenance: Provenance::Live,
            correlation: Uuid::new_v4(),
            causation: None,
        };
        let receipt = self.engine.commands.execute(command, at).await?;
        Ok(receipt.request_id)
    }

    async fn load(&self, request: RequestId) -> (RequestState, Vec<(Timestamp, RequestEvent)>) {
        let loaded = self.engine.commands.load("south-ayrshire", request).await;
        let loaded = loaded.unwrap();
        let events = loaded.events.into_iter();
        let events = events.map(|(recorded, event)| (recorded.occurred_at, event));
        (loaded.state, events.collect())
    }

    /// What the server makes of a scenario, by the name of each request.
    async fn play(&self, scenario: &Scenario) -> BTreeMap<String, Told> {
        let mut requests: BTreeMap<String, RequestId> = BTreeMap::new();
        let mut references = BTreeMap::new();
        let declared = self.engine.commands.registry().of("south-ayrshire");
        let own = declared.organisation().default_calendar();
        let moments = scenario.moments(declared.calendars().load(&own).unwrap());
        for (step, at) in scenario.steps.iter().zip(moments) {
            let known = requests.get(&step.request).copied();
            if let Some(request) = known {
                self.wait(request, at).await;
            }
            let Some(doing) = &step.doing else { continue };
            match (self.act(at, doing, known, &references).await, &step.refused) {
                (Ok(request), None) => {
                    let (state, _) = self.load(request).await;
                    let reference = state.find().unwrap().opening.reference.clone();
                    references.insert(step.request.clone(), reference);
                    requests.insert(step.request.clone(), request);
                }
                (Err(CommandError::Refused(refusal)), Some(refused)) => {
                    assert_eq!(refusal.code(), refused.code);
                }
                (Err(CommandError::Data { .. }), Some(refused)) => assert_eq!(refused.code, "data"),
                (outcome, refused) => {
                    panic!("{}, {at}: {outcome:?}, {refused:?}", scenario.title)
                }
            }
        }
        let mut told = BTreeMap::new();
        for (name, request) in requests {
            told.insert(name, self.told(request).await);
        }
        told
    }

    /// Raises what is due by then, the earliest first.
    async fn wait(&self, request: RequestId, at: Timestamp) {
        loop {
            let told = self.told(request).await;
            let present = told.state.find().unwrap();
            let declared = self.engine.commands.registry().of("south-ayrshire");
            let workflow = declared.find_workflow(&present.opening.definition).unwrap();
            let on = (declared.calendars(), at);
            let ready = find_ready(&told.clocks, &workflow.definition, &present.raised, on);
            let Some(rung) = ready.unwrap() else { return };
            let command = Command {
                authority: Authority::parse("south-ayrshire").unwrap(),
                actor: Principal::engine(),
                on_behalf_of: None,
                key: format!("{request}/{rung}"),
                ask: Ask::Raise { request, rung },
                if_match: None,
                occurred_at: Some(at),
                provenance: Provenance::Synthetic,
                correlation: Uuid::new_v4(),
                causation: None,
            };
            self.engine.commands.execute(command, at).await.unwrap();
        }
    }

    async fn told(&self, request: RequestId) -> Told {
        use rfa::domain::request::clocks::ClockGround;
        let (state, events) = self.load(request).await;
        let declared = self.engine.commands.registry().of("south-ayrshire");
        let opening = state.find().unwrap().opening.clone();
        let workflow = declared.find_workflow(&opening.definition).unwrap();
        let ground = ClockGround {
            definition: &workflow.definition,
            organisation: declared.organisation(),
            agency: opening.agency.as_ref(),
            received_at: opening.received_at,
        };
        let mut clocks = Clocks::default();
        for (at, event) in &events {
            ground.follow(&mut clocks, event, *at);
        }
        Told {
            state,
            clocks,
            raised: Vec::new(),
            opened: BTreeSet::new(),
        }
    }
}

/// What chance gave a request is its own; and a walk has no other requests by which it could know
/// whether help was asked for before.
fn without_chance(told: &Told) -> (Value, &Clocks) {
    let mut state = serde_json::to_value(&told.state).unwrap();
    if let Some(code) = state.pointer_mut("/Present/asked_for/derived/asked_before") {
        assert!(code.take().is_string());
    }
    if let Some(opening) = state.pointer_mut("/Present/opening") {
        opening["reference"] = Value::Null;
        opening["child"] = Value::Null;
    }
    let links = state
        .pointer_mut("/Present/links")
        .and_then(Value::as_array_mut);
    for link in links.into_iter().flatten() {
        link["request"] = Value::Null;
    }
    (state, &told.clocks)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_does_with_every_scenario_what_the_walk_does() {
    let server = Server::start().await;
    let authority = Authority::parse("south-ayrshire").unwrap();
    let folder = Folder::read(&workflows(), &authority).unwrap();
    assert!(folder.problems.is_empty());
    let declared = server.engine.commands.registry().of("south-ayrshire");
    let name = "request-for-assistance".parse().unwrap();
    let stage = Stage {
        declared: &declared,
        workflow: declared.newest_workflow(&name).unwrap(),
        examples: &server.examples,
    };
    for (file, text) in texts(STORIES, "yaml") {
        let (scenario, _) = parse_scenario_placed(&file, &text).unwrap();
        let walked = walk(&scenario, &stage);
        assert_eq!(walked.misses, [], "{file}");
        let served = server.play(&scenario).await;
        let opened = walked
            .requests
            .iter()
            .filter(|(_, t)| t.state.find().is_some());
        let opened: BTreeMap<_, _> = opened.collect();
        assert_eq!(opened.len(), served.len(), "{file}");
        for (request, told) in opened {
            let ours = without_chance(told);
            assert_eq!(ours, without_chance(&served[request]), "{file}, {request}");
        }
    }
}
