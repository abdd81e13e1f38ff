//! Conditions and guards where they stand in a file: as text, or in the short form of paths and
//! their values. Both become one expression, checked against the schemas.

mod check;

use super::super::expression::{self, Expression, Operand, Path};
use super::super::lint::Rule;
use super::super::located::{Entry, Node, Place, Reader, Yaml, quoted};
use super::super::schema::kind::{Code, Kind, code_at};
use super::super::schema::shape::{Known, coded_paths};
use super::names::{DeclaredMove, Names};
use super::value;
use serde_json::Value;

/// What an expression at one place may speak of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Speaks<'a> {
    names: &'a Names<'a>,
    /// The act at hand, where its codes can be asked about.
    data: Option<&'a DeclaredMove<'a>>,
    /// What the opening act left.
    request: bool,
    facts: bool,
}

impl<'a> Speaks<'a> {
    /// Of the act at hand; once a request is open, also of what is known of it.
    pub(super) fn act(names: &'a Names<'a>, of: &'a DeclaredMove<'a>) -> Self {
        Self {
            names,
            data: Some(of),
            request: !of.opens,
            facts: !of.opens,
        }
    }

    /// Of nothing but the act: a clock is a fold of acts.
    pub(super) fn event(names: &'a Names<'a>, of: Option<&'a DeclaredMove<'a>>) -> Self {
        Self {
            names,
            data: of,
            request: false,
            facts: false,
        }
    }

    /// Of what was asked for.
    pub(super) fn routing(names: &'a Names<'a>) -> Self {
        Self {
            names,
            data: None,
            request: true,
            facts: false,
        }
    }

    /// The root that the paths of the short form leave out.
    fn path(&self, dotted: &str) -> Path {
        if self.data.is_none() && self.request {
            Path::Request(dotted.to_owned())
        } else {
            Path::Data(dotted.to_owned())
        }
    }

    /// Every name that may stand here.
    fn words(&self) -> String {
        let coded = |root: &str, of: &DeclaredMove<'_>| {
            let mut paths = coded_paths(&of.data);
            if of.opens {
                let derived = self.names.derived.iter();
                paths.extend(derived.map(|name| format!("derived.{name}")));
            }
            paths
                .into_iter()
                .map(|path| format!("{root}{path}"))
                .collect::<Vec<_>>()
        };
        // The short form has no roots, and neither has its message.
        let prefix = |root| {
            if self.request && self.data.is_some() {
                root
            } else {
                ""
            }
        };
        let mut words = self
            .data
            .map(|of| coded(prefix("data."), of))
            .unwrap_or_default();
        if self.request {
            words.extend(
                self.names
                    .openings()
                    .flat_map(|of| coded(prefix("request."), of)),
            );
        }
        if self.facts {
            words.extend(expression::FACTS.map(|known| known.name.to_owned()));
        }
        words.dedup();
        words.join(", ")
    }
}

/// A text, or `{ path: [value, …], … }`.
pub(super) fn read(reader: &mut Reader, node: &Node, speaks: Speaks<'_>) -> Option<Expression> {
    if matches!(node.yaml, Yaml::Map(_)) {
        return short(reader, node, speaks);
    }
    let text = reader.text(node)?;
    let parsed = match expression::read(&text) {
        Ok(parsed) => parsed,
        Err(fault) => {
            let at = place_in(node, fault.at);
            reader.against(Rule::E31, &at, [&fault.found, &fault.allowed]);
            return None;
        }
    };
    let faults = check::faults(&parsed, speaks);
    for fault in &faults {
        let at = place_in(node, fault.at);
        reader.against(fault.rule, &at, [&fault.found, &fault.allowed]);
    }
    faults.is_empty().then_some(parsed.expression)
}

/// The place of a character of a text, where that can be told.
fn place_in(node: &Node, at: usize) -> Node {
    let place = node.text_at.map_or(node.place, |start| Place {
        column: start.column + at,
        ..start
    });
    Node {
        place,
        ..node.clone()
    }
}

fn short(reader: &mut Reader, node: &Node, speaks: Speaks<'_>) -> Option<Expression> {
    let entries = reader.entries(node, "paths and their values");
    let parts: Vec<Option<Expression>> = entries
        .iter()
        .map(|entry| short_part(reader, entry, speaks))
        .collect();
    let parts = parts.into_iter().collect::<Option<Vec<_>>>()?;
    (!parts.is_empty()).then(|| Expression::all(parts))
}

/// One path with its values; `"*"` is any.
fn short_part(reader: &mut Reader, entry: &Entry, speaks: Speaks<'_>) -> Option<Expression> {
    let path = speaks.path(&entry.key);
    let code = short_code(reader, entry, &path, speaks);
    let known = code.as_ref().and_then(|code| code.values.as_deref());
    let mut values = Vec::new();
    for item in reader.items(&entry.value, "values") {
        values.push(value::scalar(reader, item, known));
    }
    let values = values.into_iter().collect::<Option<Vec<Value>>>()?;
    let code = code?;
    if values.iter().any(|value| value == "*") {
        return Some(Expression::Has(path));
    }
    if code.kind == Kind::List {
        let holds = values
            .into_iter()
            .map(|value| Expression::Holds(value, path.clone()));
        return Some(Expression::any(holds.collect()));
    }
    Some(Expression::Among(Operand::Path(path), values))
}

fn short_code(reader: &mut Reader, entry: &Entry, path: &Path, speaks: Speaks<'_>) -> Option<Code> {
    if !expression::is_dotted(&entry.key) {
        let found = format!("the path {}", quoted(&entry.key));
        let allowed = "names of letters, digits, _ and -, with points between them";
        reader.against_key(Rule::E12, entry, [&found, allowed]);
        return None;
    }
    match speaks.code(path) {
        Ok(code) => Some(code),
        Err(fault) => {
            reader.against(fault.rule, &entry.value, [&fault.found, &fault.allowed]);
            None
        }
    }
}

/// Why a path cannot be read.
struct NoCode {
    rule: Rule,
    found: String,
    allowed: String,
}

impl Speaks<'_> {
    /// The code at a path of the data or of the request.
    fn code(&self, path: &Path) -> Result<Code, NoCode> {
        match path {
            Path::Data(dotted) => match self.data {
                Some(of) => self.code_of(of, dotted),
                // What the event asks is not known, which is said elsewhere.
                None if !self.request => Ok(any_code()),
                None => Err(self.not_here("`data`")),
            },
            Path::Request(dotted) if self.request => self.code_of_openings(dotted),
            Path::Request(_) if self.data.is_some_and(|of| of.opens) => {
                Err(self.not_here("`request` in the move that opens it"))
            }
            Path::Request(_) => Err(self.not_here("`request`")),
            Path::Fact(fact) if self.facts => Ok(Code {
                kind: if fact.is_count() {
                    Kind::Number
                } else {
                    Kind::Flag
                },
                values: None,
                always: true,
            }),
            Path::Fact(fact) => Err(self.not_here(&format!("`{}`", fact.name()))),
        }
    }

    fn not_here(&self, what: &str) -> NoCode {
        NoCode {
            rule: Rule::E12,
            found: format!("{what} is not known here"),
            allowed: self.words(),
        }
    }

    fn code_of(&self, of: &DeclaredMove<'_>, dotted: &str) -> Result<Code, NoCode> {
        let derived = dotted.strip_prefix("derived.");
        if of.opens && derived.is_some_and(|name| self.names.derived.contains(&name)) {
            // It may be `not-known`, and is never missing.
            return Ok(Code {
                kind: Kind::Text,
                values: None,
                always: true,
            });
        }
        code_at(&of.data, dotted).map_err(|known| {
            let (rule, why) = match known {
                Known::Personal => (Rule::E19, "is sealed, no rule can read it"),
                Known::Missing | Known::Coded(_) => (Rule::E12, "is not in the data"),
            };
            NoCode {
                rule,
                found: format!("{} {why}", quoted(dotted)),
                allowed: self.words(),
            }
        })
    }

    /// A request may have begun with any of the opening moves.
    fn code_of_openings(&self, dotted: &str) -> Result<Code, NoCode> {
        let mut all: Option<Code> = None;
        let mut missing = None;
        let mut misses = 0;
        for of in self.names.openings() {
            match self.code_of(of, dotted) {
                Ok(code) => all = Some(all.map_or(code.clone(), |all| either(all, code))),
                Err(no) if no.rule == Rule::E19 => return Err(no),
                Err(no) => {
                    misses += 1;
                    missing = Some(no);
                }
            }
        }
        match (all, missing) {
            (Some(code), _) => Ok(Code {
                always: code.always && misses == 0,
                ..code
            }),
            (None, Some(no)) => Err(no),
            // Without an opening move, which is said elsewhere.
            (None, None) => Ok(any_code()),
        }
    }

    /// An opening move that does not ask for it at all, where others do.
    fn not_asked_by(&self, path: &Path) -> Option<&str> {
        let Path::Request(dotted) = path else {
            return None;
        };
        let mut openings = self.names.openings();
        openings
            .find(|of| self.code_of(of, dotted).is_err())
            .map(|of| of.name)
    }
}

fn any_code() -> Code {
    Code {
        kind: Kind::Mixed,
        values: None,
        always: true,
    }
}

fn either(left: Code, right: Code) -> Code {
    Code {
        kind: if left.kind == right.kind {
            left.kind
        } else {
            Kind::Mixed
        },
        values: left.values.zip(right.values).map(|(mut all, more)| {
            all.extend(more);
            all
        }),
        always: left.always && right.always,
    }
}
