//! The twelve parts of the pack, in their order.

mod demand;
mod outcomes;
mod quality;
mod restated;
mod times;

use super::measured::series;
use super::pack::{Block, Material, PackError, Section};
use crate::charts::{Table, number, percent};
use crate::domain::measures::{Measure, MeasuresFile, Unit};
use crate::log::Log;

pub(super) async fn all(
    material: &Material<'_>,
    measures: &MeasuresFile,
    log: &Log,
) -> Result<Vec<Section>, PackError> {
    Ok(vec![
        summary(material, measures).await?,
        demand::demand(material),
        times::response_times(material, measures).await?,
        demand::waiting_and_unmet_need(material, measures).await?,
        times::concerns(material).await?,
        outcomes::views(material, measures).await?,
        outcomes::outcomes(material, measures).await?,
        times::equity(material, measures).await?,
        outcomes::balance_of_care(material, measures).await?,
        demand::emerging_issues(material),
        outcomes::tests_of_change(material),
        quality::quality(material, measures, log).await?,
    ])
}

async fn summary(material: &Material<'_>, measures: &MeasuresFile) -> Result<Section, PackError> {
    let mut section = Section::new("Summary");
    let words = material.narrative(None);
    if words.is_empty() {
        section.say("Nobody has written to this month yet.");
    }
    for text in words {
        section.say(text);
    }
    let mut table = Table::new(
        "Measures of the plan",
        &[
            "Measure",
            "Plan outcome",
            "Last value",
            "Baseline",
            "Short term",
            "Medium term",
            "Impact",
            "Chart says",
        ],
    );
    for measure in &measures.all {
        let series = series(&material.ground, measure, material.notes).await?;
        let last = series.points.last();
        let last = last.map_or("no value yet".to_owned(), |m| {
            format!("{} ({})", value(measure, m.value), m.label)
        });
        let outcome = measures
            .plan_outcomes
            .iter()
            .find(|o| o.id == measure.plan_outcome);
        let signals: usize = series.parts.iter().map(|part| part.signals.len()).sum();
        let says = series.too_few().unwrap_or_else(|| match signals {
            0 => "no signal".to_owned(),
            count => format!("{count} signals"),
        });
        let targets = &measure.targets;
        table.rows.push(vec![
            measure.title.clone(),
            outcome.map_or(String::new(), |o| o.title.clone()),
            last,
            format!(
                "{} ({})",
                value(measure, measure.baseline.value),
                measure.baseline.period
            ),
            format!(
                "{} by {}",
                value(measure, targets.short_term.value),
                targets.short_term.by
            ),
            format!(
                "{} by {}",
                value(measure, targets.medium_term.value),
                targets.medium_term.by
            ),
            format!(
                "{} by {}",
                value(measure, targets.impact.value),
                targets.impact.by
            ),
            says,
        ]);
    }
    section.table(table);
    Ok(section)
}

fn value(measure: &Measure, value: f64) -> String {
    if measure.unit == Unit::Share {
        percent(value)
    } else {
        number(value)
    }
}

/// A measure's chart and what was written to it; nothing where the file has no such measure.
async fn chart(
    section: &mut Section,
    material: &Material<'_>,
    measures: &MeasuresFile,
    id: &str,
) -> Result<(), PackError> {
    let Some(measure) = measures.find(id) else {
        return Ok(());
    };
    let series = series(&material.ground, measure, material.notes).await?;
    section.say(format!(
        "{}: {} Months of too few requests, or with too many still undecided, are left out.",
        measure.title,
        series.description()
    ));
    section.blocks.push(Block::Chart {
        svg: series.svg(),
        table: series.table(),
    });
    for text in material.narrative(Some(id)) {
        section.say(text);
    }
    Ok(())
}
