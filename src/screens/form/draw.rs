//! Questions as HTML: label, hint, what is wrong, and what was typed.

use super::fault::Fault;
use super::field::{Choice, Field, Kind};
use super::typed::{Typed, is_in};
use maud::{Markup, html};

/// More choices than these stand in a list to open.
const RADIOS_MAX: usize = 7;

/// What a form is drawn with.
pub(in crate::screens) struct Drawing<'a> {
    pub(in crate::screens) typed: &'a Typed,
    pub(in crate::screens) faults: &'a [Fault],
    /// Path of a list that gets one entry more.
    pub(in crate::screens) again: Option<&'a str>,
    /// Path of the one question that the page is about: it needs no frame.
    pub(in crate::screens) whole: Option<&'a str>,
}

impl Drawing<'_> {
    fn fault(&self, field: &Field, path: &str) -> Option<&str> {
        let is_whole = !matches!(field.kind, Kind::Group { .. } | Kind::Entries { .. });
        let holds = |fault: &&Fault| fault.path == path || is_whole && is_in(&fault.path, path);
        self.faults
            .iter()
            .find(holds)
            .map(|fault| fault.words.as_str())
    }

    fn is_wrong_within(&self, fields: &[Field], inside: &str) -> bool {
        fields.iter().any(|field| {
            let path = field.path(inside);
            self.faults.iter().any(|fault| is_in(&fault.path, &path))
        })
    }
}

/// The id of a question on the page.
pub(in crate::screens) fn id(path: &str) -> String {
    format!("q-{}", path.replace(['.', '_'], "-"))
}

pub(in crate::screens) fn draw(fields: &[Field], with: &Drawing<'_>) -> Markup {
    all(fields, "", with)
}

/// Questions that few have an answer to, closed until they are wanted.
pub(in crate::screens) fn more(fields: &[Field], inside: &str, with: &Drawing<'_>) -> Markup {
    let answered = fields
        .iter()
        .any(|field| with.typed.holds(&field.path(inside)));
    let open = answered || with.is_wrong_within(fields, inside);
    html! {
        @if !fields.is_empty() {
            details.more open[open] {
                summary { "More, if you know it" }
                div.inside { (all(fields, inside, with)) }
            }
        }
    }
}

fn all(fields: &[Field], inside: &str, with: &Drawing<'_>) -> Markup {
    html! { @for field in fields { (question(field, &field.path(inside), with)) } }
}

fn question(field: &Field, path: &str, with: &Drawing<'_>) -> Markup {
    match &field.kind {
        Kind::Counted(_) => html! {},
        Kind::Tick => tick(field, path, with),
        Kind::YesNo => {
            let answers = [("yes", "Yes"), ("no", "No")].map(|(value, label)| Choice {
                value: value.to_owned(),
                label: label.to_owned(),
            });
            choose(field, path, (&answers, false), with)
        }
        Kind::One(choices) | Kind::OneNumber(choices) if choices.len() <= RADIOS_MAX => {
            choose(field, path, (choices, false), with)
        }
        Kind::One(choices) | Kind::OneNumber(choices) => list(field, path, choices, with),
        Kind::Many(choices) | Kind::ManyNumbers(choices) => {
            choose(field, path, (choices, true), with)
        }
        Kind::Group {
            first,
            more: others,
        } => framed(
            field,
            path,
            with,
            &html! {
                (all(first, path, with))
                (more(others, path, with))
            },
        ),
        Kind::Entries { item, at_most } => entries(field, path, (item, *at_most), with),
        Kind::Line | Kind::Text | Kind::Date | Kind::Moment | Kind::Number => {
            written(field, path, with)
        }
    }
}

/// Ids of hint and error, for those who listen.
fn described(field: &Field, path: &str, with: &Drawing<'_>) -> Option<String> {
    let id = id(path);
    let hint = (!field.hint.is_empty()).then(|| format!("{id}-hint"));
    let error = with.fault(field, path).map(|_| format!("{id}-error"));
    let ids: Vec<String> = hint.into_iter().chain(error).collect();
    (!ids.is_empty()).then(|| ids.join(" "))
}

fn class(field: &Field, path: &str, with: &Drawing<'_>) -> &'static str {
    match with.fault(field, path) {
        Some(_) => "ds_question ds_question--error",
        None => "ds_question",
    }
}

fn around(field: &Field, path: &str, with: &Drawing<'_>) -> Markup {
    let id = id(path);
    html! {
        @if !field.hint.is_empty() {
            p.ds_hint-text id={ (id) "-hint" } { (field.hint) }
        }
        @if let Some(words) = with.fault(field, path) {
            p.ds_question__error-message id={ (id) "-error" } {
                span.unseen { "Error: " } (words)
            }
        }
    }
}

fn title(field: &Field) -> Markup {
    html! { (field.title) @if !field.needed { span.optional { " (optional)" } } }
}

fn written(field: &Field, path: &str, with: &Drawing<'_>) -> Markup {
    let id = id(path);
    let text = with.typed.one(path).unwrap_or_default();
    let wrong = with.fault(field, path).map(|_| "true");
    let described = described(field, path, with);
    let mode = (field.kind == Kind::Number).then_some("numeric");
    let kind = if field.kind == Kind::Date {
        "date"
    } else if field.kind == Kind::Moment {
        "datetime-local"
    } else {
        "text"
    };
    html! {
        div class=(class(field, path, with)) {
            label.ds_label for=(id) { (title(field)) }
            (around(field, path, with))
            @if field.kind == Kind::Text {
                textarea.ds_input id=(id) name=(path) rows="5" aria-describedby=[described] aria-invalid=[wrong] { "\n" (text) }
            } @else {
                input.ds_input id=(id) name=(path) type=(kind) value=(text) inputmode=[mode]
                    autocomplete="off" aria-describedby=[described] aria-invalid=[wrong];
            }
        }
    }
}

fn tick(field: &Field, path: &str, with: &Drawing<'_>) -> Markup {
    let id = id(path);
    let ticked = with.typed.one(path).is_some_and(|text| !text.is_empty());
    html! {
        div class=(class(field, path, with)) {
            div.ds_checkbox {
                input.ds_checkbox__input id=(id) name=(path) type="checkbox" value="yes"
                    checked[ticked] aria-describedby=[described(field, path, with)];
                label.ds_checkbox__label for=(id) { (field.title) }
            }
            (around(field, path, with))
        }
    }
}

fn list(field: &Field, path: &str, choices: &[Choice], with: &Drawing<'_>) -> Markup {
    let id = id(path);
    let chosen = with.typed.one(path).unwrap_or_default();
    let known = choices.iter().any(|choice| choice.value == chosen);
    html! {
        div class=(class(field, path, with)) {
            label.ds_label for=(id) { (title(field)) }
            (around(field, path, with))
            div.ds_select-wrapper {
                select.ds_select id=(id) name=(path) aria-describedby=[described(field, path, with)]
                    aria-invalid=[with.fault(field, path).map(|_| "true")] {
                    option value="" { "Choose" }
                    @for choice in choices {
                        option value=(choice.value) selected[choice.value == chosen] { (choice.label) }
                    }
                    @if !known && !chosen.is_empty() {
                        option value=(chosen) selected { (chosen) }
                    }
                }
                span.ds_select-arrow aria-hidden="true" {}
            }
        }
    }
}

fn choose(
    field: &Field,
    path: &str,
    (choices, several): (&[Choice], bool),
    with: &Drawing<'_>,
) -> Markup {
    let id = id(path);
    let chosen: Vec<&str> = with.typed.all(path).collect();
    let (kind, outer, input, label) = if several {
        (
            "checkbox",
            "ds_checkbox",
            "ds_checkbox__input",
            "ds_checkbox__label",
        )
    } else {
        ("radio", "ds_radio", "ds_radio__input", "ds_radio__label")
    };
    let of = |at: usize| {
        if at == 0 {
            id.clone()
        } else {
            format!("{id}-{at}")
        }
    };
    // What was chosen by mistake cannot be taken back from a radio button otherwise.
    let none = field.may_stay_open && !several && !choices.is_empty();
    html! {
        div class=(class(field, path, with)) {
            fieldset aria-describedby=[described(field, path, with)] {
                legend.ds_label { (title(field)) }
                (around(field, path, with))
                @if choices.is_empty() {
                    p { "There is nothing to choose from." }
                }
                div.choices.many[choices.len() > RADIOS_MAX].two[choices.len() == 2 && !none] {
                    @for (at, choice) in choices.iter().enumerate() {
                        div class=(outer) {
                            input class=(input) id=(of(at)) name=(path) type=(kind) value=(choice.value)
                                checked[chosen.contains(&choice.value.as_str())];
                            label class=(label) for=(of(at)) { (choice.label) }
                        }
                    }
                    @if none {
                        @let last = of(choices.len());
                        div class=(outer) {
                            input class=(input) id=(last) name=(path) type=(kind) value="" checked[chosen.contains(&"")];
                            label class=(label) for=(last) { "No answer" }
                        }
                    }
                }
            }
        }
    }
}

fn framed(field: &Field, path: &str, with: &Drawing<'_>, inner: &Markup) -> Markup {
    let whole = with.whole == Some(path);
    html! {
        fieldset.group.whole[whole] id=(id(path)) tabindex="-1" aria-describedby=[described(field, path, with)] {
            legend { (title(field)) }
            (around(field, path, with))
            (inner)
        }
    }
}

fn entries(
    field: &Field,
    path: &str,
    (item, at_most): (&Field, usize),
    with: &Drawing<'_>,
) -> Markup {
    let filled = (0..at_most)
        .filter(|at| with.typed.holds(&format!("{path}.{at}")))
        .count();
    let wanted = if with.again == Some(path) {
        filled + 1
    } else {
        filled.max(1)
    };
    let count = wanted.min(at_most);
    framed(
        field,
        path,
        with,
        &html! {
            @for at in 0..count {
                @let place = format!("{path}.{at}");
                @if let Kind::Group { first, more: others } = &item.kind {
                    fieldset.entry id=(id(&place)) tabindex="-1" {
                        legend { (at + 1) span.unseen { " of " (field.title) } }
                        (all(first, &place, with))
                        (more(others, &place, with))
                    }
                } @else {
                    (question(item, &place, with))
                }
            }
            @if count < at_most {
                button.ds_button.ds_button--secondary.ds_button--small type="submit" name="again" value=(path) {
                    "Add another" span.unseen { ": " (field.title) }
                }
            }
        },
    )
}
