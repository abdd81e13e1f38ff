//! Parts 2, 4 and 10: who asked for what, who waits, what could not be had, what is emerging.

use super::super::facts::{decision, not_available};
use super::super::pack::{Material, PackError, Section};
use super::super::{counted, shown};
use super::chart;
use crate::charts::Table;
use crate::domain::measures::MeasuresFile;
use crate::projections::acts::{Seen, Story};
use crate::projections::response_times::charted::month_of;
use crate::projections::work;
use crate::statistics::control::xmr;
use crate::statistics::disclosure::table::suppress;
use crate::statistics::disclosure::{Policy, Shown};
use std::collections::{BTreeMap, BTreeSet};

const SEVERAL: &str = "A request counts under each of its codes.";

pub(super) fn demand(material: &Material<'_>) -> Section {
    let mut section = Section::new("Demand");
    let new = material.new_requests();
    for (caption, dimension) in [
        ("Requests by locality", "locality"),
        ("Requests by agency", "agency"),
        ("Requests by role of whoever asked", "requester_role"),
        ("Requests by age band", "age_band"),
        (
            "Requests by when help was last asked for, for the same child",
            "asked_before",
        ),
    ] {
        section.table(list(caption, &by(&new, dimension), material));
    }
    section.table(list(
        "Help that was asked for",
        &by(&new, "help_wanted"),
        material,
    ));
    section.say(SEVERAL);
    section.table(cross(&new, "locality", "age_band", material));
    match rates(&new, material) {
        Some((table, words)) => {
            section.table(table);
            section.say(words);
        }
        None => section.say(format!(
            "Rates per 1,000 children need a table `{POPULATION}` of the organisation: none is published."
        )),
    }
    section
}

/// Children who live in each locality, by age.
const POPULATION: &str = "population";
const AGES: [(&str, &str); 4] = [
    ("0-4", "age_0_4"),
    ("5-10", "age_5_10"),
    ("11-15", "age_11_15"),
    ("16-17", "age_16_17"),
];
const UNDER_18: &str = "All under 18";

/// Requests of the month for 1,000 children who live there, where the count may be told; with where
/// the numbers of children are from.
fn rates(new: &[&Story], material: &Material<'_>) -> Option<(Table, String)> {
    let organisation = material.ground.known.declared.organisation();
    let vintage = organisation.find_vintage(POPULATION)?;
    let localities: Vec<&str> = organisation.keys(POPULATION).collect();
    let live = |locality: &str, column: &str| {
        let number = organisation.lookup(POPULATION, locality, column)?;
        number.parse::<u64>().ok()
    };
    let headers = ["Locality"].into_iter().chain(AGES.map(|(band, _)| band));
    let headers: Vec<&str> = headers.chain([UNDER_18]).collect();
    let mut table = Table::new("Requests of the month for 1,000 children", &headers);
    let cells: Vec<Vec<u64>> = localities
        .iter()
        .map(|locality| {
            AGES.map(|(band, _)| {
                let here = new.iter().filter(|story| {
                    let is = |dimension: &str, code: &str| {
                        story.codes(dimension).iter().any(|found| found == code)
                    };
                    is("locality", locality) && is("age_band", band)
                });
                here.count() as u64
            })
            .to_vec()
        })
        .collect();
    let safe = suppress(&cells, material.ask.policy);
    for ((locality, cells), total) in localities.iter().zip(&safe.cells).zip(&safe.rows) {
        let children = AGES.map(|(_, column)| live(locality, column).unwrap_or(0));
        let all = children.iter().sum();
        let pairs = cells.iter().zip(children).chain([(total, all)]);
        let mut line = vec![(*locality).to_owned()];
        line.extend(pairs.map(|(count, children)| rate(*count, children, material.ask.policy)));
        table.rows.push(line);
    }
    Some((
        table,
        format!(
            "Numbers of children: {vintage}. Requests without a known locality or age are left out."
        ),
    ))
}

fn rate(count: Shown, children: u64, policy: Policy) -> String {
    match count.count() {
        Some(count) if policy.may_rate(children) => {
            crate::charts::number(to_f64(Some(count)) * 1_000.0 / to_f64(Some(children)))
        }
        Some(_) => "too few children".to_owned(),
        None => "hidden".to_owned(),
    }
}

pub(super) fn by(stories: &[&Story], dimension: &str) -> Vec<(String, u64)> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for code in stories.iter().flat_map(|story| story.codes(dimension)) {
        *counts.entry(code).or_default() += 1;
    }
    counts.into_iter().collect()
}

fn list(caption: &str, counts: &[(String, u64)], material: &Material<'_>) -> Table {
    let mut table = Table::new(caption, &["Code", "Requests"]);
    table.rows = counted(counts, material.ask.policy);
    table
}

fn cross(new: &[&Story], row: &str, column: &str, material: &Material<'_>) -> Table {
    let codes = |dimension: &str| {
        let codes = new.iter().flat_map(|story| story.codes(dimension));
        codes.collect::<BTreeSet<String>>()
    };
    let (rows, columns) = (codes(row), codes(column));
    let count = |r: &String, c: &String| {
        let both = new
            .iter()
            .filter(|s| s.codes(row).contains(r) && s.codes(column).contains(c));
        both.count() as u64
    };
    let cells: Vec<Vec<u64>> = rows
        .iter()
        .map(|r| columns.iter().map(|c| count(r, c)).collect())
        .collect();
    let safe = suppress(&cells, material.ask.policy);
    let mut table = Table::new("Requests by locality and age band", &["Locality"]);
    table.headers.extend(columns);
    table.headers.push("All".to_owned());
    for ((name, cells), total) in rows.into_iter().zip(&safe.cells).zip(&safe.rows) {
        let mut line = vec![name];
        line.extend(cells.iter().chain([total]).map(|cell| shown(*cell)));
        table.rows.push(line);
    }
    let mut last = vec!["All".to_owned()];
    last.extend(
        safe.columns
            .iter()
            .chain([&safe.total])
            .map(|cell| shown(*cell)),
    );
    table.rows.push(last);
    table
}

pub(super) async fn waiting_and_unmet_need(
    material: &Material<'_>,
    measures: &MeasuresFile,
) -> Result<Section, PackError> {
    let mut section = Section::new("Waiting, flow and unmet need");
    let open = material
        .ground
        .stories
        .iter()
        .filter(|story| !story.last().ended);
    let waiting: Vec<&Story> = open
        .filter(|story| story.last().state == "waiting")
        .collect();
    let by_team = by(&waiting, "team");
    section.table(list(
        "On the waiting list at the end of the month, by team",
        &by_team,
        material,
    ));
    section.table(flow(material));
    let month = material.from..material.to;
    let decisions = material.ground.stories.iter().filter_map(decision);
    let decisions: Vec<_> = decisions
        .filter(|act| month.contains(&act.occurred_at))
        .collect();
    let mut missing: BTreeMap<String, u64> = BTreeMap::new();
    for service in decisions.iter().flat_map(|act| not_available(act)) {
        *missing.entry(service).or_default() += 1;
    }
    let missing: Vec<(String, u64)> = missing.into_iter().collect();
    section.table(list(
        "Right for the child and not available, by decision",
        &missing,
        material,
    ));
    let acts = material.ground.stories.iter().flat_map(|story| &story.acts);
    let asked = acts.filter(|act| act.event == "garf-asked" && month.contains(&act.occurred_at));
    let asked = [("asked in the month".to_owned(), asked.count() as u64)];
    section.table(list("Resource group (GARF): asked", &asked, material));
    let mut said: BTreeMap<String, u64> = BTreeMap::new();
    let by_the_group = material.ground.stories.iter().flat_map(by_the_group);
    for act in by_the_group.filter(|act| month.contains(&act.occurred_at)) {
        let granted = if act.event == "help-agreed" {
            "help agreed"
        } else {
            "not agreed"
        };
        *said.entry(granted.to_owned()).or_default() += 1;
    }
    let said: Vec<(String, u64)> = said.into_iter().collect();
    section.table(list("Resource group (GARF): decided", &said, material));
    let waits = material.ground.stories.iter().map(Story::last);
    let waits = waits.filter(|act| act.state == WITH_GARF).count() as u64;
    let waits = [("at the end of the month".to_owned(), waits)];
    section.table(list("Resource group (GARF): not decided", &waits, material));
    chart(&mut section, material, measures, "unmet-need").await?;
    Ok(section)
}

const WITH_GARF: &str = "with-garf";

/// What the resource group decided.
fn by_the_group(story: &Story) -> impl Iterator<Item = &Seen> {
    let decided = |act: &&Seen| {
        act.from_state.as_deref() == Some(WITH_GARF)
            && ["help-agreed", "not-agreed"].contains(&act.event.as_str())
    };
    story.acts.iter().filter(decided)
}

/// What came in and went out adds up, so a row with a small count in it is hidden whole.
fn flow(material: &Material<'_>) -> Table {
    let mut table = Table::new(
        "Flow by team",
        &[
            "Team",
            "Open at the start",
            "Came in",
            "Went out",
            "Open at the end",
        ],
    );
    for flow in work::flow(material.ground.stories, material.from, material.to) {
        let came_in = flow.new + flow.taken_over + flow.reopened;
        let went_out = flow.ended + flow.passed_on;
        let counts = [flow.open_at_start, came_in, went_out, flow.open_at_end];
        let hides = counts
            .iter()
            .any(|count| material.ask.policy.is_small(*count as u64));
        let mut line = vec![flow.team];
        line.extend(counts.map(|count| {
            if hides {
                "hidden".to_owned()
            } else {
                count.to_string()
            }
        }));
        table.rows.push(line);
    }
    table
}

/// Needs that rose in a locality as chance alone would not make them.
pub(super) fn emerging_issues(material: &Material<'_>) -> Section {
    let mut section = Section::new("Emerging issues by locality");
    let mut months: BTreeSet<String> = BTreeSet::new();
    let mut counts: BTreeMap<(String, String), BTreeMap<String, u64>> = BTreeMap::new();
    for story in material.ground.stories {
        let month = month_of(story.opening().occurred_at);
        months.insert(month.clone());
        for locality in story.codes("locality") {
            for help in story.codes("help_wanted") {
                let of = counts.entry((locality.clone(), help)).or_default();
                *of.entry(month.clone()).or_default() += 1;
            }
        }
    }
    months.retain(|month| *month <= material.ask.month);
    let mut table = Table::new(
        "Signals in the last three months",
        &["Locality", "Help asked for", "In the month", "Usual"],
    );
    for ((locality, help), by_month) in counts {
        let values: Vec<f64> = months
            .iter()
            .map(|m| to_f64(by_month.get(m).copied()))
            .collect();
        let parts = xmr::chart(&values, &[]);
        let recent = values.len().saturating_sub(3);
        let signals = parts.iter().flat_map(|part| &part.signals);
        let last = by_month.get(&material.ask.month).copied().unwrap_or(0);
        let is_small = material.ask.policy.is_small(last);
        if signals.filter(|signal| signal.to > recent).count() == 0 || is_small {
            continue;
        }
        let limits = parts
            .last()
            .and_then(|part| part.limits.as_ref().ok()?.last().copied());
        let usual = limits.map_or(String::new(), |one| {
            format!(
                "{} to {}",
                crate::charts::number(one.lower.max(0.0)),
                crate::charts::number(one.upper)
            )
        });
        table
            .rows
            .push(vec![locality, help, last.to_string(), usual]);
    }
    if months.len() < crate::statistics::control::POINTS_NEEDED {
        section.say(format!(
            "Not enough months to say: {} of {}.",
            months.len(),
            crate::statistics::control::POINTS_NEEDED
        ));
    } else if table.rows.is_empty() {
        section.say("No kind of help was asked for more, or less, than chance would make it.");
    } else {
        section.table(table);
        section.say("A signal is a question to the people of the locality, not an answer.");
    }
    section
}

fn to_f64(count: Option<u64>) -> f64 {
    f64::from(u32::try_from(count.unwrap_or(0)).unwrap_or(u32::MAX))
}
