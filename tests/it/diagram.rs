//! Pictures of workflows: everything is in them, nothing lies on anything else.

mod live;
mod mermaid;
mod properties;
mod table;
mod xml;

use rfa::domain::workflow::Definition;
use rfa::domain::workflow::diagram::{Live, svg};
use rfa::domain::workflow::parse::parse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use table::{Row, is_everywhere, table};
use xml::{Element, Rect, elements};

/// The shipped ones and the small one of the lint.
const FILES: [&str; 3] = [
    "workflows/request-for-assistance/v1.yaml",
    "workflows/permit-receipt/v1.yaml",
    "tests/workflows/lint/small/v1.yaml",
];

pub(crate) fn definition_of(file: &str) -> Definition {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    parse(file, &std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Counts as wide as they come.
fn full(definition: &Definition) -> Live {
    Live {
        as_of: "24 November 2026 02:40 (position 123456)".to_owned(),
        open: definition
            .states
            .keys()
            .map(|state| (state.clone(), 12_345))
            .collect(),
        elsewhere: 3,
    }
}

fn pictures() -> Vec<(Definition, Vec<Element>)> {
    let mut found = Vec::new();
    for file in FILES {
        let definition = definition_of(file);
        for live in [None, Some(full(&definition))] {
            found.push((
                definition.clone(),
                elements(&svg(&definition, live.as_ref())),
            ));
        }
    }
    found
}

#[test]
fn every_state_has_its_box_and_every_move_its_arrow_or_its_note() {
    for (definition, elements) in pictures() {
        let boxes: Vec<&str> = elements
            .iter()
            .filter_map(|e| e.find("data-state"))
            .collect();
        let states: BTreeSet<&str> = definition.states.keys().map(|name| name.as_str()).collect();
        assert_eq!(boxes.len(), states.len());
        assert_eq!(boxes.into_iter().collect::<BTreeSet<_>>(), states);
        let told = elements
            .iter()
            .flat_map(|e| [e.find("data-moves"), e.find("data-stays")])
            .flatten();
        let told: BTreeSet<&str> = told.flat_map(str::split_whitespace).collect();
        let moves: BTreeSet<&str> = definition.moves.keys().map(|name| name.as_str()).collect();
        assert_eq!(told, moves);
        let titles = elements
            .iter()
            .filter(|e| e.name == "text")
            .map(|e| e.text.clone());
        let text: String = titles.collect::<Vec<_>>().join(" ");
        for state in definition.states.values() {
            assert!(text.contains(&state.title), "{}", state.title);
        }
    }
}

#[test]
fn the_arrows_of_the_picture_are_those_of_the_table_of_moves() {
    for (definition, elements) in pictures() {
        assert_arrows(&definition, &elements);
    }
}

fn assert_arrows(definition: &Definition, elements: &[Element]) {
    let mut drawn: BTreeSet<Row> = BTreeSet::new();
    for arrow in elements.iter().filter(|e| e.find("class") == Some("move")) {
        let part = |name| arrow.find(name).unwrap();
        for from in part("data-from").split(' ') {
            for name in part("data-moves").split(' ') {
                let from = (from != "*").then(|| from.to_owned());
                drawn.insert((from, part("data-to").to_owned(), name.to_owned()));
            }
        }
    }
    let leaves = |row: &Row| row.0.as_ref() != Some(&row.1);
    let wanted: BTreeSet<Row> = table(definition).into_iter().filter(leaves).collect();
    assert_eq!(drawn, wanted);
}

#[test]
fn what_leaves_no_state_is_named_in_its_box_or_in_the_notes() {
    for (definition, elements) in pictures() {
        let mut named: BTreeSet<Row> = BTreeSet::new();
        for group in elements.iter().filter(|e| e.find("class") == Some("state")) {
            let state = group.find("data-state").unwrap();
            let inside = format!("state {state}");
            let texts = elements
                .iter()
                .filter(|e| e.inside == inside)
                .map(|e| e.text.as_str());
            let text = texts.collect::<Vec<_>>().join(" ");
            for name in group.find("data-stays").unwrap().split_whitespace() {
                assert!(
                    text.contains(&definition.moves[name].title),
                    "{name} in {text}"
                );
                named.insert((Some(state.to_owned()), state.to_owned(), name.to_owned()));
            }
        }
        let is_told =
            |row: &Row| row.0.as_ref() == Some(&row.1) && !is_everywhere(&definition, &row.2);
        let wanted: BTreeSet<Row> = table(&definition).into_iter().filter(is_told).collect();
        assert_eq!(named, wanted);
        let notes = elements.iter().filter(|e| e.find("class") == Some("note"));
        let noted: BTreeSet<&str> = notes
            .flat_map(|e| e.find("data-moves").unwrap().split(' '))
            .collect();
        let everywhere = definition.moves.keys().map(|name| name.as_str());
        let everywhere = everywhere.filter(|name| is_everywhere(&definition, name));
        assert_eq!(noted, everywhere.collect());
    }
}

#[test]
fn no_two_boxes_overlap_and_no_words_lie_on_a_box_or_on_other_words() {
    for (definition, elements) in pictures() {
        assert_apart(&definition, &elements);
    }
}

fn assert_apart(definition: &Definition, elements: &[Element]) {
    let whole = elements[0].rect();
    let boxes = elements.iter().filter(|e| e.find("class") == Some("box"));
    let boxes: Vec<Rect> = boxes.map(Element::rect).collect();
    let labels = elements.iter().filter(|e| e.find("class") == Some("label"));
    let labels: Vec<(Rect, &str)> = labels.map(|e| (e.words(), e.text.as_str())).collect();
    let name = definition.workflow.as_str();
    for (i, one) in boxes.iter().enumerate() {
        assert!(one.lies_in(&whole), "{name}: {one:?}");
        for other in &boxes[i + 1..] {
            assert!(!one.touches(other), "{name}: {one:?} {other:?}");
        }
        for (label, words) in &labels {
            assert!(!one.touches(label), "{name}: {words} on {one:?}");
        }
    }
    for (i, (one, words)) in labels.iter().enumerate() {
        assert!(one.lies_in(&whole), "{name}: {words}");
        for (other, others) in &labels[i + 1..] {
            assert!(!one.touches(other), "{name}: {words} on {others}");
        }
    }
}

#[test]
fn no_line_runs_through_words_or_through_a_dot_of_another_arrow() {
    for (definition, elements) in pictures() {
        assert_lines_clear(&definition, &elements);
    }
}

fn assert_lines_clear(definition: &Definition, elements: &[Element]) {
    let name = definition.workflow.as_str();
    let lines = elements
        .iter()
        .filter(|e| e.name == "line" && e.inside != "legend");
    let lines: Vec<Rect> = lines.map(Element::line).collect();
    // A line is drawn over its own white edge.
    let drawn = elements
        .iter()
        .filter(|e| e.find("stroke") != Some("#ffffff"));
    let drawn = drawn.filter(|e| e.name == "line" && e.inside != "legend");
    let drawn: Vec<Rect> = drawn.map(Element::line).collect();
    for (i, one) in drawn.iter().enumerate() {
        for other in &drawn[i + 1..] {
            assert!(!one.runs_along(other), "{name}: {one:?} {other:?}");
        }
    }
    let labels = elements.iter().filter(|e| e.find("class") == Some("label"));
    for label in labels {
        let words = label.words();
        let hit = lines.iter().find(|line| line.touches(&words));
        assert!(hit.is_none(), "{name}: {} under {hit:?}", label.text);
    }
    let dots = elements
        .iter()
        .filter(|e| e.name == "circle" && e.find("r") == Some("8"));
    let dots: Vec<Rect> = dots.map(Element::circle).collect();
    for line in &lines {
        for dot in dots.iter().filter(|dot| line.touches(dot)) {
            assert!(
                line.runs_through_the_middle_of(dot),
                "{name}: {line:?} {dot:?}"
            );
        }
    }
}

#[test]
fn what_stands_in_a_box_stays_in_it() {
    for (definition, elements) in pictures() {
        assert_inside(&definition, &elements);
    }
}

fn assert_inside(definition: &Definition, elements: &[Element]) {
    let mut inside = 0;
    let mut frame = None;
    for element in elements.iter().filter(|e| e.inside.starts_with("state")) {
        if element.find("class") == Some("box") {
            frame = Some(element.rect());
        } else if element.name == "text" {
            inside += 1;
            let words = element.words();
            let frame = frame.as_ref().unwrap();
            assert!(
                words.lies_in(frame),
                "{} in {frame:?}: {words:?}",
                element.text
            );
        }
    }
    assert!(inside >= 2 * definition.states.len());
}

#[test]
fn a_picture_has_a_title_and_a_description_for_whoever_hears_it() {
    for (definition, elements) in pictures() {
        let root = &elements[0];
        let named: Vec<&str> = root.find("aria-labelledby").unwrap().split(' ').collect();
        let of = |id: &str| elements.iter().find(|e| e.find("id") == Some(id)).unwrap();
        assert_eq!(root.find("role"), Some("img"));
        assert_eq!(of(named[0]).name, "title");
        assert_eq!(of(named[0]).text, definition.title);
        assert_eq!(of(named[1]).name, "desc");
        let count = definition.states.len();
        assert!(
            of(named[1])
                .text
                .starts_with(&format!("{count} states as boxes"))
        );
    }
}

#[test]
fn the_same_definition_is_the_same_picture_to_the_byte() {
    for file in FILES {
        let (one, other) = (definition_of(file), definition_of(file));
        assert_eq!(svg(&one, None), svg(&other, None));
        // As it comes back from the log.
        let stored = serde_json::to_string(&one).unwrap();
        let stored: Definition = serde_json::from_str(&stored).unwrap();
        assert_eq!(svg(&one, None), svg(&stored, None));
    }
}

#[test]
fn words_of_a_file_cannot_break_out_of_their_place() {
    let mut definition = definition_of(FILES[2]);
    let wild = "</text><script>\"x\" & y\u{8}</script>";
    definition.title = wild.to_owned();
    definition.states["sent"].title = wild.to_owned();
    definition.moves["ask"].title = wild.to_owned();
    let elements = elements(&svg(&definition, None));
    assert!(elements.iter().all(|e| e.name != "script"));
    let title = elements.iter().find(|e| e.name == "title").unwrap();
    assert_eq!(title.text, wild.replace('\u{8}', "\u{fffd}"));
}

#[test]
fn counts_stand_in_the_boxes_and_small_ones_out_of_sight_are_not_told() {
    let definition = definition_of(FILES[0]);
    let open: BTreeMap<_, _> = [("sent", 3), ("with-child-protection", 4), ("ended", 9)]
        .map(|(state, count)| {
            (
                definition.states.get_key_value(state).unwrap().0.clone(),
                count,
            )
        })
        .into();
    let live = Live {
        as_of: "position 7".to_owned(),
        open,
        elsewhere: 2,
    };
    let elements = elements(&svg(&definition, Some(&live)));
    let in_box = |state: &str| {
        let inside = format!("state {state}");
        let texts = elements
            .iter()
            .filter(|e| e.inside == inside && e.name == "text");
        texts
            .map(|e| e.text.as_str())
            .filter(|t| t.ends_with(" open") || t.starts_with("under "))
            .collect::<Vec<_>>()
    };
    assert_eq!(in_box("sent"), ["3 open"]);
    assert_eq!(in_box("waiting"), ["0 open"]);
    assert_eq!(in_box("with-child-protection"), ["under 5"]);
    assert_eq!(in_box("agreed-with-child-protection"), ["under 5"]);
    assert_eq!(in_box("ended"), [""; 0]);
    let about = "request-for-assistance, version 1 · open requests as of position 7 · 2 more began \
                 with another version";
    assert!(elements.iter().any(|e| e.text == about));
}
