use super::*;
use crate::domain::workflow::parse::{parse_calendar, parse_organisation, parse_table};

const EXAMPLE: &str = r#"format: 1
organisation: some-council
title: Some council
status: Assumption, to be confirmed by the partnership
effective_from: 2026-01-01
default_calendar: council
units:
  - { id: north-old, kind: locality-team, title: North, localities: [north], until: 2026-03-31 }
  - { id: north-new, kind: locality-team, title: North, localities: [north], calendar: term, from: 2026-04-01 }
  - { id: around, kind: team-around-the-locality, title: Around, localities: [north, south] }
localities: [ { id: north, title: North }, { id: south, title: South } ]
clusters: [ { id: shared, title: Shared, draws_from: everywhere } ]
schools:
  - { id: academy, title: Academy, locality: south, calendar: term, agency: education }
  - { id: special, title: Special, cluster: shared, agency: education }
agencies: [ { id: education, title: Education, kind: council, calendar: office }, { id: health, title: Health, kind: nhs } ]
"#;

const POSTCODES: &str =
    "# vintage: SSPL 2026\r\npostcode,locality,simd_quintile\r\nZA1 1AA,north,1\r\nZA2 2AA,,5\r\n";

pub(crate) fn organisation() -> Organisation {
    let file = parse_organisation("some-council.yaml", EXAMPLE).unwrap();
    let table = parse_table("some-council/postcodes.csv", POSTCODES).unwrap();
    Organisation::new(file, [Arc::new(table)])
}

fn team(name: &str) -> TeamId {
    TeamId::parse(name).unwrap()
}

fn agency(name: &str) -> AgencyId {
    AgencyId::parse(name).unwrap()
}

#[test]
fn a_locality_has_the_team_of_the_day() {
    let on = |locality: &str, day: &str| {
        organisation()
            .receiving_team(locality, day.parse().unwrap())
            .cloned()
    };
    assert_eq!(on("north", "2025-12-31"), None);
    assert_eq!(on("north", "2026-01-01"), Some(team("north-old")));
    assert_eq!(on("north", "2026-03-31"), Some(team("north-old")));
    assert_eq!(on("north", "2026-04-01"), Some(team("north-new")));
    assert_eq!(on("south", "2026-04-01"), None);
    assert_eq!(organisation().teams().len(), 3);
}

#[test]
fn a_calendar_is_the_teams_the_schools_the_agencys_or_the_default() {
    let organisation = organisation();
    let of = |name: &str| {
        organisation
            .calendar_of_agency(Some(&agency(name)))
            .to_string()
    };
    assert_eq!(
        organisation.calendar_of_team(&team("north-new")).as_str(),
        "term"
    );
    assert_eq!(
        organisation.calendar_of_team(&team("around")).as_str(),
        "council"
    );
    assert_eq!(of("academy"), "term");
    assert_eq!(of("special"), "office");
    assert_eq!(of("education"), "office");
    assert_eq!(of("health"), "council");
    assert_eq!(organisation.calendar_of_agency(None).as_str(), "council");
    assert!(organisation.knows_agency(&agency("special")));
    assert!(!organisation.knows_agency(&agency("north")));
}

#[test]
fn a_code_is_looked_up_however_its_key_is_written() {
    let organisation = organisation();
    assert_eq!(
        organisation.lookup("postcodes", "za11aa", "locality"),
        Some("north")
    );
    assert_eq!(
        organisation.lookup("postcodes", "ZA2 2AA", "locality"),
        None
    );
    assert_eq!(
        organisation.lookup("postcodes", "ZA2 2AA", "simd_quintile"),
        Some("5")
    );
    assert_eq!(
        organisation.lookup("schools", "special", "cluster"),
        Some("shared")
    );
    assert_eq!(organisation.lookup("nothing", "special", "cluster"), None);
    assert_eq!(organisation.find_vintage("postcodes"), Some("SSPL 2026"));
}

#[test]
fn without_an_organisation_nothing_is_known() {
    let none = Organisation::default();
    assert!(none.teams().is_empty());
    assert_eq!(
        none.calendar_of_agency(None),
        none.calendar_of_team(&team("x"))
    );
    assert!(!none.knows_agency(&agency("education")));
}

#[test]
fn an_organisation_file_that_contradicts_itself_is_refused_at_the_place() {
    for (old, new, said) in [
        (
            "until: 2026-03-31",
            "until: 2026-04-01",
            "9:5: a second team that receives for `north`, beside `north-old`",
        ),
        (
            "cluster: shared",
            "cluster: shred",
            "15:45: unknown cluster `shred`",
        ),
        (
            "locality: south, cal",
            "locality: suth, cal",
            "14:46: unknown locality `suth`",
        ),
        (
            "localities: [north, south]",
            "localities: [nroth]",
            "10:79: unknown locality `nroth`",
        ),
        (
            "{ id: health,",
            "{ id: academy,",
            "16:89: the id `academy` twice, first on line 14",
        ),
        (
            "2026-01-01\n",
            "2026-02-30\n",
            "5:17: the date `2026-02-30` without quotes; allowed: a date that exists",
        ),
        (
            "default_calendar: council",
            "default_calendar: Council",
            "6:19: calendar `Council`",
        ),
        (
            "draws_from: everywhere",
            "draws_from: nowhere",
            "12:54: unknown source `nowhere`",
        ),
        (
            "from: 2026-04-01",
            "from: 2026-04-01, until: 2026-01-01",
            "9:5: a unit that ends before it starts",
        ),
    ] {
        let problems = parse_organisation("o.yaml", &EXAMPLE.replace(old, new)).unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:#?}");
        let text = problems[0].to_string();
        assert!(text.starts_with(&format!("o.yaml:{said}")), "{text}");
    }
}

#[test]
fn a_table_that_is_not_one_is_refused_at_the_line() {
    for (file, text, said) in [
        ("t.csv", "a,b\n1,2\n", "t.csv:1:1: no vintage"),
        (
            "t.csv",
            "# vintage: x\na,b\n1,2\n1 ,3\n",
            "t.csv:4:1: a key that an earlier row has",
        ),
        (
            "t.csv",
            "# vintage: x\na,b\n1\n",
            "t.csv:3:1: 1 cells; allowed: 2",
        ),
        (
            "t.csv",
            "# vintage: x\na,A B\n1,2\n",
            "t.csv:2:2: the column `A B`",
        ),
        (
            "t.csv",
            "# vintage: x\na,b\n ,2\n",
            "t.csv:3:1: a row without a key",
        ),
        ("t.csv", "# vintage: x\na,b\n", "t.csv:3:1: no rows"),
        (
            "t.csv",
            "# vintage: x\na,b\n1,\"2\0\"\n",
            "t.csv:3:2: a cell that cannot be a code",
        ),
        (
            "schools.csv",
            "# vintage: x\na,b\n1,2\n",
            "schools.csv:0:0: a table in",
        ),
    ] {
        let problems = parse_table(file, text).unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:#?}");
        assert!(problems[0].to_string().starts_with(said), "{}", problems[0]);
    }
}

#[test]
fn a_calendar_file_is_read_with_quoted_times_and_bare_dates() {
    let text = r#"format: 1
calendar: office
title: Office
zone: Europe/London
windows:
  monday: [ { open: "08:45", close: "12:00" }, { open: "13:00", close: "16:45" } ]
closures:
  - { from: 2026-12-25, to: 2026-12-28, name: Christmas, source: Council calendar }
cut_off: "16:00"
"#;
    let file = parse_calendar("workflows/calendars/office.yaml", text).unwrap();
    assert_eq!(file.windows.len(), 1);
    let late = text.replace("\"16:45\"", "\"24:00\"");
    let late = parse_calendar("office.yaml", &late).unwrap();
    assert!(late.windows.values().all(|day| day[1].is_until_midnight()));
    assert_eq!(file.cut_off, Some(jiff::civil::time(16, 0, 0, 0)));
    for (old, new, said) in [
        (
            "\"16:00\"",
            "16:00",
            "9:10: `16:00`, which YAML 1.1 reads as a number to base 60",
        ),
        ("monday:", "mondey:", "6:3: unknown weekday `mondey`"),
        (
            "\"13:00\"",
            "\"11:00\"",
            "6:48: a window before or over the last",
        ),
        (
            "close: \"12:00\"",
            "close: \"08:00\"",
            "6:13: a window that is never open",
        ),
        (
            "to: 2026-12-28",
            "to: 2026-12-01",
            "8:5: a closure that ends before it starts",
        ),
        ("zone: Europe/London\n", "", "1:1: missing key `zone`"),
        (
            "calendar: office",
            "calendar: term",
            "2:11: calendar `term` in a file named office.yaml",
        ),
    ] {
        let problems = parse_calendar("office.yaml", &text.replace(old, new)).unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:#?}");
        let text = problems[0].to_string();
        assert!(text.starts_with(&format!("office.yaml:{said}")), "{text}");
    }
}
