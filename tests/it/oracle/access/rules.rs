//! `docs/access-rules.csv` names what exists, and stays short enough to be reviewed.

use super::act::{KINDS_OF_ACT, OTHER_ACTS};
use super::book::WorkflowBook;
use super::reading::READINGS;
use super::standing::STANDINGS;
use std::path::Path;

const RULES_MAX: usize = 300;
const COLUMNS: [&str; 9] = [
    "kind", "what", "who", "states", "concern", "door", "answer", "why", "source",
];

/// What may stand in a column.
struct KnownWords {
    acts: Vec<String>,
    states: Vec<String>,
}

impl KnownWords {
    fn of(book: &WorkflowBook) -> Self {
        let moves = book.moves().map(|(name, _)| name);
        let groups = ["any", "over", "not over", "ordinary", "restricted"];
        let words = |list: &[&str]| {
            list.iter()
                .map(|word| (*word).to_owned())
                .collect::<Vec<_>>()
        };
        Self {
            acts: moves
                .chain(KINDS_OF_ACT.iter().copied())
                .chain(OTHER_ACTS.iter().copied())
                .map(str::to_owned)
                .collect(),
            states: book
                .states()
                .map(str::to_owned)
                .chain(words(&groups))
                .collect(),
        }
    }

    /// Columns of a row in which something stands that nobody knows.
    fn wrong(&self, row: &csv::StringRecord) -> Vec<String> {
        let one_of = |known: &[&str], column: usize| {
            let words = row[column].split(['/', '+']).map(str::trim);
            let unknown = words.filter(|word| !known.contains(word));
            unknown
                .map(|word| format!("{}: {word}", COLUMNS[column]))
                .collect::<Vec<_>>()
        };
        let acts: Vec<&str> = self.acts.iter().map(String::as_str).collect();
        let states: Vec<&str> = self.states.iter().map(String::as_str).collect();
        let what = if &row[0] == "act" {
            acts.as_slice()
        } else {
            READINGS
        };
        let mut wrong = one_of(&["act", "read"], 0);
        wrong.extend(one_of(what, 1));
        wrong.extend(one_of(STANDINGS, 2));
        wrong.extend(one_of(&states, 3));
        wrong.extend(one_of(&["any", "none", "open", "held", "over"], 4));
        wrong.extend(one_of(&["any", "api", "pages", "messages"], 5));
        wrong.extend(one_of(&["yes", "no", "never"], 6));
        let empty = [7, 8]
            .into_iter()
            .filter(|column| row[*column].trim().is_empty());
        wrong.extend(empty.map(|column| format!("{}: nothing", COLUMNS[column])));
        wrong
    }
}

fn rows() -> Vec<csv::StringRecord> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/access-rules.csv");
    let mut reader = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .from_path(file)
        .unwrap();
    assert_eq!(reader.headers().unwrap(), COLUMNS.as_slice());
    reader.records().map(|row| row.unwrap()).collect()
}

fn complaints(rows: &[csv::StringRecord]) -> Vec<String> {
    let known = KnownWords::of(&WorkflowBook::shipped());
    let wrong = rows.iter().flat_map(|row| {
        let line = row.position().map_or(0, csv::Position::line);
        let wrong = known.wrong(row).into_iter();
        wrong
            .map(move |what| format!("line {line}: {what}"))
            .collect::<Vec<_>>()
    });
    wrong.collect()
}

#[test]
fn the_access_rules_name_only_what_exists_and_can_be_read_in_one_sitting() {
    let rows = rows();
    assert!(
        (1..=RULES_MAX).contains(&rows.len()),
        "{} rules",
        rows.len()
    );
    assert_eq!(complaints(&rows), Vec::<String>::new());
}

#[test]
fn a_rule_about_what_does_not_exist_is_found() {
    let right = [
        "act",
        "ask",
        "member of the team",
        "sent / over",
        "any",
        "api",
        "yes",
        "Why.",
        "item 1",
    ];
    for (column, word) in [
        (0, "look"),
        (1, "ask-nobody"),
        (2, "member of a club + whoever asked"),
        (3, "sent / nowhere"),
        (4, "soon"),
        (5, "window"),
        (6, "perhaps"),
        (7, ""),
        (8, " "),
    ] {
        let mut row = right;
        row[column] = word;
        let found = complaints(&[csv::StringRecord::from(row.to_vec())]);
        assert!(!found.is_empty(), "{word}");
        assert!(found[0].contains(COLUMNS[column]), "{found:?}");
    }
    assert_eq!(
        complaints(&[csv::StringRecord::from(right.to_vec())]),
        Vec::<String>::new()
    );
}
