//! The organisation and its reference tables as published. Read by `workflow::parse`.

use crate::domain::ids::{AgencyId, Authority, CalendarName, PrincipalId, TeamId, WorkflowName};
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrganisationFile {
    #[schemars(range(min = 1, max = 1))]
    pub format: u32,
    pub organisation: Authority,
    /// Raised with each change: a file of a lower one than is in force is not published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u32>,
    pub title: String,
    /// How far to trust it, e.g. an assumption to be confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    pub effective_from: Date,
    pub default_calendar: CalendarName,
    /// The workflows that it works by; all in the folder, where none are named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub workflows: Vec<WorkflowName>,
    pub units: Vec<Unit>,
    #[serde(default)]
    pub localities: Vec<Locality>,
    #[serde(default)]
    pub clusters: Vec<Cluster>,
    #[serde(default)]
    pub schools: Vec<School>,
    #[serde(default)]
    pub agencies: Vec<Agency>,
    /// Who answers while a school or an agency is closed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub covers: Vec<Cover>,
    /// Versions of workflows that are not for everybody yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roll_out: Vec<RollOut>,
    /// What is rung when a child may be in danger.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub concern_numbers: Vec<ConcernNumber>,
}

/// Whatever can own a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    pub id: TeamId,
    pub kind: UnitKind,
    pub title: String,
    /// A locality team receives the requests of these; of other kinds it only says where they work.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub localities: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<CalendarName>,
    /// First day; the file's `effective_from` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// Last day, inclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UnitKind {
    LocalityTeam,
    TeamAroundTheLocality,
    AllocationGroup,
    ServiceTeam,
    SocialWork,
    Triage,
}

impl UnitKind {
    pub const WORDS: [(&'static str, Self); 6] = [
        ("locality-team", Self::LocalityTeam),
        ("team-around-the-locality", Self::TeamAroundTheLocality),
        ("allocation-group", Self::AllocationGroup),
        ("service-team", Self::ServiceTeam),
        ("social-work", Self::SocialWork),
        ("triage", Self::Triage),
    ];
}

impl OrganisationFile {
    /// First and last day of a unit.
    #[must_use]
    pub fn days_of(&self, unit: &Unit) -> (Date, Date) {
        (
            unit.from.unwrap_or(self.effective_from),
            unit.until.unwrap_or(Date::MAX),
        )
    }

    /// Every calendar that the file names. They are files of their own: whoever publishes both
    /// asks whether they exist.
    #[must_use]
    pub fn named_calendars(&self) -> BTreeSet<&CalendarName> {
        let units = self.units.iter().filter_map(|unit| unit.calendar.as_ref());
        let schools = self.schools.iter().filter_map(|s| s.calendar.as_ref());
        let agencies = self.agencies.iter().filter_map(|a| a.calendar.as_ref());
        let numbers = self.concern_numbers.iter().filter_map(|n| n.hours.as_ref());
        let named = units.chain(schools).chain(agencies).chain(numbers);
        named.chain([&self.default_calendar]).collect()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Locality {
    pub id: String,
    pub title: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cluster {
    pub id: String,
    pub title: String,
    #[serde(default)]
    pub draws_from: DrawsFrom,
}

/// Where the children of a cluster's schools live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DrawsFrom {
    /// In the locality of their school.
    #[default]
    Locality,
    /// Anywhere: the school says nothing about the locality.
    Everywhere,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct School {
    pub id: AgencyId,
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// Absent where the school draws from everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locality: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<CalendarName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<AgencyId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Agency {
    pub id: AgencyId,
    pub title: String,
    pub kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<CalendarName>,
}

/// A published cover: nothing waits until the holidays are over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cover {
    /// What the time is, as people call it.
    pub name: String,
    /// Schools or agencies; an agency stands for all of its schools.
    #[schemars(length(min = 1))]
    pub of: Vec<AgencyId>,
    /// Who answers.
    pub by: PrincipalId,
    /// Their agency: its queue hears of the questions, and its days count.
    pub agency: AgencyId,
    pub from: Date,
    /// Inclusive.
    pub to: Date,
}

/// A version that is named is for these clusters alone, from that day on; one that is not named is
/// for everybody. A new request takes the newest version that is for its cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RollOut {
    pub workflow: WorkflowName,
    #[schemars(range(min = 1))]
    pub version: u32,
    /// Everywhere, where none are named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clusters: Vec<String>,
    pub from: Date,
}

/// A number to ring about a child protection concern.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConcernNumber {
    pub title: String,
    /// As people dial it.
    pub number: String,
    /// What workflows call it where they ask which number was rung.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    #[serde(default)]
    pub when: RungWhen,
    /// Whose opening hours `open` and `closed` mean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<CalendarName>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RungWhen {
    #[default]
    Always,
    Open,
    Closed,
}

impl RungWhen {
    pub const WORDS: [(&'static str, Self); 3] = [
        ("always", Self::Always),
        ("open", Self::Open),
        ("closed", Self::Closed),
    ];
}

/// One row set of a reference table, as published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferenceTable {
    pub table: String,
    /// Where the figures come from and of which year, shown beside every figure made with them.
    pub vintage: String,
    /// key (normalised: upper case, no spaces) -> column -> code
    pub rows: BTreeMap<String, BTreeMap<String, String>>,
}

/// How a key of a reference table is written: upper case, no spaces.
#[must_use]
pub fn normal_key(key: &str) -> String {
    key.chars()
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_uppercase)
        .collect()
}
