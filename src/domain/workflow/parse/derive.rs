//! `derive`: codes made from personal data before it is sealed.

use super::super::definition::DeriveRule;
use super::super::located::{Entry, Node, Reader, quoted};
use super::names::Names;
use super::value;
use indexmap::IndexMap;
use serde_json::Value;

pub(super) fn read(
    reader: &mut Reader,
    node: &Node,
    names: &Names<'_>,
) -> IndexMap<String, DeriveRule> {
    let no_data = Value::Null;
    let schema = names.opening().map_or(&no_data, |opening| &opening.data);
    let mut rules = IndexMap::new();
    for entry in reader.entries(node, "derived codes") {
        if !is_snake(&entry.key) {
            let found = format!("derived code {}", quoted(&entry.key));
            reader.wrong_key(entry, found, "a-z, 0-9 and _");
        }
        if let Some(rule) = rule(reader, &entry.value, schema) {
            rules.insert(entry.key.clone(), rule);
        }
    }
    rules
}

fn is_snake(text: &str) -> bool {
    text.len() <= 64
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// Exactly one kind a rule.
fn rule(reader: &mut Reader, node: &Node, schema: &Value) -> Option<DeriveRule> {
    let mut fields = reader.fields(node)?;
    let age_band = fields.find("age_band");
    let asked_before = fields.find("asked_before");
    let lookup = fields.find("lookup");
    fields.finish(reader);
    match (age_band, asked_before, lookup) {
        (Some(band), None, None) => read_age_band(reader, band, schema),
        (None, Some(before), None) => read_asked_before(reader, before),
        (None, None, Some(lookup)) => read_lookup(reader, lookup, schema),
        _ => {
            let found = "a derived code without one way to make it";
            reader.wrong(node, found, "one of `age_band`, `asked_before` or `lookup`");
            None
        }
    }
}

fn read_age_band(reader: &mut Reader, node: &Node, schema: &Value) -> Option<DeriveRule> {
    let mut fields = reader.fields(node)?;
    let birth_date = fields.need_as(reader, "birth_date", |r, n| value::any_path(r, n, schema));
    let unborn = fields.need_as(reader, "unborn", |r, n| value::any_path(r, n, schema));
    let bands = fields.need_as(reader, "bands", |r, n| Some(read_bands(r, n, &YEARS)));
    fields.finish(reader);
    Some(DeriveRule::AgeBand {
        birth_date: birth_date?,
        unborn: unborn?,
        bands: bands?,
    })
}

fn read_asked_before(reader: &mut Reader, node: &Node) -> Option<DeriveRule> {
    let mut fields = reader.fields(node)?;
    let bands = fields.need_as(reader, "bands", |r, n| Some(read_bands(r, n, &MONTHS)));
    fields.finish(reader);
    if bands.as_ref().and_then(|bands| bands.values().last()) > Some(&MONTHS_MAX) {
        let found = "a band that reaches further back than any record";
        reader.wrong(node, found, format!("at most {MONTHS_MAX} months"));
    }
    Some(DeriveRule::AskedBefore { bands: bands? })
}

/// A hundred years.
const MONTHS_MAX: u32 = 1_200;

/// What is said of bands that are no bands, or do not rise.
struct Bands {
    form: &'static str,
    rising: &'static str,
}

const YEARS: Bands = Bands {
    form: "bands, as { \"0-4\": 0, \"5-10\": 5 }",
    rising: "first years in rising order",
};
const MONTHS: Bands = Bands {
    form: "bands, as { within-6-months: 6, within-a-year: 12 }",
    rising: "months in rising order",
};

fn read_bands(reader: &mut Reader, node: &Node, of: &Bands) -> IndexMap<String, u32> {
    let mut bands: IndexMap<String, u32> = IndexMap::new();
    for entry in reader.entries(node, of.form) {
        let Some(first) = reader.whole(&entry.value) else {
            continue;
        };
        if bands.last().is_some_and(|(_, before)| *before >= first) {
            let found = format!("band {} does not follow the one before", quoted(&entry.key));
            reader.wrong(&entry.value, found, of.rising);
        }
        reserved(reader, entry);
        bands.insert(entry.key.clone(), first);
    }
    bands
}

fn reserved(reader: &mut Reader, entry: &Entry) {
    use crate::domain::derive::{FIRST_TIME, LONGER_AGO, NOT_KNOWN, UNBORN};
    if [NOT_KNOWN, UNBORN, FIRST_TIME, LONGER_AGO].contains(&entry.key.as_str()) {
        let found = format!("a band named {}", quoted(&entry.key));
        reader.wrong_key(entry, found, "another name: this one is given by itself");
    }
}

fn read_lookup(reader: &mut Reader, node: &Node, schema: &Value) -> Option<DeriveRule> {
    let mut fields = reader.fields(node)?;
    let table = fields.need_as(reader, "table", Reader::text);
    let keys = fields.need_as(reader, "keys", |r, n| {
        let items = r.items(n, "paths").iter();
        Some(
            items
                .filter_map(|item| value::any_path(r, item, schema))
                .collect(),
        )
    });
    let column = fields.need_as(reader, "column", Reader::text);
    fields.finish(reader);
    Some(DeriveRule::Lookup {
        table: table?,
        keys: keys?,
        column: column?,
    })
}
