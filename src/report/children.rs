//! A page of the month for children and young people: few words, whole numbers, nobody pointed at.

use super::measured::series;
use super::pack::{Material, PackError};
use super::page::{add, escaped};
use crate::charts::Mark;
use crate::domain::measures::MeasuresFile;
use crate::domain::measures::note::{Says, Step};
use crate::statistics::disclosure::{Shown, list};
use jiff::tz::TimeZone;

const STYLE: &str = "body{font-family:sans-serif;font-size:1.25rem;line-height:1.6;max-width:38rem;margin:1rem auto;\
padding:0 1rem;color:#1a1a1a;background:#fff}h1,h2{line-height:1.2}a:focus{outline:3px solid #fdd522}\
@media print{body{max-width:none;margin:0}}";

/// Shares that a child can picture, with what is said of them.
const SHARES: [(&str, &str, &str); 3] = [
    (
        "decided-in-time",
        "How fast we said yes or no",
        "we told the family within a week whether we can help",
    ),
    (
        "views-before-decision",
        "If we asked you first",
        "we asked the child what they think before we decided",
    ),
    (
        "hopes-achieved",
        "If things got better",
        "what the child or family hoped for came true",
    ),
];

pub(super) async fn html(
    title: &str,
    material: &Material<'_>,
    measures: &MeasuresFile,
) -> Result<String, PackError> {
    let zone = TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC);
    let month = material.from.to_zoned(zone).strftime("%B %Y").to_string();
    let title = escaped(title);
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>How we helped in {month} – {title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>How we helped in {month}</h1>\n"
    );
    let count = material.new_requests().len() as u64;
    let asked = list::suppress(&[count], material.ask.policy).total;
    part(&mut html, "Who asked for help", &[who_asked(asked)]);
    for (id, heading, words) in SHARES {
        let Some(measure) = measures.find(id) else {
            continue;
        };
        let series = series(&material.ground, measure, material.notes).await?;
        let mut points = series.points.iter();
        let point = points.find(|mark| mark.label == material.ask.month);
        part(&mut html, heading, &[said(point, words)]);
    }
    let tried = tried(material);
    if !tried.is_empty() {
        part(&mut html, "What we are trying out", &tried);
    }
    let file = material.ground.known.declared.organisation().file();
    let numbers = file.into_iter().flat_map(|file| &file.concern_numbers);
    let numbers: Vec<String> = numbers
        .map(|number| format!("{}: {}", number.title, number.number))
        .collect();
    part(
        &mut html,
        "If you or a friend is not safe",
        &[
            vec!["Tell a grown-up that you trust, or ring:".to_owned()],
            numbers,
        ]
        .concat(),
    );
    html.push_str("</main>\n</body>\n</html>\n");
    Ok(html)
}

fn who_asked(count: Shown) -> String {
    match count.count() {
        Some(0) => "Nobody asked for help this month.".to_owned(),
        Some(count) => {
            format!("{count} children and families were put forward for help this month.")
        }
        None => {
            "Only a few children and families asked for help this month. We do not say how many, \
                 so that nobody can guess who."
                .to_owned()
        }
    }
}

fn part(html: &mut String, heading: &str, words: &[String]) {
    add(html, format_args!("<h2>{}</h2>\n", escaped(heading)));
    for words in words {
        add(html, format_args!("<p>{}</p>\n", escaped(words)));
    }
}

/// In tenths: nobody counts in per cent before they are ten.
fn said(point: Option<&Mark>, words: &str) -> String {
    let Some(mark) = point else {
        return "There were too few this month to say, or it is too early.".to_owned();
    };
    let tenths = (mark.value * 10.0).round();
    match tenths {
        0.0 => format!("It hardly ever happened that {words}. That is not good enough."),
        10.0 => format!("Nearly every time {words}."),
        tenths => format!("About {tenths:.0} times out of 10 {words}."),
    }
}

/// By their titles: what was begun and not yet ended.
fn tried(material: &Material<'_>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for note in material.notes {
        let Says::TestOfChange { title, step, .. } = &note.says else {
            continue;
        };
        match step {
            Step::Act => found.retain(|known| known != title),
            Step::Plan | Step::Do | Step::Study if !found.contains(title) => {
                found.push(title.clone());
            }
            Step::Plan | Step::Do | Step::Study => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_told_in_tenths_and_none_is_no_nought() {
        let mark = |value| Mark {
            label: "2026-07".to_owned(),
            value,
            few: false,
        };
        assert_eq!(
            said(Some(&mark(0.68)), "it came true"),
            "About 7 times out of 10 it came true."
        );
        assert!(said(Some(&mark(0.01)), "it came true").starts_with("It hardly ever"));
        assert!(said(Some(&mark(0.99)), "it came true").starts_with("Nearly every"));
        assert!(said(None, "it came true").starts_with("There were too few"));
    }
}
