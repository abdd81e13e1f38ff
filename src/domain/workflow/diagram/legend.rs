//! What the marks mean.

use super::super::definition::StateRule;
use super::canvas::{Canvas, n};
use super::ink::{INK, OUT, PAPER, QUIET, RED, dot, line, pause, text};
use super::layout::{MARGIN, Rect};

pub(super) const HEIGHT: f64 = 84.0;

/// What a state is to whoever looks for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    UnderWay,
    Restricted,
    Over,
}

impl Kind {
    pub(super) fn of(rule: &StateRule) -> Self {
        match (rule.restricted, rule.ends) {
            (true, _) => Self::Restricted,
            (false, true) => Self::Over,
            (false, false) => Self::UnderWay,
        }
    }
}

/// What is over has two edges, what is out of sight a broken one.
pub(super) fn frame(canvas: &mut Canvas, rect: Rect, kind: Kind) {
    let (fill, stroke, dashes) = match kind {
        Kind::UnderWay => ("#eef4fa", INK, "none"),
        Kind::Restricted => ("#fdf1f0", RED, "6 4"),
        Kind::Over => ("#f3f4f5", QUIET, "none"),
    };
    edge(canvas, rect, [fill, stroke, dashes], "box");
    if kind == Kind::Over {
        let inner = Rect {
            x: rect.x + 3.5,
            y: rect.y + 3.5,
            width: rect.width - 7.0,
            height: rect.height - 7.0,
        };
        edge(canvas, inner, ["none", stroke, dashes], "edge");
    }
}

fn edge(canvas: &mut Canvas, rect: Rect, [fill, stroke, dashes]: [&str; 3], class: &str) {
    canvas.empty(
        "rect",
        &[
            ("class", class),
            ("x", &n(rect.x)),
            ("y", &n(rect.y)),
            ("width", &n(rect.width)),
            ("height", &n(rect.height)),
            ("rx", if class == "box" { "8" } else { "5" }),
            ("fill", fill),
            ("stroke", stroke),
            ("stroke-width", "1.5"),
            ("stroke-dasharray", dashes),
        ],
    );
}

const HOW_TO_READ: &str = "From each box a line leads to the numbers of what can be done there; the \
                           arrow with the same number says where that leads.";

/// Columns of two entries each.
const COLUMNS: [f64; 4] = [0.0, 190.0, 430.0, 690.0];

pub(super) fn draw(canvas: &mut Canvas, top: f64) {
    let x = |column: usize| MARGIN + COLUMNS[column];
    let (first, second) = (top + 36.0, top + 66.0);
    canvas.open("g", &[("class", "legend")]);
    text(canvas, MARGIN, top + 10.0, (13.0, INK, false), HOW_TO_READ);
    for (column, y, kind, words) in [
        (0, first, Kind::UnderWay, "Under way"),
        (0, second, Kind::Over, "Over: no clock is owed"),
        (1, first, Kind::Restricted, "Restricted: out of sight"),
    ] {
        let rect = Rect {
            x: x(column),
            y: y - 8.0,
            width: 26.0,
            height: 18.0,
        };
        frame(canvas, rect, kind);
        note(canvas, (x(column), y), words);
    }
    let bar = [
        ("x", &*n(x(1))),
        ("y", &*n(second - 8.0)),
        ("width", "5"),
        ("height", "18"),
        ("fill", INK),
    ];
    canvas.empty("rect", &bar);
    note(canvas, (x(1), second), "A request begins here");
    pause(canvas, x(2) + 9.0, first - 5.0);
    note(canvas, (x(2), first), "Clocks that stand still here");
    line(
        canvas,
        [(x(2) + 13.0, second - 8.0), (x(2) + 13.0, second + 10.0)],
        RED,
        "2",
    );
    note(canvas, (x(2), second), "Restricted move");
    let across = |y| [(x(3), y), (x(3) + 26.0, y)];
    let down = |y| [(x(3) + 13.0, y - 9.0), (x(3) + 13.0, y + 9.0)];
    line(canvas, across(first), OUT, "1.5");
    line(canvas, down(first), INK, "2");
    dot(canvas, (x(3) + 13.0, first), "8", INK);
    note(
        canvas,
        (x(3), first),
        "With a number: that move can be made from here",
    );
    line(canvas, down(second), INK, "2");
    line(canvas, across(second), PAPER, "6");
    line(canvas, across(second), OUT, "1.5");
    note(canvas, (x(3), second), "Without: the lines only cross");
    canvas.close("g");
}

fn note(canvas: &mut Canvas, (x, y): (f64, f64), words: &str) {
    text(canvas, x + 36.0, y + 5.0, (12.0, QUIET, false), words);
}
