use super::*;
use crate::domain::workflow::parse::{parse, tests::EXAMPLE};
use proptest::prelude::*;
use serde_json::json;
use std::sync::LazyLock;

fn example() -> Workflow {
    Workflow::new(parse("small/v1.yaml", EXAMPLE).unwrap()).unwrap()
}

fn named(name: &str) -> MoveName {
    MoveName::parse(name).unwrap()
}

/// The example with another schema for the data of `answer`.
fn answering(data: Value) -> Workflow {
    let mut definition = parse("small/v1.yaml", EXAMPLE).unwrap();
    definition.moves["answer"].data = data;
    Workflow::new(definition).unwrap()
}

fn object(value: &Value) -> &Map<String, Value> {
    value.as_object().unwrap()
}

fn send() -> Value {
    json!({
        "reason": "Bedtime is hard",
        "urgency": "routine",
        "help_wanted": ["family-support"],
        "received_at": "2026-03-02T09:00:00Z",
        "child": { "name": " Ada  LOVELACE", "date_of_birth": "2020-02-29", "unborn": false, "postcode": "ZA1 1AA" },
    })
}

#[test]
fn data_that_fits_passes() {
    assert_eq!(example().check(&named("send"), &send()), Ok(()));
}

#[test]
fn all_errors_come_at_once_with_what_is_allowed_and_without_the_value() {
    let data = json!({
        "urgency": "SECRET-1",
        "reason": "",
        "received_at": "SECRET-2",
        "SECRET-3": "SECRET-4",
        "child": { "date_of_birth": "2026-02-30", "unborn": "SECRET-5" },
    });
    let errors = example().check(&named("send"), &data).unwrap_err();
    let lines: Vec<String> = errors
        .iter()
        .map(|e| format!("{}: {}; {}", e.pointer, e.what, e.allowed))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
: a field that does not exist; child, help_wanted, reason, received_at, urgency
/child/date_of_birth: not of the form; a date that exists, as 2026-01-31
/child/name: missing; a value for `name`
/child/unborn: another kind of value; boolean
/reason: too short; at least 1 characters
/received_at: not of the form; a time with its offset, as 2026-01-31T09:30:00Z
/urgency: not one of the values; routine, urgent
"#);
    assert!(!lines.join("").contains("SECRET"));
}

#[test]
fn an_unknown_move_has_no_data() {
    let errors = example().check(&named("nonsense"), &json!({})).unwrap_err();
    assert!(errors[0].allowed.starts_with("send, ask"));
}

#[test]
fn control_characters_and_excess_are_refused_in_any_string() {
    for (bad, what) in [
        (json!({ "answer": "a\0b" }), "a control character"),
        (json!({ "answer": "a\u{1b}b" }), "a control character"),
        (json!({ "a\0": 1 }), "a control character"),
        (
            json!({ "answer": "x".repeat(20_001) }),
            "a text that is too long",
        ),
        (
            json!({ "answer": 9_007_199_254_740_993_u64 }),
            "a number out of range",
        ),
        (
            json!({ "answer": -9_007_199_254_740_993_i64 }),
            "a number out of range",
        ),
        (json!({ "answer": 1e300 }), "a number out of range"),
    ] {
        let errors = example().check(&named("answer"), &bad).unwrap_err();
        assert_eq!(errors[0].what, what);
    }
    let outside = json!({ "SECRET": { "SECRET": "\0" }, "answer": "\0" });
    let errors = example().check(&named("answer"), &outside).unwrap_err();
    let pointers: Vec<&str> = errors.iter().map(|e| e.pointer.as_str()).collect();
    assert_eq!(pointers, ["", "", "/answer"]);
    let mut deep = json!("x");
    for _ in 0..40 {
        deep = json!([deep]);
    }
    let errors = example().check(&named("answer"), &deep).unwrap_err();
    assert_eq!(errors[0].what, "lists or objects nested too deep");
    let fine = json!({ "answer": "tab\tline\nGàidhlig 👪" });
    assert_eq!(example().check(&named("answer"), &fine), Ok(()));
}

#[test]
fn a_date_in_the_future_is_refused_by_the_day_it_is() {
    let moment = Moment {
        now: "2026-03-01T11:00:00Z".parse().unwrap(),
        today: "2026-03-01".parse().unwrap(),
    };
    let mut data = send();
    data["child"]["date_of_birth"] = json!("2026-03-01");
    let errors = example().check_dates(&named("send"), &data, moment);
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].pointer, "/received_at");
    assert_eq!(errors[0].allowed, "not after 2026-03-01T11:00:00Z");
    data["child"]["date_of_birth"] = json!("2026-03-02");
    assert_eq!(
        example().check_dates(&named("send"), &data, moment).len(),
        2
    );
}

#[test]
fn a_time_is_judged_by_its_instant_and_not_by_its_day() {
    let moment = Moment {
        now: "2026-03-01T11:00:00Z".parse().unwrap(),
        today: "2026-03-01".parse().unwrap(),
    };
    let errors = |received: &str| {
        let data = json!({ "received_at": received });
        example().check_dates(&named("send"), &data, moment)
    };
    assert_eq!(errors("2026-03-01T12:00:00Z").len(), 1, "later today");
    assert_eq!(
        errors("2026-03-02T00:30:00+14:00"),
        [],
        "tomorrow only there"
    );
    assert_eq!(errors("2026-03-01T11:04:00Z"), [], "a clock that is fast");
    let early = errors("2024-03-01T11:00:00Z");
    assert_eq!(early[0].what, "a date too long ago");
    assert_eq!(early[0].allowed, "not before 2025-02-28");
}

#[test]
fn a_mark_on_a_date_has_its_own_values() {
    let wrong = json!({ "format": "date", "x-days-back-at-most": 0 });
    let misplaced = json!({ "x-days-back-at-most": 7, "x-not-future": true });
    let count = |schema: &Value| dates::outside(schema.as_object().unwrap(), "").len();
    assert_eq!((count(&wrong), count(&misplaced)), (1, 2));
}

#[test]
fn an_unborn_child_is_a_rule_of_the_schema() {
    let workflow = answering(json!({
        "type": "object", "additionalProperties": false,
        "properties": {
            "unborn": { "type": "boolean" },
            "born": { "type": "string", "format": "date" },
            "due": { "type": "string", "format": "date" },
        },
        "if": { "properties": { "unborn": { "const": true } }, "required": ["unborn"] },
        "then": { "required": ["due"], "properties": { "born": false } },
        "else": { "required": ["born"] },
    }));
    let check = |data: Value| workflow.check(&named("answer"), &data);
    assert_eq!(
        check(json!({ "unborn": true, "due": "2026-09-01" })),
        Ok(())
    );
    assert_eq!(check(json!({ "born": "2020-09-01" })), Ok(()));
    let errors = check(json!({ "unborn": true, "born": "2026-09-01" })).unwrap_err();
    assert_eq!(errors[0].allowed, "nothing: leave it out");
    assert_eq!(errors[1].pointer, "/due");
}

#[test]
fn what_is_personal_is_taken_out_at_its_place() {
    let data = send();
    let (coded, personal) = example().split(&named("send"), object(&data));
    assert_eq!(
        Value::Object(coded),
        json!({
            "urgency": "routine", "help_wanted": ["family-support"],
            "received_at": "2026-03-02T09:00:00Z", "child": { "unborn": false },
        })
    );
    assert_eq!(
        Value::Object(personal.request),
        json!({ "reason": "Bedtime is hard" })
    );
    assert_eq!(
        Value::Object(personal.child),
        json!({ "child": { "name": " Ada  LOVELACE", "date_of_birth": "2020-02-29", "postcode": "ZA1 1AA" } })
    );
}

#[test]
fn what_no_schema_describes_is_personal() {
    let data = json!({ "stray": 1, "nested": { "deep": true } });
    let (coded, personal) = example().split(&named("answer"), object(&data));
    assert!(coded.is_empty());
    assert_eq!(Value::Object(personal.request), data);
    let (coded, _) = example().split(&named("nonsense"), object(&data));
    assert!(coded.is_empty());
}

#[test]
fn nothing_hides_in_a_name() {
    for hidden in ["Ada\u{202e}", "A\u{200b}da"] {
        let mut data = send();
        data["child"]["name"] = json!(hidden);
        let errors = example().check(&named("send"), &data).unwrap_err();
        assert_eq!(errors[0].pointer, "/child/name");
        assert!(!errors[0].what.contains("da"));
    }
    let mut data = send();
    data["child"]["name"] = json!("ن\u{200c}ا");
    data["reason"] = json!("free \u{202a}text");
    assert_eq!(example().check(&named("send"), &data), Ok(()));
}

fn lists() -> Workflow {
    answering(json!({
        "type": "object", "additionalProperties": false,
        "properties": {
            "people": { "type": "array", "items": {
                "type": "object", "additionalProperties": false,
                "properties": {
                    "role": { "enum": ["parent", "carer"] },
                    "name": { "type": "string", "x-personal": "child" },
                    "note": { "type": "string" },
                },
            } },
            "codes": { "type": "array", "items": { "type": "string", "x-coded": true } },
            "either": { "oneOf": [{ "const": "a", "title": "A" }, { "const": "b", "title": "B" }] },
            "marked": { "type": "object", "additionalProperties": false, "x-personal": "request", "properties": {
                "flag": { "type": "boolean" }, "name": { "type": "string", "x-personal": "child" },
            } },
            "mail": { "type": "string", "format": "email" },
            "born": { "$ref": "#/$defs/day" },
        },
        "$defs": { "day": { "type": "string", "format": "date" } },
    }))
}

#[test]
fn a_list_goes_whole_to_the_strictest_scope_in_it() {
    let data = json!({
        "people": [{ "role": "parent" }, { "role": "carer", "name": "A" }],
        "codes": ["x"], "either": "a", "marked": { "flag": true, "name": "B" },
        "mail": "a@b.scot", "born": "2020-01-01",
    });
    let (coded, personal) = lists().split(&named("answer"), object(&data));
    let keys = |map: &Map<String, Value>| map.keys().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(keys(&coded), "born codes either");
    assert_eq!(keys(&personal.child), "marked people");
    assert_eq!(keys(&personal.request), "mail");
    let data = json!({ "people": [{ "role": "parent" }], "marked": { "flag": true } });
    let (coded, personal) = lists().split(&named("answer"), object(&data));
    assert_eq!(keys(&coded), "people");
    assert_eq!(keys(&personal.request), "marked");
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-c ]{0,3}".prop_map(Value::from),
    ];
    let names = prop_oneof![
        Just("people"),
        Just("codes"),
        Just("marked"),
        Just("name"),
        Just("role"),
        Just("flag"),
        Just("child"),
        Just("reason"),
        Just("unborn"),
        Just("stray"),
    ];
    leaf.prop_recursive(4, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(names.clone().prop_map(str::to_owned), inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

static EXAMPLE_READ: LazyLock<Workflow> = LazyLock::new(example);
static LISTS_READ: LazyLock<Workflow> = LazyLock::new(lists);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// Nothing is lost between the door and the reader, whatever the data, checked or not.
    #[test]
    fn what_was_split_comes_together_again(data in any_value(), open in any::<bool>()) {
        let (workflow, name) = if open { (&*EXAMPLE_READ, "send") } else { (&*LISTS_READ, "answer") };
        if let Some(data) = data.as_object() {
            let (coded, personal) = workflow.split(&named(name), data);
            prop_assert_eq!(&merge(&coded, &personal), data);
        }
    }
}

#[test]
fn the_index_gets_normal_texts_by_kind() {
    let data = send();
    let entries = example().index_entries(&named("send"), object(&data));
    assert_eq!(entries, [("name".to_owned(), "ada lovelace".to_owned())]);
}

#[test]
fn an_indexed_object_gives_its_texts_in_order_of_name() {
    let workflow = answering(json!({
        "type": "object", "additionalProperties": false,
        "properties": { "child": {
            "type": "object", "additionalProperties": false, "x-index": "child", "x-personal": "child",
            "properties": { "given": { "type": "string" }, "family": { "type": "string" }, "born": { "type": "string", "format": "date" } },
        } },
    }));
    let data = json!({ "child": { "given": "Ada", "family": "Byron", "born": "2020-01-01" } });
    let entries = workflow.index_entries(&named("answer"), object(&data));
    assert_eq!(
        entries,
        [("child".to_owned(), "2020-01-01 byron ada".to_owned())]
    );
}

#[test]
fn canonical_json_is_sorted_and_tight_and_the_hash_follows_the_content() {
    let value = json!({ "b": [1, { "d": null, "c": "é" }], "a": true });
    assert_eq!(
        canonical(&value),
        r#"{"a":true,"b":[1,{"c":"é","d":null}]}"#.as_bytes()
    );
    let same = parse(
        "small/v1.yaml",
        &EXAMPLE.replace(
            "title: Ask\n    by: [team]\n",
            "by: [team]\n    title: Ask\n",
        ),
    )
    .unwrap();
    assert_eq!(Workflow::new(same).unwrap().hash, example().hash);
    let other = parse(
        "small/v1.yaml",
        &EXAMPLE.replace("target: 5wd", "target: 6wd"),
    )
    .unwrap();
    assert_ne!(Workflow::new(other).unwrap().hash, example().hash);
}

#[test]
fn the_moves_of_a_state_and_the_teams_of_a_file_can_be_listed() {
    let workflow = example();
    let names = |state: Option<&StateName>| -> Vec<String> {
        workflow
            .allowed_moves(state)
            .map(|(name, _)| name.to_string())
            .collect()
    };
    assert_eq!(names(None), ["send"]);
    let asked = StateName::parse("asked").unwrap();
    assert_eq!(
        names(Some(&asked)),
        [
            "answer",
            "pass-on",
            "answered-by",
            "reached",
            "take",
            "close",
            "end"
        ]
    );
    let teams: Vec<&str> = crate::domain::workflow::together::named_teams(&workflow.definition)
        .into_iter()
        .map(|team| team.as_str())
        .collect();
    assert_eq!(teams, ["family-support", "social-work", "unrouted"]);
}

#[test]
fn schemas_outside_the_vocabulary_are_refused() {
    let closed = |more: Value| {
        let mut schema = json!({ "type": "object", "additionalProperties": false, "properties": { "a": { "type": "string" } } });
        schema
            .as_object_mut()
            .unwrap()
            .extend(object(&more).clone());
        fault::faults(&schema, &[])
    };
    assert_eq!(closed(json!({})), []);
    for (more, pointer) in [
        (json!({ "$id": "http://example.org" }), "/$id"),
        (json!({ "patternProperties": {} }), "/patternProperties"),
        (
            json!({ "additionalProperties": true }),
            "/additionalProperties",
        ),
        (json!({ "required": ["b"] }), "/required/0"),
        (
            json!({ "then": { "properties": { "b": {} } } }),
            "/then/properties/b",
        ),
        (json!({ "allOf": {} }), "/allOf"),
        (
            json!({ "properties": { "a": { "$ref": "https://example.org/x.json" } } }),
            "/properties/a/$ref",
        ),
        (
            json!({ "properties": { "a": { "type": "strnig" } } }),
            "/properties/a/type",
        ),
        (
            json!({ "properties": { "a": { "pattern": "(" } } }),
            "/properties/a/pattern",
        ),
        (
            json!({ "properties": { "a": { "x-personal": "child", "x-coded": true } } }),
            "/properties/a/x-coded",
        ),
        (
            json!({ "properties": { "a": { "x-not-future": true } } }),
            "/properties/a/x-not-future",
        ),
        (
            json!({ "properties": { "a": { "$ref": "#/$defs/b" } }, "$defs": { "b": { "items": { "$ref": "#/$defs/b" } } } }),
            "",
        ),
    ] {
        let faults = closed(more.clone());
        assert_eq!(faults.len(), 1, "{more}: {faults:?}");
        assert_eq!(faults[0].pointer, pointer, "{faults:?}");
    }
}
