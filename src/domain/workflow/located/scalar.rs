//! What a scalar without quotes means; the readings on which YAML 1.1 and 1.2 differ are refused.

use super::Yaml;
use serde_json::Number;

/// Why a scalar without quotes is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unclear {
    /// `on`, `no`, `y`: true or false in YAML 1.1.
    Boolean,
    /// `17:00`: 1020 in YAML 1.1.
    Sexagesimal,
    /// `007`, `0x1f`, `1_000`, `1e3`, `.inf`
    Number,
    /// `2026-01-05T10:00:00Z`
    Instant,
    /// `<<` or `=`
    Merge,
}

impl Unclear {
    pub(super) fn reading(self) -> &'static str {
        match self {
            Self::Boolean => "which YAML 1.1 reads as true or false",
            Self::Sexagesimal => "which YAML 1.1 reads as a number to base 60",
            Self::Number => "a number that YAML 1.1 and 1.2 read differently",
            Self::Instant => "which YAML 1.1 reads as a time stamp",
            Self::Merge => "which YAML 1.1 reads as a merge",
        }
    }

    pub(super) fn allowed(self) -> &'static str {
        match self {
            Self::Boolean => "true, false, or the same in quotes",
            Self::Sexagesimal | Self::Instant => "the same in quotes",
            Self::Number => "digits without leading zero, or the same in quotes",
            Self::Merge => "keys written out",
        }
    }
}

/// Resolves a scalar that stands without quotes.
pub(super) fn resolve(text: &str) -> Result<Yaml, Unclear> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Yaml::Null),
        "true" | "True" | "TRUE" => return Ok(Yaml::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(Yaml::Bool(false)),
        "<<" | "=" => return Err(Unclear::Merge),
        _ => {}
    }
    if matches!(
        text.to_ascii_lowercase().as_str(),
        "y" | "n" | "yes" | "no" | "on" | "off"
    ) {
        return Err(Unclear::Boolean);
    }
    if let Some(number) = plain_number(text) {
        return Ok(Yaml::Number(number));
    }
    if is_date(text) {
        return Ok(Yaml::BareDate(text.to_owned()));
    }
    match doubt(text) {
        Some(unclear) => Err(unclear),
        None => Ok(Yaml::Text(text.to_owned())),
    }
}

/// As JSON writes numbers, without an exponent.
fn plain_number(text: &str) -> Option<Number> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    let fits = all_digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(all_digits);
    fits.then(|| serde_json::from_str(text).ok()).flatten()
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// `yyyy-mm-dd` by shape; whether the day exists is asked where a date is read.
fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 10
        && bytes.iter().enumerate().all(|(i, b)| match i {
            4 | 7 => *b == b'-',
            _ => b.is_ascii_digit(),
        })
}

fn doubt(text: &str) -> Option<Unclear> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let plain = unsigned.replace('_', "");
    let lower = plain.to_ascii_lowercase();
    if matches!(lower.as_str(), ".inf" | ".nan") {
        return Some(Unclear::Number);
    }
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let based = ["0x", "0o", "0b"]
        .iter()
        .find_map(|prefix| lower.strip_prefix(prefix))
        .is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_hexdigit()));
    // `parse` also takes `12.` and `1e3`; `inf` and `nan` do not start with a digit.
    if based || plain.parse::<f64>().is_ok() {
        return Some(Unclear::Number);
    }
    let parts: Vec<&str> = plain.split(':').collect();
    if parts.len() > 1 && parts.iter().all(|part| part.parse::<f64>().is_ok()) {
        return Some(Unclear::Sexagesimal);
    }
    let stamped = text.get(..10).is_some_and(is_date)
        && text[10..].starts_with(['T', 't', ' '])
        && text[11..].starts_with(|c: char| c.is_ascii_digit());
    stamped.then_some(Unclear::Instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_yaml_1_1_reads_differently_is_refused() {
        for (text, unclear) in [
            ("on", Unclear::Boolean),
            ("No", Unclear::Boolean),
            ("y", Unclear::Boolean),
            ("17:00", Unclear::Sexagesimal),
            ("09:30", Unclear::Sexagesimal),
            ("1:30:00.5", Unclear::Sexagesimal),
            ("007", Unclear::Number),
            ("0x1F", Unclear::Number),
            ("0o17", Unclear::Number),
            ("1_000", Unclear::Number),
            ("1e3", Unclear::Number),
            ("+5", Unclear::Number),
            ("-.INF", Unclear::Number),
            ("2026-01-05T10:00:00Z", Unclear::Instant),
            ("2026-01-05 10:00:00", Unclear::Instant),
            ("<<", Unclear::Merge),
        ] {
            assert_eq!(resolve(text), Err(unclear), "{text}");
        }
    }

    #[test]
    fn what_both_versions_read_alike_is_taken() {
        assert_eq!(resolve("~"), Ok(Yaml::Null));
        assert_eq!(resolve("false"), Ok(Yaml::Bool(false)));
        assert_eq!(resolve("-12"), Ok(Yaml::Number((-12).into())));
        assert_eq!(
            resolve("2026-13-45"),
            Ok(Yaml::BareDate("2026-13-45".to_owned()))
        );
        for text in ["5wd", "ZA1 1AA", "1.2.3", "0-4", "any", "Norway", "…é"] {
            assert_eq!(resolve(text), Ok(Yaml::Text(text.to_owned())), "{text}");
        }
    }
}
