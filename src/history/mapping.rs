//! Which column of an older log means what. A file beside the workflow that it feeds.

use crate::domain::ids::{MoveName, RoleName, TeamId};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    #[schemars(range(min = 1, max = 1))]
    pub format: u32,
    pub mapping: String,
    /// Names the older log: request ids are made from it, so that a second file of the same log
    /// finds the requests of the first.
    pub source: String,
    /// IANA zone of times that carry no offset.
    pub zone: String,
    pub columns: Columns,
    /// The role that imported acts are entitled by; they were authorised where they were done.
    pub acts_as: RoleName,
    /// Texts that mean that nothing was recorded.
    #[serde(default)]
    pub absent: Vec<String>,
    /// Owner where a row names no team.
    pub team: TeamId,
    #[serde(default)]
    pub teams: BTreeMap<String, TeamId>,
    /// Field of the opening act: column.
    #[serde(default)]
    pub opening: BTreeMap<String, String>,
    /// Field of every act: column.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    pub activities: BTreeMap<String, MoveName>,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Columns {
    pub request: String,
    pub activity: String,
    pub time: String,
    /// When help was first asked for; the first row of the request where there is none.
    #[serde(default)]
    pub received: Option<String>,
    #[serde(default)]
    pub actor: Option<String>,
    #[serde(default)]
    pub team: Option<String>,
    /// What tells two rows of one activity and time apart.
    #[serde(default)]
    pub row: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    #[error("{file}: {why}")]
    Unreadable { file: String, why: String },
    #[error("{file}: format {found} is not known; allowed: 1")]
    Format { file: String, found: u32 },
}

impl Mapping {
    /// # Errors
    /// With file, line and column.
    pub fn parse(file: &str, text: &str) -> Result<Self, MappingError> {
        let mapping: Self =
            serde_saphyr::from_str(text).map_err(|error| MappingError::Unreadable {
                file: file.to_owned(),
                why: error.to_string(),
            })?;
        if mapping.format != 1 {
            return Err(MappingError::Format {
                file: file.to_owned(),
                found: mapping.format,
            });
        }
        Ok(mapping)
    }

    /// Every column that must be in the log.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        let columns = &self.columns;
        [&columns.request, &columns.activity, &columns.time]
            .into_iter()
            .chain(&columns.received)
            .chain(&columns.actor)
            .chain(&columns.team)
            .chain(&columns.row)
            .chain(self.opening.values())
            .chain(self.attributes.values())
            .map(String::as_str)
    }
}
