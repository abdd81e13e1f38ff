//! Where everything lies. Work under way stands in a column on the left, what is out of sight or
//! over in one on the right, moves run between them in lanes. Each box has a line for what leads
//! out of it and a line, with its words above, for each arrow that leads in.

use super::super::arrows::{in_reading_order, is_everywhere};
use super::super::definition::Definition;
use super::Live;
use super::boxes::{BOX_WIDTH, StateBox};
use super::groups::{Group, groups};
use super::text::{width, wrap};
use crate::domain::ids::{MoveName, StateName};

pub(super) const MARGIN: f64 = 32.0;
/// Room for title and subtitle.
const TOP: f64 = 104.0;
const GAP: f64 = 24.0;
/// Widest words on an arrow before they break.
const LABEL_ROOM: f64 = 250.0;
pub(super) const LABEL_SIZE: f64 = 12.0;
pub(super) const LABEL_LEADING: f64 = 15.0;
/// Between an arrow's line and the words above it, and from the line to the next arrow's words.
const LABEL_FOOT: f64 = 5.0;
pub(super) const SLOT_FOOT: f64 = 5.0;
pub(super) const OUT_SLOT: f64 = 22.0;
/// From a box's edge to the words of an arrow.
pub(super) const LABEL_INDENT: f64 = 16.0;
/// A number's circle and the space beside it.
pub(super) const NUMBER_ROOM: f64 = 21.0;
pub(super) const START_HEIGHT: f64 = 26.0;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rect {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Rect {
    pub(super) fn right(self) -> f64 {
        self.x + self.width
    }

    pub(super) fn bottom(self) -> f64 {
        self.y + self.height
    }
}

/// A box, or the point where requests begin.
pub(super) struct Node<'d> {
    /// None is the beginning.
    pub(super) state: Option<StateBox<'d>>,
    pub(super) on_right: bool,
    pub(super) rect: Rect,
    /// Where the line that leads out of it lies, and how far it goes.
    pub(super) out_y: f64,
    pub(super) out_to: Option<f64>,
}

impl Node<'_> {
    pub(super) fn name(&self) -> Option<&StateName> {
        self.state.as_ref().map(|state| state.name)
    }
}

pub(super) struct Placed<'d> {
    pub(super) group: Group<'d>,
    /// Words line by line, above the arrow.
    pub(super) words: Vec<String>,
    pub(super) way: Way,
    pub(super) to: usize,
    /// Of a lane: it stands at the words and in each dot, so that nobody has to follow the line.
    pub(super) number: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Way {
    /// Straight down into the next box.
    Down { x: f64, from: f64, to: f64 },
    /// Along a lane, then into the box at a height.
    Lane { x: f64, y: f64 },
    /// From everywhere: a short arrow of its own.
    Stub { y: f64 },
}

pub(super) struct Layout<'d> {
    pub(super) nodes: Vec<Node<'d>>,
    pub(super) arrows: Vec<Placed<'d>>,
    /// What the boxes and lanes take.
    pub(super) width: f64,
    pub(super) bottom: f64,
}

impl<'d> Layout<'d> {
    pub(super) fn of(definition: &'d Definition, live: Option<&Live>) -> Self {
        let nodes = nodes(definition, live);
        let arrows = arrows(definition, &nodes);
        let mut layout = Self {
            nodes,
            arrows,
            width: 0.0,
            bottom: 0.0,
        };
        layout.stack(false);
        layout.stack(true);
        layout.spread();
        layout.connect();
        layout
    }

    /// Heights and places from top to bottom, one column.
    fn stack(&mut self, on_right: bool) {
        let mut y = TOP;
        let indices: Vec<usize> = self.column(on_right);
        for index in indices {
            y += self.room_above(index);
            let slots = self.slots(index);
            let node = &mut self.nodes[index];
            node.rect.y = y;
            node.rect.height = match &node.state {
                Some(state) => state.height().max(slots + 16.0).ceil(),
                None => START_HEIGHT,
            };
            y = node.rect.bottom() + GAP;
            self.bottom = self.bottom.max(node.rect.bottom());
        }
    }

    pub(super) fn column(&self, on_right: bool) -> Vec<usize> {
        let all = 0..self.nodes.len();
        all.filter(|i| self.nodes[*i].on_right == on_right)
            .collect()
    }

    /// For the words of an arrow that comes straight down.
    fn room_above(&self, index: usize) -> f64 {
        let mut down = self.arrows.iter().filter(|arrow| arrow.to == index);
        let down = down.find(|arrow| matches!(arrow.way, Way::Down { .. }));
        down.map_or(0.0, |arrow| words_height(arrow) + 8.0)
    }

    /// The height that the arrows of a box need side by side.
    pub(super) fn slots(&self, index: usize) -> f64 {
        let into: f64 = self
            .arriving(index)
            .iter()
            .map(|i| slot(&self.arrows[*i]))
            .sum();
        into + if self.has_way_out(index) {
            OUT_SLOT
        } else {
            0.0
        }
    }

    /// Arrows that come from the side.
    pub(super) fn arriving(&self, index: usize) -> Vec<usize> {
        let all = 0..self.arrows.len();
        all.filter(|i| {
            let arrow = &self.arrows[*i];
            arrow.to == index && !matches!(arrow.way, Way::Down { .. })
        })
        .collect()
    }

    pub(super) fn has_way_out(&self, index: usize) -> bool {
        let name = self.nodes[index].name();
        self.arrows
            .iter()
            .any(|arrow| matches!(arrow.way, Way::Lane { .. }) && arrow.group.from.contains(&name))
    }

    /// The shorter column is spread over the height of the longer one.
    fn spread(&mut self) {
        let column = self.column(true);
        let Some(last) = column.last() else { return };
        let spare = self.bottom - self.nodes[*last].rect.bottom();
        if spare <= 0.0 {
            return;
        }
        let each = (spare / (column.len() as f64)).min(4.0 * GAP).floor();
        for (i, index) in column.iter().enumerate() {
            self.nodes[*index].rect.y += each * (i as f64);
        }
    }
}

fn nodes<'d>(definition: &'d Definition, live: Option<&Live>) -> Vec<Node<'d>> {
    let node = |state: Option<StateBox<'d>>, on_right| Node {
        state,
        on_right,
        rect: Rect {
            x: MARGIN,
            y: 0.0,
            width: BOX_WIDTH,
            height: 0.0,
        },
        out_y: 0.0,
        out_to: None,
    };
    let mut nodes = vec![node(None, false)];
    for (name, rule) in in_reading_order(definition) {
        let state = StateBox::of(definition, name, live);
        nodes.push(node(Some(state), rule.ends || rule.restricted));
    }
    nodes
}

fn arrows<'d>(definition: &'d Definition, nodes: &[Node<'d>]) -> Vec<Placed<'d>> {
    let mut placed = Vec::new();
    for group in groups(definition) {
        let named = |node: &Node<'_>| node.name() == Some(group.to);
        let Some(to) = nodes.iter().position(named) else {
            continue;
        };
        let above = to.checked_sub(1).and_then(|i| nodes.get(i));
        let is_next =
            |from: &Node<'_>| from.on_right == nodes[to].on_right && group.from == [from.name()];
        let way = if group.everywhere {
            Way::Stub { y: 0.0 }
        } else if !nodes[to].on_right && above.is_some_and(is_next) {
            Way::Down {
                x: 0.0,
                from: 0.0,
                to: 0.0,
            }
        } else {
            Way::Lane { x: 0.0, y: 0.0 }
        };
        placed.push(Placed {
            words: words_of(definition, &group),
            number: None,
            way,
            to,
            group,
        });
    }
    number(&mut placed);
    placed
}

/// More moves than this on one arrow are read more easily in the notes.
const MANY: usize = 8;

fn words_of(definition: &Definition, group: &Group<'_>) -> Vec<String> {
    let in_notes =
        |(name, _): &(&MoveName, String)| is_everywhere(definition, &definition.moves[*name]);
    if group.moves.len() > MANY && group.moves.iter().all(in_notes) {
        return vec![format!("{} moves, listed below", group.moves.len())];
    }
    let lines = group.moves.iter().flat_map(|(_, label)| {
        let label = if group.everywhere {
            format!("From every state: {label}")
        } else {
            label.clone()
        };
        wrap(&label, LABEL_SIZE, false, LABEL_ROOM)
    });
    lines.collect()
}

/// From 1, in the order in which the arrows come into the boxes, from top to bottom.
fn number(placed: &mut [Placed<'_>]) {
    let mut lanes: Vec<&mut Placed<'_>> = placed
        .iter_mut()
        .filter(|arrow| matches!(arrow.way, Way::Lane { .. }))
        .collect();
    lanes.sort_by_key(|arrow| arrow.to);
    for (number, arrow) in (1..).zip(lanes) {
        arrow.number = Some(number);
    }
}

pub(super) fn words_height(arrow: &Placed<'_>) -> f64 {
    arrow.words.len() as f64 * LABEL_LEADING
}

pub(super) fn words_width(arrow: &Placed<'_>) -> f64 {
    let widths = arrow
        .words
        .iter()
        .map(|line| width(line, LABEL_SIZE, false));
    widths.fold(0.0, f64::max)
}

/// The height of an arrow with its words.
pub(super) fn slot(arrow: &Placed<'_>) -> f64 {
    words_height(arrow) + LABEL_FOOT + SLOT_FOOT
}
