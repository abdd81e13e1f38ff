//! Reading the workflow file that a subcommand is about.

use crate::domain::workflow::Definition;
use crate::domain::workflow::parse::parse;
use std::path::Path;

/// What is wrong with it, line by line, where it cannot be read.
pub(super) fn read(path: &Path) -> Result<Definition, String> {
    let file = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| format!("{file}: {error}"))?;
    parse(&file, &text).map_err(|problems| {
        let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
        all.join("\n")
    })
}
