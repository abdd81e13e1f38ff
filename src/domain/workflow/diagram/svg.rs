//! The layout as SVG.

use super::super::arrows::opening_states;
use super::super::definition::Definition;
use super::Live;
use super::boxes::{PADDING, StateBox, Style, badge_width};
use super::canvas::{Canvas, n};
use super::layout::{
    LABEL_INDENT, LABEL_LEADING, LABEL_SIZE, Layout, MARGIN, Node, Placed, Way, words_height,
};
use super::legend::{self, Kind, frame};
use super::notes;

pub(super) const INK: &str = "#1c2b39";
pub(super) const QUIET: &str = "#5a6773";
pub(super) const OUT: &str = "#9aa5b1";
const PAPER: &str = "#ffffff";
/// Moves of a restricted kind, and what they lead to.
pub(super) const RED: &str = "#a8231c";
/// Each at least 4.5 to 1 against white (WCAG 2.2, 1.4.3).
const COLOURS: [&str; 8] = [
    "#17568f", "#7a3b8f", "#00695c", "#9a4a00", "#4c5b17", "#a8246a", "#37474f", "#5b4fb5",
];

/// A picture for people.
#[must_use]
pub fn svg(definition: &Definition, live: Option<&Live>) -> String {
    let layout = Layout::of(definition, live);
    let notes = notes::Notes::of(definition, layout.width - 2.0 * MARGIN);
    let legend_y = layout.bottom + 36.0;
    let notes_y = legend_y + legend::HEIGHT + 20.0;
    let height = notes_y + notes.height() + MARGIN;
    let mut canvas = Canvas::default();
    let (width, height) = (n(layout.width), n(height));
    let id = format!("{}-v{}", definition.workflow, definition.version);
    let (title_id, desc_id) = (format!("{id}-title"), format!("{id}-desc"));
    canvas.open(
        "svg",
        &[
            ("xmlns", "http://www.w3.org/2000/svg"),
            ("width", &width),
            ("height", &height),
            ("viewBox", &format!("0 0 {width} {height}")),
            ("role", "img"),
            ("aria-labelledby", &format!("{title_id} {desc_id}")),
            (
                "font-family",
                "Arial, Helvetica, 'Liberation Sans', sans-serif",
            ),
        ],
    );
    canvas.write("title", &[("id", &title_id)], &definition.title);
    canvas.write("desc", &[("id", &desc_id)], &description(definition, live));
    canvas.empty(
        "rect",
        &[("width", &width), ("height", &height), ("fill", PAPER)],
    );
    heading(&mut canvas, definition, live);
    for (index, arrow) in layout.arrows.iter().enumerate() {
        lane(
            &mut canvas,
            &layout,
            arrow,
            colour(definition, arrow, index),
        );
    }
    for node in &layout.nodes {
        way_out(&mut canvas, node);
    }
    for (index, arrow) in layout.arrows.iter().enumerate() {
        way_in(
            &mut canvas,
            &layout,
            arrow,
            colour(definition, arrow, index),
        );
    }
    let opening = opening_states(definition);
    for node in &layout.nodes {
        match &node.state {
            Some(state) => state_box(&mut canvas, node, state, opening.contains(&state.name)),
            None => beginning(&mut canvas, node),
        }
    }
    legend::draw(&mut canvas, legend_y);
    notes.draw(&mut canvas, notes_y);
    canvas.close("svg");
    canvas.finish()
}

/// For whoever hears the picture.
fn description(definition: &Definition, live: Option<&Live>) -> String {
    let states = definition.states.len();
    let mut text = format!(
        "{states} states as boxes and {} moves as arrows. Work under way stands on the left, what is \
         over or with others on the right. The same in sentences: rfa workflow explain.",
        definition.moves.len()
    );
    if let Some(live) = live {
        text.push_str(&format!(" Open requests are counted as of {}.", live.as_of));
    }
    text
}

fn heading(canvas: &mut Canvas, definition: &Definition, live: Option<&Live>) {
    text(canvas, MARGIN, 50.0, (24.0, INK, true), &definition.title);
    let mut about = format!("{}, version {}", definition.workflow, definition.version);
    if let Some(live) = live {
        about.push_str(&format!(" · open requests as of {}", live.as_of));
        if live.elsewhere > 0 {
            about.push_str(&format!(
                " · {} more began with another version",
                live.elsewhere
            ));
        }
    }
    text(canvas, MARGIN, 74.0, (13.0, QUIET, false), &about);
}

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

fn colour(definition: &Definition, arrow: &Placed<'_>, index: usize) -> &'static str {
    let named = |(name, _): &(&_, String)| definition.moves[*name].restricted;
    if arrow.group.moves.iter().any(named) {
        return RED;
    }
    COLOURS[index % COLOURS.len()]
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

/// Where lines cross without a dot they do not meet: the upper one leaves a gap in the lower.
fn over(canvas: &mut Canvas, ends: [(f64, f64); 2], stroke: &str, width: &str) {
    line(canvas, ends, PAPER, "6");
    line(canvas, ends, stroke, width);
}

fn lane(canvas: &mut Canvas, layout: &Layout<'_>, arrow: &Placed<'_>, colour: &str) {
    if let Way::Lane { x, y } = arrow.way {
        let (top, bottom) = layout.span(arrow, y);
        line(canvas, [(x, top), (x, bottom)], colour, "2");
    }
}

fn way_out(canvas: &mut Canvas, node: &Node<'_>) {
    let Some(end) = node.out_to else { return };
    let from = match (&node.state, node.on_right) {
        (None, _) => node.rect.x + 36.0,
        (Some(_), true) => node.rect.x,
        (Some(_), false) => node.rect.right(),
    };
    over(canvas, [(from, node.out_y), (end, node.out_y)], OUT, "1.5");
}

/// The arrow into its box, the dots where it begins, and its words.
fn way_in(canvas: &mut Canvas, layout: &Layout<'_>, arrow: &Placed<'_>, colour: &str) {
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
                dot(canvas, (x, source.out_y), "4", colour);
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
    words(
        canvas,
        arrow,
        (edge + LABEL_INDENT * away, top),
        colour,
        anchor,
    );
}

fn head(canvas: &mut Canvas, points: [(f64, f64); 3], colour: &str) {
    let points = points.map(|(x, y)| format!("{},{}", n(x), n(y)));
    canvas.empty(
        "polygon",
        &[("points", &points.join(" ")), ("fill", colour)],
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

fn beginning(canvas: &mut Canvas, node: &Node<'_>) {
    let y = node.rect.y + node.rect.height / 2.0;
    dot(canvas, (node.rect.x + 28.0, y), "8", INK);
    text(
        canvas,
        node.rect.x + 44.0,
        y - 6.0,
        (12.0, QUIET, false),
        "A request begins",
    );
}

fn state_box(canvas: &mut Canvas, node: &Node<'_>, state: &StateBox<'_>, opening: bool) {
    canvas.open(
        "g",
        &[("class", "state"), ("data-state", state.name.as_str())],
    );
    canvas.write("title", &[], &state.tooltip);
    let rect = node.rect;
    frame(canvas, rect, Kind::of(state.rule));
    if opening {
        let (x, y, height) = (n(rect.x), n(rect.y + 8.0), n(rect.height - 16.0));
        let bar = [
            ("x", &*x),
            ("y", &*y),
            ("width", "5"),
            ("height", &*height),
            ("fill", INK),
        ];
        canvas.empty("rect", &bar);
    }
    let mut y = rect.y + (rect.height - state.height()) / 2.0 + PADDING - 6.0;
    for (style, words) in &state.lines {
        y += style.leading();
        let (fill, bold) = match style {
            Style::Title => (INK, true),
            Style::Plain | Style::Pause => (INK, false),
            Style::Name | Style::Small => (QUIET, false),
        };
        let x = rect.x + PADDING + style.indent();
        if *style == Style::Pause {
            pause(canvas, x - 13.0, y - 9.0);
        }
        text(canvas, x, y, (style.size(), fill, bold), words);
    }
    if let Some(open) = &state.open {
        badge(canvas, (rect.right() - 8.0, rect.y + 8.0), open);
    }
    canvas.close("g");
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

fn badge(canvas: &mut Canvas, (right, top): (f64, f64), open: &str) {
    let width = badge_width(open);
    let none = open.starts_with("0 ");
    let (fill, ink) = if none {
        (PAPER, QUIET)
    } else {
        (COLOURS[0], PAPER)
    };
    canvas.empty(
        "rect",
        &[
            ("class", "open"),
            ("x", &n(right - width)),
            ("y", &n(top)),
            ("width", &n(width)),
            ("height", "21"),
            ("rx", "10.5"),
            ("fill", fill),
            ("stroke", if none { OUT } else { COLOURS[0] }),
        ],
    );
    let x = n(right - width / 2.0);
    let y = n(top + 15.0);
    canvas.write(
        "text",
        &[
            ("x", &x),
            ("y", &y),
            ("font-size", "12"),
            ("font-weight", "bold"),
            ("fill", ink),
            ("text-anchor", "middle"),
        ],
        open,
    );
}
