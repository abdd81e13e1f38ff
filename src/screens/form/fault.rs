//! What is wrong, where it stands in the form, and in plain words.

use super::field::{Field, Kind};
use super::typed::is_in;
use crate::domain::workflow::schema::DataError;
use maud::{Markup, html};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::screens) struct Fault {
    /// Dotted path of the question.
    pub(in crate::screens) path: String,
    /// A question on the page has that path; else it is about several of them.
    is_asked: bool,
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
                words: match about(fields, &path).filter(|_| field.ask.is_none()) {
                    Some(about) => format!("{} ({about})", words(field, what, allowed)),
                    None => words(field, what, allowed),
                },
                is_asked: true,
                path,
            },
            None if what == "fits none of the forms" => match one_of(fields, allowed) {
                Some(fault) => fault,
                None => Fault::of_all(&path, what, allowed),
            },
            None => Fault::of_all(&path, what, allowed),
        };
        if !found.iter().any(|known| known.path == fault.path) {
            found.push(fault);
        }
    }
    let place = |fault: &Fault| place(fields, "", &fault.path);
    found.sort_by_key(place);
    found
}

impl Fault {
    fn of_all(path: &str, what: &str, allowed: &str) -> Self {
        Self {
            words: format!("Something is missing or does not fit: {what} ({allowed})"),
            is_asked: false,
            path: path.to_owned(),
        }
    }
}

/// Where one of several questions is to be answered: beside the first of them.
fn one_of(fields: &[Field], allowed: &str) -> Option<Fault> {
    let mut named: Vec<(usize, &Field)> = fields
        .iter()
        .filter_map(|field| Some((allowed.find(&format!("`{}`", field.name))?, field)))
        .collect();
    named.sort_by_key(|(place, _)| *place);
    let (_, first) = named.first()?;
    let titles: Vec<String> = named
        .iter()
        .map(|(_, field)| format!("“{}”", field.title))
        .collect();
    Some(Fault {
        path: first.name.clone(),
        is_asked: true,
        words: format!("Answer {}", titles.join(" or ")),
    })
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
    let name = &quoted(&field.title);
    let writes = matches!(field.kind, Kind::Line | Kind::Text);
    match (what, &field.ask) {
        ("missing" | "too short" | "too few", Some(ask)) => ask.clone(),
        ("not of the form", Some(ask)) if writes => ask.clone(),
        ("missing" | "too short" | "too few", None) => ask_for(field),
        ("not one of the values", _) => format!("Choose one of the answers to “{}”", field.title),
        ("not of the form", _) if field.kind == Kind::Date => {
            format!("{name} must be a date that exists")
        }
        ("not of the form", _) if field.kind == Kind::Moment => {
            format!("{name} must be a date and a time")
        }
        ("not of the form", _) => format!("{name} is not written as it is asked for"),
        ("another kind of value", _) => format!("{name} must be a whole number"),
        ("too long", _) => format!("{name} is too long: {allowed}"),
        ("not asked for here", _) => {
            format!("Leave {name} empty: it does not go with your other answers")
        }
        (other, _) => format!("{name}: {other}; {allowed}"),
    }
}

/// Words that a title begins with which cannot stand in a sentence of ours.
const NO_NOUN: [&str; 24] = [
    "What", "Who", "When", "Where", "Why", "How", "Which", "Whether", "With", "Is", "Are", "Has",
    "Have", "Did", "Do", "Does", "May", "Might", "Must", "Tick", "In", "By", "You", "If",
];

fn is_noun(title: &str) -> bool {
    let first = title.split([' ', ',', ':']).next().unwrap_or_default();
    !NO_NOUN.contains(&first)
}

fn quoted(title: &str) -> String {
    if is_noun(title) {
        title.to_owned()
    } else {
        format!("“{title}”")
    }
}

/// `Enter the family name`, `Choose an answer to “Why”`.
fn ask_for(field: &Field) -> String {
    let title = &field.title;
    let chosen = !field.choices().is_empty() || matches!(field.kind, Kind::YesNo | Kind::Tick);
    if chosen {
        return format!("Choose an answer to “{title}”");
    }
    if !is_noun(title) {
        return format!("Enter an answer to “{title}”");
    }
    let mut letters = title.chars();
    let first = letters.next().unwrap_or_default();
    let is_name = letters.clone().next().is_some_and(char::is_uppercase);
    let title = if is_name {
        title.clone()
    } else {
        format!("{}{}", first.to_lowercase(), letters.as_str())
    };
    let title = title.strip_prefix("the ").unwrap_or(&title);
    format!("Enter the {title}")
}

/// All of them, at the top of the page, each leading to its question.
pub(in crate::screens) fn summary(faults: &[Fault]) -> Markup {
    html! {
        @if !faults.is_empty() {
            div.ds_error-summary #error-summary aria-labelledby="error-summary-title" role="alert" tabindex="-1" {
                h2.ds_error-summary__title #error-summary-title { "There is a problem" }
                ul.ds_error-summary__list {
                    @for fault in faults {
                        li {
                            @if fault.is_asked { a href={ "#" (super::draw::id(&fault.path)) } { (fault.words) } }
                            @else { (fault.words) }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(title: &str, kind: Kind, ask: Option<&str>) -> Field {
        Field {
            name: "a".to_owned(),
            title: title.to_owned(),
            hint: String::new(),
            needed: true,
            may_stay_open: false,
            ask: ask.map(str::to_owned),
            kind,
        }
    }

    #[test]
    fn what_is_wrong_reads_like_a_sentence_whatever_the_title_is() {
        let told =
            |title, kind, what| words(&field(title, kind, None), what, "at most 9 characters");
        for (title, kind, what, expected) in [
            (
                "Family name",
                Kind::Line,
                "missing",
                "Enter the family name",
            ),
            (
                "CHI number",
                Kind::Line,
                "too short",
                "Enter the CHI number",
            ),
            (
                "The concern in brief",
                Kind::Text,
                "missing",
                "Enter the concern in brief",
            ),
            (
                "What has been tried",
                Kind::Text,
                "missing",
                "Enter an answer to “What has been tried”",
            ),
            (
                "The family wants help",
                Kind::YesNo,
                "missing",
                "Choose an answer to “The family wants help”",
            ),
            (
                "Date of birth",
                Kind::Date,
                "not of the form",
                "Date of birth must be a date that exists",
            ),
            (
                "By when",
                Kind::Date,
                "not of the form",
                "“By when” must be a date that exists",
            ),
            (
                "Question",
                Kind::Text,
                "too long",
                "Question is too long: at most 9 characters",
            ),
        ] {
            assert_eq!(told(title, kind, what), expected);
        }
        let asked = field("Postcode", Kind::Line, Some("Enter a whole postcode"));
        assert_eq!(
            words(&asked, "not of the form", ""),
            "Enter a whole postcode"
        );
        assert_eq!(
            words(&asked, "too long", "at most 8 characters"),
            "Postcode is too long: at most 8 characters"
        );
    }
}
