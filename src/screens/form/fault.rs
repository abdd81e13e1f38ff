//! What is wrong, where it stands in the form, and in plain words.

use super::field::{Field, Kind};
use super::typed::is_in;
use crate::domain::workflow::schema::DataError;
use maud::{Markup, html};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::screens) struct Fault {
    /// Dotted path of the question.
    pub(in crate::screens) path: String,
    pub(in crate::screens) words: String,
}

/// A place in the data and what the schema says of it.
pub(in crate::screens) trait Told {
    fn told(&self) -> (&str, &str, &str);
}

impl Told for DataError {
    fn told(&self) -> (&str, &str, &str) {
        (&self.pointer, &self.what, &self.allowed)
    }
}

impl Told for crate::api::problem::FieldError {
    fn told(&self) -> (&str, &str, &str) {
        let pointer = self.pointer.strip_prefix("/data").unwrap_or(&self.pointer);
        (pointer, &self.what, &self.allowed)
    }
}

/// One for each question that something is wrong with.
pub(in crate::screens) fn faults<T: Told>(fields: &[Field], errors: &[T]) -> Vec<Fault> {
    let mut found: Vec<Fault> = Vec::new();
    for error in errors {
        let (pointer, what, allowed) = error.told();
        let path = pointer.trim_start_matches('/').replace('/', ".");
        let fault = match find(fields, &path) {
            Some((path, field)) => Fault {
                words: match about(fields, &path) {
                    Some(about) => format!("{} ({about})", words(field, what, allowed)),
                    None => words(field, what, allowed),
                },
                path,
            },
            None => Fault {
                words: format!("{what}: {allowed}"),
                path,
            },
        };
        if !found.iter().any(|known| known.path == fault.path) {
            found.push(fault);
        }
    }
    let place = |fault: &Fault| place(fields, "", &fault.path);
    found.sort_by_key(place);
    found
}

/// The innermost question at a path, with its own.
fn find<'f>(fields: &'f [Field], path: &str) -> Option<(String, &'f Field)> {
    let all: Vec<&Field> = fields.iter().collect();
    within(&all, "", path)
}

fn within<'f>(fields: &[&'f Field], inside: &str, path: &str) -> Option<(String, &'f Field)> {
    for field in fields {
        let own = field.path(inside);
        if !is_in(path, &own) {
            continue;
        }
        if let Kind::Entries { item, .. } = &field.kind {
            let rest = path[own.len()..].trim_start_matches('.');
            let Some(at) = rest.split('.').next().filter(|at| !at.is_empty()) else {
                return Some((own, field));
            };
            let place = format!("{own}.{at}");
            return within(&item.inner(), &place, path).or(Some((place, item)));
        }
        return within(&field.inner(), &own, path).or(Some((own, field)));
    }
    None
}

/// Of questions that stand there twice, which of the two: the title of the group inside a group.
fn about<'f>(fields: &'f [Field], path: &str) -> Option<&'f str> {
    let outer = fields.iter().find(|field| is_in(path, &field.name))?;
    let Kind::Group { .. } = outer.kind else {
        return None;
    };
    let inner = outer.inner().into_iter();
    let mut groups = inner.filter(|field| matches!(field.kind, Kind::Group { .. }));
    let group = groups.find(|field| is_in(path, &field.path(&outer.name)))?;
    Some(&group.title)
}

/// In the order of the form.
fn place(fields: &[Field], inside: &str, path: &str) -> Vec<usize> {
    let mut place = Vec::new();
    let mut all: Vec<&Field> = fields.iter().collect();
    let mut inside = inside.to_owned();
    while let Some(at) = all
        .iter()
        .position(|field| is_in(path, &field.path(&inside)))
    {
        place.push(at);
        let field = all[at];
        inside = field.path(&inside);
        if let Kind::Entries { item, .. } = &field.kind {
            let rest = path[inside.len()..].trim_start_matches('.');
            let number = rest.split('.').next().unwrap_or_default();
            place.push(number.parse().unwrap_or(0));
            inside = format!("{inside}.{number}");
            all = item.inner();
        } else {
            all = field.inner();
        }
    }
    place
}

fn words(field: &Field, what: &str, allowed: &str) -> String {
    let title = &field.title;
    let chosen = !field.choices().is_empty() || matches!(field.kind, Kind::YesNo | Kind::Tick);
    match what {
        "missing" | "too short" | "too few" if chosen => format!("Choose an answer: {title}"),
        "missing" | "too short" | "too few" => format!("Fill this in: {title}"),
        "not one of the values" => format!("Choose one of the answers: {title}"),
        "not of the form" if field.kind == Kind::Date => {
            format!("Enter a date that exists: {title}")
        }
        "not of the form" if field.kind == Kind::Moment => {
            format!("Enter a date and a time: {title}")
        }
        "not of the form" => format!("This is not in the form that is asked for: {title}"),
        "another kind of value" => format!("Enter a whole number: {title}"),
        "too long" => format!("Make this shorter ({allowed}): {title}"),
        "not asked for here" => {
            format!("Leave this empty, it does not go with your other answers: {title}")
        }
        other => format!("{title}: {other}; {allowed}"),
    }
}

/// All of them, at the top of the page, each leading to its question.
pub(in crate::screens) fn summary(faults: &[Fault]) -> Markup {
    html! {
        @if !faults.is_empty() {
            div.ds_error-summary #error-summary aria-labelledby="error-summary-title" role="alert" tabindex="-1" {
                h2.ds_error-summary__title #error-summary-title { "There is a problem" }
                ul.ds_error-summary__list {
                    @for fault in faults {
                        li { a href={ "#" (super::draw::id(&fault.path)) } { (fault.words) } }
                    }
                }
            }
        }
    }
}
