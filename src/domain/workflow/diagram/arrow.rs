//! Arrows: lanes, what leads out of boxes and into them, and the words beside.

use super::super::definition::Definition;
use super::canvas::{Canvas, n};
use super::ink::{COLOURS, OUT, PAPER, RED, dot, line};
use super::layout::{
    LABEL_INDENT, LABEL_LEADING, LABEL_SIZE, Layout, NUMBER_ROOM, Node, Placed, Way, words_height,
};

pub(super) fn colour(definition: &Definition, arrow: &Placed<'_>, index: usize) -> &'static str {
    let named = |(name, _): &(&_, String)| definition.moves[*name].restricted;
    if arrow.group.moves.iter().any(named) {
        return RED;
    }
    COLOURS[arrow.number.unwrap_or(index) % COLOURS.len()]
}

/// Where lines cross without a dot they do not meet: the upper one leaves a gap in the lower.
fn over(canvas: &mut Canvas, ends: [(f64, f64); 2], stroke: &str, width: &str) {
    line(canvas, ends, PAPER, "6");
    line(canvas, ends, stroke, width);
}

pub(super) fn lane(canvas: &mut Canvas, layout: &Layout<'_>, arrow: &Placed<'_>, colour: &str) {
    if let Way::Lane { x, y } = arrow.way {
        let (top, bottom) = layout.span(arrow, y);
        line(canvas, [(x, top), (x, bottom)], colour, "2");
    }
}

pub(super) fn way_out(canvas: &mut Canvas, node: &Node<'_>) {
    let Some(end) = node.out_to else { return };
    let from = match (&node.state, node.on_right) {
        (None, _) => node.rect.x + 36.0,
        (Some(_), true) => node.rect.x,
        (Some(_), false) => node.rect.right(),
    };
    over(canvas, [(from, node.out_y), (end, node.out_y)], OUT, "1.5");
}

/// The arrow into its box, the dots where it begins, and its words.
pub(super) fn way_in(canvas: &mut Canvas, layout: &Layout<'_>, arrow: &Placed<'_>, colour: &str) {
    let names: Vec<&str> = arrow
        .group
        .moves
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    let from: Vec<&str> = arrow
        .group
        .from
        .iter()
        .map(|f| f.map_or("*", |f| f.as_str()))
        .collect();
    canvas.open(
        "g",
        &[
            ("class", "move"),
            ("data-moves", &names.join(" ")),
            ("data-from", &from.join(" ")),
            ("data-to", arrow.group.to.as_str()),
        ],
    );
    canvas.write("title", &[], &names.join(", "));
    let node = &layout.nodes[arrow.to];
    let edge = if node.on_right {
        node.rect.x
    } else {
        node.rect.right()
    };
    let away = if node.on_right { -1.0 } else { 1.0 };
    match arrow.way {
        Way::Down { x, from, to } => {
            line(canvas, [(x, from), (x, to - 8.0)], colour, "2");
            head(
                canvas,
                [(x, to), (x - 5.0, to - 9.0), (x + 5.0, to - 9.0)],
                colour,
            );
            let top = (from + to - words_height(arrow)) / 2.0;
            words(canvas, arrow, (x + 12.0, top), colour, "start");
        }
        Way::Lane { x, y } => {
            over(canvas, [(x, y), (edge + 8.0 * away, y)], colour, "2");
            dot(canvas, (x, y), "1.5", colour);
            for source in layout.sources(arrow) {
                numbered(canvas, arrow, (x, source.out_y), colour);
            }
            into_side(canvas, arrow, (edge, y, away), colour);
        }
        Way::Stub { y } => {
            let tail = edge + 30.0 * away;
            line(canvas, [(tail, y), (edge + 8.0 * away, y)], colour, "2");
            dot(canvas, (tail, y), "4", colour);
            into_side(canvas, arrow, (edge, y, away), colour);
        }
    }
    canvas.close("g");
}

fn into_side(
    canvas: &mut Canvas,
    arrow: &Placed<'_>,
    (edge, y, away): (f64, f64, f64),
    colour: &str,
) {
    let back = edge + 9.0 * away;
    head(
        canvas,
        [(edge, y), (back, y - 5.0), (back, y + 5.0)],
        colour,
    );
    let anchor = if away > 0.0 { "start" } else { "end" };
    let top = y - 5.0 - words_height(arrow);
    let mut indent = LABEL_INDENT;
    if arrow.number.is_some() {
        numbered(
            canvas,
            arrow,
            (edge + (indent + 7.0) * away, y - 12.0),
            colour,
        );
        indent += NUMBER_ROOM;
    }
    words(canvas, arrow, (edge + indent * away, top), colour, anchor);
}

fn head(canvas: &mut Canvas, points: [(f64, f64); 3], colour: &str) {
    let points = points.map(|(x, y)| format!("{},{}", n(x), n(y)));
    canvas.empty(
        "polygon",
        &[("points", &points.join(" ")), ("fill", colour)],
    );
}

fn words(
    canvas: &mut Canvas,
    arrow: &Placed<'_>,
    (x, top): (f64, f64),
    colour: &str,
    anchor: &str,
) {
    for (i, line) in arrow.words.iter().enumerate() {
        let y = top + LABEL_LEADING * (i as f64) + LABEL_SIZE;
        canvas.write(
            "text",
            &[
                ("class", "label"),
                ("x", &n(x)),
                ("y", &n(y)),
                ("font-size", &n(LABEL_SIZE)),
                ("fill", colour),
                ("text-anchor", anchor),
            ],
            line,
        );
    }
}

/// The circle with the arrow's number.
fn numbered(canvas: &mut Canvas, arrow: &Placed<'_>, (x, y): (f64, f64), colour: &str) {
    dot(canvas, (x, y), "8", colour);
    let Some(number) = arrow.number else { return };
    canvas.write(
        "text",
        &[
            ("class", "number"),
            ("x", &n(x)),
            ("y", &n(y + 3.5)),
            ("font-size", "10"),
            ("font-weight", "bold"),
            ("fill", PAPER),
            ("text-anchor", "middle"),
        ],
        &number.to_string(),
    );
}
