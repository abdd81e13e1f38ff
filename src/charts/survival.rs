//! Share that still waits after so many days, with its 95 % interval.

use super::canvas::{Canvas, plain};
use super::table::Table;
use super::{number, percent};
use crate::statistics::kaplan_meier::KaplanMeier;

#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    pub title: String,
    pub curve: KaplanMeier,
    /// Days that are drawn.
    pub until_days: f64,
    pub count: usize,
    pub open: usize,
}

/// Rows of the table.
const DAYS: [f64; 8] = [1.0, 5.0, 10.0, 20.0, 30.0, 40.0, 60.0, 90.0];

impl Curve {
    #[must_use]
    pub fn svg(&self) -> String {
        let mut canvas = Canvas::new(self.until_days, (0.0, 1.0));
        canvas.y_axis("Share still waiting", percent);
        let labels = (0..=10_u32).map(|tenth| {
            let days = self.until_days * f64::from(tenth) / 10.0;
            (days, plain(days.round()))
        });
        canvas.x_axis("Days", &labels.collect::<Vec<_>>());
        let mut upper = self.stairs(|step| step.upper);
        let mut lower = self.stairs(|step| step.lower);
        lower.reverse();
        upper.extend(lower);
        canvas.path("band", &upper, true);
        let line = self.stairs(|step| step.survival);
        canvas.path("value", &line, false);
        if let Some(median) = self.curve.median().filter(|days| *days <= self.until_days) {
            canvas.path("step", &[(0.0, 0.5), (median, 0.5), (median, 0.0)], false);
        }
        let end = self.curve.survival_at(self.until_days);
        canvas.label(end, format!("{} still wait", percent(end)));
        match self.curve.median().filter(|days| *days <= self.until_days) {
            Some(days) => canvas.words((days, 0.5), &format!("median {}", self.median())),
            None => canvas.remark(&format!("Median {}", self.median())),
        }
        canvas.into_svg(&self.title, &self.description())
    }

    fn median(&self) -> String {
        self.curve.median().map_or("not reached".to_owned(), wait)
    }

    /// Level from one step to the next.
    fn stairs(&self, of: fn(&crate::statistics::kaplan_meier::Step) -> f64) -> Vec<(f64, f64)> {
        let mut points = vec![(0.0, 1.0)];
        let mut level = 1.0;
        for step in self
            .curve
            .steps()
            .iter()
            .filter(|step| step.days <= self.until_days)
        {
            points.push((step.days, level));
            level = of(step);
            points.push((step.days, level));
        }
        points.push((self.until_days, level));
        points
    }

    #[must_use]
    pub fn description(&self) -> String {
        let waits = if self.count == 1 { "wait" } else { "waits" };
        format!(
            "Of {} {waits}, {} of them still open, half were through after: {}. The shaded band is the 95 % interval.",
            self.count,
            self.open,
            self.median()
        )
    }

    #[must_use]
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            &self.title,
            &["After days", "Still waiting", "95 % interval"],
        );
        for days in DAYS {
            let (lower, upper) = self.curve.interval_at(days);
            table.rows.push(vec![
                number(days),
                percent(self.curve.survival_at(days)),
                format!("{} to {}", percent(lower), percent(upper)),
            ]);
        }
        table
    }
}

/// `5.7 days`, `3.2 hours`, `12 minutes`: no more of it than anybody would say.
fn wait(days: f64) -> String {
    let hours = days * 24.0;
    if hours < 1.0 {
        format!("{:.0} minutes", hours * 60.0)
    } else if days < 1.0 {
        format!("{hours:.1} hours")
    } else {
        format!("{days:.1} days")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_said_in_the_unit_that_fits_it() {
        let said = [0.0, 0.008, 0.13, 5.7012, 44.0].map(wait);
        let units = [
            "0 minutes",
            "12 minutes",
            "3.1 hours",
            "5.7 days",
            "44.0 days",
        ];
        assert_eq!(said, units);
    }
    use crate::statistics::Observation;

    #[test]
    fn a_median_that_is_not_reached_is_said() {
        let waits = [(2.0, true), (9.0, false), (12.0, false)];
        let waits = waits.map(|(days, ended)| Observation { days, ended });
        let curve = Curve {
            title: "Invented".to_owned(),
            curve: KaplanMeier::of(&waits),
            until_days: 40.0,
            count: 3,
            open: 2,
        };
        assert!(curve.svg().contains("Median not reached"));
        assert_eq!(curve.table().rows[1][1], "67 %");
    }
}
