//! `claims`: how long a claim lasts, and who may end somebody else's.

use super::super::definition::{ClaimRule, ClaimWarning, Offset, TakeOver, Target};
use super::super::lint::Rule;
use super::super::located::{Node, Reader};
use super::ladders;
use super::names::Names;
use super::value;
use crate::domain::ids::{ReasonCode, RoleName, StateName};
use indexmap::IndexMap;

/// The lease of a claim counts working time: nobody loses a claim in the night.
const LEASES: &str = "working time: 16wh or 2wd";

pub(super) fn read(reader: &mut Reader, node: &Node, names: &Names<'_>) -> Option<ClaimRule> {
    let mut fields = reader.fields(node)?;
    let lease = fields.need_as(reader, "lease", lease);
    let frozen_in = fields.find_as(reader, "frozen_in", |r, n| {
        let parse = StateName::parse;
        Some(value::declared_list(r, n, parse, "state", &names.states))
    });
    let warn = fields.find_as(reader, "warn", |r, n| warning(r, n, names, lease));
    let tell = fields.need_as(reader, "tell", |r, n| Some(roles(r, n, names)));
    let take_over = fields.find_as(reader, "take_over", |r, n| take_over(r, n, names));
    fields.finish(reader);
    Some(ClaimRule {
        lease: lease?,
        frozen_in: frozen_in.unwrap_or_default(),
        warn,
        tell: tell?,
        take_over,
    })
}

fn lease(reader: &mut Reader, node: &Node) -> Option<Target> {
    let lease = value::target(reader, node)?;
    match lease {
        Target::WorkingHours(_) | Target::WorkingDays(_) => Some(lease),
        Target::Minutes(_) | Target::CalendarDays(_) | Target::NextWorkingDayAt(_) => {
            let found = format!("a lease of `{lease}`");
            reader.against(Rule::E10, node, [&found, LEASES]);
            None
        }
    }
}

fn warning(
    reader: &mut Reader,
    node: &Node,
    names: &Names<'_>,
    lease: Option<Target>,
) -> Option<ClaimWarning> {
    let mut fields = reader.fields(node)?;
    let at = fields.need_as(reader, "at", |r, n| before_the_end(r, n, lease));
    let tell = fields.need_as(reader, "tell", |r, n| Some(roles(r, n, names)));
    fields.finish(reader);
    Some(ClaimWarning {
        at: at?,
        tell: tell?,
    })
}

/// After the lease has begun, in its own unit.
fn before_the_end(reader: &mut Reader, node: &Node, lease: Option<Target>) -> Option<Offset> {
    let at = ladders::offset(reader, node)?;
    let fits = match (at, lease) {
        (_, None) => true,
        (Offset::Before(by), Some(lease)) => by.has_unit_of(lease) && by.count() < lease.count(),
        (Offset::AtTarget | Offset::After(_), Some(_)) => false,
    };
    if !fits {
        let allowed = "an offset before the end, shorter than the lease and in its unit, as -4wh";
        let found = format!("a warning at `{at}`");
        reader.against(Rule::E10, node, [&found, allowed]);
    }
    fits.then_some(at)
}

fn take_over(reader: &mut Reader, node: &Node, names: &Names<'_>) -> Option<TakeOver> {
    let mut fields = reader.fields(node)?;
    let by = fields.need_as(reader, "by", |r, n| Some(roles(r, n, names)));
    let reasons = fields.need_as(reader, "reasons", |r, n| Some(reasons(r, n)));
    fields.finish(reader);
    Some(TakeOver {
        by: by?,
        reasons: reasons?,
    })
}

fn roles(reader: &mut Reader, node: &Node, names: &Names<'_>) -> Vec<RoleName> {
    value::declared_list(reader, node, RoleName::parse, "role", &names.roles)
}

/// `{ code: title, … }`
pub(super) fn reasons(reader: &mut Reader, node: &Node) -> IndexMap<ReasonCode, String> {
    let mut reasons = IndexMap::new();
    for entry in reader.entries(node, "reasons and their titles") {
        let code = reader.key_id(entry, ReasonCode::parse);
        let title = reader.text(&entry.value);
        if let (Some(code), Some(title)) = (code, title) {
            reasons.insert(code, title);
        }
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::super::tests::{EXAMPLE, said_once};

    #[test]
    fn a_claim_reads_as_it_says() {
        let rule = parse("small/v1.yaml", EXAMPLE).unwrap().claims.unwrap();
        assert_eq!(rule.lease.to_string(), "16wh");
        let ladder = rule.ladder();
        let rungs: Vec<String> = ladder.0.iter().map(|rung| rung.at.to_string()).collect();
        assert_eq!(rungs, ["-4wh", "0"]);
        assert_eq!(rule.take_over.unwrap().reasons["away"], "Away");
    }

    #[test]
    fn a_lease_is_of_working_time_and_its_warning_comes_before_its_end() {
        for wrong in ["15min", "2w"] {
            let lease = format!("lease: {wrong}");
            said_once("lease: 16wh", &lease, &["a lease of", "working time"]);
        }
        for wrong in ["0", "+1wh", "-16wh", "-1wd"] {
            let at = format!("at: {wrong}, tell: [holder]");
            said_once("at: -4wh, tell: [holder]", &at, &["a warning at", "-4wh"]);
        }
    }

    #[test]
    fn names_in_a_claim_are_declared_and_no_clock_has_its_name() {
        let state = "frozen_in: [askt]";
        said_once("frozen_in: [asked]", state, &["unknown state", "`asked`"]);
        let role = "take_over: { by: [teem]";
        said_once("take_over: { by: [team]", role, &["unknown role", "`team`"]);
        let clock = "  claim: { title: Urgent";
        said_once(
            "  urgent: { title: Urgent",
            clock,
            &["a clock named `claim`"],
        );
    }
}
