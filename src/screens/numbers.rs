//! What to ring at this hour.

use crate::api::concerns::NumberView;
use maud::{Markup, html};

/// What to ring, the most urgent first.
pub(super) fn numbers(numbers: &[NumberView]) -> Markup {
    numbers_after(numbers, &[])
}

/// Those on which nobody could be reached come last, and say so.
pub(super) fn numbers_after(numbers: &[NumberView], tried: &[String]) -> Markup {
    let is_tried = |number: &&NumberView| {
        let code = number.code.as_ref();
        code.is_some_and(|code| tried.contains(code))
    };
    let next = numbers.iter().filter(|number| !is_tried(number));
    let again = numbers.iter().filter(is_tried);
    html! {
        ul.numbers {
            @for number in next { li { span { (number.title) } (ring(&number.number)) } }
            @for number in again { li { span { (number.title) " (nobody answered)" } (ring(&number.number)) } }
        }
    }
}

/// A number that a phone rings when it is touched; what stands after a comma is said, not dialled.
fn ring(number: &str) -> Markup {
    let dialled = number.split(',').next().unwrap_or_default();
    let digits: String = dialled.chars().filter(char::is_ascii_digit).collect();
    html! {
        @if digits.is_empty() { strong { (number) } } @else { a href={ "tel:" (digits) } { (number) } }
    }
}
