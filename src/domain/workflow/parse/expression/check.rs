//! Whether an expression makes sense: every path can be read there, is compared with what it can
//! be, and is asked first whether it is there where its absence would count as a yes.

use super::super::super::expression::{Comparison, Expression, Operand, Parsed, Path};
use super::super::super::lint::Rule;
use super::super::super::located::quoted;
use super::super::super::schema::kind::{Code, Kind};
use super::Speaks;
use serde_json::Value;

/// What is wrong, and at which character.
pub(super) struct Wrong {
    pub(super) rule: Rule,
    pub(super) at: usize,
    pub(super) found: String,
    pub(super) allowed: String,
}

pub(super) fn faults(parsed: &Parsed, speaks: Speaks<'_>) -> Vec<Wrong> {
    let mut check = Check {
        speaks,
        at: parsed.at.iter().copied(),
        there: Vec::new(),
        wrong: Vec::new(),
    };
    check.expression(&parsed.expression, false);
    check.wrong
}

struct Check<'a, I> {
    speaks: Speaks<'a>,
    /// Where the next path or value begins.
    at: I,
    /// Paths that are there whenever the part at hand is looked at.
    there: Vec<&'a Path>,
    wrong: Vec<Wrong>,
}

impl<'a, I: Iterator<Item = usize>> Check<'a, I> {
    /// `negated`: it counts when the part is no.
    fn expression(&mut self, expression: &'a Expression, negated: bool) {
        match expression {
            Expression::All(parts) | Expression::Any(parts) => {
                let before = self.there.len();
                let holds = matches!(expression, Expression::All(_));
                for part in parts {
                    self.expression(part, negated);
                    // The next part is looked at only when this one was a yes, or a no.
                    there_when(part, holds, &mut self.there);
                }
                self.there.truncate(before);
            }
            Expression::Not(inner) => self.expression(inner, !negated),
            Expression::Has(path) => {
                let at = self.next();
                if let Path::Fact(fact) = path {
                    let found = format!("`has({})`, which is always known", fact.name());
                    self.say(at, found, "the fact itself".to_owned());
                } else {
                    self.code(at, path);
                }
            }
            Expression::Is(path) => {
                let at = self.next();
                if let Some(code) = self.read(at, path, negated) {
                    self.kind(at, (path, code.kind), &[Kind::Flag]);
                }
            }
            Expression::Compare(left, how, right) => self.compare((left, *how, right), negated),
            Expression::Among(operand, values) => self.among(operand, values, negated),
            Expression::Holds(value, path) => self.holds(value, path, negated),
        }
    }

    fn among(&mut self, operand: &'a Operand, values: &'a [Value], negated: bool) {
        let at = self.next();
        let code = match operand {
            Operand::Path(path) => self.read(at, path, negated).map(|code| (path, code)),
            Operand::Value(_) => None,
        };
        if let Some((path, code)) = &code {
            self.kind(
                at,
                (path, code.kind),
                &[Kind::Text, Kind::Number, Kind::Flag],
            );
        }
        for value in values {
            let at = self.next();
            if let Some((path, code)) = &code {
                self.value(at, value, (path, code));
            }
        }
    }

    fn holds(&mut self, value: &'a Value, path: &'a Path, negated: bool) {
        let value_at = self.next();
        let at = self.next();
        let Some(code) = self.read(at, path, negated) else {
            return;
        };
        if self.kind(at, (path, code.kind), &[Kind::List]) {
            self.value(value_at, value, (path, &code));
        }
    }

    fn compare(
        &mut self,
        (left, how, right): (&'a Operand, Comparison, &'a Operand),
        negated: bool,
    ) {
        // What is not there is unequal to everything.
        let absent_counts = negated != (how == Comparison::Unequal);
        let ordered = !matches!(how, Comparison::Equal | Comparison::Unequal);
        let allowed: &[Kind] = if ordered {
            &[Kind::Number]
        } else {
            &[Kind::Text, Kind::Number, Kind::Flag]
        };
        let mut sides = Vec::new();
        for operand in [left, right] {
            let at = self.next();
            let code = match operand {
                Operand::Path(path) => match self.read(at, path, absent_counts) {
                    Some(code) if self.kind(at, (path, code.kind), allowed) => Some(code),
                    Some(_) | None => return self.skip(sides.len()),
                },
                Operand::Value(_) => None,
            };
            sides.push((at, operand, code));
        }
        let [(left_at, left, left_code), (right_at, right, right_code)] = &sides[..] else {
            return;
        };
        match ((left, left_code), (right, right_code)) {
            ((Operand::Path(path), Some(code)), (Operand::Value(value), _)) => {
                self.value(*right_at, value, (path, code));
            }
            ((Operand::Value(value), _), (Operand::Path(path), Some(code))) => {
                self.value(*left_at, value, (path, code));
            }
            ((Operand::Path(path), Some(code)), (Operand::Path(other), Some(with)))
                if code.kind != with.kind =>
            {
                let found = format!(
                    "`{path}` is {}, `{other}` is {}",
                    code.kind.words(),
                    with.kind.words()
                );
                self.say(*right_at, found, "two of one kind".to_owned());
            }
            _ => {}
        }
    }

    /// The places of what is not looked at any more.
    fn skip(&mut self, seen: usize) {
        if seen == 0 {
            self.next();
        }
    }

    fn next(&mut self) -> usize {
        self.at.next().unwrap_or_default()
    }

    fn say(&mut self, at: usize, found: String, allowed: String) {
        self.wrong.push(Wrong {
            rule: Rule::E12,
            at,
            found,
            allowed,
        });
    }

    fn code(&mut self, at: usize, path: &Path) -> Option<Code> {
        match self.speaks.code(path) {
            Ok(code) => Some(code),
            Err(no) => {
                self.wrong.push(Wrong {
                    rule: no.rule,
                    at,
                    found: no.found,
                    allowed: no.allowed,
                });
                None
            }
        }
    }

    /// A path whose value is asked for. `absent_counts`: were it not there, the answer would be yes.
    fn read(&mut self, at: usize, path: &Path, absent_counts: bool) -> Option<Code> {
        let code = self.code(at, path)?;
        if code.always || self.there.contains(&path) {
            return Some(code);
        }
        if let Some(opening) = self.speaks.not_asked_by(path) {
            let found = format!("`{path}`, which a request that began with `{opening}` has not");
            self.say(at, found, format!("`has({path}) && …`"));
        } else if absent_counts {
            let found = format!("`{path}` may not be there, and that would count as a yes");
            self.say(
                at,
                found,
                format!("`has({path}) && …` or `!has({path}) || …`"),
            );
        }
        Some(code)
    }

    fn kind(&mut self, at: usize, (path, kind): (&Path, Kind), allowed: &[Kind]) -> bool {
        if kind == Kind::Mixed || allowed.contains(&kind) {
            return true;
        }
        let allowed = match (kind, allowed) {
            (Kind::List, _) => format!("`\"…\" in {path}`"),
            (_, [Kind::Flag]) => "a comparison, as == or in".to_owned(),
            (_, kinds) => {
                let words: Vec<&str> = kinds.iter().map(|kind| kind.words()).collect();
                format!("{} there", words.join(" or "))
            }
        };
        self.say(at, format!("`{path}` is {}", kind.words()), allowed);
        false
    }

    /// A value that the path can have.
    fn value(&mut self, at: usize, value: &Value, (path, code): (&Path, &Code)) {
        let member = code.kind == Kind::List;
        if let Some(values) = &code.values {
            if !values.contains(value) {
                let known: Vec<String> = values.iter().map(Value::to_string).collect();
                let found = format!(
                    "{} is never {}",
                    quoted(&path.to_string()),
                    quoted(&value.to_string())
                );
                self.say(at, found, known.join(", "));
            }
        } else if !member && code.kind != Kind::Mixed && Kind::of(value) != code.kind {
            let found = format!(
                "`{path}` is {}, {} is not",
                code.kind.words(),
                quoted(&value.to_string())
            );
            self.say(at, found, code.kind.words().to_owned());
        }
    }
}

/// Paths that are surely there when a part is a yes, or a no.
fn there_when<'e>(part: &'e Expression, holds: bool, there: &mut Vec<&'e Path>) {
    match part {
        Expression::Not(inner) => there_when(inner, !holds, there),
        Expression::All(parts) if holds => {
            parts.iter().for_each(|part| there_when(part, holds, there));
        }
        Expression::Any(parts) if !holds => {
            parts.iter().for_each(|part| there_when(part, holds, there));
        }
        Expression::Has(path) | Expression::Is(path) | Expression::Holds(_, path) if holds => {
            there.push(path);
        }
        Expression::Among(Operand::Path(path), _) if holds => there.push(path),
        Expression::Compare(left, Comparison::Equal, right) if holds => {
            let value = |operand: &Operand| matches!(operand, Operand::Value(_));
            for (operand, other) in [(left, right), (right, left)] {
                if let (Operand::Path(path), true) = (operand, value(other)) {
                    there.push(path);
                }
            }
        }
        Expression::All(_)
        | Expression::Any(_)
        | Expression::Has(_)
        | Expression::Is(_)
        | Expression::Holds(..)
        | Expression::Among(..)
        | Expression::Compare(..) => {}
    }
}
