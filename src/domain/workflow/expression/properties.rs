//! Total on whatever data; what is printed reads back as the same tree.

use super::evaluate::{Facts, Scope};
use super::{
    Comparison, DEPTH_LIMIT, Expression, FACTS, Fact, LENGTH_LIMIT, Operand, Path, excludes,
    implies, read,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

#[derive(Debug)]
struct Everything(Value);

impl Facts for Everything {
    fn fact(&self, _: Fact) -> Value {
        self.0.clone()
    }
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e12..1e12).prop_map(Value::from),
        prop_oneof!["a", "b", "[a-c]", ".{0,6}"].prop_map(Value::from),
    ]
}

fn dotted() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ab]",
        "[ab]\\.[ab]",
        "[a-z_][a-z0-9_-]{0,5}(\\.[a-z_][a-z0-9_-]{0,3}){0,2}"
    ]
}

fn path() -> impl Strategy<Value = Path> {
    prop_oneof![
        dotted().prop_map(Path::Data),
        dotted().prop_map(Path::Request),
        (0..FACTS.len()).prop_map(|i| Path::Fact(FACTS[i].fact)),
    ]
}

fn comparison() -> impl Strategy<Value = Comparison> {
    prop_oneof![
        Just(Comparison::Equal),
        Just(Comparison::Unequal),
        Just(Comparison::Less),
        Just(Comparison::AtMost),
        Just(Comparison::More),
        Just(Comparison::AtLeast),
    ]
}

fn leaf() -> impl Strategy<Value = Expression> {
    let of_path = || path().prop_map(Operand::Path);
    let of_value = || scalar().prop_map(Operand::Value);
    let compared = |(left, how, right)| Expression::Compare(left, how, right);
    prop_oneof![
        Just(Expression::All(Vec::new())),
        Just(Expression::Any(Vec::new())),
        path().prop_map(Expression::Has),
        path().prop_map(Expression::Is),
        (of_path(), comparison(), of_value()).prop_map(compared),
        (of_value(), comparison(), of_path()).prop_map(compared),
        (of_path(), comparison(), of_path()).prop_map(compared),
        (of_path(), prop::collection::vec(scalar(), 1..4))
            .prop_map(|(operand, values)| Expression::Among(operand, values)),
        (scalar(), path()).prop_map(|(value, path)| Expression::Holds(value, path)),
    ]
}

fn expression() -> impl Strategy<Value = Expression> {
    leaf().prop_recursive(4, 24, 4, |inner| {
        let parts = || prop::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            parts().prop_map(Expression::all),
            parts().prop_map(Expression::any),
            inner
                .clone()
                .prop_map(|inner| Expression::Not(Box::new(inner))),
        ]
    })
}

fn data() -> impl Strategy<Value = Map<String, Value>> {
    let value = prop_oneof![scalar(), Just(Value::Null)].prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[ab]", inner, 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    });
    prop::collection::btree_map("[ab]", value, 0..3)
        .prop_map(|members| members.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn what_is_printed_reads_back_as_the_same(expression in expression()) {
        let text = expression.to_string();
        prop_assume!(text.chars().count() <= LENGTH_LIMIT);
        let back = read(&text);
        prop_assert_eq!(back.map(|parsed| parsed.expression), Ok(expression), "{}", text);
    }

    #[test]
    fn it_holds_or_its_negation_does_whatever_the_data(
        expression in expression(),
        data in data(),
        request in prop::option::of(data()),
        fact in scalar(),
    ) {
        let everything = Everything(fact);
        let scope = Scope {
            data: &data,
            request: request.as_ref(),
            facts: request.as_ref().map(|_| &everything as &dyn Facts),
        };
        let holds = expression.holds(scope);
        prop_assert_ne!(holds, Expression::Not(Box::new(expression)).holds(scope));
    }

    #[test]
    fn what_is_implied_holds_and_what_is_excluded_does_not(
        left in expression(),
        right in expression(),
        data in data(),
        fact in any::<bool>(),
    ) {
        // Where facts may be asked for they are known.
        let everything = Everything(fact.into());
        let scope = Scope {
            facts: Some(&everything),
            ..Scope::of_data(&data)
        };
        if left.holds(scope) && implies(&left, &right) {
            prop_assert!(right.holds(scope), "{} implies {}", left, right);
        }
        // A list that stands where a single code is asked for can hold several.
        let flat = data.values().all(|value| !value.is_array() && !value.is_object());
        if flat && excludes(&left, &right) {
            prop_assert!(!(left.holds(scope) && right.holds(scope)), "{} excludes {}", left, right);
        }
    }

    #[test]
    fn reading_any_text_ends_with_an_expression_or_a_place(text in "[a-b!&|=<>()\\[\\], \"'0-9.\\\\-]{0,60}|.{0,60}") {
        if let Err(fault) = read(&text) {
            prop_assert!(fault.at <= text.chars().count());
            prop_assert!(!fault.found.is_empty() && !fault.allowed.is_empty());
        }
    }

    #[test]
    fn each_place_is_where_its_path_or_value_begins(expression in expression()) {
        let text = expression.to_string();
        prop_assume!(text.chars().count() <= LENGTH_LIMIT);
        let parsed = read(&text).unwrap();
        let chars: Vec<char> = text.chars().collect();
        let paths = expression.paths();
        prop_assert!(parsed.at.len() >= paths.len());
        let mut at = parsed.at.iter();
        for path in paths {
            let word = path.to_string();
            prop_assert!(at.any(|at| chars[*at..].iter().copied().take(word.len()).eq(word.chars())));
        }
    }
}

#[test]
fn facts_stand_in_the_order_of_the_enum() {
    for known in FACTS {
        assert_eq!(known.fact.name(), known.name);
    }
}

#[test]
fn depth_and_length_have_limits_whatever_nests() {
    for (open, close) in [("(", ")"), ("!", ""), ("!(", ")")] {
        let nested = |depth| format!("{}true{}", open.repeat(depth), close.repeat(depth));
        assert!(read(&nested(DEPTH_LIMIT / open.len())).is_ok());
        let fault = read(&nested(200)).unwrap_err();
        assert_eq!(fault.found, "brackets or negations nested too deep");
    }
    let long = vec!["claim.held"; 100].join(" || ");
    assert!(
        read(&long)
            .unwrap_err()
            .found
            .starts_with("an expression of 1")
    );
}

#[test]
fn what_is_absent_is_like_no_value() {
    let data = json!({ "a": "x", "n": 3, "list": ["x", "y"], "nothing": null });
    let Value::Object(data) = data else {
        unreachable!()
    };
    let holds = |text: &str| read(text).unwrap().expression.holds(Scope::of_data(&data));
    for text in [
        "data.a == 'x'",
        "data.a != \"y\"",
        "data.b != 'x'",
        "!has(data.b)",
        "!has(data.nothing)",
        "data.n >= 3 && data.n < 4",
        "data.n == 3.0",
        "3 < data.n || 3 <= data.n",
        "'x' in data.list",
        "data.a in ['y', 'x']",
        "!claim.held",
        "data.list.x != 'x'",
    ] {
        assert!(holds(text), "{text}");
    }
    for text in [
        "data.b == 'x'",
        "data.b < 3",
        "data.a < 3",
        "data.b in ['x']",
        "'z' in data.list",
        "'x' in data.a",
        "data.a",
        "has(request.a)",
        "false",
    ] {
        assert!(!holds(text), "{text}");
    }
}

#[test]
fn a_text_that_is_no_expression_is_refused_at_its_place() {
    for (text, said) in [
        (
            "",
            "at character 1: the end; allowed: data.…, request.…, a fact, a text in quotes, a number, true or false",
        ),
        (
            "data.x = 3",
            "at character 8: `=`, which gives a value and asks nothing (`==` asks); allowed: &&, || or the end",
        ),
        ("(data.x == 1", "at character 13: the end; allowed: `)`"),
        (
            "data.x == 'a",
            "at character 11: a text without its end; allowed: the same quote at its end",
        ),
        (
            "1 == 2",
            "at character 1: two values without a path; allowed: a path on one side",
        ),
        (
            "date.x == 2",
            "at character 1: the unknown name `date.x`; allowed: data.…, request.…, claim.held, concern.open, worker.named, actions.open, help.expected",
        ),
        (
            "data.x == 1 or data.y",
            "at character 13: `o`; allowed: &&, || or the end",
        ),
        (
            "data.x + 1 == 2",
            "at character 8: `+`; allowed: &&, || or the end",
        ),
        (
            "data.list.all(x, x == 1)",
            "at character 14: `(`; allowed: &&, || or the end",
        ),
        (
            "data.x == 01",
            "at character 11: the number `01`; allowed: digits, as 3 or -1 or 2.5",
        ),
    ] {
        assert_eq!(read(text).unwrap_err().to_string(), said);
    }
}
