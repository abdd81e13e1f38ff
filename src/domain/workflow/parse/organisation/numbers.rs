//! `concern_numbers`: what is rung about a child protection concern, and when.

use super::super::super::located::{Node, Reader};
use super::{Known, calendar};
use crate::domain::organisation::file::{ConcernNumber, RungWhen};

pub(super) fn number(reader: &mut Reader, node: &Node, _: &Known<'_>) -> Option<ConcernNumber> {
    let mut fields = reader.fields(node)?;
    let title = fields.need_as(reader, "title", Reader::text);
    let number = fields.need_as(reader, "number", dialled);
    let code = fields.find_as(reader, "code", code);
    let when = fields.find_as(reader, "when", |r, n| r.word(n, "time", &RungWhen::WORDS));
    let hours = fields.find_as(reader, "hours", calendar);
    fields.finish(reader);
    let when = when.unwrap_or_default();
    if when != RungWhen::Always && hours.is_none() {
        let found = "`when` without `hours`";
        reader.wrong(node, found, "the calendar whose hours are meant");
    }
    Some(ConcernNumber {
        title: title?,
        number: number?,
        code,
        when,
        hours,
    })
}

fn code(reader: &mut Reader, node: &Node) -> Option<String> {
    let text = reader.text(node)?;
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if text.is_empty() || text.len() > 64 || !text.chars().all(fits) {
        reader.wrong(node, text, "1 to 64 characters of a-z, 0-9 and -");
        return None;
    }
    Some(text)
}

/// Digits and spaces, and perhaps what to choose: `01292 000000, option 1`.
fn dialled(reader: &mut Reader, node: &Node) -> Option<String> {
    let text = reader.text(node)?;
    let number = text.split(',').next().unwrap_or_default();
    let digits = number.chars().filter(char::is_ascii_digit).count();
    let fits = number
        .chars()
        .all(|c| c.is_ascii_digit() || matches!(c, ' ' | '+'));
    if !fits || !(3..=15).contains(&digits) {
        reader.wrong(node, text, "3 to 15 digits with spaces, in quotes");
        return None;
    }
    Some(text)
}
