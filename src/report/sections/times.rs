//! Parts 3, 5 and 8: how long families waited, concerns, and whether poorer families waited longer.

use super::super::pack::{Block, Material, PackError, Section};
use super::chart;
use crate::charts::{Curve, Table, number, percent};
use crate::domain::ids::ClockName;
use crate::domain::measures::MeasuresFile;
use crate::projections::response_times::charted::waits;
use crate::projections::response_times::published::{PublishedAnswer, PublishedFigures, publish};
use crate::projections::response_times::{Question, Window};

const CURVE_DAYS: f64 = 90.0;
const LONGEST: usize = 5;
const CONCERN: &str = "handover";

pub(super) async fn response_times(
    material: &Material<'_>,
    measures: &MeasuresFile,
) -> Result<Section, PackError> {
    let mut section = Section::new("Response times");
    section.say("Open requests always count. The table is of what was open at some time in the month; days before the month are left out (left-truncated).");
    let period = Window::Period {
        from: material.from,
        to: material.to,
    };
    let answer = material.times(&material.question(period, None)).await?;
    section.table(table(
        "Clocks in the month",
        "Clock",
        &publish(&answer, material.ask.policy),
        |f| f.title.clone(),
    ));
    for id in ["decided-in-time", "help-started-in-time"] {
        chart(&mut section, material, measures, id).await?;
    }
    let Ok(clock) = ClockName::parse("start_support") else {
        return Ok(section);
    };
    let question = Question {
        clock: Some(clock),
        ..material.question(Window::All, None)
    };
    let waits = waits(material.ground.pool, material.ground.known, &question).await?;
    if material.ask.policy.may_rate(waits.count as u64) {
        let open = waits.open_days.len();
        let curve = Curve {
            title: "From asking to the start of help".to_owned(),
            curve: waits.curve,
            until_days: CURVE_DAYS,
            count: waits.count,
            open,
        };
        section.say(curve.description());
        section.blocks.push(Block::Chart {
            svg: curve.svg(),
            table: curve.table(),
        });
        if material.ask.policy.may_rate(open as u64) {
            let longest = waits
                .open_days
                .iter()
                .take(LONGEST)
                .map(|days| number(days.floor()));
            let longest: Vec<String> = longest.collect();
            section.say(format!(
                "The longest five waits for help that go on, in days: {}.",
                longest.join(", ")
            ));
        }
    }
    Ok(section)
}

fn table(
    caption: &str,
    first: &str,
    answer: &PublishedAnswer,
    name: impl Fn(&PublishedFigures) -> String,
) -> Table {
    let headers = [
        first,
        "Target",
        "Looked at",
        "Within target",
        "Late",
        "Open and late",
        "Undecided",
        "Cancelled",
        "Share within target",
        "Median days",
        "85 % within",
        "95 % within",
        "Median without pauses",
    ];
    let mut table = Table::new(caption, &headers);
    let count = |count: Option<u64>| count.map_or("hidden".to_owned(), |count| count.to_string());
    for figures in answer
        .clocks
        .iter()
        .filter(|figures| figures.clock != CONCERN)
    {
        let many = figures
            .started
            .is_some_and(|started| started >= answer.rates_from);
        let days = |days: Option<f64>| match days {
            Some(days) => number(days),
            None if many => "not reached".to_owned(),
            None => "too few".to_owned(),
        };
        table.rows.push(vec![
            name(figures),
            figures.target.clone(),
            count(figures.started),
            count(figures.within_target),
            count(figures.missed_stopped),
            count(figures.missed_open),
            count(figures.undecided),
            count(figures.cancelled),
            figures
                .share_within_target
                .map_or("too few".to_owned(), percent),
            days(figures.median_days),
            days(figures.p85_days),
            days(figures.p95_days),
            days(figures.adjusted_median_days),
        ]);
    }
    table
}

pub(super) async fn concerns(material: &Material<'_>) -> Result<Section, PackError> {
    let mut section = Section::new("Child protection concerns passed on");
    let cohort = Window::Cohort {
        from: material.from,
        to: material.to,
    };
    let question = Question {
        clock: ClockName::parse(CONCERN).ok(),
        ..material.question(cohort, None)
    };
    let published = publish(&material.times(&question).await?, material.ask.policy);
    let Some(figures) = published.clocks.first() else {
        section.say("No concern was passed on in the month.");
        return Ok(section);
    };
    let told =
        |count: Option<u64>| count.map_or("fewer than can be told".to_owned(), |c| c.to_string());
    section.say(format!(
        "Passed on in the month: {}.",
        told(figures.started)
    ));
    section.say(match figures.share_within_target {
        Some(share) => format!("A person had answered for {} within {}.", percent(share), figures.target),
        None => "Too few to tell how many were answered in time; each is looked at by name where the duty lies.".to_owned(),
    });
    Ok(section)
}

pub(super) async fn equity(
    material: &Material<'_>,
    measures: &MeasuresFile,
) -> Result<Section, PackError> {
    let mut section = Section::new("Equity");
    for (dimension, caption) in [
        (
            "simd_quintile",
            "Help has started, by deprivation of the area (1 is the most deprived fifth)",
        ),
        ("age_band", "Help has started, by age band"),
        ("locality", "Help has started, by locality"),
    ] {
        let question = Question {
            clock: ClockName::parse("start_support").ok(),
            ..material.question(Window::All, Some(dimension))
        };
        let answer = match material.times(&question).await {
            Ok(answer) => answer,
            Err(crate::projections::QueryError::UnknownDimension { .. }) => continue,
            Err(error) => return Err(error.into()),
        };
        let published = publish(&answer, material.ask.policy);
        let name = |figures: &PublishedFigures| figures.group.clone().unwrap_or_default();
        section.table(table(caption, "Group", &published, name));
    }
    chart(&mut section, material, measures, "equity-gap").await?;
    Ok(section)
}
