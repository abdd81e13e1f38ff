//! The pack as a page that can be read aloud, printed and kept, and as rows.

use super::pack::{Ask, Block, Section};
use crate::charts::Table;
use std::fmt::Write as _;

/// Dark on white, one column, tables that do not break a row across pages.
const STYLE: &str = "body{font-family:sans-serif;line-height:1.5;max-width:52rem;margin:1rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}\
h1,h2{line-height:1.2}table{border-collapse:collapse;margin:1rem 0}caption{text-align:left;font-weight:bold;padding:.25rem 0}\
th,td{border-bottom:1px solid #888;padding:.25rem .6rem;text-align:left;vertical-align:top}\
figure{margin:1rem 0}svg{max-width:100%;height:auto}summary{cursor:pointer}a:focus,summary:focus{outline:3px solid #fdd522}\
@media print{body{max-width:none;margin:0;font-size:10pt}nav{display:none}section{break-before:page}\
section:first-of-type{break-before:auto}tr,figure{break-inside:avoid}}";

pub(super) fn html(title: &str, ask: &Ask, status: &str, sections: &[Section]) -> String {
    let title = escaped(title);
    let month = escaped(&ask.month);
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Monthly pack {month} – {title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <header>\n<h1>Monthly pack {month}</h1>\n<p>{title}. As known at position {} of the log. \
         Targets and weights: {}.</p>\n\
         <p>Counts under {} are hidden, and others with them where these would tell; shares and \
         percentiles rest on at least {} requests. Nobody who works here is ranked.</p>\n</header>\n\
         <nav aria-label=\"Parts\">\n<ol>\n",
        ask.position,
        escaped(status),
        ask.policy.fewer_than,
        ask.policy.rate_needs,
    );
    for (at, section) in sections.iter().enumerate() {
        let number = at + 1;
        add(
            &mut html,
            format_args!(
                "<li><a href=\"#part-{number}\">{}</a></li>\n",
                section.title
            ),
        );
    }
    html.push_str("</ol>\n</nav>\n<main>\n");
    for (at, section) in sections.iter().enumerate() {
        let number = at + 1;
        add(
            &mut html,
            format_args!(
                "<section id=\"part-{number}\" aria-labelledby=\"title-{number}\">\n\
                 <h2 id=\"title-{number}\">{number} {}</h2>\n",
                section.title
            ),
        );
        for block in &section.blocks {
            html.push_str(&block_html(block));
        }
        html.push_str("</section>\n");
    }
    html.push_str("</main>\n</body>\n</html>\n");
    html
}

fn block_html(block: &Block) -> String {
    match block {
        Block::Words(words) => format!("<p>{}</p>\n", escaped(words)),
        Block::Table(table) => table.html(),
        Block::Chart { svg, table } => format!(
            "<figure>\n<figcaption>{}</figcaption>\n{svg}<details>\n<summary>The same as a table</summary>\n{}</details>\n</figure>\n",
            escaped(&table.caption),
            table.html()
        ),
    }
}

/// Part, table, row, column, value: one row a cell, so that every program can read it.
pub(super) fn csv(sections: &[Section]) -> String {
    let mut csv = "part,table,row,column,value\n".to_owned();
    for (at, section) in sections.iter().enumerate() {
        for block in &section.blocks {
            match block {
                Block::Words(words) => {
                    line(&mut csv, &[&number(at), section.title, "", "words", words])
                }
                Block::Table(table) | Block::Chart { table, .. } => cells(&mut csv, at, table),
            }
        }
    }
    csv
}

fn number(at: usize) -> String {
    (at + 1).to_string()
}

fn cells(csv: &mut String, at: usize, table: &Table) {
    for row in &table.rows {
        let Some((name, values)) = row.split_first() else {
            continue;
        };
        for (value, header) in values.iter().zip(table.headers.iter().skip(1)) {
            line(csv, &[&number(at), &table.caption, name, header, value]);
        }
    }
}

/// Quoted throughout; a cell that a spreadsheet would take for a formula gets an apostrophe.
fn line(csv: &mut String, cells: &[&str]) {
    let cells = cells.iter().map(|cell| {
        let guard = if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
            "'"
        } else {
            ""
        };
        format!("\"{guard}{}\"", cell.replace('"', "\"\""))
    });
    csv.push_str(&cells.collect::<Vec<_>>().join(","));
    csv.push('\n');
}

pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// Writing into a string cannot fail.
pub(super) fn add(html: &mut String, more: std::fmt::Arguments<'_>) {
    let written = html.write_fmt(more);
    debug_assert!(written.is_ok());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_data_and_never_a_formula_or_markup() {
        let mut table = Table::new("Invented", &["Code", "Count"]);
        table.rows.push(vec!["<b>".to_owned(), "=1+1".to_owned()]);
        let section = Section {
            title: "Demand",
            blocks: vec![Block::Table(table)],
        };
        assert!(csv(std::slice::from_ref(&section)).contains("\"<b>\",\"Count\",\"'=1+1\""));
        assert!(block_html(&section.blocks[0]).contains("&lt;b&gt;"));
    }
}
