//! `roll_out`: which version is for which clusters, and from when.

use super::super::super::located::{Node, Reader};
use super::{Known, code_of};
use crate::domain::ids::WorkflowName;
use crate::domain::organisation::file::RollOut;

pub(super) fn roll_out(reader: &mut Reader, node: &Node, known: &Known<'_>) -> Option<RollOut> {
    let mut fields = reader.fields(node)?;
    let workflow = fields.need_as(reader, "workflow", |r, n| r.id(n, WorkflowName::parse));
    let version = fields.need_as(reader, "version", super::super::read_version);
    let clusters = fields.find_as(reader, "clusters", |r, n| {
        let items = r.items(n, "clusters").iter();
        let codes = items.map(|item| code_of(r, item, "cluster", &known.clusters));
        codes.collect::<Option<Vec<_>>>()
    });
    let from = fields.need_as(reader, "from", Reader::date);
    fields.finish(reader);
    Some(RollOut {
        workflow: workflow?,
        version: version?,
        clusters: clusters.unwrap_or_default(),
        from: from?,
    })
}
