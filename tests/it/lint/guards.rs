//! Conditions and guards that cannot have been meant: each is refused at its line and column.

use super::bad_input::refusals;

/// What is said of the example when its move `end` has this guard.
fn guarded(asks: &str) -> Vec<String> {
    let guard =
        format!("    emits: request-ended\n    guard: {asks}\n    because: It is not the time\n");
    refusals(&[["    emits: request-ended\n", &guard]])
}

const DATA_AND_REQUEST: &str = "data.reason, request.service, request.urgency, claim.held, concern.open, worker.named, actions.open, help.expected";

#[test]
fn a_guard_that_means_something_is_taken() {
    for asks in [
        "worker.named",
        "'!claim.held'",
        "data.reason == \"withdrawn\" || worker.named",
        "data.reason in [\"withdrawn\", 'finished'] && request.urgency == \"routine\"",
        "has(request.service) && request.service != \"money\"",
        "'!has(request.service) || request.service != \"money\"'",
        "request.service == \"money\"",
        "{ reason: [finished] }",
    ] {
        // Only that a way out of each state may now be refused is said.
        let said = guarded(asks);
        assert!(
            said.iter().all(|line| line.starts_with("E03")),
            "{asks}: {said:?}"
        );
    }
}

#[test]
fn an_unknown_name_is_refused_where_it_stands() {
    assert_eq!(
        guarded("worker.named && data.reasons == \"finished\""),
        [format!(
            "E12 74:28: `reasons` is not in the data; allowed: {DATA_AND_REQUEST}"
        )]
    );
    assert_eq!(
        guarded("'data.reason == \"finished\" && actor.name == \"x\"'"),
        [
            "E31 74:42: the unknown name `actor.name`; allowed: data.…, request.…, claim.held, concern.open, worker.named, actions.open, help.expected"
        ]
    );
    assert_eq!(
        guarded("request.postcode == \"KA26\""),
        [format!(
            "E19 74:12: `postcode` is sealed, no rule can read it; allowed: {DATA_AND_REQUEST}"
        )]
    );
}

#[test]
fn a_value_that_a_code_never_has_is_refused() {
    assert_eq!(
        guarded("data.reason == \"finnished\""),
        ["E12 74:27: `data.reason` is never `\"finnished\"`; allowed: \"finished\", \"withdrawn\""]
    );
    assert_eq!(
        guarded("data.reason in ['finished', 'done']"),
        ["E12 74:40: `data.reason` is never `\"done\"`; allowed: \"finished\", \"withdrawn\""]
    );
    assert_eq!(
        guarded("worker.named == 3"),
        ["E12 74:28: `worker.named` is true or false, `3` is not; allowed: true or false"]
    );
}

#[test]
fn a_comparison_of_the_wrong_kind_is_refused() {
    assert_eq!(
        guarded("data.reason"),
        ["E12 74:12: `data.reason` is a text; allowed: a comparison, as == or in"]
    );
    assert_eq!(
        guarded("data.reason < 3"),
        ["E12 74:12: `data.reason` is a text; allowed: a number there"]
    );
    assert_eq!(
        guarded("data.reason == worker.named"),
        [
            "E12 74:27: `data.reason` is a text, `worker.named` is true or false; allowed: two of one kind"
        ]
    );
    assert_eq!(
        guarded("has(claim.held)"),
        ["E12 74:16: `has(claim.held)`, which is always known; allowed: the fact itself"]
    );
}

#[test]
fn what_may_be_missing_does_not_count_as_a_yes_unseen() {
    let allowed = "allowed: `has(request.service) && …` or `!has(request.service) || …`";
    for (asks, column) in [
        ("request.service != \"money\"", 12),
        ("'!(request.service == \"money\")'", 15),
        (
            "worker.named && request.service != \"money\" && has(request.service)",
            28,
        ),
    ] {
        assert_eq!(
            guarded(asks),
            [format!(
                "E12 74:{column}: `request.service` may not be there, and that would count as a yes; {allowed}"
            )]
        );
    }
}

#[test]
fn what_only_one_way_of_beginning_asks_for_may_not_be_there() {
    let second = "  send:\n    title: Send a request\n";
    let other = format!(
        "  phone:\n    title: Write down a call\n    opens: true\n    by: [asker]\n    to: sent\n    emits: call-written-down\n    owner: routed\n    data: {{ type: object, additionalProperties: false }}\n{second}"
    );
    let guard = "    emits: request-ended\n    guard: request.urgency == \"urgent\"\n    because: It is not the time\n";
    let said = refusals(&[[second, &other], ["    emits: request-ended\n", guard]]);
    assert_eq!(
        said[0],
        "E12 82:12: `request.urgency`, which a request that began with `phone` has not; allowed: `has(request.urgency) && …`"
    );
}

#[test]
fn each_place_has_its_own_names() {
    // A clock is a fold of acts alone.
    assert_eq!(
        refusals(&[[
            "    stop: [question-answered]\n    cancel: [request-ended]\n",
            "    stop: [question-answered]\n    cancel: [{ event: request-ended, when: claim.held }]\n"
        ]]),
        ["E12 174:44: `claim.held` is not known here; allowed: reason"]
    );
    // Routing knows what was asked for, and nothing else.
    assert_eq!(
        refusals(&[[
            "when: { service: [parenting] }",
            "when: data.service == \"parenting\""
        ]]),
        ["E12 180:13: `data` is not known here; allowed: service, urgency"]
    );
    assert_eq!(
        refusals(&[[
            "when: { service: [parenting] }",
            "when: request.service == \"parenting\" && request.urgency == \"routine\""
        ]]),
        [""; 0]
    );
    // The move that opens a request finds none.
    let opening = "    emits: request-sent\n    guard: request.urgency == \"urgent\"\n    because: It waits\n";
    assert_eq!(
        refusals(&[["    emits: request-sent\n", opening]]),
        [
            "E12 29:12: `request` in the move that opens it is not known here; allowed: service, urgency"
        ]
    );
}

#[test]
fn a_guard_says_why_and_a_concern_has_none() {
    assert_eq!(
        refusals(&[[
            "    emits: request-ended\n",
            "    emits: request-ended\n    guard: worker.named\n"
        ]]),
        ["E31 74:12: a `guard` without `because`; allowed: the reason beside it, in plain words"]
    );
    let concern =
        "    emits: concern-passed-on\n    guard: worker.named\n    because: Nobody is there\n";
    assert_eq!(
        refusals(&[["    emits: concern-passed-on\n", concern]]),
        ["E33 87:3: a hand-over that may be refused; allowed: no `guard`: it never waits",]
    );
}

#[test]
fn a_state_that_only_guards_can_open_is_a_trap() {
    let said = guarded("worker.named");
    assert_eq!(
        said,
        [
            "E03 19:3: every way out of `helping` has a condition, and all may fail; allowed: a way out without `when` or `guard`, or paths for every value of a required field"
        ]
    );
}
