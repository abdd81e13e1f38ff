//! The layout as SVG.

use super::super::arrows::opening_states;
use super::super::definition::Definition;
use super::Live;
use super::arrow::{colour, lane, way_in, way_out};
use super::boxes::{PADDING, StateBox, Style, badge_width};
use super::canvas::{Canvas, n};
use super::ink::{COLOURS, INK, OUT, PAPER, QUIET, dot, pause, text};
use super::layout::{Layout, MARGIN, Node};
use super::legend::{self, Kind, frame};
use super::notes;

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

fn beginning(canvas: &mut Canvas, node: &Node<'_>) {
    let y = node.rect.y + node.rect.height / 2.0;
    dot(canvas, (node.rect.x + 28.0, y), "8", INK);
    text(
        canvas,
        node.rect.x + 44.0,
        y - 12.0,
        (12.0, QUIET, false),
        "A request begins",
    );
}

fn state_box(canvas: &mut Canvas, node: &Node<'_>, state: &StateBox<'_>, opening: bool) {
    let stays: Vec<&str> = state.stays.iter().map(|name| name.as_str()).collect();
    canvas.open(
        "g",
        &[
            ("class", "state"),
            ("data-state", state.name.as_str()),
            ("data-stays", &stays.join(" ")),
        ],
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
