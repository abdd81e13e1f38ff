//! From text to an expression: recursive descent with a limit on its length and its depth.

use super::{COMPARISONS, Comparison, DEPTH_LIMIT, Expression, FACTS, LENGTH_LIMIT, Operand, Path};
use serde_json::{Number, Value};

/// What an operand may begin with.
const OPERAND: &str = "data.…, request.…, a fact, a text in quotes, a number, true or false";

/// Where and why a text is no expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at character {}: {found}; allowed: {allowed}", .at + 1)]
pub struct Fault {
    /// In characters, from 0.
    pub at: usize,
    pub found: String,
    pub allowed: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    pub expression: Expression,
    /// Where each path and each value of it begins, in their order.
    pub at: Vec<usize>,
}

/// # Errors
/// The first thing that cannot be read.
pub fn read(text: &str) -> Result<Parsed, Fault> {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() > LENGTH_LIMIT {
        return Err(Fault {
            at: LENGTH_LIMIT,
            found: format!("an expression of {} characters", chars.len()),
            allowed: format!("at most {LENGTH_LIMIT}"),
        });
    }
    let mut reader = Reader {
        chars,
        next: 0,
        at: Vec::new(),
    };
    let expression = reader.any(0)?;
    reader.space();
    if reader.next < reader.chars.len() {
        return Err(reader.fault("&&, || or the end"));
    }
    Ok(Parsed {
        expression,
        at: reader.at,
    })
}

struct Reader {
    chars: Vec<char>,
    next: usize,
    at: Vec<usize>,
}

impl Reader {
    fn any(&mut self, depth: usize) -> Result<Expression, Fault> {
        let mut parts = vec![self.all(depth)?];
        while self.eat("||") {
            parts.push(self.all(depth)?);
        }
        Ok(Expression::any(parts))
    }

    fn all(&mut self, depth: usize) -> Result<Expression, Fault> {
        let mut parts = vec![self.one(depth)?];
        while self.eat("&&") {
            parts.push(self.one(depth)?);
        }
        Ok(Expression::all(parts))
    }

    fn one(&mut self, depth: usize) -> Result<Expression, Fault> {
        self.space();
        if depth > DEPTH_LIMIT {
            let mut fault = self.fault(&format!("{DEPTH_LIMIT} inside one another"));
            fault.found = "brackets or negations nested too deep".to_owned();
            return Err(fault);
        }
        if self.eat("!") {
            let inner = self.one(depth + 1)?;
            return Ok(Expression::Not(Box::new(inner)));
        }
        if self.eat("(") {
            let inner = self.any(depth + 1)?;
            self.need(")")?;
            return Ok(inner);
        }
        if self.eat_word("has") {
            self.need("(")?;
            let path = self.path()?;
            self.need(")")?;
            return Ok(Expression::Has(path));
        }
        self.test()
    }

    /// A comparison, a membership, or a yes or no by itself.
    fn test(&mut self) -> Result<Expression, Fault> {
        let began = self.next;
        let left = self.operand()?;
        if let Some(how) = self.comparison() {
            let right = self.operand()?;
            return self.compared(began, left, how, right);
        }
        if self.eat_word("in") {
            return self.membership(left);
        }
        match left {
            Operand::Path(path) => Ok(Expression::Is(path)),
            Operand::Value(Value::Bool(always)) => {
                // A value by itself is no operand.
                self.at.pop();
                Ok(if always {
                    Expression::All(Vec::new())
                } else {
                    Expression::Any(Vec::new())
                })
            }
            Operand::Value(_) => Err(self.fault("a comparison, as == or in")),
        }
    }

    fn compared(
        &self,
        began: usize,
        left: Operand,
        how: Comparison,
        right: Operand,
    ) -> Result<Expression, Fault> {
        if matches!((&left, &right), (Operand::Value(_), Operand::Value(_))) {
            return Err(Fault {
                at: began,
                found: "two values without a path".to_owned(),
                allowed: "a path on one side".to_owned(),
            });
        }
        Ok(Expression::Compare(left, how, right))
    }

    fn membership(&mut self, left: Operand) -> Result<Expression, Fault> {
        self.space();
        if self.chars.get(self.next) != Some(&'[') {
            let path = self.path()?;
            return match left {
                Operand::Value(value) => Ok(Expression::Holds(value, path)),
                Operand::Path(_) => Err(self.fault("a code before `in`, or a list after it")),
            };
        }
        let began = self.next;
        self.need("[")?;
        let mut values = Vec::new();
        loop {
            match self.operand()? {
                Operand::Value(value) => values.push(value),
                Operand::Path(_) => return Err(self.fault("a list of values, as [\"a\", \"b\"]")),
            }
            if !self.eat(",") {
                break;
            }
        }
        self.need("]")?;
        if matches!(left, Operand::Value(_)) {
            return Err(Fault {
                at: began,
                found: "two values without a path".to_owned(),
                allowed: "a path on one side".to_owned(),
            });
        }
        Ok(Expression::Among(left, values))
    }

    fn operand(&mut self) -> Result<Operand, Fault> {
        self.space();
        match self.chars.get(self.next) {
            Some('"' | '\'') => self.quoted().map(Operand::Value),
            Some(c) if c.is_ascii_digit() || *c == '-' => self.number().map(Operand::Value),
            Some(c) if c.is_ascii_alphabetic() => {
                let began = self.next;
                for (word, value) in [("true", true), ("false", false)] {
                    if self.eat_word(word) {
                        self.at.push(began);
                        return Ok(Operand::Value(Value::Bool(value)));
                    }
                }
                self.path().map(Operand::Path)
            }
            Some(_) | None => Err(self.fault(OPERAND)),
        }
    }

    fn path(&mut self) -> Result<Path, Fault> {
        self.space();
        let began = self.next;
        while self.chars.get(self.next).is_some_and(|c| in_path(*c)) {
            self.next += 1;
        }
        let text: String = self.chars[began..self.next].iter().collect();
        let (root, rest) = text.split_once('.').unwrap_or((&text, ""));
        let path = match root {
            "data" if is_dotted(rest) => Path::Data(rest.to_owned()),
            "request" if is_dotted(rest) => Path::Request(rest.to_owned()),
            _ => match FACTS.iter().find(|known| known.name == text) {
                Some(known) => Path::Fact(known.fact),
                None => {
                    self.next = began;
                    let facts = FACTS.map(|known| known.name).join(", ");
                    let mut fault = self.fault(&format!("data.…, request.…, {facts}"));
                    if !text.is_empty() {
                        fault.found = format!("the unknown name `{text}`");
                    }
                    return Err(fault);
                }
            },
        };
        self.at.push(began);
        Ok(path)
    }

    /// In either kind of quotes, with the escapes of JSON.
    fn quoted(&mut self) -> Result<Value, Fault> {
        let began = self.next;
        let quote = self.chars[began];
        let unfinished = || Fault {
            at: began,
            found: "a text without its end".to_owned(),
            allowed: "the same quote at its end".to_owned(),
        };
        let mut json = String::from("\"");
        loop {
            self.next += 1;
            match *self.chars.get(self.next).ok_or_else(unfinished)? {
                c if c == quote => break,
                '\\' => {
                    self.next += 1;
                    match *self.chars.get(self.next).ok_or_else(unfinished)? {
                        '\'' => json.push('\''),
                        c => json.extend(['\\', c]),
                    }
                }
                '"' => json.push_str("\\\""),
                c => json.push(c),
            }
        }
        self.next += 1;
        json.push('"');
        self.at.push(began);
        serde_json::from_str(&json).map_err(|_| Fault {
            at: began,
            found: "a text with a character that cannot be read".to_owned(),
            allowed: "plain characters, or \\\" \\\\ \\n \\t \\u0041".to_owned(),
        })
    }

    fn number(&mut self) -> Result<Value, Fault> {
        let began = self.next;
        let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+');
        while self.chars.get(self.next).is_some_and(|c| part(*c)) {
            self.next += 1;
        }
        let text: String = self.chars[began..self.next].iter().collect();
        self.at.push(began);
        let number: Result<Number, _> = serde_json::from_str(&text);
        number.map(Value::Number).map_err(|_| Fault {
            at: began,
            found: format!("the number `{text}`"),
            allowed: "digits, as 3 or -1 or 2.5".to_owned(),
        })
    }

    fn comparison(&mut self) -> Option<Comparison> {
        let found = COMPARISONS.iter().find(|(word, _)| self.eat(word))?;
        Some(found.1)
    }

    fn space(&mut self) {
        while self.chars.get(self.next).is_some_and(|c| c.is_whitespace()) {
            self.next += 1;
        }
    }

    fn eat(&mut self, word: &str) -> bool {
        self.space();
        let found = self.chars[self.next..].iter().copied();
        // `!` is not the beginning of `!=`.
        let whole = word != "!" || self.chars.get(self.next + 1) != Some(&'=');
        let eats = whole && found.take(word.len()).eq(word.chars());
        if eats {
            self.next += word.len();
        }
        eats
    }

    /// The word and no longer one.
    fn eat_word(&mut self, word: &str) -> bool {
        let before = self.next;
        let eats = self.eat(word) && !self.chars.get(self.next).is_some_and(|c| in_path(*c));
        if !eats {
            self.next = before;
        }
        eats
    }

    fn need(&mut self, word: &str) -> Result<(), Fault> {
        if self.eat(word) {
            Ok(())
        } else {
            Err(self.fault(&format!("`{word}`")))
        }
    }

    fn fault(&self, allowed: &str) -> Fault {
        let mut at = self.next;
        while self.chars.get(at).is_some_and(|c| c.is_whitespace()) {
            at += 1;
        }
        let found = match self.chars.get(at) {
            Some('=') if self.chars.get(at + 1) != Some(&'=') => {
                "`=`, which gives a value and asks nothing (`==` asks)".to_owned()
            }
            Some(c) => format!("`{}`", c.escape_default()),
            None => "the end".to_owned(),
        };
        Fault {
            at,
            found,
            allowed: allowed.to_owned(),
        }
    }
}

/// CEL has no hyphen in names; without subtraction there is no other reading of one.
fn in_path(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// Names with points between them, as an expression can say them.
#[must_use]
pub(crate) fn is_dotted(path: &str) -> bool {
    let is_name = |name: &str| {
        let first = name.chars().next();
        first.is_some_and(|c| c.is_ascii_alphabetic() || c == '_') && name.chars().all(in_path)
    };
    path.split('.').all(is_name)
}
