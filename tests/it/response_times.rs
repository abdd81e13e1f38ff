//! Response times: the same answer for ever, periods, hidden counts, and the requests behind a
//! figure.

use crate::projections::{AUTHORITY, worked};
use crate::support::client::Served;
use crate::support::engine::{Engine, now};
use crate::support::until;
use jiff::Timestamp;
use rfa::commands::{Ask, AskedMove, Command, Provenance};
use rfa::domain::ids::{Authority, MoveName, RequestId, TeamId, WorkflowName};
use rfa::log::{Log, Position};
use rfa::projections::ReadPool;
use rfa::projections::known::Past;
use rfa::projections::response_times::answer::{ClockFigures, query_known};
use rfa::projections::response_times::known::Known;
use rfa::projections::response_times::opened::{Part, open};
use rfa::projections::response_times::published::publish;
use rfa::projections::response_times::{Answer, Question, Window, query};
use rfa::projections::team_caseloads::{self, Caseload};
use rfa::simulate::cast::Cast;
use rfa::statistics::disclosure::Policy;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use uuid::Uuid;

fn question() -> Question {
    let workflow = WorkflowName::parse("request-for-assistance").unwrap();
    Question::whole(AUTHORITY, workflow, at("2026-08-14T23:00:00Z"))
}

fn by(dimension: &str) -> Question {
    Question {
        by: Some(dimension.to_owned()),
        ..question()
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

async fn asked(engine: &Engine, question: &Question) -> Answer {
    let declared = engine.commands.registry().of(AUTHORITY);
    query(engine.log.pool(), &declared, question).await.unwrap()
}

async fn as_known(engine: &Engine, question: &Question, position: Position) -> Answer {
    let pool = engine.log.pool();
    let known = Known::at(pool, &engine.log, question, position)
        .await
        .unwrap();
    query_known(pool, &known, question).await.unwrap()
}

fn of<'a>(answer: &'a Answer, clock: &str) -> &'a ClockFigures {
    answer.clocks.iter().find(|one| one.clock == clock).unwrap()
}

/// Something that happened in June is only written down now.
async fn written_down_late(engine: &Engine, (request, team, version): &(Uuid, String, i32)) {
    let registry = engine.commands.registry();
    let cast = Cast::of(registry.of(AUTHORITY).organisation());
    let (request, team) = (*request, TeamId::parse(team).unwrap());
    let moves = vec![AskedMove {
        move_name: MoveName::parse("entered-in-error").unwrap(),
        data: json!({ "why": "test" }),
    }];
    let occurred_at = at("2026-08-14T20:00:00Z");
    let command = Command {
        authority: Authority::parse(AUTHORITY).unwrap(),
        actor: cast.leader(&team).unwrap().clone(),
        on_behalf_of: None,
        key: format!("late-{request}"),
        ask: Ask::Moves {
            request: RequestId(request),
            moves,
        },
        if_match: Some(*version),
        occurred_at: Some(occurred_at),
        provenance: Provenance::Synthetic,
        correlation: request,
        causation: None,
    };
    engine.commands.execute(command, now()).await.unwrap();
}

async fn open_requests(engine: &Engine) -> Vec<(Uuid, String, i32)> {
    let client = engine.database.connect().await;
    let open = "select request_id, team, version from read_model.request_list \
                where not ended and not restricted and team <> 'garf' order by 1 limit 12";
    let rows = client.query(open, &[]).await.unwrap();
    rows.iter()
        .map(|row| (row.get(0), row.get(1), row.get(2)))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_reported_comes_out_again_byte_for_byte_whatever_is_written_down_later() {
    let engine = worked(60).await;
    engine.runner.run_until_idle().await.unwrap();
    let period = Question {
        window: Window::Period {
            from: at("2026-04-01T00:00:00Z"),
            to: at("2026-07-01T00:00:00Z"),
        },
        ..by("locality")
    };
    let questions = [question(), by("team"), by("help_wanted"), period];
    let mut told: Vec<(Position, Vec<String>)> = Vec::new();
    let open = open_requests(&engine).await;
    assert!(open.len() > 5, "{} are open", open.len());
    for some in open.chunks(3) {
        let mut answers = Vec::new();
        for question in &questions {
            let answer = asked(&engine, question).await;
            answers.push(serde_json::to_string(&answer).unwrap());
        }
        told.push((engine.log.head().await.unwrap(), answers));
        for late in some {
            written_down_late(&engine, late).await;
        }
        engine.runner.run_until_idle().await.unwrap();
    }
    let distinct: BTreeSet<&String> = told.iter().map(|(_, answers)| &answers[0]).collect();
    assert_eq!(
        distinct.len(),
        told.len(),
        "what is learned late changes figures"
    );
    for (position, answers) in told {
        for (question, told) in questions.iter().zip(answers) {
            let again = as_known(&engine, question, position).await;
            assert_eq!(
                serde_json::to_string(&again).unwrap(),
                told,
                "at {position}"
            );
        }
    }
}

async fn caseloads(engine: &Engine) -> Vec<Caseload> {
    let declared = engine.commands.registry().of(AUTHORITY);
    let weights = declared.measures().map(|file| &file.caseload_weights);
    let question = caseload_question();
    let rows = team_caseloads::query(engine.log.pool(), &question, weights).await;
    rows.unwrap()
}

fn caseload_question() -> team_caseloads::Question {
    team_caseloads::Question {
        authority: AUTHORITY.to_owned(),
        as_of: at("2026-08-14T23:00:00Z"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn caseloads_come_out_again_as_they_were_known_with_the_weights_of_then() {
    let engine = worked(60).await;
    engine.runner.run_until_idle().await.unwrap();
    let mut told = Vec::new();
    let open = open_requests(&engine).await;
    for some in open.chunks(4) {
        told.push((engine.log.head().await.unwrap(), caseloads(&engine).await));
        for late in some {
            written_down_late(&engine, late).await;
        }
        engine.runner.run_until_idle().await.unwrap();
    }
    assert!(told.windows(2).all(|pair| pair[0].1 != pair[1].1));
    let before = Position(told[0].0.0 / 2);
    for (position, expected) in told.into_iter().chain([(before, Vec::new())]) {
        let past = Past::at(&engine.log, AUTHORITY, position).await.unwrap();
        let (pool, question) = (engine.log.pool(), caseload_question());
        let again = caseloads_then(pool, &engine.log, &question, &past).await;
        if position == before {
            // Another way to the same: a fold of what lay before it.
            assert_eq!(held(&again), held_by_then(&engine, position).await);
        } else {
            assert_eq!(again, expected, "as known at {position}");
        }
    }
}

async fn caseloads_then(
    pool: &ReadPool,
    log: &Log,
    question: &team_caseloads::Question,
    past: &Past,
) -> Vec<Caseload> {
    let open = team_caseloads::known::open(pool, log, question, past).await;
    team_caseloads::together(open.unwrap().into_iter().map(|(_, one)| one))
}

/// Open requests by team.
fn held(rows: &[Caseload]) -> BTreeMap<String, i64> {
    let mut teams = BTreeMap::new();
    for row in rows {
        *teams.entry(row.team.clone()).or_default() += row.count;
    }
    teams
}

async fn held_by_then(engine: &Engine, position: Position) -> BTreeMap<String, i64> {
    let client = engine.database.connect().await;
    let last = "select team from (
            select distinct on (request_id) request_id, team, ended from read_model.acts
            where position <= $1 order by request_id, number desc) as last
        where not ended";
    let mut teams = BTreeMap::new();
    for row in client.query(last, &[&position.0]).await.unwrap() {
        *teams.entry(row.get(0)).or_default() += 1;
    }
    teams
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_make_the_whole_except_where_several_codes_hold_at_once() {
    let engine = worked(80).await;
    engine.runner.run_until_idle().await.unwrap();
    let whole = asked(&engine, &question()).await;
    for dimension in [
        "team",
        "locality",
        "cluster",
        "requester_role",
        "agency",
        "age_band",
        "simd_quintile",
        "urgency",
    ] {
        let grouped = asked(&engine, &by(dimension)).await;
        for clock in &whole.clocks {
            let groups = grouped.clocks.iter().filter(|one| one.clock == clock.clock);
            let (mut started, mut met) = (0, 0);
            for group in groups {
                started += group.started;
                met += group.within_target;
            }
            assert_eq!(
                (started, met),
                (clock.started, clock.within_target),
                "{dimension}"
            );
        }
    }
    let needs = asked(&engine, &by("help_wanted")).await;
    let decided = needs.clocks.iter().filter(|one| one.clock == "decide");
    assert!(decided.map(|one| one.started).sum::<usize>() >= of(&whole, "decide").started);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quarter_counts_who_waited_in_it_and_only_the_days_that_fell_in_it() {
    let engine = worked(120).await;
    engine.runner.run_until_idle().await.unwrap();
    let (from, to) = (at("2026-01-01T00:00:00Z"), at("2026-04-01T00:00:00Z"));
    let with = |window| Question {
        window,
        ..question()
    };
    let period = asked(&engine, &with(Window::Period { from, to })).await;
    let cohort = asked(&engine, &with(Window::Cohort { from, to })).await;
    let client = engine.database.connect().await;
    let count = |condition: &'static str| {
        let client = &client;
        async move {
            let statement = format!(
                "select count(*) from read_model.response_times where clock = 'start_support' \
                 and started_at < '2026-04-01T00:00:00Z' and {condition}"
            );
            client
                .query_one(&statement, &[])
                .await
                .unwrap()
                .get::<_, i64>(0)
        }
    };
    let quarter = of(&period, "start_support");
    let alive = count("(ended_at is null or ended_at >= '2026-01-01T00:00:00Z')").await;
    assert_eq!(quarter.started as i64, alive);
    let still = count("(ended_at is null or ended_at > '2026-04-01T00:00:00Z')").await;
    assert_eq!(quarter.open as i64, still);
    let began = count("started_at >= '2026-01-01T00:00:00Z'").await;
    assert_eq!(of(&cohort, "start_support").started as i64, began);
    assert_eq!(
        quarter.closed_only_days.median, None,
        "never closed in the quarter alone"
    );
    assert!(quarter.fewest_at_risk.is_some());
    assert!(quarter.started > of(&cohort, "start_support").started);
}

#[tokio::test(flavor = "multi_thread")]
async fn pauses_ways_to_end_and_the_childs_own_wait_stand_side_by_side() {
    let engine = worked(150).await;
    engine.runner.run_until_idle().await.unwrap();
    let answer = asked(&engine, &question()).await;
    let decide = of(&answer, "decide");
    let median =
        |quantiles: &rfa::projections::response_times::answer::Quantiles| quantiles.median.unwrap();
    assert!(decide.pause_share.unwrap() > 0.0);
    assert!(median(&decide.adjusted_for_pauses_days) <= median(&decide.kaplan_meier_days));
    let allocate = of(&answer, "allocate");
    assert!(median(&allocate.childs_wait_days) > median(&allocate.kaplan_meier_days));
    let outcomes: BTreeSet<&str> = decide.outcomes.iter().map(|o| o.outcome.as_str()).collect();
    assert!(
        outcomes.is_superset(&BTreeSet::from(["help-agreed", "not-agreed"])),
        "{outcomes:?}"
    );
    let ended: usize = decide.outcomes.iter().map(|outcome| outcome.count).sum();
    assert_eq!(ended, decide.stopped + decide.cancelled);
    let chance: f64 = decide
        .outcomes
        .iter()
        .map(|o| o.chance_by_days["40"][0])
        .sum();
    assert!(chance <= 1.0 + 1e-9 && chance > 1.0 - decide.survival_at_days["40"] - 1e-9);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_count_opens_to_as_many_requests() {
    let engine = worked(80).await;
    engine.runner.run_until_idle().await.unwrap();
    let declared = engine.commands.registry().of(AUTHORITY);
    let mut question = by("locality");
    question.clock = Some(rfa::domain::ids::ClockName::parse("decide").unwrap());
    let answer = asked(&engine, &question).await;
    for group in &answer.clocks {
        let figures = serde_json::to_value(group).unwrap();
        for (name, part) in Part::NAMES {
            let pool = engine.log.pool();
            let of = (part, group.group.as_deref());
            let opened = open(pool, &declared, None, &question, of).await.unwrap();
            assert_eq!(Some(opened.len() as u64), figures[name].as_u64(), "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_hides_small_counts_and_gives_no_rates_of_few() {
    let engine = worked(120).await;
    engine.runner.run_until_idle().await.unwrap();
    let policy = Policy::DEFAULT;
    let answer = asked(&engine, &by("cluster")).await;
    let published = publish(&answer, policy);
    let (mut hidden, mut shown) = (0, 0);
    for (figures, public) in answer.clocks.iter().zip(&published.clocks) {
        let counts = [
            public.started,
            public.within_target,
            public.missed_stopped,
            public.missed_open,
            public.undecided,
            public.cancelled,
        ];
        assert!(
            counts
                .iter()
                .flatten()
                .all(|count| !policy.is_small(*count))
        );
        hidden += counts.iter().filter(|count| count.is_none()).count();
        shown += counts.iter().flatten().count();
        let few = figures.started < 20;
        assert!(!few || public.median_days.is_none() && public.share_within_target.is_none());
    }
    assert!(hidden > 10 && shown > 10, "{hidden} hidden, {shown} shown");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_makes_no_sense_is_a_problem_and_never_an_empty_chart() {
    let served = Served::start().await;
    served.sent().await;
    for (query, pointer) in [
        ("view=cohort&from=2099-01-01&to=2099-04-01", "#query/from"),
        ("view=period&from=2026-04-01&to=2026-04-01", "#query/to"),
        ("view=period&from=2026-04-01", "#query/view"),
        ("from=2026-04-01&to=2026-05-01", "#query/from"),
        ("view=quarter", "#query/view"),
        ("as_of=2099-01-01", "#query/as_of"),
        ("as_known_on=2099-01-01", "#query/as_known_on"),
        ("as_known_on=2001-01-01", "#query/as_known_on"),
        ("only=age_band", "#query/only"),
    ] {
        let answer = served
            .get(&format!("/response-times?{query}"), "manager.service")
            .await;
        assert_eq!(answer.status, 400, "{query}: {}", answer.text);
        assert_eq!(answer.body["errors"][0]["pointer"], pointer, "{query}");
    }
    // Which dimensions there are is known with the first request in the table.
    let path = "/response-times?only=hat-size:7";
    let unknown = until("the request counts", Duration::from_secs(20), async || {
        let answer = served.get(path, "manager.service").await;
        (answer.status != 200).then_some(answer)
    })
    .await;
    assert_eq!(unknown.status, 400, "{}", unknown.text);
    assert!(
        unknown.body["allowed"]
            .as_array()
            .unwrap()
            .contains(&json!("locality"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_opens_for_those_with_a_duty_and_an_analyst_sees_no_small_count() {
    let served = Served::start().await;
    let id = served.sent().await;
    let path = "/response-times/requests?clock=acknowledge&part=open";
    let seen = |answer: &Value| answer["requests"][0]["id"].as_str().map(str::to_owned);
    let manager = until("the request counts", Duration::from_secs(20), async || {
        let answer = served.get(path, "manager.service").await;
        (answer.body["count"] == 1).then_some(answer)
    })
    .await;
    assert_eq!(seen(&manager.body), Some(id.to_string()));
    assert_eq!(
        manager.body["requests"][0]["events"][0]["event"],
        "request-sent"
    );
    let of_team = format!("{path}&only=team:carrick-team");
    let own = served.get(&of_team, "lead.carrick").await;
    assert_eq!(seen(&own.body), Some(id.to_string()), "{}", own.text);
    for (path, person) in [
        (path, "lead.carrick"),
        (of_team.as_str(), "lead.ayr-north"),
        (path, "lead.ayr-north"),
    ] {
        let other = served.get(path, person).await;
        assert_eq!(other.status, 403, "{person}, {path}: {}", other.text);
    }
    assert_eq!(served.get(path, "analyst.partnership").await.status, 403);
    let published = served.get("/response-times", "analyst.partnership").await;
    assert_eq!(published.status, 200, "{}", published.text);
    assert!(!published.text.contains(&id.to_string()));
    let today = served
        .get("/response-times?as_of=2026-08-14", "analyst.partnership")
        .await;
    assert_eq!(today.body["errors"][0]["pointer"], "#query/as_of");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_that_would_isolate_a_child_is_refused_where_figures_leave_the_view_of_a_duty() {
    let served = Served::start().await;
    served.sent().await;
    let path = "/response-times?only=team:carrick-team";
    until("the request counts", Duration::from_secs(20), async || {
        let answer = served.get(path, "manager.service").await;
        (answer.body["clocks"][0]["started"] == 1).then_some(())
    })
    .await;
    // Figures that leave are of whole months: as if it had been asked for in June.
    let owner = served.database().connect().await;
    let earlier = "update read_model.response_times set started_at = '2026-06-10T09:00Z'";
    owner.batch_execute(earlier).await.unwrap();
    let refused = served.get(path, "analyst.partnership").await;
    assert_eq!(refused.status, 400, "{}", refused.text);
    let error = &refused.body["errors"][0];
    assert_eq!(error["pointer"], "#query/only");
    assert!(
        error["what"].as_str().unwrap().contains("recognised"),
        "{error}"
    );
    let whole = served.get("/response-times", "analyst.partnership").await;
    assert_eq!(whole.status, 200, "{}", whole.text);
    assert_eq!(whole.body["clocks"][0]["started"], Value::Null);
}
