//! The synthetic year: the same seed gives the same year, and nothing is refused.

use rfa::simulate::choice::Chance;
use rfa::simulate::story::{Doing, Scene, year};
use std::collections::BTreeMap;

#[test]
fn the_same_seed_gives_the_same_year_and_another_seed_another() {
    let make = |seed| {
        let stories = year(
            jiff::civil::date(2026, 8, 14),
            300,
            &|_| false,
            &mut Chance::new(seed),
        );
        let steps = stories.into_iter().flat_map(|story| story.steps);
        steps
            .map(|step| (step.at, format!("{:?}", step.doing)))
            .collect::<Vec<_>>()
    };
    assert_eq!(make(1), make(1));
    assert_ne!(make(1), make(2));
}

#[test]
fn the_shares_of_a_year_are_those_that_were_asked_for() {
    let stories = year(
        jiff::civil::date(2026, 8, 14),
        3_300,
        &|_| false,
        &mut Chance::new(1),
    );
    let share = |doing: Doing| {
        let with = stories
            .iter()
            .filter(|s| s.steps.iter().any(|step| step.doing == doing));
        with.count() * 100 / stories.len()
    };
    let expected = BTreeMap::from([
        ("asked", (share(Doing::Ask), 18)),
        ("passed on", (share(Doing::PassOn), 10)),
        ("not agreed", (share(Doing::NotAgreed), 9)),
        ("child protection", (share(Doing::Concern), 3)),
    ]);
    for (what, (found, wanted)) in expected {
        assert!(
            found.abs_diff(wanted) <= 3,
            "{what}: {found} % instead of {wanted} %"
        );
    }
    assert!(
        stories
            .iter()
            .any(|s| s.scene == Some(Scene::QueenMargaretFromGirvan))
    );
    assert!(stories.iter().any(|s| s.scene == Some(Scene::Disagreement)));
    let moves_up = |step: &rfa::simulate::story::Step| step.doing == Doing::ChangeNamedPerson;
    assert!(stories.iter().any(|s| s.steps.iter().any(moves_up)));
}

#[test]
fn schools_send_nothing_while_they_are_closed() {
    let closed = |date: jiff::civil::Date| date.month() == 7;
    let stories = year(
        jiff::civil::date(2026, 8, 14),
        1_500,
        &closed,
        &mut Chance::new(3),
    );
    let in_july = stories
        .iter()
        .filter(|s| s.steps[0].at.to_zoned(jiff::tz::TimeZone::UTC).month() == 7);
    assert!(in_july.clone().count() > 0);
    assert!(in_july.into_iter().all(|story| !story.asker.is_school()));
}
