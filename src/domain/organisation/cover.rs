//! Who answers for whoever asked while their school or office is closed.

use super::Organisation;
use super::file::Cover;
use crate::domain::ids::{AgencyId, CalendarName, PrincipalId};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// The covers of one day, by the agency or school that is closed.
pub type Covers = BTreeMap<AgencyId, CoverNow>;

/// Somebody answers for an agency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoverNow {
    pub by: PrincipalId,
    /// Whose queue hears of it.
    pub agency: AgencyId,
    /// The last day.
    pub until: Date,
}

impl From<&Cover> for CoverNow {
    fn from(cover: &Cover) -> Self {
        Self {
            by: cover.by.clone(),
            agency: cover.agency.clone(),
            until: cover.to,
        }
    }
}

impl Organisation {
    /// Every agency and school that is covered on a day.
    #[must_use]
    pub fn covers_on(&self, on: Date) -> Covers {
        let Some(file) = self.file() else {
            return Covers::new();
        };
        if !file.covers.iter().any(|cover| cover.holds(on)) {
            return Covers::new();
        }
        self.agencies()
            .filter_map(|agency| {
                let cover = self.covers_of(agency).find(|cover| cover.holds(on))?;
                Some((agency.clone(), cover.into()))
            })
            .collect()
    }

    /// The published covers of an agency or school; an agency's hold for all of its schools.
    pub(in crate::domain) fn covers_of<'a>(
        &'a self,
        agency: &'a AgencyId,
    ) -> impl Iterator<Item = &'a Cover> {
        let file = self.file();
        let parent = file
            .and_then(|file| file.schools.iter().find(|school| school.id == *agency))
            .and_then(|school| school.agency.as_ref());
        file.into_iter()
            .flat_map(|file| &file.covers)
            .filter(move |cover| {
                let named = |id: &AgencyId| cover.of.contains(id);
                named(agency) || parent.is_some_and(named)
            })
    }

    /// The days on which an agency that is covered can be asked: its own and those of its cover.
    pub(super) fn covered_calendar(&self, agency: &AgencyId) -> Option<CalendarName> {
        self.covers_of(agency).next()?;
        CalendarName::parse(&format!("{agency}-or-cover")).ok()
    }
}

impl Cover {
    #[must_use]
    pub fn holds(&self, on: Date) -> bool {
        (self.from..=self.to).contains(&on)
    }
}
