//! The strokes that the picture is made of.

use super::canvas::{Canvas, n};

pub(super) const INK: &str = "#1c2b39";
pub(super) const QUIET: &str = "#5a6773";
pub(super) const OUT: &str = "#9aa5b1";
pub(super) const PAPER: &str = "#ffffff";
/// Moves of a restricted kind, and what they lead to.
pub(super) const RED: &str = "#a8231c";
/// Each at least 4.5 to 1 against white (WCAG 2.2, 1.4.3).
pub(super) const COLOURS: [&str; 8] = [
    "#17568f", "#7a3b8f", "#00695c", "#9a4a00", "#4c5b17", "#5b4fb5", "#37474f", "#00708a",
];

/// Size in pixels, colour, bold.
pub(super) type Type<'a> = (f64, &'a str, bool);

pub(super) fn text(canvas: &mut Canvas, x: f64, y: f64, (size, fill, bold): Type<'_>, words: &str) {
    let weight = if bold { "bold" } else { "normal" };
    canvas.write(
        "text",
        &[
            ("x", &n(x)),
            ("y", &n(y)),
            ("font-size", &n(size)),
            ("font-weight", weight),
            ("fill", fill),
        ],
        words,
    );
}

pub(super) fn line(canvas: &mut Canvas, ends: [(f64, f64); 2], stroke: &str, width: &str) {
    let [(x1, y1), (x2, y2)] = ends;
    canvas.empty(
        "line",
        &[
            ("x1", &n(x1)),
            ("y1", &n(y1)),
            ("x2", &n(x2)),
            ("y2", &n(y2)),
            ("stroke", stroke),
            ("stroke-width", width),
        ],
    );
}

pub(super) fn dot(canvas: &mut Canvas, (x, y): (f64, f64), radius: &str, colour: &str) {
    canvas.empty(
        "circle",
        &[
            ("cx", &n(x)),
            ("cy", &n(y)),
            ("r", radius),
            ("fill", colour),
        ],
    );
}

/// Two bars, as on a player.
pub(super) fn pause(canvas: &mut Canvas, x: f64, y: f64) {
    for x in [x, x + 5.0] {
        let (x, y) = (n(x), n(y));
        let bar = [
            ("x", &*x),
            ("y", &*y),
            ("width", "3"),
            ("height", "10"),
            ("fill", INK),
        ];
        canvas.empty("rect", &bar);
    }
}
