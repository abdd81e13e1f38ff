//! Codes made from personal data before it is sealed; each may be "not-known".

use crate::domain::organisation::{Organisation, SCHOOLS_TABLE};
use crate::domain::workflow::definition::DeriveRule;
use crate::domain::workflow::expression::find;
use indexmap::IndexMap;
use jiff::Span;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

pub const NOT_KNOWN: &str = "not-known";
pub const UNBORN: &str = "unborn";
pub const FIRST_TIME: &str = "first-time";
pub const LONGER_AGO: &str = "longer-ago";

/// Under `derived`, beside the codes: of which table and vintage each was looked up.
const SOURCES: &str = "sources";

/// `derived.<name>` for every rule, from the full data of an opening act.
///
/// `on` is the day on which help was asked for; ages are whole years on it.
#[must_use]
pub fn derive(
    rules: &IndexMap<String, DeriveRule>,
    data: &Map<String, Value>,
    organisation: &Organisation,
    on: Date,
) -> Map<String, Value> {
    let mut codes = Map::new();
    let mut sources = Map::new();
    for (name, rule) in rules {
        let found = find_code(rule, data, organisation, on);
        let table = found.as_ref().and_then(|found| found.table);
        if let Some((table, vintage)) = table.and_then(|t| Some((t, organisation.find_vintage(t)?)))
        {
            let source = json!({ "table": table, "vintage": vintage });
            sources.insert(name.clone(), source);
        }
        let code = found.map_or_else(|| NOT_KNOWN.to_owned(), |found| found.code);
        codes.insert(name.clone(), Value::String(code));
    }
    if !sources.is_empty() {
        codes.insert(SOURCES.to_owned(), Value::Object(sources));
    }
    codes
}

/// A code, and the table that it was looked up in.
struct Found<'a> {
    code: String,
    table: Option<&'a str>,
}

impl From<String> for Found<'_> {
    fn from(code: String) -> Self {
        Self { code, table: None }
    }
}

fn find_code<'a>(
    rule: &'a DeriveRule,
    data: &Map<String, Value>,
    organisation: &Organisation,
    on: Date,
) -> Option<Found<'a>> {
    match rule {
        // The data of one request do not tell: whoever keeps the blind index says it, at the end.
        DeriveRule::AskedBefore { .. } => None,
        DeriveRule::AgeBand {
            birth_date,
            unborn,
            bands,
        } => {
            if find(data, unborn) == Some(&Value::Bool(true)) {
                return Some(UNBORN.to_owned().into());
            }
            let born = find(data, birth_date)?.as_str()?.parse().ok()?;
            band_of(bands, whole_years(born, on)?).map(Found::from)
        }
        DeriveRule::Lookup {
            table,
            keys,
            column,
        } => keys
            .iter()
            .filter_map(|path| find(data, path)?.as_str())
            .find_map(|key| {
                [table.as_str(), SCHOOLS_TABLE]
                    .into_iter()
                    .find_map(|table| {
                        let code = organisation.lookup(table, key, column)?.to_owned();
                        Some(Found {
                            code,
                            table: Some(table),
                        })
                    })
            }),
    }
}

/// The band with the highest first year that is not above the age; the last one has no upper end.
fn band_of(bands: &IndexMap<String, u32>, age: u32) -> Option<String> {
    bands
        .iter()
        .filter(|(_, first)| **first <= age)
        .max_by_key(|(_, first)| **first)
        .map(|(code, _)| code.clone())
}

/// How long before `on` help was last asked for: the first band that reaches back so far.
#[must_use]
pub fn asked_before(bands: &IndexMap<String, u32>, last: Option<Date>, on: Date) -> &str {
    let Some(last) = last else {
        return FIRST_TIME;
    };
    let reaches = |months: u32| {
        let months = Span::new().try_months(i64::from(months));
        let until = months.and_then(|months| last.checked_add(months));
        until.is_ok_and(|until| on <= until)
    };
    let band = bands.iter().find(|(_, months)| reaches(**months));
    band.map_or(LONGER_AGO, |(code, _)| code)
}

/// Birthdays had. A child born on 29 February has the birthday on 1 March of other years, as
/// Scots law counts age (Age of Legal Capacity (Scotland) Act 1991, section 6).
fn whole_years(born: Date, on: Date) -> Option<u32> {
    let before_birthday = (on.month(), on.day()) < (born.month(), born.day());
    let years = i32::from(on.year()) - i32::from(born.year()) - i32::from(before_birthday);
    u32::try_from(years).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::organisation::tests::organisation;
    use serde_json::json;

    fn age_band(data: &Value, on: &str) -> String {
        let rule = DeriveRule::AgeBand {
            birth_date: "child.born".to_owned(),
            unborn: "child.unborn".to_owned(),
            bands: [("5-10".to_owned(), 5), ("0-4".to_owned(), 0)].into(),
        };
        code(rule, data, on)
    }

    fn code(rule: DeriveRule, data: &Value, on: &str) -> String {
        let rules = [("code".to_owned(), rule)].into();
        let data = data.as_object().unwrap();
        let codes = derive(&rules, data, &organisation(), on.parse().unwrap());
        codes["code"].as_str().unwrap().to_owned()
    }

    #[test]
    fn age_is_counted_in_birthdays() {
        let leap = json!({ "child": { "born": "2020-02-29" } });
        assert_eq!(age_band(&leap, "2025-02-28"), "0-4");
        assert_eq!(age_band(&leap, "2025-03-01"), "5-10");
        assert_eq!(age_band(&leap, "2020-02-29"), "0-4");
        let born = json!({ "child": { "born": "2020-06-15", "unborn": false } });
        assert_eq!(age_band(&born, "2025-06-14"), "0-4");
        assert_eq!(age_band(&born, "2025-06-15"), "5-10");
        assert_eq!(age_band(&born, "2060-06-15"), "5-10");
    }

    #[test]
    fn an_age_that_nobody_knows_is_not_guessed() {
        assert_eq!(age_band(&json!({}), "2025-01-01"), NOT_KNOWN);
        let born = json!({ "child": { "born": "2025-06-15" } });
        assert_eq!(age_band(&born, "2025-01-01"), NOT_KNOWN);
        let unborn = json!({ "child": { "unborn": true } });
        assert_eq!(age_band(&unborn, "2025-01-01"), UNBORN);
    }

    #[test]
    fn a_locality_comes_from_the_first_key_that_is_found() {
        let locality = |data: &Value| {
            let rule = DeriveRule::Lookup {
                table: "postcodes".to_owned(),
                keys: vec!["postcode".to_owned(), "school".to_owned()],
                column: "locality".to_owned(),
            };
            code(rule, data, "2026-01-01")
        };
        assert_eq!(locality(&json!({ "postcode": "za1  1aa" })), "north");
        assert_eq!(
            locality(&json!({ "postcode": "ZA9 9ZZ", "school": "academy" })),
            "south"
        );
        assert_eq!(locality(&json!({ "school": "academy" })), "south");
        assert_eq!(locality(&json!({ "school": "special" })), NOT_KNOWN);
        assert_eq!(locality(&json!({ "postcode": 5 })), NOT_KNOWN);
    }

    #[test]
    fn help_was_asked_for_before_within_the_first_band_that_reaches_back_so_far() {
        let bands = [
            ("within-6-months", 6),
            ("within-a-year", 12),
            ("ever", u32::MAX),
        ];
        let bands = bands.map(|(code, months)| (code.to_owned(), months)).into();
        let code = |last: &str| {
            let on = "2026-08-31".parse().unwrap();
            asked_before(&bands, Some(last.parse().unwrap()), on).to_owned()
        };
        assert_eq!(code("2026-08-31"), "within-6-months");
        assert_eq!(code("2026-03-01"), "within-6-months");
        assert_eq!(code("2026-02-28"), "within-a-year");
        assert_eq!(code("2025-08-31"), "within-a-year");
        assert_eq!(code("2025-08-30"), LONGER_AGO);
        let never = asked_before(&bands, None, "2026-08-31".parse().unwrap());
        assert_eq!(never, FIRST_TIME);
    }
}
