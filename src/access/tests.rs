use super::*;
use crate::domain::ids::{AgencyId, PrincipalId};
use crate::domain::request::actor::Grant;

fn principal(
    id: &str,
    kind: PrincipalKind,
    grants: &[(&str, Option<&str>, Option<&str>)],
) -> Principal {
    let grants = grants.iter().map(|(role, team, agency)| {
        let team = team.map(|t| TeamId::parse(t).unwrap());
        let agency = agency.map(|a| AgencyId::parse(a).unwrap());
        Grant::new(role.parse_role(), team, agency)
    });
    Principal::new(PrincipalId::parse(id).unwrap(), kind, grants.collect())
}

trait ParseRole {
    fn parse_role(&self) -> crate::domain::ids::RoleName;
}

impl ParseRole for &str {
    fn parse_role(&self) -> crate::domain::ids::RoleName {
        crate::domain::ids::RoleName::parse(self).unwrap()
    }
}

const ACTIONS: [Action; 20] = [
    Action::Search,
    Action::ReadReadings,
    Action::ReadConcerns,
    Action::ReadConcernNumbers,
    Action::Send,
    Action::ReadSummary,
    Action::ReadContent,
    Action::ReadRestricted,
    Action::ReadQueue,
    Action::ReadCaseloads,
    Action::ReadResponseTimes,
    Action::ReadIdentified,
    Action::OpenFigures,
    Action::ReadMeasures,
    Action::WriteMeasures,
    Action::IssuePack,
    Action::KnowConcerns,
    Action::ReadWorkflows,
    Action::Claim,
    Action::Operate,
];

fn tied(ties: &[Tie]) -> Involvement {
    Involvement::new(Some(TeamId::parse("ayr-north").unwrap()), ties)
}

fn allowed(who: &Principal, resource: Resource<'_>) -> Vec<Action> {
    let actions = ACTIONS.into_iter();
    actions
        .filter(|action| decide(who, *action, resource).is_allowed())
        .collect()
}

/// Who is who, how they are tied to a request of ayr-north, and all that they may do with it; everything
/// else is denied.
#[test]
#[expect(clippy::too_many_lines, reason = "the table itself")]
fn the_whole_table_holds_for_every_role_and_tie() {
    use Action::{
        Claim, IssuePack, KnowConcerns, OpenFigures, Operate, ReadCaseloads, ReadConcernNumbers,
        ReadContent, ReadIdentified, ReadMeasures, ReadQueue, ReadReadings, ReadResponseTimes,
        ReadRestricted, ReadSummary, ReadWorkflows, Search, WriteMeasures,
    };
    use PrincipalKind::{Person, ServiceAccount};
    let own = Some("ayr-north");
    let other = Some("girvan");
    let school = Some("school");
    let everyone = [ReadWorkflows, ReadConcernNumbers];
    let figures = [ReadResponseTimes, ReadIdentified, ReadMeasures];
    let member = [ReadSummary, ReadQueue, ReadCaseloads, Claim];
    let reads = [ReadSummary, ReadContent];
    let works = [ReadSummary, ReadContent, ReadRestricted];
    let head = || principal("head", Person, &[("named-person", None, school)]);
    let system = || principal("system", ServiceAccount, &[("service", None, school)]);
    let worker = |team| principal("worker", Person, &[("locality-worker", team, None)]);
    let lead = |team| principal("lead", Person, &[("team-lead", team, None)]);
    let ranks = |role| principal("rank", Person, &[(role, None, None)]);
    let cases: Vec<(Principal, &[Tie], Vec<Action>)> = vec![
        (principal("nobody", Person, &[]), &[], vec![]),
        (head(), &[Tie::Requester], reads.to_vec()),
        (head(), &[], vec![]),
        (system(), &[Tie::Carrier], vec![ReadSummary]),
        (system(), &[], vec![]),
        (worker(own), &[Tie::Member], member.to_vec()),
        (worker(other), &[], vec![]),
        (worker(other), &[Tie::Worker], works.to_vec()),
        (
            worker(own),
            &[Tie::Member, Tie::ClaimHolder],
            [&member[..], &[ReadContent, ReadRestricted]].concat(),
        ),
        (
            worker(other),
            &[Tie::Responder],
            vec![ReadSummary, KnowConcerns],
        ),
        (
            worker(other),
            &[Tie::Responder, Tie::ConcernHolder],
            vec![ReadSummary, KnowConcerns, ReadRestricted],
        ),
        (worker(other), &[Tie::ConcernAuthor], vec![ReadSummary]),
        (worker(other), &[Tie::Doer], vec![ReadSummary]),
        (
            lead(own),
            &[Tie::Member],
            [
                &member[..],
                &[
                    ReadContent,
                    ReadReadings,
                    OpenFigures,
                    WriteMeasures,
                    KnowConcerns,
                ],
                &figures,
            ]
            .concat(),
        ),
        (
            lead(other),
            &[],
            vec![ReadResponseTimes, ReadMeasures, WriteMeasures],
        ),
        (
            ranks("partnership-manager"),
            &[],
            [
                &figures[..],
                &[
                    ReadCaseloads,
                    OpenFigures,
                    WriteMeasures,
                    IssuePack,
                    Action::ReadConcerns,
                ],
            ]
            .concat(),
        ),
        (
            ranks("analyst"),
            &[],
            vec![ReadResponseTimes, ReadMeasures, WriteMeasures],
        ),
        (ranks("auditor"), &[], vec![ReadSummary, ReadReadings]),
        (
            ranks("information-governance"),
            &[],
            [&figures[..], &[ReadSummary, ReadReadings, OpenFigures]].concat(),
        ),
        (ranks("platform-admin"), &[], vec![Operate]),
    ];
    for (who, ties, mut may) in cases {
        if !who.grants.is_empty() {
            may.extend(everyone);
        }
        // Whoever sends requests or works on them by role, and the systems of agencies.
        if who
            .grants
            .iter()
            .any(|grant| grant.team.is_some() || grant.agency.is_some())
        {
            may.push(Search);
        }
        may.sort();
        let mut found = allowed(&who, Resource::Request(&tied(ties)));
        found.sort();
        assert_eq!(found, may, "{} {ties:?}", who.id);
    }
}

#[test]
fn sending_and_answering_concerns_rest_on_what_workflows_say_and_on_no_other_grant() {
    let analyst = principal("a", PrincipalKind::Person, &[("analyst", None, None)]);
    let may = |rights, action| decide(&analyst, action, Resource::Workflows(rights)).is_allowed();
    let none = WorkflowRights::default();
    let opens = WorkflowRights {
        may_open: true,
        ..none
    };
    let answers = WorkflowRights {
        answers_concerns: true,
        ..none
    };
    for (action, rights) in [
        (Action::Send, opens),
        (Action::Subscribe, opens),
        (Action::ReadConcerns, answers),
    ] {
        assert!(may(rights, action), "{action:?}");
        assert!(!may(none, action), "{action:?}");
    }
}

#[test]
fn a_restricted_act_is_read_by_its_author_beside_those_who_answer_it() {
    let head = principal(
        "head",
        PrincipalKind::Person,
        &[("named-person", None, None)],
    );
    let requester = tied(&[Tie::Requester]);
    for is_author in [true, false] {
        let act = Resource::RestrictedAct {
            involvement: &requester,
            is_author,
        };
        let decision = decide(&head, Action::ReadRestricted, act);
        assert_eq!(decision.is_allowed(), is_author);
    }
    let lead = principal(
        "lead",
        PrincipalKind::Person,
        &[("team-lead", Some("ayr-north"), None)],
    );
    let member = tied(&[Tie::Member]);
    assert!(!decide(&lead, Action::ReadRestricted, Resource::Request(&member)).is_allowed());
}

/// The rule for acting and the rule for reading the outline are one rule.
#[test]
fn whoever_has_a_tie_sees_the_outline_and_nobody_else_does_without_a_rank() {
    let somebody = principal("x", PrincipalKind::Person, &[("named-person", None, None)]);
    for tie in Tie::ALL {
        let involvement = tied(&[tie]);
        let decision = decide(
            &somebody,
            Action::ReadSummary,
            Resource::Request(&involvement),
        );
        assert!(
            decision.is_allowed() && involvement.sees_outline(),
            "{tie:?}"
        );
    }
    let nobody = Involvement::default();
    assert!(!nobody.sees_outline());
    for action in [
        Action::ReadSummary,
        Action::ReadContent,
        Action::ReadRestricted,
        Action::Claim,
    ] {
        let decision = decide(&somebody, action, Resource::Request(&nobody));
        assert_eq!(decision, Decision::Denied, "{action:?}");
    }
}
