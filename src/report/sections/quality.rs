//! Part 12: how complete the data are, who sends and who does not, what was restated, and what each
//! figure means.

use super::super::pack::{Material, PackError, Section};
use super::super::{counted, may_share};
use super::demand::by;
use super::restated::restated;
use crate::charts::{Table, percent};
use crate::domain::derive::NOT_KNOWN;
use crate::domain::measures::MeasuresFile;
use crate::log::Log;
use std::collections::BTreeMap;

const FIELDS: [&str; 8] = [
    "age_band",
    "locality",
    "cluster",
    "simd_quintile",
    "urgency",
    "requester_role",
    "agency",
    "help_wanted",
];

pub(super) async fn quality(
    material: &Material<'_>,
    measures: &MeasuresFile,
    log: &Log,
) -> Result<Section, PackError> {
    let mut section = Section::new("Data quality, restatements and definitions");
    section.table(completeness(material));
    section.table(senders(material, "cluster"));
    section.table(senders(material, "agency"));
    restated(&mut section, material, log).await?;
    let mut table = Table::new(
        "Definitions",
        &[
            "Measure",
            "How it is counted",
            "Who answers for it",
            "Baseline from",
        ],
    );
    for measure in &measures.all {
        table.rows.push(vec![
            measure.title.clone(),
            measure.definition.clone(),
            measure.owner.clone(),
            measure.baseline.source.clone(),
        ]);
    }
    section.table(table);
    Ok(section)
}

fn completeness(material: &Material<'_>) -> Table {
    let new = material.new_requests();
    let mut table = Table::new(
        "Completeness of what requests of the month say",
        &["Field", "Known"],
    );
    for field in FIELDS {
        let is_known = |code: &String| code != NOT_KNOWN;
        let known = new
            .iter()
            .filter(|story| story.codes(field).iter().any(is_known))
            .count();
        let share = if known == new.len() && material.ask.policy.may_rate(known as u64) {
            "all".to_owned()
        } else if may_share(known, new.len(), material.ask.policy) {
            percent(Share(known, new.len()).value())
        } else {
            "too few to tell".to_owned()
        };
        table.rows.push(vec![field.to_owned(), share]);
    }
    table
}

struct Share(usize, usize);

impl Share {
    fn value(&self) -> f64 {
        let whole = crate::statistics::control::proportions::Share {
            part: self.0,
            whole: self.1,
        };
        whole.value()
    }
}

/// Those that sent nothing are in it: they are whom it is for.
fn senders(material: &Material<'_>, dimension: &str) -> Table {
    let mut counts: BTreeMap<String, u64> = by(&material.new_requests(), dimension)
        .into_iter()
        .collect();
    let declared = &material.ground.known.declared;
    if let Some(file) = declared.organisation().file() {
        let known: Vec<String> = if dimension == "cluster" {
            file.clusters
                .iter()
                .map(|cluster| cluster.id.to_string())
                .collect()
        } else {
            file.agencies
                .iter()
                .map(|agency| agency.id.to_string())
                .collect()
        };
        for id in known {
            counts.entry(id).or_default();
        }
    }
    let counts: Vec<(String, u64)> = counts.into_iter().collect();
    let caption = format!("Requests of the month by {dimension}, none included");
    let mut table = Table::new(&caption, &["Code", "Requests"]);
    table.rows = counted(&counts, material.ask.policy);
    table
}
