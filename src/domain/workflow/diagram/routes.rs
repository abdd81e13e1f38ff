//! Which way the arrows take: the height of each line at its box, the lane of each arrow.

use super::boxes::BOX_WIDTH;
use super::lanes::tracks;
use super::layout::{
    LABEL_INDENT, Layout, MARGIN, NUMBER_ROOM, Node, OUT_SLOT, Placed, SLOT_FOOT, Way, slot,
    words_width,
};

const TRACK: f64 = 20.0;
const GRID: f64 = 6.0;
/// Between lines of the two columns: no dot lies on a line that it has no part in.
const CLEAR: f64 = 9.0;
/// Better, where it takes few steps down.
const WELL_CLEAR: f64 = 15.0;
const FEW_STEPS: i32 = 10;
const MOST_STEPS: i32 = 60;

impl<'d> Layout<'d> {
    /// Lines, lanes and the right column's place.
    pub(super) fn connect(&mut self) {
        for index in 0..self.nodes.len() {
            self.place_lines(index);
            if self.nodes[index].on_right {
                self.move_clear(index);
            }
        }
        let left_edge = MARGIN + BOX_WIDTH;
        let lanes_from = left_edge + self.zone(false);
        let (left, left_count) = self.tracks_of(false);
        let (right, right_count) = self.tracks_of(true);
        let lanes_to = lanes_from + (left_count + right_count) as f64 * TRACK + TRACK;
        for (arrow, track) in left {
            self.set_lane(arrow, lanes_from + track as f64 * TRACK);
        }
        for (arrow, track) in right {
            self.set_lane(arrow, lanes_to - track as f64 * TRACK);
        }
        let right_x = lanes_to + self.zone(true);
        self.width = left_edge.max(lanes_to) + MARGIN;
        for node in self.nodes.iter_mut().filter(|node| node.on_right) {
            node.rect.x = right_x;
            self.width = node.rect.right() + MARGIN;
        }
        self.reach();
    }

    fn place_lines(&mut self, index: usize) {
        let rect = self.nodes[index].rect;
        let slots = self.slots(index);
        let mut y = rect.y + (rect.height - slots) / 2.0;
        for arrow in self.arriving(index) {
            y += slot(&self.arrows[arrow]);
            let line = on_grid(y - SLOT_FOOT, self.nodes[index].on_right);
            self.arrows[arrow].way = match self.arrows[arrow].way {
                Way::Lane { x, .. } => Way::Lane { x, y: line },
                Way::Stub { .. } => Way::Stub { y: line },
                Way::Down { x, from, to } => Way::Down { x, from, to },
            };
        }
        let out = if self.nodes[index].state.is_some() {
            y + OUT_SLOT / 2.0
        } else {
            rect.y + rect.height / 2.0
        };
        self.nodes[index].out_y = on_grid(out, self.nodes[index].on_right);
        if let Some(arrow) = self.down_into(index) {
            let above = self.nodes[index - 1].rect.bottom();
            let x = rect.x + 28.0;
            let way = Way::Down {
                x,
                from: above,
                to: rect.y,
            };
            self.arrows[arrow].way = way;
        }
    }

    /// Down to where the box's lines keep away from those of the left column.
    fn move_clear(&mut self, index: usize) {
        let others: Vec<f64> = self
            .column(false)
            .into_iter()
            .flat_map(|i| self.lines(i))
            .collect();
        let top = self.nodes[index].rect.y;
        let mut apart = |step: i32| {
            self.nodes[index].rect.y = top + GRID * f64::from(step);
            self.place_lines(index);
            let lines = self.lines(index).into_iter();
            let gaps = lines.flat_map(|y| others.iter().map(move |o| (y - o).abs()));
            gaps.fold(f64::INFINITY, f64::min)
        };
        let well = (0..=FEW_STEPS).find(|step| apart(*step) >= WELL_CLEAR);
        let step = well.or_else(|| (0..=MOST_STEPS).find(|step| apart(*step) >= CLEAR));
        let best_at = GRID * f64::from(step.unwrap_or(0));
        self.nodes[index].rect.y = top;
        for moved in self.column(true).into_iter().filter(|i| *i >= index) {
            self.nodes[moved].rect.y += best_at;
        }
        self.place_lines(index);
        self.bottom = self.bottom.max(self.nodes[index].rect.bottom());
    }

    /// The heights of what leads into a box and out of it.
    fn lines(&self, index: usize) -> Vec<f64> {
        let mut lines: Vec<f64> = self
            .arriving(index)
            .into_iter()
            .filter_map(|arrow| match self.arrows[arrow].way {
                Way::Lane { y, .. } => Some(y),
                Way::Stub { .. } | Way::Down { .. } => None,
            })
            .collect();
        if self.has_way_out(index) {
            lines.push(self.nodes[index].out_y);
        }
        lines
    }

    fn down_into(&self, index: usize) -> Option<usize> {
        let down = |arrow: &Placed<'_>| arrow.to == index && matches!(arrow.way, Way::Down { .. });
        self.arrows.iter().position(down)
    }

    /// Room for the words of a column's arrows.
    fn zone(&self, on_right: bool) -> f64 {
        let mut widest: f64 = 0.0;
        for arrow in self
            .arrows
            .iter()
            .filter(|a| self.nodes[a.to].on_right == on_right)
        {
            let words = words_width(arrow);
            let beyond = match arrow.way {
                Way::Down { .. } => 40.0 - BOX_WIDTH,
                Way::Lane { .. } => LABEL_INDENT + NUMBER_ROOM,
                Way::Stub { .. } => LABEL_INDENT + 8.0,
            };
            widest = widest.max(words + beyond);
        }
        widest.max(0.0).ceil() + 14.0
    }

    /// The tracks of the lanes that lead into a column, and how many there are.
    fn tracks_of(&self, on_right: bool) -> (Vec<(usize, usize)>, usize) {
        let mut indices = Vec::new();
        let mut spans = Vec::new();
        for (index, arrow) in self.arrows.iter().enumerate() {
            if let Way::Lane { y, .. } = arrow.way
                && self.nodes[arrow.to].on_right == on_right
            {
                indices.push(index);
                spans.push(self.span(arrow, y));
            }
        }
        let tracks = tracks(&spans);
        let count = tracks.iter().max().map_or(0, |most| most + 1);
        (indices.into_iter().zip(tracks).collect(), count)
    }

    /// From the highest to the lowest of the lines that a lane joins.
    pub(super) fn span(&self, arrow: &Placed<'_>, y: f64) -> (f64, f64) {
        let outs = self.sources(arrow).into_iter().map(|node| node.out_y);
        outs.fold((y, y), |(top, bottom), out| (top.min(out), bottom.max(out)))
    }

    pub(super) fn sources(&self, arrow: &Placed<'_>) -> Vec<&Node<'d>> {
        let from = &arrow.group.from;
        self.nodes
            .iter()
            .filter(|node| from.contains(&node.name()))
            .collect()
    }

    fn set_lane(&mut self, arrow: usize, x: f64) {
        if let Way::Lane { y, .. } = self.arrows[arrow].way {
            self.arrows[arrow].way = Way::Lane { x, y };
        }
    }

    /// Lines that lead out end at the last lane they join.
    fn reach(&mut self) {
        for index in 0..self.nodes.len() {
            let name = self.nodes[index].name();
            let on_right = self.nodes[index].on_right;
            let lanes = self.arrows.iter().filter_map(|arrow| match arrow.way {
                Way::Lane { x, .. } if arrow.group.from.contains(&name) => Some(x),
                Way::Lane { .. } | Way::Down { .. } | Way::Stub { .. } => None,
            });
            self.nodes[index].out_to = lanes.reduce(if on_right { f64::min } else { f64::max });
        }
    }
}

/// Lines of the two columns never lie on one another: each column has heights of its own.
fn on_grid(y: f64, on_right: bool) -> f64 {
    (y / GRID).floor() * GRID + if on_right { GRID / 2.0 } else { 0.0 }
}
