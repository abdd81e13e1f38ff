//! `covers`: who answers for whom, from when to when.

use super::super::super::located::{Node, Reader};
use super::super::value;
use super::{Known, members};
use crate::domain::ids::{AgencyId, PrincipalId};
use crate::domain::organisation::OrganisationFile;
use crate::domain::organisation::file::Cover;

pub(super) fn cover(reader: &mut Reader, node: &Node, known: &Known<'_>) -> Option<Cover> {
    let everybody: Vec<&str> = [&known.agencies[..], &known.schools[..]].concat();
    let mut fields = reader.fields(node)?;
    let name = fields.need_as(reader, "name", Reader::text);
    let of = fields.need_as(reader, "of", |r, n| {
        let items = r.items(n, "schools and agencies").iter();
        let ids = items
            .map(|item| value::declared(r, item, AgencyId::parse, "school or agency", &everybody));
        ids.collect::<Option<Vec<_>>>()
    });
    let by = fields.need_as(reader, "by", |r, n| r.id(n, PrincipalId::parse));
    let agency = fields.need_as(reader, "agency", |r, n| {
        value::declared(r, n, AgencyId::parse, "agency", &known.agencies)
    });
    let from = fields.need_as(reader, "from", Reader::date);
    let to = fields.need_as(reader, "to", Reader::date);
    fields.finish(reader);
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        reader.wrong(
            node,
            "a cover that ends before it starts",
            "`to` from `from` on",
        );
    }
    Some(Cover {
        name: name?,
        of: of?,
        by: by?,
        agency: agency?,
        from: from?,
        to: to?,
    })
}

/// On no day do two people answer for the same school.
pub(super) fn one_cover(reader: &mut Reader, root: &Node, file: &OrganisationFile) {
    let nodes = members(root, "covers");
    if file.covers.len() != nodes.len() {
        return;
    }
    let parent = |id: &AgencyId| {
        let school = file.schools.iter().find(|school| school.id == *id);
        school.and_then(|school| school.agency.clone())
    };
    for (i, (cover, node)) in file.covers.iter().zip(nodes).enumerate() {
        for other in &file.covers[..i] {
            let meets = |id: &AgencyId| {
                other.of.contains(id)
                    || parent(id).is_some_and(|parent| other.of.contains(&parent))
                    || other
                        .of
                        .iter()
                        .any(|theirs| parent(theirs).as_ref() == Some(id))
            };
            let twice = cover.of.iter().find(|id| meets(id));
            if let Some(twice) = twice
                && cover.from <= other.to
                && other.from <= cover.to
            {
                let found = format!("a second cover of `{twice}`, beside `{}`", other.name);
                reader.wrong(node, found, "one cover on each day");
            }
        }
    }
}
