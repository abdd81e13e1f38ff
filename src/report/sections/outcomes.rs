//! Parts 6, 7, 9 and 11: views, what became of hopes, the balance of care, tests of change.

use super::super::counted;
use super::super::facts::{ends, outcomes as hopes, wellbeing_change};
use super::super::measured::values;
use super::super::pack::{Material, PackError, Section};
use super::chart;
use crate::charts::{Table, number};
use crate::domain::measures::MeasuresFile;
use crate::domain::measures::note::{Says, checked_quotes};
use serde_json::Value;
use std::collections::BTreeMap;

pub(super) async fn views(
    material: &Material<'_>,
    measures: &MeasuresFile,
) -> Result<Section, PackError> {
    let mut section = Section::new("Views sought and help declined");
    chart(&mut section, material, measures, "views-before-decision").await?;
    let month = material.from..material.to;
    let acts = material.ground.stories.iter().flat_map(|story| &story.acts);
    let mut because: BTreeMap<String, u64> = BTreeMap::new();
    for act in acts.filter(|act| act.event == "help-declined" && month.contains(&act.occurred_at)) {
        let code = act.coded.get("because").and_then(Value::as_str);
        *because
            .entry(code.unwrap_or("not given").to_owned())
            .or_default() += 1;
    }
    let because: Vec<(String, u64)> = because.into_iter().collect();
    let mut table = Table::new(
        "Families who chose not to take the help, by main reason",
        &["Reason", "Requests"],
    );
    table.rows = counted(&because, material.ask.policy);
    section.table(table);
    section.say("Declining help is not a worry by itself.");
    Ok(section)
}

pub(super) async fn outcomes(
    material: &Material<'_>,
    measures: &MeasuresFile,
) -> Result<Section, PackError> {
    let mut section = Section::new("Outcomes");
    let month = material.from..material.to;
    let ended: Vec<_> = ends(material.ground.stories)
        .filter(|(_, end)| month.contains(&end.occurred_at))
        .collect();
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for outcome in ended.iter().flat_map(|(_, end)| hopes(end)) {
        *counts.entry(outcome).or_default() += 1;
    }
    let counts: Vec<(String, u64)> = counts.into_iter().collect();
    let mut table = Table::new(
        "What became of hopes, of requests that ended in the month",
        &["Outcome", "Hopes"],
    );
    table.rows = counted(&counts, material.ask.policy);
    section.table(table);
    let mut helped: BTreeMap<String, u64> = BTreeMap::new();
    for (_, end) in &ended {
        if let Some(answer) = end.coded.get("got_help").and_then(Value::as_str) {
            *helped.entry(answer.to_owned()).or_default() += 1;
        }
    }
    let helped: Vec<(String, u64)> = helped.into_iter().collect();
    let mut table = Table::new(
        "“Did you get the help you needed, when you needed it?”",
        &["Answer", "Families"],
    );
    table.rows = counted(&helped, material.ask.policy);
    section.table(table);
    let changes: Vec<f64> = ended
        .iter()
        .filter_map(|(story, end)| wellbeing_change(story, end))
        .collect();
    if material.ask.policy.may_rate(changes.len() as u64) {
        let count = f64::from(u32::try_from(changes.len()).unwrap_or(u32::MAX));
        let mean = changes.iter().sum::<f64>() / count;
        section.say(format!("Wellbeing changed by {} points on average, of {count:.0} that were rated at the start and the end.", number(mean)));
    } else {
        section.say("Too few were rated at the start and the end to tell how wellbeing changed.");
    }
    let mut quoted = false;
    for text in checked_quotes(material.notes, &material.ask.month) {
        section.say(format!("“{text}”"));
        quoted = true;
    }
    section.say(if quoted {
        "Quoted with permission; somebody else has checked that no quote points at anybody."
    } else {
        "Own words are sealed with the request. None is quoted here: a quote needs the family's permission and somebody who checks that it points at nobody."
    });
    chart(&mut section, material, measures, "hopes-achieved").await?;
    chart(&mut section, material, measures, "wellbeing-change").await?;
    Ok(section)
}

pub(super) async fn balance_of_care(
    material: &Material<'_>,
    measures: &MeasuresFile,
) -> Result<Section, PackError> {
    let mut section = Section::new("Balance of care");
    let id = "away-from-home-11-15";
    chart(&mut section, material, measures, id).await?;
    if let Some(measure) = measures.find(id) {
        let mut table = Table::new(
            "Values and where they are from",
            &["Period", "Value", "Source"],
        );
        for value in values(measure, material.notes) {
            table
                .rows
                .push(vec![value.period, number(value.value), value.source]);
        }
        section.table(table);
        section
            .say("For the whole authority only: smaller areas would point at single young people.");
    }
    Ok(section)
}

pub(super) fn tests_of_change(material: &Material<'_>) -> Section {
    let mut section = Section::new("Tests of change");
    let mut table = Table::new("Plan, do, study, act", &["Test", "Step", "On", "What"]);
    for note in material.notes {
        let Says::TestOfChange {
            title,
            step,
            on,
            text,
            ..
        } = &note.says
        else {
            continue;
        };
        table.rows.push(vec![
            title.clone(),
            step.word().to_owned(),
            on.to_string(),
            text.clone(),
        ]);
    }
    if table.rows.is_empty() {
        section.say("No test of change is written down.");
    } else {
        section.table(table);
    }
    section
}
