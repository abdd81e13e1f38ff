//! Whether help was asked for before, for the same child: found by the blind index, kept as a code.

use super::CommandError;
use super::execute::Commands;
use super::loading::decode;
use super::sealing::failure;
use super::unavailable;
use crate::domain::derive::asked_before;
use crate::domain::request::asking::civil_date;
use crate::domain::request::event::RequestEvent;
use crate::domain::workflow::definition::DeriveRule;
use crate::domain::workflow::schema::Workflow;
use indexmap::IndexMap;
use jiff::civil::Date;
use serde_json::Value;

impl Commands {
    /// Writes the code into the opening act among the events. It stays `not-known` where nothing was
    /// given by which the child could be found again.
    pub(super) async fn note_asked_before(
        &self,
        authority: &str,
        workflow: &Workflow,
        events: &mut [RequestEvent],
        index: &[(String, String)],
    ) -> Result<(), CommandError> {
        let rules = bands_of(workflow);
        let Some(RequestEvent::Act(act)) = events.first_mut() else {
            return Ok(());
        };
        let (Some(opening), false) = (&act.opening, rules.is_empty() || index.is_empty()) else {
            return Ok(());
        };
        let on = civil_date(opening.received_at);
        let last = self.last_asked(authority, index, on).await?;
        let derived = act.coded.get_mut("derived");
        if let Some(derived) = derived.and_then(Value::as_object_mut) {
            for (name, bands) in rules {
                let code = asked_before(bands, last, on);
                derived.insert(name.to_owned(), Value::from(code));
            }
        }
        Ok(())
    }

    /// The last day up to `on`: what was entered earlier and asked later is no earlier request.
    async fn last_asked(
        &self,
        authority: &str,
        index: &[(String, String)],
        on: Date,
    ) -> Result<Option<Date>, CommandError> {
        let digests: Vec<(&str, [u8; 32])> = index
            .iter()
            .map(|(kind, normalised)| {
                let digest = self.vault().blind(authority, kind, normalised);
                (kind.as_str(), digest)
            })
            .collect();
        let requests = self.vault().find_any_indexed(authority, &digests).await;
        let requests = requests.map_err(failure)?;
        if requests.is_empty() {
            return Ok(None);
        }
        let first = self.log().read_first(authority, &requests).await;
        let days = first.map_err(unavailable)?.into_iter().filter_map(|first| {
            let stream = first.stream;
            match decode(first) {
                Ok((_, RequestEvent::Act(act))) => Some(civil_date(act.opening?.received_at)),
                Ok(_) => None,
                // A child who needs help now does not wait for the repair of another record.
                Err(error) => {
                    tracing::error!(%stream, %error, "an earlier request cannot be read");
                    None
                }
            }
        });
        Ok(days.filter(|day| *day <= on).max())
    }
}

fn bands_of(workflow: &Workflow) -> Vec<(&str, &IndexMap<String, u32>)> {
    let rules = workflow.definition.derive.iter();
    rules
        .filter_map(|(name, rule)| match rule {
            DeriveRule::AskedBefore { bands } => Some((name.as_str(), bands)),
            DeriveRule::AgeBand { .. } | DeriveRule::Lookup { .. } => None,
        })
        .collect()
}
