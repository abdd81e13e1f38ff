//! A workflow in plain English: nothing is left out, and the sentences are right.

use crate::diagram::definition_of;
use rfa::domain::ids::{ClockName, MoveName, StateName};
use rfa::domain::workflow::Definition;
use rfa::domain::workflow::definition::Target;
use rfa::domain::workflow::explain::{Beside, Part, explain};
use std::process::Command;

const SHIPPED: &str = "workflows/request-for-assistance/v1.yaml";
const SMALL: &str = "tests/workflows/lint/small/v1.yaml";

/// What the program prints, in one line.
fn said(file: &str, part: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_rfa"))
        .args(["workflow", "explain", file])
        .args(part)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_clear()
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    in_one_line(&text)
}

fn in_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn told(definition: &Definition, part: &Part) -> String {
    explain(definition, &Beside::default(), part).unwrap()
}

#[track_caller]
fn assert_says(text: &str, sentences: &[&str]) {
    for sentence in sentences {
        assert!(text.contains(sentence), "missing: {sentence}\n\nin: {text}");
    }
}

#[test]
fn every_state_move_clock_and_route_is_told() {
    for file in [SHIPPED, "workflows/permit-receipt/v1.yaml", SMALL] {
        let definition = definition_of(file);
        let text = in_one_line(&told(&definition, &Part::Whole));
        for (name, rule) in &definition.states {
            assert_says(
                &text,
                &[&format!("{} ({name}) {}", rule.title, rule.meaning)],
            );
        }
        for rule in definition.moves.values() {
            assert_says(&text, &[&rule.title]);
        }
        for (name, rule) in &definition.clocks {
            let is_moment = matches!(rule.target, Target::NextWorkingDayAt(_));
            let within = if is_moment { "By" } else { "Within" };
            assert_says(&text, &[&format!("{} ({name}) {within} ", rule.title)]);
        }
        for rule in &definition.routing {
            let because = rule.because.to_lowercase();
            assert!(
                text.to_lowercase()
                    .contains(&format!("(because: {because})")),
                "{because}"
            );
        }
    }
}

#[test]
fn each_part_can_be_told_alone() {
    for file in [SHIPPED, "workflows/permit-receipt/v1.yaml", SMALL] {
        let definition = definition_of(file);
        let states = definition.states.keys().cloned().map(Part::State);
        let moves = definition.moves.keys().cloned().map(Part::Move);
        let clocks = definition.clocks.keys().cloned().map(Part::Clock);
        for part in states.chain(moves).chain(clocks) {
            let text = told(&definition, &part);
            assert!(text.lines().count() > 3, "{text}");
            assert!(!text.contains(".."), "{text}");
            assert!(!text.contains("  .") && !text.contains(" ,"), "{text}");
        }
    }
}

#[test]
fn lines_fit_a_terminal() {
    let text = told(&definition_of(SHIPPED), &Part::Whole);
    let long: Vec<&str> = text
        .lines()
        .filter(|line| line.chars().count() > 100)
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn a_request_begins_and_finds_its_team() {
    let text = said(SHIPPED, &[]);
    assert_says(
        &text,
        &[
            "Send a request for assistance (send) By a named person or lead professional. The request \
             is then “Sent”.",
            "The first of these that fits; no request is ever without a team.",
            "If “What help is wanted” includes “substance use”: “Substance use team” (because: help with \
             substance use was asked for).",
            "If the locality is known: the receiving team of the locality (because: the child's locality).",
            "Otherwise: “Requests that no rule could place” (because: no locality could be found).",
        ],
    );
}

#[test]
fn a_state_says_who_holds_it_and_what_each_may_do_next() {
    let text = said(SHIPPED, &["--state", "awaiting-answer"]);
    assert_says(
        &text,
        &[
            "It is held by whoever asked for help. While their school or office is closed, whoever \
             answers for the requester meanwhile may act for them. These clocks stand still here: “The team has \
             decided”, “Somebody has spoken with the family” and “Help has started”.",
            "Answer the question. By whoever asked for help or whoever answers for the requester \
             meanwhile. The request is then “Seen”. To be given: “Answer”.",
            "Agree to help. By whoever has claimed the request and opened it, the named worker who has \
             opened the request, the leader of the team that holds the request and who has opened it or \
             a member of the team who has opened the request, but never by whoever took the last \
             decision or whoever asked for help.",
            "If “Named worker” is given, the request is then “Worker named”; otherwise the request is \
             then “Help agreed”.",
            "In every state, so here too: “Tell the requester”,",
        ],
    );
    let text = said(SHIPPED, &["--state", "worker-named"]);
    assert_says(
        &text,
        &["It is held by the named worker, or the team while there is none."],
    );
    let text = said(SHIPPED, &["--state", "sent"]);
    assert_says(
        &text,
        &["A request begins here.", "Nothing has to be given."],
    );
    let text = said(SHIPPED, &["--state", "ended"]);
    assert_says(&text, &["The request is over: no clock is owed any more."]);
}

#[test]
fn a_clock_says_its_calendar_what_moves_it_and_who_waits_for_whom() {
    let text = said(SHIPPED, &["--clock", "decide"]);
    assert_says(
        &text,
        &[
            "Within 5 working days of the team's calendar (“South Ayrshire Council offices”). This is \
             what the service promises.",
            "It starts with “Send a request for assistance” or “Ask to look again”, counted from when \
             help was first asked for.",
            "It is met with “Agree to help” or “Not agreed (advice given)”.",
            "“End” or “Write down the result” (if “Result” is “child protection”).",
            "It stands still while the request is “Question asked”, for at most 10 working days at a \
             time; then it runs again by itself.",
            "While it is “Question asked” the team waits for whoever asked for help, and “The question \
             is answered” (answer) runs instead: 5 working days.",
        ],
    );
    let text = said(SHIPPED, &["--clock", "acknowledge"]);
    assert_says(&text, &["Within 1 working day of the team's calendar"]);
    let text = said(SHIPPED, &["--clock", "review"]);
    assert_says(&text, &["Within 12 weeks, weekends and holidays included."]);
    let text = said(SHIPPED, &["--clock", "answer"]);
    assert_says(
        &text,
        &[
            "5 working days of the calendar of whoever asked for help (at a school its holidays do not count)",
        ],
    );
}

#[test]
fn a_clock_that_is_due_at_a_time_of_the_day_says_so() {
    let text = said(SHIPPED, &["--clock", "take_over"]);
    assert_says(
        &text,
        &["By 10:00 on the next working day of the calendar “South Ayrshire Council offices”."],
    );
}

#[test]
fn a_concern_is_told_apart() {
    let text = said(SHIPPED, &[]);
    assert_says(
        &text,
        &[
            "If a child may be in danger",
            "Phone first, write it down then. It can be done in every state, and it is taken whatever \
             anybody else did meanwhile. - Police and ambulance, if a child is in danger now: 999.",
            "Social work out of hours, all of Ayrshire, outside the hours of “South Ayrshire Council \
             offices”: ",
            "From “Help agreed” or “Waiting for help”: the request is then “Moved to another process” \
             (agreed-with-child-protection). Everywhere else the request stays where it is.",
            "From then on “A person has answered for the concern” runs: 15 minutes.",
            "The concern stays red until this is written down: who answered, on which number, and when. \
             It ends the alarm and nothing else.",
            "From then on “A responder has taken the concern over” runs: 10:00 on the next working day.",
            "Whoever does this holds the concern from then on, by name.",
            "Only whoever holds the concern can say this. If “Result” is being looked at, the concern stays \
             open.",
        ],
    );
}

#[test]
fn a_move_says_each_field_that_it_asks_for_and_the_clocks_it_moves() {
    let text = said(SHIPPED, &["--move", "spoke-with-family"]);
    assert_says(
        &text,
        &[
            "From “Worker named”: the request is then “In touch”.",
            "or “Looked at again” the request stays where it is.",
            "It stops “Somebody has spoken with the family”.",
            "To be given ----------- - “With whom”: Who took part.",
            "May be given ------------ - “The family wants help”:",
        ],
    );
}

#[test]
fn without_files_beside_it_teams_and_calendars_go_by_their_names() {
    let definition = definition_of(SMALL);
    let clock = Part::Clock(ClockName::parse("decide").unwrap());
    let text = in_one_line(&told(&definition, &clock));
    assert_says(&text, &["Within 5 working days of the calendar `office`."]);
    let text = in_one_line(&told(&definition, &Part::Whole));
    assert_says(
        &text,
        &["If “How soon” is “urgent”: the team `urgent-desk` (because: it is urgent)."],
    );
    let state = Part::State(StateName::parse("asked").unwrap());
    let text = in_one_line(&told(&definition, &state));
    assert_says(
        &text,
        &["This clock stands still here: “The team has decided”."],
    );
}

#[test]
fn an_unknown_part_is_refused_with_what_there_is() {
    let definition = definition_of(SMALL);
    let part = Part::Move(MoveName::parse("fly").unwrap());
    let refused = explain(&definition, &Beside::default(), &part).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "there is no move `fly`; allowed: send, ask, answer, help, end, reopen, raise-concern, \
         not-reached, concern-answered, take-over, close-concern"
    );
}
