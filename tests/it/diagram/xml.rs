//! An SVG read as XML, strictly, and where its parts lie.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::collections::BTreeMap;

#[derive(Debug)]
pub(super) struct Element {
    pub(super) name: String,
    attributes: BTreeMap<String, String>,
    pub(super) text: String,
    /// Class of the group that it stands in, and the state where the group is one's.
    pub(super) inside: String,
}

/// All elements in the order of the file. Panics where the text is not well-formed.
pub(super) fn elements(svg: &str) -> Vec<Element> {
    let mut reader = Reader::from_str(svg);
    reader.config_mut().check_end_names = true;
    reader.config_mut().allow_unmatched_ends = false;
    let mut found: Vec<Element> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                found.push(element(&start, &open, &found));
                open.push(found.len() - 1);
            }
            Event::Empty(start) => found.push(element(&start, &open, &found)),
            Event::End(_) => {
                open.pop().unwrap();
            }
            Event::Text(text) => {
                let text = text.unescape().unwrap();
                match open.last() {
                    Some(index) => found[*index].text.push_str(text.trim_matches('\n')),
                    None => assert_eq!(text.trim(), ""),
                }
            }
            Event::Eof => break,
            other @ (Event::CData(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_)) => panic!("not expected: {other:?}"),
        }
    }
    assert!(open.is_empty());
    assert_eq!(found[0].name, "svg");
    found
}

fn element(start: &BytesStart<'_>, open: &[usize], found: &[Element]) -> Element {
    let mut attributes = BTreeMap::new();
    for attribute in start.attributes() {
        let attribute = attribute.unwrap();
        let name = String::from_utf8(attribute.key.as_ref().to_vec()).unwrap();
        attributes.insert(name, attribute.unescape_value().unwrap().into_owned());
    }
    let mut groups = open.iter().map(|index| &found[*index]);
    let group = groups.rfind(|e| e.name == "g");
    let inside = group.map_or(String::new(), |group| {
        let class = group.find("class").unwrap_or_default();
        match group.find("data-state") {
            Some(state) => format!("{class} {state}"),
            None => class.to_owned(),
        }
    });
    Element {
        name: String::from_utf8(start.name().as_ref().to_vec()).unwrap(),
        attributes,
        text: String::new(),
        inside,
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Rect {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl Element {
    pub(super) fn find(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    fn number(&self, name: &str) -> f64 {
        self.find(name).map_or(0.0, |value| value.parse().unwrap())
    }

    pub(super) fn rect(&self) -> Rect {
        let (left, top) = (self.number("x"), self.number("y"));
        Rect {
            left,
            top,
            right: left + self.number("width"),
            bottom: top + self.number("height"),
        }
    }

    pub(super) fn line(&self) -> Rect {
        let (x1, x2) = (self.number("x1"), self.number("x2"));
        let (y1, y2) = (self.number("y1"), self.number("y2"));
        Rect {
            left: x1.min(x2),
            top: y1.min(y2),
            right: x1.max(x2),
            bottom: y1.max(y2),
        }
    }

    pub(super) fn circle(&self) -> Rect {
        let (x, y, r) = (self.number("cx"), self.number("cy"), self.number("r"));
        Rect {
            left: x - r,
            top: y - r,
            right: x + r,
            bottom: y + r,
        }
    }

    /// What a text takes: from the top of its capitals to the foot of its g.
    pub(super) fn words(&self) -> Rect {
        let size = self.number("font-size");
        let bold = self.find("font-weight") == Some("bold");
        let width =
            self.text.chars().map(width).sum::<f64>() * size * if bold { 1.07 } else { 1.0 };
        let (x, y) = (self.number("x"), self.number("y"));
        let left = match self.find("text-anchor") {
            Some("end") => x - width,
            Some("middle") => x - width / 2.0,
            _ => x,
        };
        Rect {
            left,
            top: y - size * 0.75,
            right: left + width,
            bottom: y + size * 0.22,
        }
    }
}

impl Rect {
    pub(super) fn touches(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }

    pub(super) fn lies_in(&self, outer: &Self) -> bool {
        self.left >= outer.left
            && self.right <= outer.right
            && self.top >= outer.top
            && self.bottom <= outer.bottom
    }

    /// Two lines of one direction that share more than an end.
    pub(super) fn runs_along(&self, other: &Self) -> bool {
        let down = self.left == self.right && other.left == other.right;
        let across = self.top == self.bottom && other.top == other.bottom;
        let shared = |a: (f64, f64), b: (f64, f64)| a.0 < b.1 && b.0 < a.1;
        let tops = ((self.top, self.bottom), (other.top, other.bottom));
        let sides = ((self.left, self.right), (other.left, other.right));
        (down && self.left == other.left && shared(tops.0, tops.1))
            || (across && self.top == other.top && shared(sides.0, sides.1))
    }

    /// A line that belongs to a dot, and not one that grazes it.
    pub(super) fn runs_through_the_middle_of(&self, dot: &Self) -> bool {
        let (x, y) = ((dot.left + dot.right) / 2.0, (dot.top + dot.bottom) / 2.0);
        self.left <= x && x <= self.right && self.top <= y && y <= self.bottom
    }
}

/// Advance widths of Helvetica by its published metrics (AFM), in em, rounded up.
fn width(letter: char) -> f64 {
    match letter {
        'i' | 'j' | 'l' | '\'' => 0.23,
        ' ' | '.' | ',' | ':' | ';' | 't' | 'f' | 'I' | '/' => 0.28,
        'r' | '-' | '(' | ')' | '“' | '”' | '·' => 0.34,
        'c' | 'k' | 's' | 'v' | 'x' | 'y' | 'z' | 'J' => 0.50,
        'm' | 'M' => 0.84,
        'w' | 'C' | 'D' | 'H' | 'N' | 'R' | 'U' => 0.73,
        'G' | 'O' | 'Q' => 0.78,
        'W' => 0.95,
        'A' | 'B' | 'E' | 'K' | 'P' | 'S' | 'V' | 'X' | 'Y' => 0.67,
        'F' | 'L' | 'T' | 'Z' => 0.62,
        _ => 0.56,
    }
}
