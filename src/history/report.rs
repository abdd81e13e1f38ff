//! What an import did, for the person who has to answer for it.

use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// Refused rows that are listed one by one; the rest is counted by reason.
const LISTED_MAX: usize = 1_000;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    pub rows_read: u64,
    pub appended: u64,
    /// In the log already.
    pub known: u64,
    pub requests: u64,
    pub refused: Vec<RefusedRow>,
    pub refused_by_reason: BTreeMap<String, u64>,
    pub by_activity: BTreeMap<String, u64>,
    pub findings: Vec<Finding>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefusedRow {
    pub line: u64,
    pub reason: String,
}

/// Something in the data that a reader of the figures must know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub what: String,
    pub count: u64,
    /// Labels of the older log, at most twenty.
    pub examples: Vec<String>,
}

impl Report {
    pub fn refuse(&mut self, line: u64, reason: String) {
        *self.refused_by_reason.entry(reason.clone()).or_default() += 1;
        if self.refused.len() < LISTED_MAX {
            self.refused.push(RefusedRow { line, reason });
        }
    }

    #[must_use]
    pub fn refused_count(&self) -> u64 {
        self.refused_by_reason.values().sum()
    }

    pub fn find(&mut self, what: &str, labels: Vec<String>) {
        if labels.is_empty() {
            return;
        }
        self.findings.push(Finding {
            what: what.to_owned(),
            count: labels.len() as u64,
            examples: labels.into_iter().take(20).collect(),
        });
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "rows read     {:>9}", self.rows_read)?;
        writeln!(f, "appended      {:>9}", self.appended)?;
        writeln!(f, "known already {:>9}", self.known)?;
        writeln!(f, "refused       {:>9}", self.refused_count())?;
        writeln!(f, "requests      {:>9}", self.requests)?;
        for row in &self.refused {
            writeln!(f, "  line {}: {}", row.line, row.reason)?;
        }
        if self.refused.len() as u64 != self.refused_count() {
            writeln!(f, "  … and more; by reason:")?;
            for (reason, count) in &self.refused_by_reason {
                writeln!(f, "  {count} × {reason}")?;
            }
        }
        for finding in &self.findings {
            let more = if finding.count > finding.examples.len() as u64 {
                ", …"
            } else {
                ""
            };
            writeln!(
                f,
                "finding: {} ({}): {}{more}",
                finding.what,
                finding.count,
                finding.examples.join(", ")
            )?;
        }
        Ok(())
    }
}
