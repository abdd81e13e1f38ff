//! `expects` on a move: where its data say when help is expected.

use super::super::definition::ExpectRule;
use super::super::lint::Rule;
use super::super::located::{Node, Reader};
use super::super::schema::kind::code_at;
use super::names::{DeclaredMove, Names};
use super::value::{self, Ground};
use crate::domain::ids::ClockName;

pub(super) fn read(
    reader: &mut Reader,
    node: &Node,
    names: &Names<'_>,
    of: &DeclaredMove<'_>,
) -> Option<ExpectRule> {
    let ground = Ground::of(names, of);
    let mut fields = reader.fields(node)?;
    let day = fields.need_as(reader, "day", |r, n| date(r, n, (of, ground)));
    let because = fields.find_as(reader, "because", |r, n| value::code_path(r, n, ground));
    let clock = fields.need_as(reader, "clock", |r, n| {
        value::declared(r, n, ClockName::parse, "clock", &names.clocks)
    });
    fields.finish(reader);
    Some(ExpectRule {
        day: day?,
        because,
        clock: clock?,
    })
}

fn date(
    reader: &mut Reader,
    node: &Node,
    (of, ground): (&DeclaredMove<'_>, Ground<'_>),
) -> Option<String> {
    let path = value::code_path(reader, node, ground)?;
    let field = path
        .split('.')
        .fold(&of.data, |here, name| &here["properties"][name]);
    if field["format"] != *"date" && code_at(&of.data, &path).is_ok() {
        let found = format!("`{path}`, which is no date");
        reader.against(Rule::E12, node, [&found, "a field with `format: date`"]);
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::super::tests::said_once;

    const MOVE: &str = "    emits: question-asked\n";

    #[test]
    fn a_day_that_is_expected_names_a_date_and_a_clock() {
        let with = |expects: &str| format!("{MOVE}    expects: {{ {expects} }}\n");
        said_once(
            MOVE,
            &with("day: nothing, clock: urgent"),
            &["is not in the data"],
        );
    }
}
