//! An empty sheet, as spreadsheets open it: the columns, and under each what goes in.

use super::{KEY, NOTE, ON_BEHALF_OF};
use crate::domain::workflow::schema::{Column, Columns};

/// A cell that begins so is taken for a formula (OWASP ASVS 5.0, 1.2.10).
const FORMULA: [char; 8] = ['=', '+', '-', '@', '\t', '\r', '\n', '\0'];

/// CSV with a byte order mark, without which some spreadsheets read UTF-8 as something else.
///
/// # Errors
/// When it cannot be written, which no sheet of ours has ever been.
pub fn template(columns: &Columns) -> Result<Vec<u8>, csv::Error> {
    let shown: Vec<&Column> = columns.iter().filter(|column| !column.further).collect();
    let names = shown.iter().map(|column| column.name.clone());
    let told = shown.iter().map(|column| told(column, columns));
    let mut bytes = b"\xef\xbb\xbf".to_vec();
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(&mut bytes);
    writer.write_record(
        [KEY.to_owned(), ON_BEHALF_OF.to_owned()]
            .into_iter()
            .chain(names)
            .map(|cell| harmless(&cell)),
    )?;
    let key = format!(
        "{NOTE} Your own number for the request. Rows that begin like this one are not read."
    );
    let person =
        "For accounts of a program or an office: the code of the person who asks.".to_owned();
    writer.write_record(
        [key, person]
            .into_iter()
            .chain(told)
            .map(|cell| harmless(&cell)),
    )?;
    writer.flush()?;
    drop(writer);
    Ok(bytes)
}

fn told(column: &Column, columns: &Columns) -> String {
    let mut words = vec![column.title.clone()];
    words.push(if column.needed { "(needed)" } else { "" }.to_owned());
    words.push(column.description.clone());
    let mut allowed = column.allowed.clone();
    if let Some(first) = allowed.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words.push(format!("{allowed}."));
    let next = column.name.replacen(".1.", ".2.", 1);
    if next != column.name && columns.find(&next).is_some() {
        words.push(format!("For one more add the column {next}."));
    }
    words.retain(|word| !word.is_empty());
    words.join(" ")
}

/// The same text, which no spreadsheet takes for a formula.
fn harmless(cell: &str) -> String {
    if cell.starts_with(FORMULA) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::{harmless, template};
    use crate::domain::workflow::schema::Columns;
    use serde_json::json;

    #[test]
    fn nothing_in_a_template_begins_like_a_formula() {
        for cell in ["=1+1", "+44", "-1", "@SUM(A1)", "\tx", "\0"] {
            assert_eq!(harmless(cell), format!("'{cell}"));
        }
        assert_eq!(harmless("a=b"), "a=b");
        let hostile = Columns::of(&json!({ "type": "object", "properties": {
            "x": { "title": "=HYPERLINK(\"http://example.org\")", "type": "string" }
        } }));
        let text = String::from_utf8(template(&hostile).unwrap()).unwrap();
        assert!(text.contains("\"'=HYPERLINK"), "{text}");
    }
}
