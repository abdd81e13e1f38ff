//! Numbers of other systems whose form is known beyond what a pattern can say: by the kind under
//! which they are indexed. Of a number that does not fit, the place is told and nothing of it.

use super::DataError;
use super::shape::Views;
use jiff::civil::Date;
use serde_json::Value;

/// Of the health service in Scotland, and what folders of AYRshare are found by.
const CHI: &str = "chi";
/// NHS Data Dictionary (Scotland): the check digit is by modulus 11 over the nine digits before it.
const CHI_ALLOWED: &str = "the ten digits as they are printed: a date of birth, three digits and a check digit by modulus 11";

/// A place whose text is indexed under a kind that has a check digit.
pub(super) fn check(views: &Views<'_>, pointer: &str, value: &Value) -> Option<DataError> {
    let kind = views.keyword("x-index").and_then(Value::as_str)?;
    let (what, allowed) = wrong(kind, value.as_str()?)?;
    Some(DataError::at(pointer, what, allowed))
}

/// The kinds of all texts that a schema marks with `x-index`.
pub(super) fn kinds(schema: &Value) -> Vec<&str> {
    let (mut found, mut open) = (Vec::new(), vec![schema]);
    while let Some(schema) = open.pop() {
        let inside: Vec<&Value> = match schema {
            Value::Object(map) => map.values().collect(),
            Value::Array(items) => items.iter().collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
        };
        open.extend(inside);
        let is_text = schema.get("type").is_some_and(|kind| kind == "string");
        let kind = schema.get("x-index").and_then(Value::as_str);
        found.extend(kind.filter(|_| is_text));
    }
    found
}

/// What is wrong with a number of that kind, and what is allowed.
#[must_use]
pub fn wrong(kind: &str, text: &str) -> Option<(&'static str, &'static str)> {
    // Of no other kind is the form published.
    if kind != CHI {
        return None;
    }
    match chi(text) {
        Ok(()) => None,
        Err(what) => Some((what, CHI_ALLOWED)),
    }
}

fn chi(text: &str) -> Result<(), &'static str> {
    let digits: Option<Vec<u32>> = text.chars().map(|letter| letter.to_digit(10)).collect();
    let digits = digits
        .filter(|digits| digits.len() == 10)
        .ok_or("not ten digits")?;
    let two = |at: usize| i16::try_from(digits[at] * 10 + digits[at + 1]).unwrap_or_default();
    let (day, month, year) = (two(0), two(2), two(4));
    let parts = (i8::try_from(month).ok(), i8::try_from(day).ok());
    // The century is not in it.
    let is_date = [1900, 2000].iter().any(|century| match parts {
        (Some(month), Some(day)) => Date::new(century + year, month, day).is_ok(),
        (_, _) => false,
    });
    if !is_date {
        return Err("a number that does not begin with a date");
    }
    let weighted = digits.iter().zip((2..=10).rev());
    let sum: u32 = weighted.map(|(digit, weight)| digit * weight).sum();
    match (11 - sum % 11, digits[9]) {
        (11, 0) => Ok(()),
        (due, given) if due == given => Ok(()),
        (_, _) => {
            Err("a number whose check digit does not fit: a digit is wrong or two are swapped")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{chi, wrong};
    use proptest::prelude::*;

    #[test]
    fn a_chi_number_has_ten_digits_a_date_and_a_check_digit() {
        // Of test data of another hand.
        assert_eq!(chi("0101011237"), Ok(()));
        for (text, what) in [
            ("0101201234", "check digit"),
            ("3201201234", "date"),
            ("3102991234", "date"),
            ("010101123", "ten digits"),
            ("01010112377", "ten digits"),
            ("010101123X", "ten digits"),
            ("", "ten digits"),
        ] {
            assert!(chi(text).unwrap_err().contains(what), "{text}");
        }
        assert!(wrong("chi", "0101011237").is_none());
        assert!(wrong("seemis", "0101201234").is_none());
    }

    /// A valid number of that day and those three digits, if there is one.
    fn whole(day: u32, serial: u32) -> Option<String> {
        let first = format!("{day:02}0718{serial:03}");
        (0..=9)
            .map(|check| format!("{first}{check}"))
            .find(|text| chi(text).is_ok())
    }

    proptest! {
        #[test]
        fn one_wrong_digit_and_two_swapped_ones_are_found(
            day in 1_u32..=28, serial in 0_u32..1_000, at in 0_usize..10, other in 0_u32..10,
        ) {
            let Some(text) = whole(day, serial) else { return Ok(()) };
            let mut digits: Vec<char> = text.chars().collect();
            let digit = char::from_digit(other, 10).unwrap_or('0');
            if digits[at] != digit {
                let mut wrong = digits.clone();
                wrong[at] = digit;
                let wrong: String = wrong.into_iter().collect();
                prop_assert!(chi(&wrong).is_err(), "{wrong}");
            }
            if at < 9 && digits[at] != digits[at + 1] {
                digits.swap(at, at + 1);
                let swapped: String = digits.into_iter().collect();
                prop_assert!(chi(&swapped).is_err(), "{swapped}");
            }
        }
    }
}
