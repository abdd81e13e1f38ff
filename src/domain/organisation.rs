//! Units, localities, clusters, schools and agencies, effective-dated; and reference tables.

pub mod concern;
pub mod cover;
pub mod file;

pub use cover::{CoverNow, Covers};
pub use file::{OrganisationFile, ReferenceTable};

use crate::domain::ids::{AgencyId, CalendarName, TeamId};
use crate::domain::time::calendar::{CoverDays, Covered};
use file::{UnitKind, normal_key};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The table that the organisation file itself is: school -> locality, cluster, agency.
pub const SCHOOLS_TABLE: &str = "schools";

/// In force; built from the organisation file and the reference tables.
#[derive(Debug, Clone, Default)]
pub struct Organisation {
    file: Option<Arc<OrganisationFile>>,
    teams: Arc<BTreeSet<TeamId>>,
    tables: BTreeMap<String, Arc<ReferenceTable>>,
}

impl Organisation {
    /// Builds on what `parse_organisation` has already checked.
    #[must_use]
    pub fn new(
        file: OrganisationFile,
        tables: impl IntoIterator<Item = Arc<ReferenceTable>>,
    ) -> Self {
        let teams = file.units.iter().map(|unit| unit.id.clone()).collect();
        let schools = Arc::new(table_of_schools(&file));
        let mut tables: BTreeMap<String, Arc<ReferenceTable>> = tables
            .into_iter()
            .map(|table| (table.table.clone(), table))
            .collect();
        tables.insert(SCHOOLS_TABLE.to_owned(), schools);
        Self {
            file: Some(Arc::new(file)),
            teams: Arc::new(teams),
            tables,
        }
    }

    #[must_use]
    pub fn file(&self) -> Option<&OrganisationFile> {
        self.file.as_deref()
    }

    /// Every unit, past ones too: they still hold what they held.
    #[must_use]
    pub fn teams(&self) -> Arc<BTreeSet<TeamId>> {
        Arc::clone(&self.teams)
    }

    /// The units that a request can be given to on a date: people work in them, and not only meet.
    #[must_use]
    pub fn teams_on(&self, date: Date) -> BTreeSet<TeamId> {
        let holds = |unit: &&file::Unit| unit.kind != UnitKind::TeamAroundTheLocality;
        let Some(file) = self.file() else {
            return BTreeSet::new();
        };
        let on_that_day = |unit: &&file::Unit| {
            let (first, last) = file.days_of(unit);
            (first..=last).contains(&date)
        };
        let units = file.units.iter().filter(holds).filter(on_that_day);
        units.map(|unit| unit.id.clone()).collect()
    }

    /// The team that receives requests for a locality on a date.
    #[must_use]
    pub fn receiving_team(&self, locality: &str, on: Date) -> Option<&TeamId> {
        let file = self.file()?;
        file.units
            .iter()
            .filter(|unit| unit.kind == UnitKind::LocalityTeam)
            .filter(|unit| unit.localities.iter().any(|l| l == locality))
            .find(|unit| {
                let (first, last) = file.days_of(unit);
                (first..=last).contains(&on)
            })
            .map(|unit| &unit.id)
    }

    /// Calendar of a team, else the organisation's default.
    #[must_use]
    pub fn calendar_of_team(&self, team: &TeamId) -> CalendarName {
        self.file()
            .and_then(|file| file.units.iter().find(|unit| unit.id == *team))
            .and_then(|unit| unit.calendar.clone())
            .unwrap_or_else(|| self.default_calendar())
    }

    /// Calendar of an agency (a school's), else the organisation's default. A school without a
    /// calendar of its own has that of its agency; where a cover is published, its days count too.
    #[must_use]
    pub fn calendar_of_agency(&self, agency: Option<&AgencyId>) -> CalendarName {
        agency
            .and_then(|agency| self.covered_calendar(agency))
            .unwrap_or_else(|| self.own_calendar_of(agency))
    }

    /// The same, without the days of a cover.
    #[must_use]
    pub fn own_calendar_of(&self, agency: Option<&AgencyId>) -> CalendarName {
        agency
            .and_then(|agency| self.find_calendar_of(agency))
            .unwrap_or_else(|| self.default_calendar())
    }

    /// The calendars that the covers make, each with its base and the days that others give it.
    pub fn covered_calendars(&self) -> impl Iterator<Item = Covered> {
        self.agencies().filter_map(|agency| {
            Some(Covered {
                name: self.covered_calendar(agency)?,
                base: self.own_calendar_of(Some(agency)),
                days: self
                    .covers_of(agency)
                    .map(|cover| CoverDays {
                        from: cover.from,
                        to: cover.to,
                        calendar: self.own_calendar_of(Some(&cover.agency)),
                    })
                    .collect(),
            })
        })
    }

    fn find_calendar_of(&self, agency: &AgencyId) -> Option<CalendarName> {
        let file = self.file()?;
        let of_agency = |id: &AgencyId| {
            let found = file.agencies.iter().find(|agency| agency.id == *id)?;
            found.calendar.clone()
        };
        match file.schools.iter().find(|school| school.id == *agency) {
            Some(school) => school
                .calendar
                .clone()
                .or_else(|| of_agency(school.agency.as_ref()?)),
            None => of_agency(agency),
        }
    }

    #[must_use]
    pub fn default_calendar(&self) -> CalendarName {
        match self.file() {
            Some(file) => file.default_calendar.clone(),
            None => no_calendar(),
        }
    }

    /// A code from a reference table: `lookup("postcodes", "ZA1 1AA", "locality")`.
    #[must_use]
    pub fn lookup(&self, table: &str, key: &str, column: &str) -> Option<&str> {
        let row = self.tables.get(table)?.rows.get(&normal_key(key))?;
        row.get(column)
            .map(String::as_str)
            .filter(|code| !code.is_empty())
    }

    /// Where the codes of a table come from and of which year.
    #[must_use]
    pub fn find_vintage(&self, table: &str) -> Option<&str> {
        self.tables.get(table).map(|table| table.vintage.as_str())
    }

    /// Every key of a reference table.
    pub fn keys(&self, table: &str) -> impl Iterator<Item = &str> {
        self.tables
            .get(table)
            .into_iter()
            .flat_map(|table| table.rows.keys().map(String::as_str))
    }

    /// Every agency and school.
    pub fn agencies(&self) -> impl Iterator<Item = &AgencyId> {
        self.file().into_iter().flat_map(|file| {
            let agencies = file.agencies.iter().map(|agency| &agency.id);
            agencies.chain(file.schools.iter().map(|school| &school.id))
        })
    }

    /// A school counts as an agency: it is who asks.
    #[must_use]
    pub fn knows_agency(&self, agency: &AgencyId) -> bool {
        self.file().is_some_and(|file| {
            file.agencies.iter().any(|known| known.id == *agency)
                || file.schools.iter().any(|school| school.id == *agency)
        })
    }
}

/// Before an organisation is published: a name that no calendar file may have, so that `load` fails
/// and says so.
fn no_calendar() -> CalendarName {
    match CalendarName::parse("no-organisation-published") {
        Ok(name) => name,
        Err(why) => unreachable!("a constant: {why}"),
    }
}

fn table_of_schools(file: &OrganisationFile) -> ReferenceTable {
    let row = |school: &file::School| {
        let columns = [
            ("locality", school.locality.clone()),
            ("cluster", school.cluster.clone()),
            ("agency", school.agency.as_ref().map(ToString::to_string)),
        ];
        columns
            .into_iter()
            .filter_map(|(column, code)| Some((column.to_owned(), code?)))
            .collect()
    };
    ReferenceTable {
        table: SCHOOLS_TABLE.to_owned(),
        vintage: format!("{} {}", file.title, file.effective_from),
        rows: file
            .schools
            .iter()
            .map(|school| (normal_key(school.id.as_str()), row(school)))
            .collect(),
    }
}

#[cfg(test)]
pub(crate) mod tests;
