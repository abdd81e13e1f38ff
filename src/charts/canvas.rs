//! A frame with axes, and what is drawn in it.

use super::number;
use super::table::add;

pub(super) const WIDTH: f64 = 760.0;
pub(super) const HEIGHT: f64 = 360.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 170.0;
const TOP: f64 = 32.0;
const BOTTOM: f64 = 56.0;
/// Between the baselines of two labels at the right edge.
const LABEL_GAP: f64 = 15.0;
const TICKS: f64 = 5.0;
/// Labels below that fit side by side.
const X_LABELS_MAX: usize = 12;

/// Looks the same on screen and paper; text takes the size that the reader has chosen.
pub const STYLE: &str = "text{font-family:sans-serif;font-size:13px;fill:#1a1a1a}\
.grid{stroke:#d5d5d5;stroke-width:1}.axis{stroke:#5e5e5e;stroke-width:1}\
.value{stroke:#0065bd;stroke-width:2;fill:none}.band{fill:#0065bd;fill-opacity:.15;stroke:none}\
.dot{fill:#0065bd;stroke:#fff;stroke-width:1}.few{fill:#fff;stroke:#0065bd;stroke-width:2}\
.signal{fill:#b00020;stroke:#fff;stroke-width:1}.centre{stroke:#333;stroke-width:1.5;fill:none}\
.limit{stroke:#333;stroke-width:1.5;stroke-dasharray:7 4;fill:none}\
.target{stroke:#00703c;stroke-width:1.5;stroke-dasharray:2 3;fill:none}\
.step{stroke:#333;stroke-width:1;stroke-dasharray:1 3;fill:none}\
.test{stroke:#6a3d9a;stroke-width:1.5;stroke-dasharray:6 2 1 2;fill:none}";

pub(super) struct Canvas {
    body: String,
    x_max: f64,
    y: (f64, f64),
    /// Wanted height and words, put down at the end so that none covers another.
    labels: Vec<(f64, String)>,
}

impl Canvas {
    /// `y` is widened to round numbers.
    pub(super) fn new(x_max: f64, y: (f64, f64)) -> Self {
        let step = nice_step(y.1 - y.0);
        let low = (y.0 / step).floor() * step;
        let high = (y.1 / step).ceil() * step;
        Self {
            body: String::new(),
            x_max: x_max.max(1.0),
            y: (low, if high > low { high } else { low + step }),
            labels: Vec::new(),
        }
    }

    pub(super) fn x(&self, value: f64) -> f64 {
        LEFT + value / self.x_max * (WIDTH - LEFT - RIGHT)
    }

    pub(super) fn y(&self, value: f64) -> f64 {
        let (low, high) = self.y;
        let value = value.clamp(low, high);
        HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM)
    }

    pub(super) fn y_axis(&mut self, title: &str, label: fn(f64) -> String) {
        let step = nice_step(self.y.1 - self.y.0);
        let mut value = self.y.0;
        while value <= self.y.1 + step / 2.0 {
            let (y, end) = (self.y(value), WIDTH - RIGHT);
            let (at, words) = (LEFT - 8.0, escaped(&label(value)));
            let words_y = y + 4.0;
            self.add(format_args!(
                "<line class=\"grid\" x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{end}\" y2=\"{y:.1}\"/>\n\
                 <text x=\"{at}\" y=\"{words_y:.1}\" text-anchor=\"end\">{words}</text>\n"
            ));
            value += step;
        }
        let middle = (TOP + HEIGHT - BOTTOM) / 2.0;
        let title = escaped(title);
        self.add(format_args!(
            "<text transform=\"translate(16 {middle}) rotate(-90)\" text-anchor=\"middle\">{title}</text>\n"
        ));
    }

    /// Words below: all of them where they fit, else every so many.
    pub(super) fn x_axis(&mut self, title: &str, labels: &[(f64, String)]) {
        let (y, end) = (HEIGHT - BOTTOM, WIDTH - RIGHT);
        self.add(format_args!(
            "<line class=\"axis\" x1=\"{LEFT}\" y1=\"{y}\" x2=\"{end}\" y2=\"{y}\"/>\n"
        ));
        let longest = labels
            .iter()
            .map(|(_, words)| words.len())
            .max()
            .unwrap_or(1);
        let fit = if longest > 5 {
            X_LABELS_MAX / 2
        } else {
            X_LABELS_MAX
        };
        let every = labels.len().div_ceil(fit).max(1);
        for (value, words) in labels.iter().step_by(every) {
            let (x, words) = (self.x(*value), escaped(words));
            let (tick, below) = (y + 5.0, y + 20.0);
            self.add(format_args!(
                "<line class=\"axis\" x1=\"{x:.1}\" y1=\"{y}\" x2=\"{x:.1}\" y2=\"{tick}\"/>\n\
                 <text x=\"{x:.1}\" y=\"{below}\" text-anchor=\"middle\">{words}</text>\n"
            ));
        }
        let (middle, below, title) = ((LEFT + end) / 2.0, HEIGHT - 12.0, escaped(title));
        self.add(format_args!(
            "<text x=\"{middle}\" y=\"{below}\" text-anchor=\"middle\">{title}</text>\n"
        ));
    }

    pub(super) fn path(&mut self, class: &str, points: &[(f64, f64)], closed: bool) {
        let mut path = String::new();
        for (at, (x, y)) in points.iter().enumerate() {
            let command = if at == 0 { 'M' } else { 'L' };
            let (x, y) = (self.x(*x), self.y(*y));
            add(&mut path, format_args!("{command}{x:.1} {y:.1}"));
        }
        if closed {
            path.push('Z');
        }
        self.add(format_args!("<path class=\"{class}\" d=\"{path}\"/>\n"));
    }

    /// From edge to edge, with its words at the right.
    pub(super) fn level(&mut self, class: &str, value: f64, words: String) {
        self.path(class, &[(0.0, value), (self.x_max, value)], false);
        self.label(value, words);
    }

    pub(super) fn label(&mut self, value: f64, words: String) {
        self.labels.push((self.y(value), words));
    }

    pub(super) fn upright(&mut self, class: &str, value: f64, words: &str) {
        let (x, low, high, words) = (self.x(value), HEIGHT - BOTTOM, TOP, escaped(words));
        let (at, words_y) = (x + 4.0, TOP + 12.0);
        self.add(format_args!(
            "<line class=\"{class}\" x1=\"{x:.1}\" y1=\"{low}\" x2=\"{x:.1}\" y2=\"{high}\"/>\n\
             <text x=\"{at:.1}\" y=\"{words_y}\">{words}</text>\n"
        ));
    }

    pub(super) fn circle(&mut self, class: &str, (x, y): (f64, f64)) {
        let (x, y) = (self.x(x), self.y(y));
        self.add(format_args!(
            "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"/>\n"
        ));
    }

    pub(super) fn diamond(&mut self, class: &str, (x, y): (f64, f64)) {
        let (x, y) = (self.x(x), self.y(y));
        let (left, right, up, down) = (x - 7.0, x + 7.0, y - 7.0, y + 7.0);
        self.add(format_args!(
            "<path class=\"{class}\" d=\"M{left:.1} {y:.1}L{x:.1} {up:.1}L{right:.1} {y:.1}L{x:.1} {down:.1}Z\"/>\n"
        ));
    }

    /// Words beside a point.
    pub(super) fn words(&mut self, (x, y): (f64, f64), words: &str) {
        let (x, y, words) = (self.x(x) + 8.0, self.y(y) - 8.0, escaped(words));
        self.add(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\">{words}</text>\n"
        ));
    }

    /// Words above the frame.
    pub(super) fn remark(&mut self, words: &str) {
        let (x, y, words) = (LEFT, TOP - 14.0, escaped(words));
        self.add(format_args!("<text x=\"{x}\" y=\"{y}\">{words}</text>\n"));
    }

    pub(super) fn into_svg(mut self, title: &str, description: &str) -> String {
        self.put_labels();
        let (title, description, body) = (escaped(title), escaped(description), self.body);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\">\n\
             <title>{title}</title>\n<desc>{description}</desc>\n<style>{STYLE}</style>\n\
             <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\n{body}</svg>\n"
        )
    }

    /// From the top down, each at least a line below the one before; pushed up again where they
    /// would leave the frame.
    fn put_labels(&mut self) {
        let mut labels = std::mem::take(&mut self.labels);
        labels.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut last = f64::MIN;
        for (y, _) in &mut labels {
            *y = y.max(last + LABEL_GAP);
            last = *y;
        }
        let mut limit = HEIGHT - BOTTOM + LABEL_GAP;
        for (y, _) in labels.iter_mut().rev() {
            *y = y.min(limit - LABEL_GAP);
            limit = *y;
        }
        let x = WIDTH - RIGHT + 6.0;
        for (y, words) in labels {
            let (y, words) = (y + 4.0, escaped(&words));
            self.add(format_args!(
                "<text x=\"{x}\" y=\"{y:.1}\">{words}</text>\n"
            ));
        }
    }

    fn add(&mut self, more: std::fmt::Arguments<'_>) {
        add(&mut self.body, more);
    }
}

/// 1, 2 or 5 times a power of ten, about five of them over the span.
fn nice_step(span: f64) -> f64 {
    if span <= 0.0 || !span.is_finite() {
        return 1.0;
    }
    let rough = span / TICKS;
    let power = 10_f64.powf(rough.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|f| f * power >= rough);
    factor.unwrap_or(10.0) * power
}

pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            // No character that XML cannot hold.
            c if c.is_control() && !"\n\t".contains(c) => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

/// Whole numbers of days or requests on an axis.
pub(super) fn plain(value: f64) -> String {
    number(value)
}
