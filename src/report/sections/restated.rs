//! What the last pack said of its month, against the same month as it is known now, and why.

use super::super::counted;
use super::super::pack::{Material, PackError, Section, bounds};
use crate::charts::Table;
use crate::domain::measures::note::Says;
use crate::log::{Log, Position};
use crate::projections::response_times::known::Known;
use crate::projections::response_times::published::{PublishedAnswer, PublishedFigures, publish};
use crate::projections::response_times::{Question, Window, answer};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The last pack before this one against the same month as it is known now.
pub(super) async fn restated(
    section: &mut Section,
    material: &Material<'_>,
    log: &Log,
) -> Result<(), PackError> {
    let issued = material
        .notes
        .iter()
        .rev()
        .find_map(|note| match &note.says {
            Says::PackIssued {
                month, position, ..
            } if *month < material.ask.month => Some((month.clone(), Position(*position))),
            Says::PackIssued { .. }
            | Says::Quote { .. }
            | Says::QuoteChecked { .. }
            | Says::Narrative { .. }
            | Says::Value { .. }
            | Says::TestOfChange { .. } => None,
        });
    let Some((month, position)) = issued else {
        section.say("No earlier pack was issued: nothing is restated.");
        return Ok(());
    };
    let (from, to) = bounds(&month)?;
    let window = Window::Cohort { from, to };
    let question = Question {
        window,
        ..Question::whole(&material.ask.authority, material.ask.workflow.clone(), to)
    };
    let pool = material.ground.pool;
    let then = Known::at(pool, log, &question, position).await?;
    let then = publish(
        &answer::query_known(pool, &then, &question).await?,
        material.ask.policy,
    );
    let now = publish(&material.times(&question).await?, material.ask.policy);
    let mut table = Table::new(
        &format!("Restated since the pack of {month}"),
        &["Figure", "As issued", "As known now"],
    );
    table.rows = changed(material, &then, &now);
    if table.rows.is_empty() {
        section.say(format!("Nothing in the pack of {month} has changed."));
        return Ok(());
    }
    section.table(table);
    let mut table = Table::new(
        "Why: what happened before the end of that month and was written down after its pack",
        &["Event", "Times"],
    );
    table.rows = counted(&late(material, to, position), material.ask.policy);
    section.table(table);
    Ok(())
}

fn counts(f: &PublishedFigures) -> [(&'static str, Option<u64>); 4] {
    [
        ("started", f.started),
        ("within target", f.within_target),
        ("late", f.missed_stopped),
        ("open and late", f.missed_open),
    ]
}

fn changed(
    material: &Material<'_>,
    then: &PublishedAnswer,
    now: &PublishedAnswer,
) -> Vec<Vec<String>> {
    let told = |count: Option<u64>| count.map_or("hidden".to_owned(), |count| count.to_string());
    let mut rows = Vec::new();
    for after in &now.clocks {
        let before = then
            .clocks
            .iter()
            .find(|before| before.clock == after.clock);
        let befores = before.map(counts).unwrap_or_default();
        for ((name, count), (_, was)) in counts(after).into_iter().zip(befores) {
            if count == was {
                continue;
            }
            let by = was.zip(count).map(|(was, count)| was.abs_diff(count));
            // A few more or less would tell of those few.
            let now = match by.filter(|by| material.ask.policy.is_small(*by)) {
                Some(_) => format!("changed by fewer than {}", material.ask.policy.fewer_than),
                None => told(count),
            };
            rows.push(vec![format!("{}: {name}", after.title), told(was), now]);
        }
    }
    rows
}

/// Events by name that happened in time and were written down after the pack.
fn late(material: &Material<'_>, to: Timestamp, position: Position) -> Vec<(String, u64)> {
    let mut why: BTreeMap<String, u64> = BTreeMap::new();
    let acts = material.ground.stories.iter().flat_map(|story| &story.acts);
    for act in acts.filter(|act| act.position > position.0 && act.occurred_at < to) {
        *why.entry(act.event.clone()).or_default() += 1;
    }
    why.into_iter().collect()
}
