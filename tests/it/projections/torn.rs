//! Read tables under random cuts, crashes and a corrected calendar: what came step by step equals what
//! is built at once, and what is asked as known at a position equals what was told there.

use super::{AUTHORITY, worked};
use crate::support::WorkflowFiles;
use crate::support::engine::Engine;
use crate::timers::killed::{Killed, chance};
use jiff::Timestamp;
use rand::RngExt;
use rand::rngs::StdRng;
use rfa::domain::ids::{Authority, WorkflowName};
use rfa::log::connect::LogConfig;
use rfa::log::{Log, Position};
use rfa::projections::acts::{Reach, Story, stories};
use rfa::projections::known::Past;
use rfa::projections::rebuild::IfDifferent;
use rfa::projections::response_times::answer::query_known;
use rfa::projections::response_times::known::Known;
use rfa::projections::response_times::{Question, query};
use rfa::projections::team_caseloads::{self, Caseload};
use rfa::projections::{NAMES, Runner, lags};
use rfa::simulate::cast::Cast;
use rfa::simulate::run::{Settings, run};
use std::collections::BTreeSet;

const REQUESTS: usize = 60;
/// Events after which the calendar is corrected, in the middle of the work.
const CORRECTED_AFTER: i64 = 200;
/// Steps that are cut off before it may end.
const DEATHS_MIN: usize = 5;
/// Places that are asked about again.
const TOLD_MAX: usize = 25;

fn as_of() -> Timestamp {
    "2026-08-14T23:00:00Z".parse().unwrap()
}

fn question() -> Question {
    let workflow = WorkflowName::parse("request-for-assistance").unwrap();
    Question::whole(AUTHORITY, workflow, as_of())
}

/// What the tables with a past say at one place.
#[derive(Debug, PartialEq)]
struct Told {
    response_times: String,
    caseloads: Vec<Caseload>,
    acts: Vec<Story>,
}

impl Told {
    /// From the tables as they stand.
    async fn live(engine: &Engine, past: &Past) -> Self {
        let pool = engine.log.pool();
        let answer = query(pool, &past.declared, &question()).await.unwrap();
        let weights = past.declared.measures().map(|file| &file.caseload_weights);
        let rows = team_caseloads::query(pool, &caseloads(), weights).await;
        Self {
            response_times: serde_json::to_string(&answer).unwrap(),
            caseloads: rows.unwrap(),
            acts: acts(engine, Position(i64::MAX)).await,
        }
    }

    /// Asked later, as known at a place.
    async fn again(engine: &Engine, past: &Past) -> Self {
        let (pool, log) = (engine.log.pool(), &engine.log);
        let known = Known::at(pool, log, &question(), past.position)
            .await
            .unwrap();
        let answer = query_known(pool, &known, &question()).await.unwrap();
        let open = team_caseloads::known::open(pool, log, &caseloads(), past).await;
        let open = open.unwrap().into_iter().map(|(_, one)| one);
        Self {
            response_times: serde_json::to_string(&answer).unwrap(),
            caseloads: team_caseloads::together(open),
            acts: acts(engine, past.position).await,
        }
    }
}

fn caseloads() -> team_caseloads::Question {
    team_caseloads::Question {
        authority: AUTHORITY.to_owned(),
        as_of: as_of(),
    }
}

async fn acts(engine: &Engine, position: Position) -> Vec<Story> {
    let reach = Reach {
        authority: AUTHORITY.to_owned(),
        workflow: "request-for-assistance".to_owned(),
        as_of: as_of(),
        position: position.0,
    };
    stories(engine.log.pool(), &reach).await.unwrap()
}

/// Where all tables stand, if that is one place.
async fn standing(engine: &Engine) -> Option<Position> {
    let all = lags(engine.log.pool(), Position(0)).await.unwrap();
    let places: BTreeSet<i64> = all.iter().map(|lag| lag.position).collect();
    let one = places.first().copied().map(Position);
    one.filter(|_| places.len() == 1)
}

async fn replica(engine: &Engine) -> Runner {
    let config = LogConfig {
        database_url: engine.database.url.clone(),
        queue_commands_max: 1_000,
        pool_max: 6,
    };
    Runner::new(Log::connect(&config).await.unwrap())
}

/// Moves the tables on while the work goes on, and is killed at any of its awaits now and then.
struct Torn<'a> {
    engine: &'a Engine,
    dying: Runner,
    chance: StdRng,
    died: usize,
    told: Vec<(Past, Told)>,
}

impl Torn<'_> {
    async fn step(&mut self) {
        let polls = if self.chance.random_bool(0.7) {
            self.chance.random_range(1..10)
        } else {
            usize::MAX
        };
        let whole = async {
            // An error of a step that somebody else's commit overtook is tried again, as ever.
            drop(self.dying.step().await);
        };
        self.died += usize::from(Killed::after(polls, whole).await);
    }

    /// Nobody else moves the tables, but a step that was cut off may still land.
    async fn hear(&mut self) {
        let Some(position) = standing(self.engine).await else {
            return;
        };
        let is_told = self
            .told
            .last()
            .is_some_and(|(past, _)| past.position == position);
        if is_told || self.told.len() >= TOLD_MAX {
            return;
        }
        let past = Past::at(&self.engine.log, AUTHORITY, position)
            .await
            .unwrap();
        let told = Told::live(self.engine, &past).await;
        if standing(self.engine).await == Some(position) {
            self.told.push((past, told));
        }
    }

    async fn until_done(&mut self, work: impl Future<Output = ()> + Send + 'static) -> Position {
        let work = tokio::spawn(work);
        let begun = self.engine.log.head().await.unwrap().0;
        let mut corrected: Option<Position> = None;
        loop {
            let is_finished = work.is_finished();
            self.step().await;
            self.hear().await;
            let head = self.engine.log.head().await.unwrap();
            if corrected.is_none() && head.0 - begun > CORRECTED_AFTER {
                let closed = ("2025-10-06", "2025-12-19");
                assert_eq!(correct_calendar(self.engine, "torn", closed).await, 1);
                corrected = Some(head);
            }
            let is_done = is_finished && self.died >= DEATHS_MIN;
            if is_done && standing(self.engine).await == Some(head) {
                break;
            }
        }
        work.await.unwrap();
        corrected.expect("the work was long enough")
    }
}

/// More of the year's stories, each a commit of its own.
fn stories_of(engine: &Engine) -> impl Future<Output = ()> + Send + 'static {
    let commands = engine.commands.clone();
    let cast = Cast::of(commands.registry().of(AUTHORITY).organisation());
    let settings = Settings {
        seed: 11,
        requests: REQUESTS,
        last: jiff::civil::date(2026, 8, 14),
    };
    async move {
        let authority = Authority::parse(AUTHORITY).unwrap();
        let report = run(&commands, &authority, &cast, &settings, &|_, _| {}).await;
        let report = report.unwrap();
        assert_eq!(report.refused.len(), 0, "{report}");
    }
}

/// The council's offices turn out to be closed in a time when much is waited for. `name` is the test's own.
/// How many declarations are others than before.
pub(super) async fn correct_calendar(
    engine: &Engine,
    name: &str,
    (from, to): (&str, &str),
) -> usize {
    let files = WorkflowFiles::copied(name);
    let calendar = "calendars/south-ayrshire-council.yaml";
    files.change(calendar, "revision: 1\n", "revision: 2\n");
    let closure =
        format!("closures:\n  - {{ from: {from}, to: {to}, name: A strike, source: Invented }}\n");
    files.change(calendar, "closures:\n", &closure);
    let authority = Authority::parse("south-ayrshire").unwrap();
    let changed = rfa::commands::read_folder(files.folder(), &authority).unwrap();
    engine.publish(AUTHORITY, changed).await
}

#[tokio::test(flavor = "multi_thread")]
async fn live_rebuilt_and_as_known_are_the_same_however_the_log_is_cut_and_whoever_dies() {
    let engine = worked(5).await;
    let mut torn = Torn {
        engine: &engine,
        dying: replica(&engine).await,
        chance: chance(),
        died: 0,
        told: Vec::new(),
    };
    torn.dying.prepare().await.unwrap();
    let corrected = torn.until_done(stories_of(&engine)).await;
    let told = torn.told;
    for name in NAMES {
        let rebuilt = engine.runner.rebuild(name, IfDifferent::Flip, &|_, _| {});
        let difference = rebuilt.await.unwrap().difference;
        assert!(difference.is_none(), "{name}: {difference:?}");
    }
    let before = told.iter().filter(|(past, _)| past.position <= corrected);
    let before = before.count();
    assert!(
        before > 0 && before < told.len(),
        "{before} of {}",
        told.len()
    );
    for (past, live) in &told {
        let again = Told::again(&engine, past).await;
        assert_eq!(again, *live, "at {}", past.position);
    }
}
