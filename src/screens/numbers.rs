//! What to ring at this hour.

use crate::api::concerns::NumberView;
use maud::{Markup, html};

/// What to ring, the most urgent first.
pub(super) fn numbers(numbers: &[NumberView]) -> Markup {
    html! {
        ul.numbers {
            @for number in numbers {
                li { span { (number.title) } (ring(&number.number)) }
            }
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
