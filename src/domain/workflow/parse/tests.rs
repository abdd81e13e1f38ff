use super::*;
use crate::domain::ids::StateName;
use crate::domain::workflow::definition::{
    ClockKind, CountDay, FromStates, OwnerRule, Target, ToState,
};

/// Small, and with every part of the language.
pub(crate) const EXAMPLE: &str = r#"format: 1
workflow: small
version: 1
title: Small
roles:
  named-person: { title: Named person, any_of: [named-person, lead-professional], of: anywhere }
  requester: { title: Whoever asked, relation: requester }
  team: { title: Team, any_of: [locality-worker] }
  holder: { title: Whoever has claimed it, relation: claim-holder }
  author: { title: Whoever passed it on, relation: concern-author }
  responder: { title: Responder, any_of: [responder], of: anywhere }
  keeper: { title: Whoever has taken it over, relation: concern-holder }
states:
  sent: { title: Sent, meaning: In the queue. }
  asked: { title: Waiting for an answer, meaning: A question waits., held_by: requester }
  with-social-work: { title: Passed on, meaning: Passed on., restricted: true }
  ended: { title: Ended, meaning: Over., ends: true }
moves:
  send:
    title: Send
    opens: true
    by: [named-person]
    to: sent
    emits: request-sent
    owner: routed
    data:
      type: object
      additionalProperties: false
      required: [child, reason, urgency]
      properties:
        received_at: { type: string, format: date-time, x-not-future: true, x-days-back-at-most: 366 }
        reason: { type: string, minLength: 1, maxLength: 4000 }
        urgency: { enum: [routine, urgent] }
        help_wanted: { type: array, items: { enum: [family-support, other] } }
        child:
          type: object
          additionalProperties: false
          required: [name]
          properties:
            name: { type: string, x-personal: child, x-index: name }
            date_of_birth: { type: string, format: date, x-personal: child, x-not-future: true }
            unborn: { type: boolean }
            postcode: { type: string, x-personal: child, x-derives: locality }
  ask:
    title: Ask
    by: [team]
    not_by: [requester]
    from: [sent]
    to: asked
    emits: question-asked
    data: { type: object, additionalProperties: false, required: [question], properties: { question: { type: string } } }
  answer:
    title: Answer
    by: [requester]
    from: [asked]
    to: sent
    emits: question-answered
    data: { type: object, additionalProperties: false, properties: { answer: { type: string } } }
  pass-on:
    title: Pass on a child protection concern
    by: [team, requester]
    paths:
      - { from: [sent, asked], to: with-social-work }
      - { from: any, to: same }
    emits: concern-passed-on
    owner: { team: social-work }
    hand_over: opens
    any_version: true
    data: { type: object, additionalProperties: false }
  answered-by:
    title: Social work answered
    by: [team]
    paths:
      - { from: [with-social-work], when: { result: [not-child-protection] }, to: sent }
      - { from: any, to: same }
    emits: concern-answered
    data: { type: object, additionalProperties: false, required: [result], properties: { result: { enum: [not-child-protection, taken-on] } } }
  reached: { title: Reached, by: [author], from: any, to: same, emits: reached, hand_over: hands-over, concern: number, any_version: true, data: { type: object, additionalProperties: false, required: [number], properties: { number: { type: integer } } } }
  take: { title: Take over, by: [responder], not_by: [requester], from: any, to: same, emits: taken, hand_over: takes-over, concern: number, narrative: { now: Now }, any_version: true, data: { type: object, additionalProperties: false, required: [number], properties: { number: { type: integer } } } }
  close: { title: Close, by: [keeper], not_by: [requester], from: any, to: same, emits: closed, hand_over: closes, concern: number, keeps_open: { became: [open] }, any_version: true, data: { type: object, additionalProperties: false, required: [number, became], properties: { number: { type: integer }, became: { enum: [open, done] } } } }
  end:
    title: End
    by: [team]
    from: any
    to: ended
    emits: ended
    owner: { from: team }
    worker: worker
    data: { type: object, additionalProperties: false, properties: { team: { type: string, x-coded: true }, worker: { type: string, x-coded: true } } }
clocks:
  acknowledge: { title: Seen, target: 5wd, start: [request-sent], stop: [question-asked, ended], pause_in: [asked], anchor: received, ladder: nudge, extend: { by: [team], at_most: 1, longest: 6wd, reasons: { absence: Absence } } }
  urgent: { title: Urgent, target: 15min, calendar: requester, start: [ { event: request-sent, when: { urgency: [urgent] } } ], stop: [ended], again: true }
ladders:
  nudge: [ { at: -3wd, tell: [team] }, { at: 0, tell: [team, requester], missed: true }, { at: +4wd, tell: [team], every: 4wd, at_most: 4 } ]
claims: { lease: 16wh, warn: { at: -4wh, tell: [holder] }, frozen_in: [asked], tell: [team], take_over: { by: [team], reasons: { away: Away } } }
routing:
  - { when: { help_wanted: [family-support] }, team: family-support, because: Asked for family support }
  - { when: { derived.locality: ["*"] }, team: { locality: derived.locality }, because: Child's locality }
  - { otherwise: unrouted, because: No locality could be found }
derive:
  age_band: { age_band: { birth_date: child.date_of_birth, unborn: child.unborn, bands: { "0-4": 0, "5-10": 5 } } }
  locality: { lookup: { table: postcodes, keys: [child.postcode], column: locality } }
  asked_before: { asked_before: { bands: { lately: 6, earlier: 12 } } }
"#;

fn problems(text: &str) -> Vec<String> {
    let problems = parse("small/v1.yaml", text).unwrap_err();
    problems.iter().map(ToString::to_string).collect()
}

/// What is said when one piece of the example is replaced.
fn said(old: &str, new: &str) -> Vec<String> {
    assert_eq!(EXAMPLE.matches(old).count(), 1, "`{old}` stands once");
    problems(&EXAMPLE.replace(old, new))
}

/// One problem at the place of the first change, with these words.
pub(super) fn said_once(old: &str, new: &str, words: &[&str]) {
    let said = said(old, new);
    assert_eq!(said.len(), 1, "{said:#?}");
    let before = EXAMPLE.split(old).next().unwrap();
    let line = before.lines().count().max(1);
    for words in words {
        assert!(said[0].contains(words), "{} has no `{words}`", said[0]);
    }
    let found: usize = said[0].split(':').nth(1).unwrap().parse().unwrap();
    let changed = line..=line + new.matches('\n').count() + 1;
    assert!(
        changed.contains(&found),
        "{} is not at {changed:?}",
        said[0]
    );
}

#[test]
fn the_example_reads_as_it_says() {
    let definition = parse("workflows/small/v1.yaml", EXAMPLE).unwrap();
    assert_eq!(definition.states.len(), 4);
    let send = &definition.moves["send"];
    assert!(send.opens);
    assert_eq!(send.paths[0].from, FromStates::Start);
    assert_eq!(send.owner, OwnerRule::Routed);
    let end = &definition.moves["end"];
    assert_eq!(end.paths[0].from, FromStates::Any);
    assert_eq!(end.owner, OwnerRule::From("team".to_owned()));
    assert_eq!(definition.moves["pass-on"].paths[1].to, ToState::Same);
    assert_eq!(definition.clocks["urgent"].target, Target::Minutes(15));
    assert_eq!(definition.routing.len(), 3);
    assert!(definition.routing[2].when.is_always());
}

#[test]
fn a_definition_survives_its_canonical_json() {
    let definition = parse("small/v1.yaml", EXAMPLE).unwrap();
    let json = serde_json::to_value(&definition).unwrap();
    let canonical = crate::domain::workflow::schema::canonical(&json);
    let back: Definition = serde_json::from_slice(&canonical).unwrap();
    assert_eq!(back, definition);
}

#[test]
fn all_problems_of_a_file_are_named_at_once_with_their_places() {
    let text = EXAMPLE
        .replace("title: Small\n", "tilte: Small\n")
        .replace("relation: requester", "relation: asker")
        .replace("target: 5wd", "target: P1D")
        .replace("stop: [ended], again", "stop: [endde], again")
        .replace("because: Child's locality", "why: Child's locality");
    insta::assert_snapshot!(problems(&text).join("\n"), @r#"
small/v1.yaml:1:1: missing key `title`
small/v1.yaml:4:1: unknown key `tilte`; allowed: format, workflow, version, title, roles, states, moves, clocks, ladders, claims, actions, routing, derive; did you mean `title`?
small/v1.yaml:7:48: unknown relation `asker`; allowed: requester, cover, worker, decider, claim-holder, action, concern-author, concern-holder
small/v1.yaml:91:39: the text `P1D` as a target; allowed: a whole number and its unit: 5wd (working days), 16wh (working hours), 15min (by the wall clock), 10d or 12w (calendar days); or next-wd@10:00 (a time of the next working day)
small/v1.yaml:92:136: unknown event `endde`; allowed: closed, concern-answered, concern-passed-on, ended, question-answered, question-asked, reached, request-sent, taken; did you mean `ended`?
small/v1.yaml:98:5: missing key `because`
small/v1.yaml:98:80: unknown key `why`; allowed: otherwise, when, team, because, goes_first; did you mean `when`?
"#);
}

#[test]
fn the_file_says_what_its_path_says() {
    for (path, words) in [
        ("small/v2.yaml", "version 1 in a file named v2.yaml"),
        (
            "workflows/other/v1.yaml",
            "workflow `small` in a folder named `other`",
        ),
    ] {
        let problems = parse(path, EXAMPLE).unwrap_err();
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].found, words);
    }
    assert!(parse("anything.yaml", EXAMPLE).is_ok());
}

#[test]
fn a_clock_says_how_it_counts_and_what_cannot_be_meant_is_refused() {
    let with = |rest: &str| {
        let extend = EXAMPLE.split(", extend: ").nth(1).unwrap();
        let extend = extend.split(" }\n").next().unwrap();
        let text = EXAMPLE.replace(&format!(", extend: {extend}"), "");
        let text = text.replace(
            "pause_in: [asked], ",
            &format!("pause_in: [asked], {rest}, "),
        );
        parse("small/v1.yaml", &text).map(|definition| definition.clocks["acknowledge"].clone())
    };
    let read = with("pause_at_most: 3wd, waits_on: urgent, count_day: touched, kind: internal");
    let read = read.unwrap();
    let asked = StateName::parse("asked").unwrap();
    assert_eq!(read.pause_at_most[&asked], Target::WorkingDays(3));
    assert_eq!(read.waits_on.unwrap().as_str(), "urgent");
    assert_eq!(
        (read.count_day, read.kind),
        (CountDay::Touched, ClockKind::Internal)
    );
    let read = with("pause_at_most: { asked: 3wd }, restart: [question-asked]").unwrap();
    assert_eq!(read.pause_at_most.len(), 1);
    assert_eq!(read.restart.len(), 1);
    for (rest, words) in [
        ("waits_on: acknowledge", "allowed: urgent"),
        ("waits_on: answr", "unknown clock `answr`"),
        (
            "pause_at_most: { sent: 3wd }",
            "unknown pausing state `sent`",
        ),
        ("pause_at_most: P3D", "the text `P3D` as a target"),
        ("kind: statutory", "`pause_in` on a statutory clock"),
        ("kind: legal", "allowed: statutory, standard, internal"),
        ("counts_first_day: true", "does not count calendar days"),
        ("roll: next-working-day", "does not count calendar days"),
    ] {
        let problems = with(rest).unwrap_err();
        assert_eq!(problems.len(), 1, "{rest}: {problems:?}");
        let said = problems[0].to_string();
        assert!(said.contains(words), "{said}");
        assert!(said.starts_with("small/v1.yaml:91:"), "{said}");
    }
    let never = EXAMPLE.replace(
        "calendar: requester,",
        "calendar: requester, waits_on: acknowledge,",
    );
    let said = problems(&never);
    assert!(
        said[0].contains("`waits_on` on a clock that never pauses"),
        "{said:?}"
    );
}

#[test]
fn names_that_nothing_declares_are_refused_with_the_nearest() {
    said_once(
        "by: [named-person]\n",
        "by: [named-persn]\n",
        &["unknown role", "did you mean `named-person`?"],
    );
    said_once(
        "    to: asked\n",
        "    to: askd\n",
        &["unknown state", "did you mean `asked`?"],
    );
    said_once(
        "pause_in: [asked]",
        "pause_in: [akked]",
        &["unknown state", "`asked`"],
    );
    said_once(
        "[request-sent], stop",
        "[request-snet], stop",
        &["unknown event", "`request-sent`"],
    );
    said_once(
        "urgency: [urgent]",
        "urgency: [urgnt]",
        &["unknown value", "`urgent`"],
    );
    said_once(
        "{ urgency: [urgent] }",
        "{ urgncy: [urgent] }",
        &["not in the data", "urgency"],
    );
    said_once(
        "result: [not-child-protection]",
        "result: [other]",
        &["unknown value"],
    );
    said_once(
        "worker: worker\n",
        "worker: wroker\n",
        &["`wroker` is not in the data", "worker"],
    );
    said_once(
        "birth_date: child.date_of_birth",
        "birth_date: child.born",
        &["not in the data"],
    );
    said_once(
        "{ derived.locality: [\"*\"] }",
        "{ derived.place: [\"*\"] }",
        &["derived.locality"],
    );
    said_once(
        "x-derives: locality",
        "x-derives: place",
        &["age_band, locality"],
    );
}

#[test]
fn a_rule_cannot_read_what_is_sealed() {
    said_once(
        "{ help_wanted: [family-support] }",
        "{ reason: [x] }",
        &["`reason` is sealed", "urgency"],
    );
    said_once(
        "{ locality: derived.locality }",
        "{ locality: child.postcode }",
        &["sealed"],
    );
}

#[test]
fn no_rule_can_read_whether_somebody_asked_before() {
    said_once(
        "{ derived.locality: [\"*\"] }",
        "{ derived.asked_before: [lately] }",
        &[
            "`derived.asked_before` is not in the data",
            "derived.locality",
        ],
    );
}

#[test]
fn bands_of_asking_before_rise_to_a_hundred_years_and_take_no_name_that_is_given() {
    said_once("earlier: 12", "earlier: 6", &["months in rising order"]);
    said_once("earlier: 12", "longer-ago: 12", &["another name"]);
    said_once("earlier: 12", "earlier: 300000", &["at most 1200 months"]);
    said_once(
        "bands: { lately: 6, earlier: 12 } }",
        "bands: { lately: 6, earlier: 12 } }, lookup: { table: postcodes, keys: [], column: locality }",
        &["one of `age_band`, `asked_before` or `lookup`"],
    );
}

#[test]
fn units_of_targets_are_never_guessed() {
    for wrong in ["P1D", "5", "5 wd", "1h"] {
        said_once("5wd", wrong, &["as a target", "16wh (working hours)"]);
    }
}

#[test]
fn an_event_has_one_meaning_and_not_the_engines() {
    said_once(
        "emits: question-answered",
        "emits: claimed",
        &["which the engine keeps"],
    );
    said_once(
        "emits: question-answered",
        "emits: question-asked",
        &["another meaning"],
    );
}

#[test]
fn a_workflow_without_an_opening_move_is_refused() {
    let said = problems(&EXAMPLE.replace(
        "    opens: true\n    by: [named-person]\n    to: sent",
        "    by: [named-person]\n    from: [sent]\n    to: sent",
    ));
    assert!(
        said.iter().any(|s| s.contains("no opening move")),
        "{said:#?}"
    );
}

#[test]
fn routing_ends_in_otherwise_and_only_there() {
    said_once(
        "  - { otherwise: unrouted, because: No locality could be found }\n",
        "",
        &["without `otherwise`"],
    );
    said_once(
        "  - { when: { derived.locality: [\"*\"] }, team: { locality: derived.locality }, because: Child's locality }\n",
        "  - { otherwise: some-team, because: Why }\n",
        &["before the last rule"],
    );
}

#[test]
fn no_state_is_a_trap_or_out_of_reach() {
    said_once(
        "\n  ended: {",
        "\n  lost: { title: Lost, meaning: Lost., ends: true }\n  ended: {",
        &["the state `lost` cannot be reached"],
    );
    let said = problems(
        &EXAMPLE
            .replace(
                "    from: any\n    to: ended",
                "    from: [sent]\n    to: ended",
            )
            .replace(
                "when: { result: [not-child-protection] }, to: sent",
                "to: same",
            ),
    );
    assert!(
        said[0].contains("`with-social-work` has no exit"),
        "{said:#?}"
    );
}

#[test]
fn a_path_that_never_comes_first_is_refused() {
    said_once(
        "      - { from: [sent, asked], to: with-social-work }\n      - { from: any, to: same }",
        "      - { from: any, to: with-social-work }\n      - { from: [sent], to: same }",
        &["hides", "special paths before the general"],
    );
}

#[test]
fn a_concern_can_be_passed_on_from_everywhere_at_once() {
    for (old, new, words) in [
        (
            "    any_version: true\n",
            "",
            "59:3: a hand-over that may have to wait for a retry",
        ),
        (
            "hand_over: hands-over",
            "hand_over: attempts",
            "59:3: a hand-over that nobody can answer",
        ),
        (
            "to: with-social-work }\n      - { from: any, to: same }",
            "to: with-social-work }",
            "59:3: a hand-over that some state does not allow",
        ),
    ] {
        let said = said(old, new);
        assert_eq!(said.len(), 1, "{said:#?}");
        assert!(
            said[0].starts_with(&format!("small/v1.yaml:{words}")),
            "{said:#?}"
        );
    }
}

#[test]
fn a_concern_is_named_by_its_number_and_closed_by_whoever_holds_it() {
    for (old, new, words) in [
        (
            "hands-over, concern: number,",
            "hands-over,",
            "does not say which concern",
        ),
        (
            "reached, hand_over: hands-over, concern: number, any_version: true, data: { type: object, additionalProperties: false, required: [number],",
            "reached, hand_over: hands-over, concern: number, any_version: true, data: { type: object, additionalProperties: false,",
            "not named by a number which is always given",
        ),
        (
            "by: [keeper], not_by: [requester]",
            "by: [keeper, team, requester], not_by: [requester]",
            "a concern can be closed without being held, by `team`, `requester`",
        ),
        (
            "by: [keeper], not_by: [requester]",
            "by: [keeper]",
            "could answer a concern about the request themselves",
        ),
        (
            "by: [responder], not_by: [requester]",
            "by: [team], not_by: [requester]",
            "`team` takes a concern over by standing near the request",
        ),
    ] {
        said_once(old, new, &[words]);
    }
    said_once(
        "became: [open]",
        "became: [opne]",
        &["unknown value", "`open`"],
    );
    said_once(
        "hand_over: opens\n",
        "hand_over: opens\n    concern: number\n",
        &["takes no further step"],
    );
    let definition = parse("small/v1.yaml", EXAMPLE).unwrap();
    let close = &definition.moves["close"];
    assert_eq!(close.concern.as_deref(), Some("number"));
    assert_eq!(close.keeps_open.as_ref().unwrap().codes, ["open"]);
    assert_eq!(definition.moves["take"].narrative["now"], "Now");
}

#[test]
fn a_clock_that_is_due_at_a_time_of_the_day_neither_waits_nor_grows() {
    let urgent = "urgent: { title: Urgent, target: 15min,";
    let at_ten = "urgent: { title: Urgent, target: next-wd@10:00,";
    assert!(parse("small/v1.yaml", &EXAMPLE.replace(urgent, at_ten)).is_ok());
    let waits = format!("{at_ten} pause_in: [asked],");
    said_once(urgent, &waits, &["`pause_in`", "neither waits nor grows"]);
    said_once(
        urgent,
        "urgent: { title: Urgent, target: next-wd@24:00,",
        &["next-wd@10:00"],
    );
    let nudged = format!("{at_ten} ladder: nudge,");
    said_once(urgent, &nudged, &["a rung at `-3wd`", "+1wd"]);
    said_once("lease: 16wh", "lease: next-wd@10:00", &["as a target"]);
}

#[test]
fn a_role_is_held_by_grant_or_by_relation() {
    said_once(
        "{ title: Whoever asked, relation: requester }",
        "{ title: Whoever asked }",
        &["nobody can hold"],
    );
    said_once(
        "{ title: Whoever asked, relation: requester }",
        "{ title: W, any_of: [a], relation: requester }",
        &["both"],
    );
}

#[test]
fn a_typo_in_a_schema_does_not_pass_silently() {
    said_once(
        "required: [child, reason, urgency]",
        "requried: [child]",
        &["unknown keyword `requried`", "did you mean `required`?"],
    );
    said_once(
        "required: [child, reason, urgency]",
        "required: [child, raeson]",
        &["the field `raeson`, which does not exist"],
    );
    said_once(
        "urgency: { enum: [routine, urgent] }",
        "urgency: { enum: [routine, urgent], x-coded: maybe }",
        &["true, or no such keyword"],
    );
    said_once(
        "unborn: { type: boolean }",
        "unborn: { type: boolean, format: dates }",
        &["a format that nothing checks"],
    );
    said_once(
        "      additionalProperties: false\n      required: [child,",
        "      required: [child,",
        &["an open object"],
    );
    said_once("minLength: 1", "minLength: one", &["one"]);
}

#[test]
fn readings_of_yaml_1_1_are_refused_where_they_stand() {
    said_once(
        "opens: true",
        "opens: yes",
        &[
            "`yes`, which YAML 1.1 reads as true or false",
            "true, false",
        ],
    );
    said_once("title: Small\n", "title: 17:00\n", &["base 60"]);
    said_once("version: 1\n", "version: 01\n", &["read differently"]);
    said_once(
        "title: Small\n",
        "title: 2026-01-05\n",
        &["date `2026-01-05` without quotes"],
    );
    said_once("\n  ask:", "\n  on:", &["`on`"]);
}

#[test]
fn duplicate_keys_aliases_anchors_and_tags_are_refused() {
    said_once(
        "title: Small\n",
        "title: Small\ntitle: Small\n",
        &["duplicate key `title`, first on line 4"],
    );
    said_once("title: Small\n", "title: &a Small\n", &["an anchor"]);
    said_once("title: Small\n", "title: !!str Small\n", &["a tag"]);
    said_once("title: Small\n", "title: *a\n", &["an alias"]);
}

#[test]
fn an_alias_bomb_stays_small() {
    let mut bomb = String::from("a0: &a0 [x, x]\n");
    for i in 1..40 {
        bomb.push_str(&format!("a{i}: &a{i} [*a{}, *a{}]\n", i - 1, i - 1));
    }
    let problems = parse("bomb.yaml", &bomb).unwrap_err();
    assert!(
        problems
            .iter()
            .all(|p| p.found == "an anchor" || p.found == "an alias")
    );
    assert_eq!(problems.len(), 40 + 39 * 2);
}

#[test]
fn a_schema_that_unfolds_for_ever_or_to_too_much_is_refused() {
    let asking = |defs: &str| {
        EXAMPLE.replace(
            "properties: { answer: { type: string } } }",
            &format!(
                "properties: {{ answer: {{ $ref: \"#/$defs/d0\" }} }}, $defs: {{ {defs} }} }}"
            ),
        )
    };
    let circle = problems(&asking(
        "d0: { type: array, items: { $ref: \"#/$defs/d0\" } }",
    ));
    assert!(circle[0].contains("refers to itself"), "{circle:#?}");
    let bomb: Vec<String> = (0..40)
        .map(|i| {
            format!(
                "d{i}: {{ allOf: [{{ $ref: \"#/$defs/d{0}\" }}, {{ $ref: \"#/$defs/d{0}\" }}] }}",
                i + 1
            )
        })
        .collect();
    let bomb = problems(&asking(&format!(
        "{}, d40: {{ type: string }}",
        bomb.join(", ")
    )));
    assert!(bomb[0].contains("unfolds to too much"), "{bomb:#?}");
}

#[test]
fn when_help_was_first_asked_for_is_an_instant_that_clocks_can_read() {
    said_once(
        "received_at: { type: string, format: date-time, x-not-future: true, x-days-back-at-most: 366 }",
        "received_at: { type: string, format: date-time, x-personal: child }",
        &["clocks cannot read"],
    );
}

#[test]
fn what_is_too_deep_too_long_or_not_yaml_ends_the_reading() {
    let deep = format!("a: {}{}", "[".repeat(200), "]".repeat(200));
    assert_eq!(
        parse("x.yaml", &deep).unwrap_err()[0].found,
        "lists or maps nested too deep"
    );
    let long = format!("a: {}", "x".repeat(located::FILE_LIMIT));
    assert!(
        parse("x.yaml", &long).unwrap_err()[0]
            .found
            .starts_with("a file of")
    );
    let many = "- x\n".repeat(located::NODE_LIMIT + 1);
    assert_eq!(
        parse("x.yaml", &many).unwrap_err()[0].found,
        "too many values"
    );
    let broken = parse("x.yaml", "a: [b\nc: d").unwrap_err();
    assert!(broken[0].found.starts_with("not YAML"));
    for text in [
        "",
        "# nothing",
        "a: b\n---\nc: d",
        "%YAML 1.1\n---\na: b",
        "a: \"\\0\"",
        "\u{feff}a: b",
    ] {
        assert!(parse("x.yaml", text).is_err(), "{text:?}");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(10_000))]

    /// Whatever a person deletes or repeats, the answer is a list of places, never a panic.
    #[test]
    fn no_text_makes_the_parser_panic(start in 0..4000_usize, end in 0..4000_usize, extra in ".{0,20}") {
        let cut = |at: usize| (0..=at.min(EXAMPLE.len())).rev().find(|i| EXAMPLE.is_char_boundary(*i)).unwrap_or(0);
        let text = format!("{}{extra}{}", &EXAMPLE[..cut(start)], &EXAMPLE[cut(end)..]);
        if let Err(problems) = parse("small/v1.yaml", &text) {
            proptest::prop_assert!(!problems.is_empty());
        }
    }
}
