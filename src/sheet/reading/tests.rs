use super::{Sheet, Wrong, letter, read};
use crate::domain::workflow::schema::Columns;
use proptest::prelude::*;
use serde_json::json;

fn columns() -> Columns {
    Columns::of(&json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["name"],
        "properties": {
            "name": { "type": "string" },
            "story": { "type": "string" },
            "told": { "type": "boolean" },
        }
    }))
}

fn sheet(text: &[u8]) -> Result<Sheet, Vec<Wrong>> {
    read(text, &columns())
}

fn rows(text: &[u8]) -> Vec<(usize, String, String)> {
    let sheet = sheet(text).unwrap();
    let row = |row: super::Row| (row.number, row.key, row.data.to_string());
    sheet.rows.into_iter().map(row).collect()
}

/// Row, column and what is wrong.
fn wrong(text: &[u8]) -> Vec<(Option<usize>, String, String)> {
    let found = sheet(text).unwrap_err();
    found
        .into_iter()
        .map(|w| (w.row, w.column, w.what))
        .collect()
}

#[test]
fn what_spreadsheets_write_is_read() {
    let one = [(
        2,
        "k1".to_owned(),
        r#"{"name":"Invented, or so"}"#.to_owned(),
    )];
    for text in [
        &b"key,name\nk1,\"Invented, or so\"\n"[..],
        b"\xef\xbb\xbfkey,name\r\nk1,\"Invented, or so\"\r\n",
        b"key;name\nk1;Invented, or so\n",
        b"key\tname\nk1\tInvented, or so",
        b" name , key ,,\n\"Invented, or so\",k1,,\n,,,\n",
    ] {
        assert_eq!(rows(text), one);
    }
    let noted = b"key,name,story\n# a note,,\nk1,A,\"two\nlines\"\n,,\nk2,B,\"a \"\"word\"\"\"\n";
    let numbers: Vec<usize> = rows(noted)
        .into_iter()
        .map(|(number, _, _)| number)
        .collect();
    assert_eq!(numbers, [3, 5]);
    let spaced = b"\r\n\r\nkey,name\r\n\r\nk1,\"\"\"A\"\"\"\r\n\n\nk2,B\n";
    let numbers = rows(spaced).into_iter().map(|(number, _, _)| number);
    assert_eq!(numbers.collect::<Vec<usize>>(), [5, 8]);
}

#[test]
fn a_line_may_end_as_on_an_old_mac() {
    let found = rows(b"key,name\r\rk1,a;b;c;d\rk2,B\r");
    let numbers: Vec<usize> = found.iter().map(|(number, _, _)| *number).collect();
    assert_eq!(numbers, [3, 4]);
}

proptest! {
    /// Two who take a file apart: what our scanner counts and what the reader finds.
    #[test]
    fn every_record_has_one_number(cells in prop::collection::vec(
        prop::sample::select(vec!["a", ",", ";", "\"", "\"\"", "\r", "\n", "\r\n", " ", "\t"]), 0..40,
    )) {
        let text = cells.concat();
        if let Ok(numbers) = super::numbers(&text, b',') {
            let mut reader = csv::ReaderBuilder::new();
            let reader = reader.has_headers(false).flexible(true);
            let records = reader.from_reader(text.as_bytes()).into_records().count();
            prop_assert_eq!(numbers.len(), records, "{:?}", text);
            prop_assert!(numbers.windows(2).all(|two| two[0] < two[1]));
        }
    }
}

#[test]
fn a_quotation_mark_that_does_not_wrap_its_cell_never_makes_one_row_of_two() {
    let what = "a quotation mark that does not wrap its cell";
    for (text, row, column) in [
        (&b"key,name\nk1,5\" tall\nk2,4\" tall\n"[..], 2, "B"),
        (b"key,name\n\n\nk1,\"A\" and\nk2,\"B\" and\n", 4, "B"),
        (b"key,name,story\nk1,A,\"two\nlines\" more\n", 2, "C"),
    ] {
        let told = (Some(row), column.to_owned(), what.to_owned());
        assert_eq!(wrong(text), [told]);
    }
}

#[test]
fn a_file_that_is_no_sheet_is_told_as_a_whole() {
    for (text, what) in [
        (&b""[..], "empty"),
        (b"key,name\n", "no rows"),
        (b"\xff\xfek\0e\0y\0", "saved as UTF-16"),
        (b"PK\x03\x04", "a workbook or an archive"),
        (b"key,name\nk1,Caf\xe9\n", "not UTF-8, at line 2"),
        (b"key,name\nk1,a\0b\n", "a NUL character"),
        (
            b"key,name\nk1,\"never closed\n",
            "a quotation mark that is not closed",
        ),
    ] {
        assert_eq!(wrong(text), [(None, String::new(), what.to_owned())]);
    }
    let wide = format!("key,name{}\n", ",x".repeat(1_000_000));
    assert_eq!(wrong(wide.as_bytes())[0].2, "too many columns");
    let long = format!("key,name\n{}", "k,n\n".repeat(600));
    assert_eq!(wrong(long.as_bytes())[0].2, "too many rows");
}

#[test]
fn a_wrong_header_is_told_by_its_letter_with_what_was_meant_and_without_its_words() {
    let found = sheet(b"key,nmae,Robin Example,story,story\nk1,a,b,c,d\n").unwrap_err();
    let told: Vec<(String, String)> = found
        .iter()
        .map(|w| (format!("{} {}", w.column, w.what), w.allowed.clone()))
        .collect();
    let told: Vec<(&str, &str)> = told.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    assert_eq!(
        told,
        [
            ("B a column that does not exist", "did you mean `name`?"),
            ("C a column that does not exist", "a column of the template"),
            ("story there twice", "each column once"),
            ("name missing", "a column that every row needs"),
        ]
    );
    assert_eq!(letter(25), "Z");
    assert_eq!(letter(26), "AA");
    assert_eq!(letter(701), "ZZ");
}

#[test]
fn every_row_that_is_wrong_is_told_with_its_column_and_without_its_words() {
    let found = sheet(
        b"key,on_behalf_of,name,told\n\
          ,,A,\n\
          k1,,B,maybe Invented\n\
          k1,,C,yes\n\
          k 2,not a code!,D,no\n\
          k3,,E\n\
          k4,,F,yes,Invented\n",
    )
    .unwrap_err();
    let told: Vec<(usize, &str, &str)> = found
        .iter()
        .map(|w| (w.row.unwrap(), w.column.as_str(), w.what.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (2, "key", "missing"),
            (3, "told", "neither yes nor no"),
            (4, "key", "the key of row 3"),
            (5, "key", "not a key"),
            (5, "on_behalf_of", "not a code"),
            (6, "", "3 cells, the header has 4"),
            (7, "", "more cells than the header has names"),
        ]
    );
    assert!(!format!("{found:?}").contains("Invented"));
}
