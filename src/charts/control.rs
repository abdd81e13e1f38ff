//! A series over periods, with its limits, signals, baseline, targets and what was changed when.

use super::canvas::{Canvas, plain};
use super::table::Table;
use super::{number, percent};
use crate::statistics::control::run::RunChart;
use crate::statistics::control::signals::{Rule, Side};
use crate::statistics::control::{Part, TooFew};

#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// `2026-07`
    pub label: String,
    pub value: f64,
    /// It rests on fewer cases than a point should.
    pub few: bool,
}

/// A level to be seen: the baseline or a target.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub label: String,
    pub value: f64,
}

/// Index of the first point after a change of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub at: usize,
    pub because: String,
}

/// A step of a small test of change, at the point of its day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    pub at: usize,
    /// `Ring before school: do, on 3 June 2026`
    pub words: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    pub title: String,
    /// Of the value, with its unit.
    pub axis: String,
    /// 0 to 1, shown per cent.
    pub is_share: bool,
    pub points: Vec<Mark>,
    /// Along the bottom: what the points are.
    pub along: &'static str,
    pub parts: Vec<Part>,
    /// A run chart has its median instead of limits, and no parts.
    pub run: Option<Result<RunChart, TooFew>>,
    pub levels: Vec<Line>,
    pub steps: Vec<Step>,
    pub tried: Vec<Tried>,
}

impl Series {
    fn shown(&self, value: f64) -> String {
        if self.is_share {
            percent(value)
        } else {
            number(value)
        }
    }

    #[must_use]
    pub fn svg(&self) -> String {
        let limits = self
            .parts
            .iter()
            .filter_map(|part| part.limits.as_ref().ok());
        let limits = limits.flatten().flat_map(|one| [one.lower, one.upper]);
        let levels = self.levels.iter().map(|level| level.value);
        let values = self.points.iter().map(|mark| mark.value);
        let all: Vec<f64> = values.chain(levels).chain(limits).collect();
        let low = all.iter().copied().fold(0.0, f64::min);
        let high = all.iter().copied().fold(low, f64::max);
        let high = if self.is_share && low >= 0.0 {
            high.clamp(0.5, 1.0)
        } else {
            high
        };
        let last = self.points.len().saturating_sub(1);
        let mut canvas = Canvas::new(float(last), (low, high));
        canvas.y_axis(&self.axis, if self.is_share { percent } else { plain });
        let labels = self.points.iter().enumerate();
        let labels: Vec<(f64, String)> =
            labels.map(|(at, m)| (float(at), m.label.clone())).collect();
        canvas.x_axis(self.along, &labels);
        for level in &self.levels {
            let words = format!("{} {}", level.label, self.shown(level.value));
            canvas.level("target", level.value, words);
        }
        for part in &self.parts {
            self.draw_limits(&mut canvas, part);
        }
        for (number, step) in self.steps.iter().enumerate() {
            canvas.upright(
                "step",
                float(step.at) - 0.5,
                &format!("change {}", number + 1),
            );
        }
        for (number, tried) in self.tried.iter().enumerate() {
            let words = format!("test {}", number + 1);
            canvas.upright("test", float(tried.at), &words);
        }
        if let Some(Ok(run)) = &self.run {
            let words = format!("median {}", self.shown(run.median));
            canvas.level("centre", run.median, words);
        }
        let line: Vec<(f64, f64)> = self
            .points
            .iter()
            .enumerate()
            .map(|(at, m)| (float(at), m.value))
            .collect();
        canvas.path("value", &line, false);
        for (at, mark) in self.points.iter().enumerate() {
            let place = (float(at), mark.value);
            if !self.rules_at(at).is_empty() {
                canvas.diamond("signal", place);
            } else if mark.few {
                canvas.circle("few", place);
            } else {
                canvas.circle("dot", place);
            }
        }
        if let Some(words) = self.too_few() {
            canvas.remark(&words);
        }
        canvas.into_svg(&self.title, &self.description())
    }

    fn draw_limits(&self, canvas: &mut Canvas, part: &Part) {
        let Ok(limits) = &part.limits else { return };
        let along = |of: fn(&crate::statistics::control::Limits) -> f64| {
            let places = limits.iter().enumerate();
            places
                .map(|(at, one)| (float(part.from + at), of(one)))
                .collect::<Vec<_>>()
        };
        canvas.path("centre", &along(|one| one.centre), false);
        canvas.path("limit", &along(|one| one.upper), false);
        canvas.path("limit", &along(|one| one.lower), false);
        if let Some(last) = limits.last().filter(|_| part.to == self.points.len()) {
            canvas.label(last.centre, format!("centre {}", self.shown(last.centre)));
            canvas.label(
                last.upper,
                format!("upper limit {}", self.shown(last.upper)),
            );
            canvas.label(
                last.lower,
                format!("lower limit {}", self.shown(last.lower)),
            );
        }
    }

    fn rules_at(&self, at: usize) -> Vec<String> {
        let signals = self.parts.iter().flat_map(|part| &part.signals);
        let here = signals.filter(|signal| (signal.from..signal.to).contains(&at));
        let mut words: Vec<String> = here
            .map(|signal| match (signal.rule, signal.side) {
                (Rule::OutsideLimits, Side::Above) => "above the upper limit",
                (Rule::OutsideLimits, Side::Below) => "below the lower limit",
                (Rule::SevenOnOneSide, Side::Above) => "one of seven above the centre",
                (Rule::SevenOnOneSide, Side::Below) => "one of seven below the centre",
                (Rule::SevenRisingOrFalling, Side::Above) => "one of seven rising",
                (Rule::SevenRisingOrFalling, Side::Below) => "one of seven falling",
                (Rule::TwoOfThreeCloseToALimit, _) => "one of three, two of them close to a limit",
            })
            .map(str::to_owned)
            .collect();
        if let Some(Ok(run)) = &self.run {
            let holds =
                |found: &[(usize, usize)]| found.iter().any(|(a, b)| (*a..*b).contains(&at));
            words.extend(holds(&run.shifts).then(|| "in a shift of six or more".to_owned()));
            words.extend(holds(&run.trends).then(|| "in a trend of five or more".to_owned()));
        }
        words.dedup();
        words
    }

    /// Why nothing is said of the points, where nothing is.
    #[must_use]
    pub fn too_few(&self) -> Option<String> {
        let of = |part: &Part| part.limits.as_ref().err().copied();
        let of_run = self.run.as_ref().map(|run| run.as_ref().err().copied());
        let few = of_run.unwrap_or_else(|| self.parts.last().and_then(of));
        let TooFew { points, needed } = few?;
        Some(format!("Not enough points to say: {points} of {needed}"))
    }

    /// What there is to see, in words.
    #[must_use]
    pub fn description(&self) -> String {
        let Some(last) = self.points.last() else {
            return "There is no value yet.".to_owned();
        };
        let mut words = format!(
            "{} points; the last, {}, is {}.",
            self.points.len(),
            last.label,
            self.shown(last.value)
        );
        if let Some(few) = self.too_few() {
            words.push_str(&format!(" {few}."));
        } else {
            let signals = (0..self.points.len())
                .filter(|at| !self.rules_at(*at).is_empty())
                .count();
            words.push_str(&match signals {
                0 => " No point is a signal.".to_owned(),
                1 => " One point is a signal, drawn as a diamond.".to_owned(),
                count => format!(" {count} points are signals, drawn as diamonds."),
            });
        }
        if self.points.iter().any(|mark| mark.few) {
            words.push_str(" Hollow points rest on few requests.");
        }
        if let Some(Ok(run)) = &self.run {
            words.push_str(&format!(
                " The longest run on one side of the median is {} (chance alone: at most {}), the \
                 median is crossed {} times (at least {}): {}.",
                run.longest_run,
                run.longest_run_at_most,
                run.crossings,
                run.crossings_at_least,
                if run.is_not_random() {
                    "something has changed"
                } else {
                    "this may be chance"
                }
            ));
        }
        for (number, step) in self.steps.iter().enumerate() {
            words.push_str(&format!(" Change {}: {}.", number + 1, step.because));
        }
        for (number, tried) in self.tried.iter().enumerate() {
            words.push_str(&format!(" Test {}: {}.", number + 1, tried.words));
        }
        words
    }

    #[must_use]
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            &self.title,
            &[
                self.along,
                "Value",
                "Lower limit",
                "Centre",
                "Upper limit",
                "Signal",
            ],
        );
        for (at, mark) in self.points.iter().enumerate() {
            let part = self
                .parts
                .iter()
                .find(|part| (part.from..part.to).contains(&at));
            let limits = part.and_then(|part| part.limits.as_ref().ok()?.get(at - part.from));
            let mut row = vec![mark.label.clone(), self.shown(mark.value)];
            match limits {
                Some(one) => row.extend([one.lower, one.centre, one.upper].map(|v| self.shown(v))),
                None => row.extend(["", "", ""].map(str::to_owned)),
            }
            let mut remarks = self.rules_at(at);
            remarks.extend(mark.few.then(|| "few requests".to_owned()));
            let tried = self.tried.iter().filter(|tried| tried.at == at);
            remarks.extend(tried.map(|tried| tried.words.clone()));
            row.push(remarks.join("; "));
            table.rows.push(row);
        }
        table
    }
}

#[expect(clippy::cast_precision_loss, reason = "a few dozen points")]
fn float(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::control::xmr;

    fn series(values: &[f64]) -> Series {
        let points = values.iter().enumerate().map(|(at, value)| Mark {
            label: format!("2026-{:02}", at % 12 + 1),
            value: *value,
            few: at == 1,
        });
        Series {
            title: "Invented <measure> & more".to_owned(),
            axis: "Requests".to_owned(),
            is_share: false,
            points: points.collect(),
            along: "Period",
            parts: xmr::chart(values, &[]),
            run: None,
            levels: vec![Line {
                label: "Target".to_owned(),
                value: 9.0,
            }],
            steps: Vec::new(),
            tried: Vec::new(),
        }
    }

    #[test]
    fn a_test_of_change_stands_at_its_point_in_the_words_and_in_the_table() {
        let mut series = series(&VALUES);
        series.tried.push(Tried {
            at: 3,
            words: "Invented test: do, on 3 April 2026".to_owned(),
        });
        let svg = series.svg();
        assert_eq!(svg.matches("class=\"test\"").count(), 1);
        assert!(svg.contains(">test 1<"));
        assert!(
            series
                .description()
                .contains(" Test 1: Invented test: do, on 3 April 2026.")
        );
        assert_eq!(
            series.table().rows[3][5],
            "Invented test: do, on 3 April 2026"
        );
    }

    #[test]
    fn a_run_chart_has_a_median_and_its_shifts_and_no_limits() {
        let values = [
            1.0, 2.0, 1.0, 5.0, 2.0, 1.0, 2.0, 9.0, 8.0, 9.0, 5.0, 8.0, 9.0, 8.0,
        ];
        let mut series = series(&values);
        series.parts.clear();
        series.run = Some(RunChart::of(&values));
        let svg = series.svg();
        assert!(svg.contains(">median 5<") && !svg.contains("class=\"limit\""));
        assert_eq!(
            svg.matches("class=\"signal\"").count(),
            14,
            "two shifts of six"
        );
        assert!(series.description().contains("something has changed"));
        assert_eq!(series.table().rows[0][5], "in a shift of six or more");
        series.run = Some(RunChart::of(&values[..3]));
        assert_eq!(
            series.too_few().unwrap(),
            "Not enough points to say: 1 of 10"
        );
    }

    const VALUES: [f64; 14] = [
        10.0, 12.0, 9.0, 11.0, 10.0, 12.0, 9.0, 11.0, 10.0, 9.0, 11.0, 12.0, 10.0, 25.0,
    ];

    #[test]
    fn a_signal_has_a_shape_of_its_own_and_words_in_the_table() {
        let series = series(&VALUES);
        let svg = series.svg();
        assert_eq!(svg.matches("class=\"signal\"").count(), 1);
        assert_eq!(svg.matches("class=\"few\"").count(), 1);
        assert_eq!(svg.matches("class=\"limit\"").count(), 2);
        let table = series.table();
        assert_eq!(table.rows.len(), VALUES.len());
        assert_eq!(table.rows[13][5], "above the upper limit");
        assert!(svg.contains("role=\"img\"") && svg.contains("<desc>14 points"));
        assert!(svg.contains("Invented &lt;measure&gt; &amp; more"));
    }

    #[test]
    fn too_few_points_are_said_and_have_no_limits() {
        let svg = series(&VALUES[..12]).svg();
        assert!(svg.contains("Not enough points to say: 12 of 13"));
        assert!(!svg.contains("class=\"limit\"") && !svg.contains("class=\"signal\""));
        let none = series(&[]).svg();
        assert!(none.contains("There is no value yet."));
    }

    #[test]
    fn a_chart_is_well_formed_xml() {
        let svg = series(&VALUES).svg();
        let mut reader = quick_xml::Reader::from_str(&svg);
        while reader.read_event().unwrap() != quick_xml::events::Event::Eof {}
    }
}
