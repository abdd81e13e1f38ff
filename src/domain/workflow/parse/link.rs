//! `link` on a move: which other request the data name, and how the two belong together.

use super::super::definition::{LinkEffect, LinkKind};
use super::super::located::{Node, Reader, quoted};
use super::value::{self, Ground};

const ALLOWED: &str = "`kind: <code>` or `as: <path of a code>`";

pub(super) fn read(reader: &mut Reader, node: &Node, ground: Ground<'_>) -> Option<LinkEffect> {
    let mut fields = reader.fields(node)?;
    let to = fields.need_as(reader, "to", |r, n| value::code_path(r, n, ground));
    let kind = fields.find("kind");
    let at = fields.find("as");
    fields.finish(reader);
    let kind = match (kind, at) {
        (Some(kind), None) => code(reader, kind).map(LinkKind::Is),
        (None, Some(at)) => value::code_path(reader, at, ground).map(LinkKind::At),
        (Some(_), Some(_)) | (None, None) => {
            reader.wrong(node, "a link of no one kind", ALLOWED);
            None
        }
    };
    Some(LinkEffect {
        to: to?,
        kind: kind?,
    })
}

fn code(reader: &mut Reader, node: &Node) -> Option<String> {
    let text = reader.text(node)?;
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if text.len() > 64 || !text.chars().all(fits) {
        let found = format!("the kind {}", quoted(&text));
        reader.wrong(node, found, "1 to 64 characters of a-z, 0-9 and -");
        return None;
    }
    Some(text)
}
