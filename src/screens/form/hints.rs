//! `workflows/NAME/screens.yaml`: how the questions of a workflow stand on a screen.

use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hints {
    #[serde(rename = "format")]
    _format: Format,
    /// Of a new request.
    #[serde(default)]
    pub(in crate::screens) pages: Vec<QuestionPage>,
    /// By the dotted path of an object, its fields that come first.
    #[serde(default)]
    pub(super) first: BTreeMap<String, Vec<String>>,
    /// By the dotted path of a field, what its answers are taken from.
    #[serde(default)]
    pub(super) choices: BTreeMap<String, Known>,
    #[serde(default)]
    pub(super) ticks: BTreeSet<String>,
    #[serde(default)]
    pub(super) counted: BTreeSet<String>,
    pub(in crate::screens) arrival: Option<Arrival>,
    /// By the dotted path of a field, in the place of what its schema says.
    #[serde(default)]
    pub(super) hints: BTreeMap<String, String>,
    /// By the dotted path of a field, what is said where it was left empty.
    #[serde(default)]
    pub(super) asks: BTreeMap<String, String>,
    /// Of codes, `code` or `path:code`.
    #[serde(default)]
    words: BTreeMap<String, String>,
}

/// Whether help has come: what the service can tell, and what whoever asked says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::screens) struct Arrival {
    /// Stops when help has come.
    pub(in crate::screens) clock: String,
    /// By which whoever asked tells it.
    pub(in crate::screens) event: String,
    /// Where the answer stands.
    pub(in crate::screens) field: String,
    /// The answer that somebody has to look at.
    pub(in crate::screens) unmet: String,
}

/// 1 is all there is.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(try_from = "u32")]
struct Format;

impl TryFrom<u32> for Format {
    type Error = &'static str;

    fn try_from(number: u32) -> Result<Self, Self::Error> {
        if number == 1 {
            Ok(Self)
        } else {
            Err("`format` is 1")
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::screens) struct QuestionPage {
    /// In its address.
    pub(in crate::screens) name: String,
    pub(in crate::screens) title: String,
    pub(in crate::screens) fields: Vec<String>,
    #[serde(default)]
    pub(in crate::screens) more: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::screens) enum Known {
    Schools,
    Teams,
    /// Of the team that holds the request.
    Members,
    Requesters,
    Everybody,
    Agencies,
    /// Open ones of the child's plan.
    Actions,
    /// What was hoped for at the start: entries of a list that is counted.
    Hopes,
}

impl Hints {
    /// Lists whose entries are numbered by themselves, each with the name of the number.
    pub(in crate::screens) fn numbered(&self) -> impl Iterator<Item = (&str, &str)> {
        self.counted.iter().filter_map(|path| path.rsplit_once('.'))
    }

    /// Of a code at a dotted path: the same code may mean another thing elsewhere.
    pub(in crate::screens) fn words(&self, path: &str, code: &str) -> String {
        let here = self.words.get(&format!("{path}:{code}"));
        let found = here.or_else(|| self.words.get(code)).cloned();
        found.unwrap_or_else(|| crate::screens::words::plain(code))
    }
}

/// By the name of the workflow.
///
/// # Errors
/// With the file that cannot be read.
pub fn read_hints(workflows: &Path) -> Result<BTreeMap<String, Hints>, String> {
    let mut found = BTreeMap::new();
    let wrong = |path: &Path, why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    let folders = std::fs::read_dir(workflows).map_err(|why| wrong(workflows, &why))?;
    for folder in folders {
        let folder = folder.map_err(|why| wrong(workflows, &why))?.path();
        let file = folder.join("screens.yaml");
        if !file.is_file() {
            continue;
        }
        let text = std::fs::read_to_string(&file).map_err(|why| wrong(&file, &why))?;
        let hints: Hints = serde_saphyr::from_str(&text).map_err(|why| wrong(&file, &why))?;
        let name = folder.file_name().and_then(|name| name.to_str());
        found.insert(name.unwrap_or_default().to_owned(), hints);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_not_known_is_told() {
        let read = |text: &str| serde_saphyr::from_str::<Hints>(text).map(|_| ());
        assert!(read("format: 1\nticks: [a]").is_ok());
        for wrong in [
            "format: 2",
            "format: 1\nordre: {}",
            "format: 1\nchoices: { a: villages }",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_shipped_hints_are_read() {
        let all = read_hints(&Path::new(env!("CARGO_MANIFEST_DIR")).join("workflows")).unwrap();
        let hints = &all["request-for-assistance"];
        assert_eq!(hints.words("child.looked_after", "not"), "Not looked after");
        assert_eq!(hints.words("outcomes.outcome", "not"), "Not achieved");
        assert_eq!(hints.words("of.nothing", "not"), "Not");
        assert!(all["request-for-assistance"].pages.len() < 8);
    }
}
