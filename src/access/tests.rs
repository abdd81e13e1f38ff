use super::*;
use crate::domain::request::actor::Grant;

fn principal(
    id: &str,
    kind: PrincipalKind,
    grants: &[(&str, Option<&str>, Option<&str>)],
) -> Principal {
    Principal {
        id: PrincipalId::parse(id).unwrap(),
        kind,
        grants: grants
            .iter()
            .map(|(role, team, agency)| Grant {
                role: role.parse_role(),
                team: team.map(|t| TeamId::parse(t).unwrap()),
                agency: agency.map(|a| AgencyId::parse(a).unwrap()),
            })
            .collect(),
    }
}

trait ParseRole {
    fn parse_role(&self) -> crate::domain::ids::RoleName;
}

impl ParseRole for &str {
    fn parse_role(&self) -> crate::domain::ids::RoleName {
        crate::domain::ids::RoleName::parse(self).unwrap()
    }
}

const ACTIONS: [Action; 17] = [
    Action::ReadReadings,
    Action::ReadConcerns,
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
    Action::ReadWorkflows,
    Action::Claim,
    Action::Operate,
];

fn a_request() -> Involvement {
    Involvement {
        team: Some(TeamId::parse("ayr-north").unwrap()),
        requester: Some(PrincipalId::parse("head").unwrap()),
        agency: Some(AgencyId::parse("school").unwrap()),
        worker: Some(PrincipalId::parse("worker").unwrap()),
        claimed_by: Some(PrincipalId::parse("holder").unwrap()),
        acted: [PrincipalId::parse("decider").unwrap()].into(),
        authors: [PrincipalId::parse("author").unwrap()].into(),
        answers: false,
        does: false,
        covers: false,
    }
}

/// Who is who, and all that they may do with a request of ayr-north; everything else is denied.
#[test]
#[expect(clippy::too_many_lines, reason = "the table itself")]
fn the_whole_table_holds_for_every_role_and_relation() {
    use Action::{
        Claim, IssuePack, OpenFigures, Operate, ReadCaseloads, ReadConcerns, ReadContent,
        ReadIdentified, ReadMeasures, ReadQueue, ReadReadings, ReadResponseTimes, ReadRestricted,
        ReadSummary, ReadWorkflows, Send, WriteMeasures,
    };
    use PrincipalKind::{Person, ServiceAccount};
    let own = Some("ayr-north");
    let other = Some("girvan");
    let school = Some("school");
    let everyone = [Send, ReadWorkflows];
    let figures = [ReadResponseTimes, ReadIdentified, ReadMeasures];
    let member = [ReadSummary, ReadQueue, ReadCaseloads, Claim];
    let cases: Vec<(Principal, Vec<Action>)> = vec![
        (principal("nobody", Person, &[]), vec![]),
        (
            principal("head", Person, &[("named-person", None, school)]),
            vec![ReadSummary, ReadContent],
        ),
        (
            principal("colleague", Person, &[("named-person", None, school)]),
            vec![],
        ),
        (
            principal("system", ServiceAccount, &[("service", None, school)]),
            vec![ReadSummary],
        ),
        (
            principal(
                "other-system",
                ServiceAccount,
                &[("service", None, Some("health"))],
            ),
            vec![],
        ),
        (
            principal("member", Person, &[("locality-worker", own, None)]),
            member.to_vec(),
        ),
        (
            principal("stranger", Person, &[("locality-worker", other, None)]),
            vec![],
        ),
        (
            principal("worker", Person, &[("locality-worker", other, None)]),
            vec![ReadSummary, ReadContent, ReadRestricted],
        ),
        (
            principal("holder", Person, &[("locality-worker", own, None)]),
            [&member[..], &[ReadContent, ReadRestricted]].concat(),
        ),
        (
            principal("decider", Person, &[("locality-worker", own, None)]),
            [&member[..], &[ReadContent]].concat(),
        ),
        (
            principal("decider", Person, &[("locality-worker", other, None)]),
            vec![],
        ),
        (
            principal("author", Person, &[("named-person", None, school)]),
            vec![ReadRestricted],
        ),
        (
            principal("lead", Person, &[("team-lead", own, None)]),
            [
                &member[..],
                &[ReadContent, ReadReadings, OpenFigures, WriteMeasures],
                &figures,
            ]
            .concat(),
        ),
        (
            principal("other-lead", Person, &[("team-lead", other, None)]),
            vec![ReadResponseTimes, ReadMeasures, WriteMeasures],
        ),
        (
            principal("manager", Person, &[("partnership-manager", None, None)]),
            [
                &figures[..],
                &[
                    ReadCaseloads,
                    OpenFigures,
                    ReadConcerns,
                    WriteMeasures,
                    IssuePack,
                ],
            ]
            .concat(),
        ),
        (
            principal("analyst", Person, &[("analyst", None, None)]),
            vec![ReadResponseTimes, ReadMeasures, WriteMeasures],
        ),
        (
            principal("auditor", Person, &[("auditor", None, None)]),
            vec![ReadSummary, ReadReadings],
        ),
        (
            principal("ig", Person, &[("information-governance", None, None)]),
            [&figures[..], &[ReadSummary, ReadReadings, OpenFigures]].concat(),
        ),
        (
            principal("admin", Person, &[("platform-admin", None, None)]),
            vec![Operate],
        ),
    ];
    let request = a_request();
    for (who, mut may) in cases {
        if !who.grants.is_empty() {
            may.extend(everyone);
        }
        for action in ACTIONS {
            let decision = decide(&who, action, Resource::Request(&request));
            assert_eq!(
                decision.is_allowed(),
                may.contains(&action),
                "{} {action:?}",
                who.id
            );
        }
    }
}

#[test]
fn whoever_answers_an_open_concern_reads_it_and_nobody_else_does_by_rank() {
    let social_worker = principal(
        "sw",
        PrincipalKind::Person,
        &[("social-work", Some("social-work"), None)],
    );
    let mut request = a_request();
    assert!(
        !decide(
            &social_worker,
            Action::ReadRestricted,
            Resource::Request(&request)
        )
        .is_allowed()
    );
    request.answers = true;
    assert!(
        decide(
            &social_worker,
            Action::ReadRestricted,
            Resource::Request(&request)
        )
        .is_allowed()
    );
    let lead = principal(
        "lead",
        PrincipalKind::Person,
        &[("team-lead", Some("ayr-north"), None)],
    );
    request.answers = false;
    assert!(!decide(&lead, Action::ReadRestricted, Resource::Request(&request)).is_allowed());
}

#[test]
fn an_open_request_without_a_worker_is_nobodys_by_accident() {
    let nobody = principal("x", PrincipalKind::Person, &[("named-person", None, None)]);
    let empty = Involvement::default();
    for action in [
        Action::ReadSummary,
        Action::ReadContent,
        Action::ReadRestricted,
        Action::Claim,
    ] {
        assert_eq!(
            decide(&nobody, action, Resource::Request(&empty)),
            Decision::Denied
        );
    }
    let service = principal(
        "s",
        PrincipalKind::ServiceAccount,
        &[("service", None, None)],
    );
    assert_eq!(
        decide(&service, Action::ReadSummary, Resource::Request(&empty)),
        Decision::Denied
    );
}
