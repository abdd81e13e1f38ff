//! The Mermaid text, read back.

use super::table::{Row, is_everywhere, table};
use super::{FILES, definition_of, full};
use rfa::domain::workflow::Definition;
use rfa::domain::workflow::diagram::mermaid;
use std::collections::BTreeSet;

/// `#58;` is a colon.
fn plain(text: &str) -> String {
    let mut parts = text.split('#');
    let mut plain = parts.next().unwrap().to_owned();
    for part in parts {
        let (code, rest) = part.split_once(';').expect("a character code");
        plain.push(char::from_u32(code.parse().unwrap()).unwrap());
        plain.push_str(rest);
    }
    plain
}

/// The move that an arrow's words begin with: the longest title that fits.
fn move_of(definition: &Definition, words: &str) -> String {
    let fits = |title: &str| {
        let rest = words.strip_prefix(title);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(", "))
    };
    let moves = definition
        .moves
        .iter()
        .filter(|(_, rule)| fits(&rule.title));
    let (name, _) = moves.max_by_key(|(_, rule)| rule.title.len()).expect(words);
    name.to_string()
}

fn arrows(definition: &Definition, text: &str) -> Vec<(Option<String>, String, Vec<String>)> {
    let mut found = Vec::new();
    for line in text.lines() {
        let Some((from, rest)) = line.trim().split_once(" --> ") else {
            continue;
        };
        let (to, words) = rest.split_once(" : ").unwrap();
        let state = |id: &str| id.replace('_', "-");
        let moves = words
            .split("<br/>")
            .map(|words| move_of(definition, &plain(words)));
        found.push((
            (from != "[*]").then(|| state(from)),
            state(to),
            moves.collect(),
        ));
    }
    found
}

#[test]
fn the_arrows_read_back_are_the_table_of_moves() {
    for file in FILES {
        let definition = definition_of(file);
        let arrows = arrows(&definition, &mermaid(&definition, None));
        let pairs: BTreeSet<_> = arrows.iter().map(|(from, to, _)| (from, to)).collect();
        assert_eq!(pairs.len(), arrows.len(), "one arrow a pair");
        let drawn: BTreeSet<Row> = arrows
            .iter()
            .flat_map(|(from, to, moves)| {
                moves.iter().map(|m| (from.clone(), to.clone(), m.clone()))
            })
            .collect();
        let drawn_count: usize = arrows.iter().map(|(_, _, moves)| moves.len()).sum();
        assert_eq!(drawn.len(), drawn_count, "no row twice");
        let is_drawn = |row: &Row| row.0.is_none() || !is_everywhere(&definition, &row.2);
        let wanted: BTreeSet<Row> = table(&definition).into_iter().filter(is_drawn).collect();
        assert_eq!(drawn, wanted);
    }
}

#[test]
fn every_state_is_declared_by_its_title_and_every_other_move_is_in_the_note() {
    for file in FILES {
        let definition = definition_of(file);
        let text = mermaid(&definition, None);
        assert_eq!(text.lines().nth(3), Some("stateDiagram-v2"));
        for (name, rule) in &definition.states {
            let id = name.as_str().replace('-', "_");
            let line = format!("    state \"{}\" as {id}", rule.title);
            assert!(text.lines().any(|found| plain(found) == line), "{line}");
        }
        let note = text
            .lines()
            .skip_while(|line| !line.contains("note left of"));
        let note: String = note
            .take_while(|line| line.trim() != "end note")
            .map(plain)
            .collect();
        for (name, rule) in &definition.moves {
            if is_everywhere(&definition, name.as_str()) {
                assert!(note.contains(&rule.title), "{}", rule.title);
            }
        }
    }
}

#[test]
fn what_mermaid_would_read_as_its_own_is_written_as_codes() {
    let mut definition = definition_of(FILES[2]);
    let wild = "Ask: \"a\"; b # c <br/> {d} --> e %% f";
    definition.moves["ask"].title = wild.to_owned();
    definition.states["sent"].title = wild.to_owned();
    let text = mermaid(&definition, Some(&full(&definition)));
    let arrow = arrows(&definition, &text);
    let asked = arrow.iter().find(|(_, to, _)| to == "asked").unwrap();
    assert_eq!(asked.2, ["ask"]);
    let state = text
        .lines()
        .find(|line| line.ends_with(" as sent"))
        .unwrap();
    let quotes = state.matches('"').count();
    assert_eq!(quotes, 2, "{state}");
    assert!(
        plain(state).contains(&format!("{wild} (12345 open)")),
        "{state}"
    );
}
