//! Units, localities, clusters, schools and agencies, effective-dated; and reference tables.

use crate::domain::ids::{AgencyId, CalendarName, TeamId};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// In force; built from the organisation file and the reference tables.
#[derive(Debug, Clone, Default)]
pub struct Organisation {}

impl Organisation {
    /// Every unit that can own a request.
    #[must_use]
    pub fn teams(&self) -> Arc<BTreeSet<TeamId>> {
        unimplemented!()
    }
    /// The team that receives requests for a locality on a date.
    #[must_use]
    pub fn receiving_team(&self, _locality: &str, _on: Date) -> Option<&TeamId> {
        unimplemented!()
    }
    /// Calendar of a team, else the organisation's default.
    #[must_use]
    pub fn calendar_of_team(&self, _team: &TeamId) -> CalendarName {
        unimplemented!()
    }
    /// Calendar of an agency (a school's), else the organisation's default.
    #[must_use]
    pub fn calendar_of_agency(&self, _agency: Option<&AgencyId>) -> CalendarName {
        unimplemented!()
    }
    /// A code from a reference table: `lookup("postcodes", "ZA1 1AA", "locality")`.
    #[must_use]
    pub fn lookup(&self, _table: &str, _key: &str, _column: &str) -> Option<&str> {
        unimplemented!()
    }
    #[must_use]
    pub fn knows_agency(&self, _agency: &AgencyId) -> bool {
        unimplemented!()
    }
}

/// One row set of a reference table, as published.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferenceTable {
    pub table: String,
    /// Where the figures come from and of which year, shown beside every figure made with them.
    pub vintage: String,
    /// key (normalised: upper case, no spaces) -> column -> code
    pub rows: BTreeMap<String, BTreeMap<String, String>>,
}
