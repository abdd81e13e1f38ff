//! Files that must never come into force: each is refused whole, with every error at its place.

use super::pairs::WORKFLOW;
use super::{said, text_of};
use crate::support::ProcessUnderTest;
use crate::support::engine::{Engine, MASTER_KEY, workflows};
use rfa::domain::ids::{Authority, CalendarName, WorkflowName};
use std::path::{Path, PathBuf};

/// What is said of the example when pieces of it are replaced.
pub(super) fn refusals(changes: &[[&str; 2]]) -> Vec<String> {
    let mut text = text_of(WORKFLOW);
    for [old, new] in changes {
        assert_eq!(text.matches(old).count(), 1, "{old} once");
        text = text.replace(old, new);
    }
    let said = said(WORKFLOW, &text);
    said.iter()
        .map(|problem| {
            let words = problem.to_string();
            let place = words.strip_prefix(&format!("{WORKFLOW}:")).unwrap();
            format!("{} {place}", problem.rule.code())
        })
        .collect()
}

#[test]
fn an_alias_bomb_is_not_unfolded() {
    let bomb = "title: &a [x, x]\nmore: &b [*a, *a, *a]\nmost: [*b, *b, *b]\n";
    assert_eq!(
        refusals(&[["title: A small request\n", bomb]]),
        [
            "E30 5:11: an anchor; allowed: values without anchors",
            "E30 6:10: an anchor; allowed: values without anchors",
            "E30 6:11: an alias; allowed: the value written out",
            "E30 6:15: an alias; allowed: the value written out",
            "E30 6:19: an alias; allowed: the value written out",
            "E30 7:8: an alias; allowed: the value written out",
            "E30 7:12: an alias; allowed: the value written out",
            "E30 7:16: an alias; allowed: the value written out",
        ]
    );
}

#[test]
fn a_key_that_stands_twice_is_refused_at_its_second_place() {
    assert_eq!(
        refusals(&[[
            "title: A small request\n",
            "title: A small request\ntitle: Another\n"
        ]]),
        ["E23 6:1: duplicate key `title`, first on line 5; allowed: each key once",]
    );
}

#[test]
fn an_unknown_key_is_answered_with_the_nearest_known() {
    assert_eq!(
        refusals(&[["held_by: worker", "heldby: worker"]]),
        [
            "E11 19:70: unknown key `heldby`; allowed: title, meaning, held_by, ends, waiting, helping, restricted; did you mean `held_by`?",
        ]
    );
}

#[test]
fn a_cycle_without_exit_is_named_at_each_of_its_states() {
    assert_eq!(
        refusals(&[
            [
                "- { from: [helping], to: ended }",
                "- { from: [helping], to: sent }"
            ],
            [
                "when: { reason: [withdrawn] }, to: ended",
                "when: { reason: [withdrawn] }, to: sent"
            ],
            ["from: [ended]\n    to: sent", "from: [sent]\n    to: sent"],
        ]),
        [
            "E02 17:3: from the state `sent` no ending state can be reached; allowed: a way to a state with `ends: true`",
            "E02 18:3: from the state `asked` no ending state can be reached; allowed: a way to a state with `ends: true`",
            "E02 19:3: from the state `helping` no ending state can be reached; allowed: a way to a state with `ends: true`",
            "E01 20:3: the state `ended` cannot be reached; allowed: a path of some move that leads to it",
        ]
    );
}

#[test]
fn a_role_that_nobody_can_hold_is_refused() {
    assert_eq!(
        refusals(&[[", any_of: [locality-worker], of: owner", ""]]),
        ["E04 10:9: a role that nobody can hold; allowed: `any_of` (grants) or `relation`",]
    );
    assert_eq!(
        refusals(&[["any_of: [locality-worker]", "any_of: [locality-wroker]"]]),
        [
            "E04 10:3: nobody can hold the role `team`: no person of the organisation has locality-wroker; allowed: one that somebody has: locality-worker, named-person, social-work-responder",
        ]
    );
}

#[test]
fn a_clock_that_never_stops_is_refused() {
    assert_eq!(
        refusals(&[[
            "    stop: [concern-answered, concern-taken-over]",
            "    stop: [request-sent]"
        ]]),
        [
            "E07 147:3: `handover` can run for ever: from `asked` on nothing stops it; allowed: `stop` or `cancel` with an event that can come there",
            "E20 147:3: `handover` still runs in the ending state `ended`; allowed: `request-ended` in its `stop` or `cancel`, or a move there that stops it",
            "E07 152:12: `request-sent` stops `handover`, and can never come while it runs; allowed: an event that can come after the start",
        ]
    );
}

#[test]
fn an_iso_period_is_no_target() {
    assert_eq!(
        refusals(&[["target: 15min", "target: P1D"]]),
        [
            "E10 149:13: the text `P1D` as a target; allowed: a whole number and its unit: 5wd (working days), 16wh (working hours), 15min (by the wall clock), 10d or 12w (calendar days); or next-wd@10:00 (a time of the next working day)",
        ]
    );
}

#[test]
fn what_yaml_1_1_reads_differently_is_refused_all_at_once() {
    assert_eq!(
        refusals(&[
            ["title: Sent,", "title: on,"],
            ["title: Question asked", "title: no"],
            ["title: Help has started", "title: yes"],
            ["title: Ended,", "title: 17:00,"],
            ["version: 1\n", "version: 010\n"],
        ]),
        [
            "E23 4:10: `010`, a number that YAML 1.1 and 1.2 read differently; allowed: digits without leading zero, or the same in quotes",
            "E23 17:18: `on`, which YAML 1.1 reads as true or false; allowed: true, false, or the same in quotes",
            "E23 18:19: `no`, which YAML 1.1 reads as true or false; allowed: true, false, or the same in quotes",
            "E23 19:21: `yes`, which YAML 1.1 reads as true or false; allowed: true, false, or the same in quotes",
            "E23 20:19: `17:00`, which YAML 1.1 reads as a number to base 60; allowed: the same in quotes",
        ]
    );
    assert_eq!(
        refusals(&[["title: Sent,", "title: 2026-01-31,"]]),
        [
            "E23 17:18: the date `2026-01-31` without quotes; allowed: a text (in quotes where it looks like something else)",
        ]
    );
}

#[test]
fn a_calendar_that_does_not_exist_is_never_replaced_by_another() {
    assert_eq!(
        refusals(&[["calendar: office", "calendar: weekdays"]]),
        ["E11 162:15: unknown calendar `weekdays`; allowed: office",]
    );
}

/// The shipped files in a folder of their own.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

fn edit(file: &Path, old: &str, new: &str) {
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.contains(old), "{old}");
    std::fs::write(file, text.replacen(old, new, 1)).unwrap();
}

#[tokio::test]
async fn a_server_with_one_bad_file_does_not_start_and_the_old_set_stays_in_force() {
    let running = Engine::start().await;
    running.publish_folder("south-ayrshire").await;
    let authority = Authority::parse("south-ayrshire").unwrap();
    let workflow = WorkflowName::parse("request-for-assistance").unwrap();
    let council = CalendarName::parse("south-ayrshire-council").unwrap();
    let registry = running.commands.registry();
    let in_force = || {
        let declared = registry.of(authority.as_str());
        let council = declared.calendars().load(&council).unwrap();
        let newest = declared.newest_workflow(&workflow).unwrap();
        (newest.hash, council.title().to_owned())
    };
    let before = in_force();

    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bad-workflows");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    copy(&workflows(), &folder);
    // A good change that must wait for the bad one to be mended …
    let calendar = folder.join("calendars/south-ayrshire-council.yaml");
    edit(
        &calendar,
        "title: South Ayrshire Council offices",
        "title: Offices",
    );
    // … and two bad ones in a new version.
    let old = folder.join("request-for-assistance/v1.yaml");
    let new = folder.join("request-for-assistance/v2.yaml");
    std::fs::copy(&old, &new).unwrap();
    edit(&new, "version: 1\n", "version: 2\n");
    edit(&new, "target: 15min", "target: P1D");
    edit(&new, "calendar: all-hours", "calender: all-hours");

    let env = [
        ("DATABASE_URL", running.database.url.as_str()),
        ("RFA_WORKFLOWS", folder.to_str().unwrap()),
        ("RFA_MASTER_KEY", MASTER_KEY),
    ];
    let mut second = ProcessUnderTest::spawn(&["serve"], &env);
    assert!(!second.wait().await.success());
    let said = second.output();
    assert!(
        said.contains("v2.yaml:") && said.contains("the text `P1D` as a target"),
        "{said}"
    );
    assert!(said.contains("did you mean `calendar`?"), "{said}");

    registry.refresh().await.unwrap();
    assert_eq!(in_force(), before);
    std::fs::remove_dir_all(&folder).unwrap();
}
