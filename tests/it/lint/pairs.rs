//! For each rule one small change to a file that trips nothing, and what is said of it and where.
//! The file itself is the neighbour that passes.

use rfa::domain::workflow::lint::Rule;

pub(super) const WORKFLOW: &str = "tests/workflows/lint/small/v1.yaml";
pub(super) const CALENDAR: &str = "tests/workflows/lint/calendars/office.yaml";

pub(super) struct Pair {
    pub(super) rule: Rule,
    pub(super) file: &'static str,
    /// A text that stands once in the file …
    pub(super) change: &'static str,
    /// … and what it becomes.
    pub(super) into: &'static str,
    /// The finding stands where this text, once in the changed file, begins.
    pub(super) at: &'static str,
    pub(super) found: &'static str,
}

const fn pair(
    rule: Rule,
    [change, into]: [&'static str; 2],
    at: &'static str,
    found: &'static str,
) -> Pair {
    Pair {
        rule,
        file: WORKFLOW,
        change,
        into,
        at,
        found,
    }
}

pub(super) const PAIRS: &[Pair] = &[
    pair(
        Rule::E01,
        [
            "  ended: { title: Ended,",
            "  lost: { title: Lost, meaning: Nobody comes here., ends: true }\n  ended: { title: Ended,",
        ],
        "lost: {",
        "the state `lost` cannot be reached",
    ),
    // A cycle without exit: asked and answered for ever.
    pair(
        Rule::E02,
        [
            "meaning: The help has come to its end., ends: true }",
            "meaning: The help has come to its end. }",
        ],
        "sent: { title: Sent,",
        "from the state `sent` no ending state can be reached",
    ),
    pair(
        Rule::E03,
        [
            "- { from: [helping], to: ended }",
            "- { from: [helping], when: { reason: [finished] }, to: ended }",
        ],
        "helping: { title: Help has",
        "every way out of `helping` has a condition, and all may fail",
    ),
    pair(
        Rule::E04,
        ["any_of: [locality-worker]", "any_of: [astrologer]"],
        "team: { title: Member",
        "nobody can hold the role `team`: no person of the organisation has astrologer",
    ),
    pair(
        Rule::E05,
        ["start: [question-asked]", "start: [request-ended]"],
        "asked: { title: Question",
        "in `asked` somebody waits, and no clock can run",
    ),
    pair(
        Rule::E06,
        ["pause_in: [asked]", "pause_in: [sent]"],
        "sent]\n    start: [request-sent",
        "`decide` is paused in `sent` and no other clock runs there",
    ),
    pair(
        Rule::E07,
        [
            "    stop: [concern-answered, concern-taken-over]",
            "    stop: [request-sent]",
        ],
        "handover:\n    title",
        "`handover` can run for ever: from `asked` on nothing stops it",
    ),
    pair(
        Rule::E08,
        [
            "pause_in: [asked]",
            "kind: statutory\n    pause_in: [asked]",
        ],
        "[asked]\n    start: [request-sent",
        "`pause_in` on a statutory clock",
    ),
    pair(
        Rule::E10,
        ["target: 5wd\n    calendar", "target: P1D\n    calendar"],
        "P1D",
        "the text `P1D` as a target",
    ),
    pair(
        Rule::E11,
        ["calendar: office", "calendar: ofice"],
        "ofice",
        "unknown calendar `ofice`",
    ),
    pair(
        Rule::E12,
        [
            "when: { reason: [withdrawn] }",
            "when: { reasons: [withdrawn] }",
        ],
        "[withdrawn] }",
        "`reasons` is not in the data",
    ),
    pair(
        Rule::E13,
        [
            "otherwise: unrouted",
            "when: { urgency: [routine] }, team: unrouted",
        ],
        "{ when: { urgency: [routine]",
        "a last rule without `otherwise`",
    ),
    pair(
        Rule::E14,
        ["    worker: worker\n", ""],
        "helping: { title: Help has",
        "the worker holds `helping`, and no way to it names one",
    ),
    pair(
        Rule::E15,
        ["    not_by: [requester]\n", ""],
        "help:\n    title: Help\n",
        "whoever asked could make the decision `help` themselves",
    ),
    pair(
        Rule::E16,
        ["emits: question-answered", "emits: help-started"],
        "help-started\n    data:\n      type",
        "the event `help-started` with another meaning",
    ),
    pair(
        Rule::E17,
        [
            "    emits: help-started\n    data:\n      type: object\n      additionalProperties: false\n      required: [worker]\n      properties:\n",
            "    emits: help-started\n    plan: { adds: { what: worker, by: by, who: worker } }\n    data:\n      type: object\n      additionalProperties: false\n      required: [worker, by]\n      properties:\n        by: { title: By when, type: string, format: date }\n",
        ],
        "helping: { title: Help has",
        "in `helping` an action of the plan can be open that nothing settles",
    ),
    pair(
        Rule::E18,
        [
            "from: [ended]\n    to: sent",
            "from: [ended]\n    to: helping",
        ],
        "reopen:",
        "`reopen` reopens into `helping`, whose worker may not be known",
    ),
    pair(
        Rule::E19,
        [
            "when: { service: [parenting] }",
            "when: { postcode: [\"*\"] }",
        ],
        "[\"*\"]",
        "`postcode` is sealed, no rule can read it",
    ),
    pair(
        Rule::E20,
        [
            "stop: [question-answered]\n    cancel: [request-ended]",
            "stop: [question-answered]",
        ],
        "answer:\n    title: The question",
        "`answer` still runs in the ending state `ended`",
    ),
    pair(
        Rule::E23,
        ["because: It is urgent", "because: no"],
        "no, goes_first",
        "`no`, which YAML 1.1 reads as true or false",
    ),
    pair(
        Rule::E30,
        ["by: [asker]", "by: &all [asker]"],
        "[asker]\n    to",
        "an anchor",
    ),
    pair(
        Rule::E31,
        [
            "again: true\n    start: [concern",
            "again: perhaps\n    start: [concern",
        ],
        "perhaps",
        "the text `perhaps`",
    ),
    pair(
        Rule::E32,
        [
            "- { from: [helping], to: ended }\n",
            "- { from: [helping], to: ended }\n      - { from: [helping], to: sent }\n",
        ],
        "{ from: [helping], to: sent",
        "a path that an earlier one always hides",
    ),
    pair(
        Rule::E33,
        [
            "    any_version: true\n    restricted: true\n    hand_over: opens\n",
            "    restricted: true\n    hand_over: opens\n",
        ],
        "raise-concern:",
        "a hand-over that may have to wait for a retry",
    ),
    pair(
        Rule::E34,
        [
            "type: string, maxLength: 8, x-personal: child",
            "type: string, maxLen: 8, x-personal: child",
        ],
        "maxLen:",
        "unknown keyword `maxLen`",
    ),
    pair(
        Rule::E35,
        ["frozen_in: [asked]", "frozen_in: [helping]"],
        "helping], tell",
        "a claim stands still in `helping`, where the team has the request",
    ),
    pair(
        Rule::E36,
        [
            "pause_in: [asked]",
            "extend: { by: [team], at_most: 1, longest: 2wd, reasons: { away: Away }, basis: A law }\n    pause_in: [asked]",
        ],
        "A law }",
        "a basis in law for a target that the law does not set",
    ),
    pair(
        Rule::E37,
        ["by: [holder]", "by: [holder, team]"],
        "close-concern:",
        "a concern can be closed without being held, by `team`",
    ),
    pair(
        Rule::W13,
        [", goes_first: true", ""],
        "{ when: { urgency: [urgent] }",
        "rules 1 and 2 can both fit",
    ),
    pair(
        Rule::W23,
        ["target: 15min", "target: 1min"],
        "1min",
        "a target of 1min, and timers that look every 60 s",
    ),
    pair(
        Rule::W24,
        ["title: Help\n", "title: Ask a question\n"],
        "help:\n    title: Ask",
        "the title of `help` is that of `ask`",
    ),
    pair(
        Rule::E40,
        [
            "claims: { lease: 16wh,",
            "openings: [{ by: [team], makes: help }]\nclaims: { lease: 16wh,",
        ],
        "{ by: [team], makes: help }",
        "`help` asks for data, and whoever opens a request gives none",
    ),
    pair(
        Rule::E40,
        [
            "claims: { lease: 16wh,",
            "openings: [{ by: [team], makes: raise-concern }]\nclaims: { lease: 16wh,",
        ],
        "{ by: [team], makes: raise-concern }",
        "`raise-concern` is for a person to decide",
    ),
    pair(
        Rule::E41,
        [
            "    title: Ask a question\n    by: [team]\n",
            "    title: Ask a question\n    by: [team]\n    proposal: makes\n",
        ],
        "ask:\n    title: Ask a question",
        "a proposal waits in `asked`, and nothing confirms it there",
    ),
    pair(
        Rule::E41,
        [
            "    title: Help\n    by: [team]\n",
            "    title: Help\n    proposal: confirms\n    by: [team]\n",
        ],
        "help:\n    title: Help",
        "whoever proposed it could confirm it themselves with `help`",
    ),
    Pair {
        rule: Rule::W25,
        file: CALENDAR,
        change: "2028-12-31",
        into: "2028-01-31",
        at: "2028-01-31",
        found: "closures that are known until 2028-01-31 only",
    },
    pair(
        Rule::W26,
        ["  reopen:\n", "  open-again:\n"],
        "open-again:",
        "no scenario walks through `open-again`",
    ),
    pair(
        Rule::W26,
        [
            "claims: { lease: 16wh, frozen_in: [asked], tell: [team] }",
            "claims: { lease: 16wh, frozen_in: [asked], tell: [team], warn: { at: -4wh, tell: [team] } }",
        ],
        "claims: { lease",
        "no scenario waits until the rung -4wh of `claim` is raised",
    ),
    pair(
        Rule::W27,
        ["urgency: { title: How soon, enum", "urgency: { enum"],
        "urgency: { enum",
        "the field `urgency` has no label",
    ),
];
