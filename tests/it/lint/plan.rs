//! Plans that nobody can have meant: actions that nothing settles, that an end leaves open, or that
//! say too little.

use super::bad_input::refusals;

const DATA: &str = "      required: [worker]\n      properties:\n        worker: { title: Named worker, type: string, maxLength: 64, x-coded: true }\n";
const PLANNED: &str = "      required: [worker, by]\n      properties:\n        worker: { title: Named worker, type: string, maxLength: 64, x-coded: true }\n        by: { title: By when, type: string, format: date }\n        day: { title: Day, type: string, format: date }\n        number: { title: Number, type: integer }\n";

/// The example, whose move `help` says this of the plan.
fn planned(plan: &str, more: &[[&str; 2]]) -> Vec<String> {
    let planned = format!("{PLANNED}    plan: {plan}\n");
    let mut changes = vec![[DATA, planned.as_str()]];
    changes.extend(more);
    refusals(&changes)
}

const ADDS: &str = "{ adds: { what: worker, by: by, who: worker } }";
const REOPENING: &str = "    emits: request-reopened\n";

#[test]
fn an_action_that_nothing_settles_is_refused_where_it_can_be_open() {
    // The end lets all go; before it, nothing settles one, and ending settles them too.
    let letting_go = [
        "    emits: request-ended\n",
        "    emits: request-ended\n    plan: { settles: all, as: not-needed }\n",
    ];
    assert_eq!(planned(ADDS, &[letting_go]), [""; 0]);
    assert_eq!(
        planned(
            ADDS,
            &[[
                "    emits: request-ended\n",
                "    emits: request-ended\n    guard: actions.open == 0\n    because: Something is open\n"
            ]]
        ),
        [
            "E03 19:3: every way out of `helping` has a condition, and all may fail; allowed: a way out without `when` or `guard`, or paths for every value of a required field",
            "E17 19:3: in `helping` an action of the plan can be open that nothing settles; allowed: a move with `plan: { settles: … }` there or later",
        ]
    );
}

#[test]
fn an_end_does_not_leave_an_action_open() {
    let settled_later = [
        REOPENING,
        "    emits: request-reopened\n    plan: { settles: all, as: not-needed }\n",
    ];
    assert_eq!(
        planned(ADDS, &[settled_later]),
        [
            "E20 71:3: `end` can leave an action of the plan open in the ending state `ended`; allowed: `guard: actions.open == 0`, or `plan: { settles: all, as: not-needed }`",
        ]
    );
}

#[test]
fn a_plan_says_what_who_and_by_when() {
    for (plan, said) in [
        (
            "{ adds: { what: worker, by: by } }",
            "E31 70:19: an action that nobody does; allowed: `who`, `agency` or both",
        ),
        (
            "{ adds: { what: worker, by: number, who: worker } }",
            "E12 70:39: `number`, which may be missing; allowed: a field in `required`",
        ),
        (
            "{ adds: { what: worker, by: worker, who: worker } }",
            "E12 70:39: `worker`, which is no date; allowed: a field with `format: date`",
        ),
        (
            "{ adds: { what: worker, by: day, who: worker } }",
            "E12 70:39: `day`, which may be missing; allowed: a field in `required`",
        ),
        (
            "{ settles: worker, as: done }",
            "E12 70:22: `worker`, which holds no numbers; allowed: all, or the path of an integer or a list of integers",
        ),
        (
            "{ settles: number, as: declined }",
            "E31 70:11: an action declined without a reason; allowed: `because: <path of a code>`",
        ),
        (
            "{ settles: number, as: finished }",
            "E11 70:34: unknown way `finished`; allowed: done, declined, not-needed",
        ),
        (
            "{ settles: number, as: done, when: worker.named == 1 }",
            "E12 70:62: `worker.named` is true or false, `1` is not; allowed: true or false",
        ),
        (
            "{ as: done }",
            "E31 70:11: a plan that is not one thing; allowed: { adds: { what, by, who, agency } } or { settles: …, as: … }",
        ),
    ] {
        let found = planned(plan, &[]);
        assert!(found.contains(&said.to_owned()), "{plan}: {found:#?}");
    }
}

#[test]
fn nobody_is_named_to_do_what_is_never_planned() {
    let said = refusals(&[[
        "  worker: { title: Named worker, relation: worker }\n",
        "  worker: { title: Named worker, relation: worker }\n  doer: { title: Doer, relation: action }\n",
    ]]);
    assert_eq!(
        said,
        [
            "E04 12:3: nobody can hold the role `doer`: no move adds an action to the child's plan; allowed: a move with `plan: { adds: … }`",
        ]
    );
}
