//! The data of a move as the columns of a sheet, for people who have a spreadsheet and no program:
//! from a schema to columns, from the cells of a row to data, and from a place in the data back to
//! the cell that it came from.

use super::shape::Views;
use crate::domain::workflow::located::nearest;
use jiff::civil::Date;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Of a list of objects, at most so many have columns.
const ITEMS_MAX: u64 = 10;
/// Between the entries of a list in one cell.
const APART: char = ';';

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// A dotted path: `child.family_name`; in lists counted from 1: `hoped_for.1.hope`.
    pub name: String,
    pub title: String,
    pub description: String,
    /// Every row has something there.
    pub needed: bool,
    /// What may stand there, in words.
    pub allowed: String,
    /// Not the first of a list.
    pub further: bool,
}

/// What cannot be read, and what could be. Never holds the cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellFault {
    pub column: String,
    pub what: &'static str,
    pub allowed: String,
}

#[derive(Debug, Clone)]
pub struct Columns {
    shape: Shape,
    all: Vec<Column>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    YesNo,
    Date,
    List,
}

#[derive(Debug, Clone)]
enum Shape {
    Cell(Kind),
    Object(Vec<Field>),
    Items { item: Box<Shape>, at_most: usize },
}

#[derive(Debug, Clone)]
struct Field {
    name: String,
    needed: bool,
    shape: Shape,
}

/// Cells that are not empty, by the name of their column.
pub type Cells<'a> = BTreeMap<&'a str, &'a str>;

impl Columns {
    #[must_use]
    pub fn of(schema: &Value) -> Self {
        let views = Views::of(schema);
        let mut all = Vec::new();
        collect(&views, "", (true, false), &mut all);
        // What every row needs stands on the left.
        all.sort_by_key(|column| !column.needed);
        Self {
            shape: shape(&views),
            all,
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &Column> {
        self.all.iter()
    }

    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Column> {
        self.all.iter().find(|column| column.name == name)
    }

    /// The column that was meant.
    #[must_use]
    pub fn nearest(&self, name: &str) -> Option<String> {
        let names: Vec<&str> = self.all.iter().map(|column| column.name.as_str()).collect();
        nearest(name, &names)
    }

    /// # Errors
    /// Every cell that is not of its kind.
    pub fn data(&self, cells: &Cells<'_>) -> Result<Value, Vec<CellFault>> {
        let mut faults = Vec::new();
        let data = self.shape.fill("", true, cells, &mut faults);
        if faults.is_empty() {
            Ok(data.unwrap_or_else(|| Value::Object(Map::new())))
        } else {
            Err(faults)
        }
    }

    /// The column of a place in the data, a JSON pointer: the cell itself, the list that it stands
    /// in, or the first cell of what is missing as a whole.
    #[must_use]
    pub fn at(&self, pointer: &str) -> String {
        let counted = |part: &str| {
            part.parse::<usize>()
                .map_or_else(|_| part.to_owned(), |index| (index + 1).to_string())
        };
        let parts: Vec<String> = pointer.split('/').skip(1).map(counted).collect();
        let whole = parts.join(".");
        let outward = (1..=parts.len())
            .rev()
            .map(|count| parts[..count].join("."));
        let first_inside = || {
            let inside = format!("{whole}.");
            let mut inside = self.all.iter().filter(|c| c.name.starts_with(&inside));
            inside.next().map(|column| column.name.clone())
        };
        let mut itself = outward.filter(|name| self.find(name).is_some());
        itself.next().or_else(first_inside).unwrap_or(whole)
    }
}

fn shape(views: &Views<'_>) -> Shape {
    let names = views.property_names();
    if !names.is_empty() {
        let field = |name: &&str| Field {
            name: (*name).to_owned(),
            needed: views.needs(name),
            shape: shape(&views.property(name)),
        };
        return Shape::Object(names.iter().map(field).collect());
    }
    let item = views.item(None);
    if item.is_unknown() {
        return Shape::Cell(kind(views));
    }
    if item.property_names().is_empty() {
        return Shape::Cell(Kind::List);
    }
    Shape::Items {
        item: Box::new(shape(&item)),
        at_most: items_at_most(views),
    }
}

fn items_at_most(views: &Views<'_>) -> usize {
    let stated = views.keyword("maxItems").and_then(Value::as_u64);
    let at_most = stated.unwrap_or(ITEMS_MAX).min(ITEMS_MAX);
    usize::try_from(at_most).unwrap_or_default()
}

fn kind(views: &Views<'_>) -> Kind {
    if views.has_type() && views.may_be("boolean") {
        Kind::YesNo
    } else if views.has_type() && (views.may_be("integer") || views.may_be("number")) {
        Kind::Number
    } else if views.keyword("format").is_some_and(|f| f == "date") {
        Kind::Date
    } else {
        Kind::Text
    }
}

/// `needed` and `further` are those of what encloses it.
fn collect(
    views: &Views<'_>,
    before: &str,
    (needed, further): (bool, bool),
    all: &mut Vec<Column>,
) {
    for name in views.property_names() {
        let here = views.property(name);
        let needed = needed && views.needs(name);
        let name = format!("{before}{name}");
        match shape(&here) {
            Shape::Object(_) => collect(&here, &format!("{name}."), (needed, further), all),
            Shape::Items { at_most, .. } => {
                for number in 1..=at_most {
                    let further = further || number > 1;
                    let item = here.item(None);
                    let needed = needed && !further;
                    collect(&item, &format!("{name}.{number}."), (needed, further), all);
                }
            }
            Shape::Cell(kind) => {
                let text = |keyword| {
                    let found = here.keyword(keyword).and_then(Value::as_str);
                    found.unwrap_or_default().to_owned()
                };
                all.push(Column {
                    name,
                    title: text("title"),
                    description: text("description"),
                    needed,
                    allowed: allowed(&here, kind),
                    further,
                });
            }
        }
    }
}

fn allowed(views: &Views<'_>, kind: Kind) -> String {
    if let Some(values) = views.listed_values() {
        let text = |value: &Value| {
            let text = value.as_str().map(str::to_owned);
            text.unwrap_or_else(|| value.to_string())
        };
        let values: Vec<String> = values.iter().map(text).collect();
        return match kind {
            Kind::List => format!("some of: {}; with `{APART}` between", values.join(", ")),
            Kind::Text | Kind::Number | Kind::YesNo | Kind::Date => {
                format!("one of: {}", values.join(", "))
            }
        };
    }
    let mut words = vec![match kind {
        Kind::Number => "a number".to_owned(),
        Kind::YesNo => "yes or no".to_owned(),
        Kind::Date => "a date, as 2026-01-31 or 31/01/2026".to_owned(),
        Kind::List => format!("a list, with `{APART}` between"),
        Kind::Text if views.keyword("format").is_some_and(|f| f == "date-time") => {
            "a time with its offset, as 2026-01-31T09:30:00Z".to_owned()
        }
        Kind::Text => "a text".to_owned(),
    }];
    if let Some(limit) = views.keyword("maxLength") {
        words.push(format!("at most {limit} characters"));
    }
    if let Some(pattern) = views.keyword("pattern").and_then(Value::as_str) {
        words.push(format!("of the form {pattern}"));
    }
    words.join(", ")
}

impl Shape {
    /// Nothing where nothing was filled in, unless an object is needed there: what it lacks is then
    /// found missing at its place.
    fn fill(
        &self,
        name: &str,
        needed: bool,
        cells: &Cells<'_>,
        faults: &mut Vec<CellFault>,
    ) -> Option<Value> {
        match self {
            Self::Cell(kind) => match kind.read(cells.get(name)?) {
                Ok(value) => Some(value),
                Err((what, allowed)) => {
                    faults.push(CellFault {
                        column: name.to_owned(),
                        what,
                        allowed: allowed.to_owned(),
                    });
                    None
                }
            },
            Self::Object(fields) => {
                let dot = if name.is_empty() { "" } else { "." };
                let mut members = Map::new();
                for field in fields {
                    let inner = format!("{name}{dot}{}", field.name);
                    if let Some(value) = field.shape.fill(&inner, field.needed, cells, faults) {
                        members.insert(field.name.clone(), value);
                    }
                }
                (needed || !members.is_empty()).then_some(Value::Object(members))
            }
            Self::Items { item, at_most } => {
                let inside = |number: &usize| {
                    let inside = format!("{name}.{number}.");
                    cells.keys().any(|cell| cell.starts_with(&inside))
                };
                let last = (1..=*at_most).rev().find(inside);
                let count = last.unwrap_or(usize::from(needed));
                let items: Vec<Value> = (1..=count)
                    .filter_map(|number| {
                        item.fill(&format!("{name}.{number}"), true, cells, faults)
                    })
                    .collect();
                (!items.is_empty()).then_some(Value::Array(items))
            }
        }
    }
}

impl Kind {
    /// What is no date or list of its kind is left for the schema to refuse.
    fn read(self, cell: &str) -> Result<Value, (&'static str, &'static str)> {
        match self {
            Self::Text => Ok(Value::from(cell)),
            Self::Number => {
                let number = cell.parse::<serde_json::Number>();
                let number = number.map_err(|_| ("not a number", "a number, as 12 or 0.5"))?;
                Ok(Value::Number(number))
            }
            Self::YesNo => match cell.to_lowercase().as_str() {
                "yes" | "true" => Ok(Value::Bool(true)),
                "no" | "false" => Ok(Value::Bool(false)),
                _ => Err(("neither yes nor no", "yes or no")),
            },
            Self::Date => {
                let day_first = Date::strptime("%d/%m/%Y", cell).ok();
                // A year in two digits is left, too: nobody is born in the year 27.
                let day_first = day_first.filter(|date| date.year() >= 1_000);
                Ok(day_first.map_or_else(|| Value::from(cell), |date| date.to_string().into()))
            }
            Self::List => {
                let entries = cell.split(APART).map(str::trim);
                Ok(entries.filter(|entry| !entry.is_empty()).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests;
