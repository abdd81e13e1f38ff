//! `extend` of a clock: who may give more time, how much, how often and why.

use super::super::definition::{ClockKind, ExtendRule, Target};
use super::super::lint::Rule;
use super::super::located::{Node, Reader};
use super::claims::reasons;
use super::names::Names;
use super::value;
use crate::domain::ids::RoleName;

/// Of one run of a clock: more is another target.
const AT_MOST_LIMIT: u32 = 10;

pub(super) fn read(
    reader: &mut Reader,
    node: &Node,
    names: &Names<'_>,
    (kind, target): (Option<ClockKind>, Option<Target>),
) -> Option<ExtendRule> {
    let mut fields = reader.fields(node)?;
    let by = fields.need_as(reader, "by", |r, n| {
        let parse = RoleName::parse;
        Some(value::declared_list(r, n, parse, "role", &names.roles))
    });
    let at_most = fields.need_as(reader, "at_most", at_most);
    let longest = fields.need_as(reader, "longest", |r, n| longest(r, n, target));
    let reasons = fields.need_as(reader, "reasons", |r, n| Some(reasons(r, n)));
    let basis = fields.find_as(reader, "basis", Reader::text);
    fields.finish(reader);
    match (kind == Some(ClockKind::Statutory), node.find("basis")) {
        (true, None) => {
            let found = "a statutory target that is extended without a basis in law";
            reader.against(Rule::E36, node, [found, "`basis`: the law that allows it"]);
        }
        (false, Some(at)) => {
            let found = "a basis in law for a target that the law does not set";
            reader.against(Rule::E36, at, [found, "`basis` on a statutory clock alone"]);
        }
        (true, Some(_)) | (false, None) => {}
    }
    Some(ExtendRule {
        by: by?,
        at_most: at_most?,
        longest: longest?,
        reasons: reasons?,
        basis,
    })
}

fn at_most(reader: &mut Reader, node: &Node) -> Option<u32> {
    let count = reader.whole(node)?;
    if !(1..=AT_MOST_LIMIT).contains(&count) {
        let allowed = format!("1 to {AT_MOST_LIMIT}");
        reader.wrong(node, format!("{count} extensions"), allowed);
    }
    Some(count)
}

fn longest(reader: &mut Reader, node: &Node, target: Option<Target>) -> Option<Target> {
    let longest = value::target(reader, node)?;
    if let Some(target) = target.filter(|target| !longest.has_unit_of(*target)) {
        let found = format!("`{longest}` more for a target of `{target}`");
        reader.against(Rule::E10, node, [&found, "the unit of the target"]);
    }
    Some(longest)
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::super::tests::{EXAMPLE, said_once};

    #[test]
    fn an_extension_reads_as_it_says() {
        let definition = parse("small/v1.yaml", EXAMPLE).unwrap();
        let rule = definition.clocks["acknowledge"].extend.as_ref().unwrap();
        assert_eq!(
            (rule.at_most, rule.longest.to_string().as_str()),
            (1, "6wd")
        );
        assert_eq!(rule.reasons["absence"], "Absence");
    }

    #[test]
    fn an_extension_is_in_the_unit_of_the_target_and_by_roles_that_are_declared() {
        said_once("longest: 6wd", "longest: 5d", &["`5d` more", "the unit"]);
        said_once("longest: 6wd", "longest: P5D", &["as a target"]);
        said_once("at_most: 1,", "at_most: 0,", &["0 extensions", "1 to 10"]);
        said_once(
            "extend: { by: [team]",
            "extend: { by: [teem]",
            &["unknown role", "`team`"],
        );
    }

    #[test]
    fn only_the_law_extends_what_the_law_sets() {
        let basis = "at_most: 1, basis: A law,";
        said_once("at_most: 1,", basis, &["the law does not set"]);
        let statutory = EXAMPLE.replace("pause_in: [asked], anchor", "kind: statutory, anchor");
        let problems = parse("small/v1.yaml", &statutory).unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].to_string().contains("without a basis in law"));
        let lawful = statutory.replace("at_most: 1,", basis);
        assert!(parse("small/v1.yaml", &lawful).is_ok());
    }
}
