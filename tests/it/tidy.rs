//! The rules of the house against the source: who imports whom, sizes, words, dead files.
//!
//! A rule is a function from sources to complaints. Each proves itself on a bad sample beside it,
//! because a rule that cannot fail is no rule.

mod files;
mod imports;
mod manners;
mod rust;
mod sizes;
mod words;

use std::path::{Path, PathBuf};

/// A text file of the checkout.
struct Source {
    /// From the checkout's root, with `/`.
    path: String,
    text: String,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    fn is_rust(&self) -> bool {
        self.has_extension("rs")
    }

    fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path)
            .extension()
            .is_some_and(|found| found == extension)
    }

    /// Rust that is compiled for tests only.
    fn is_test(&self) -> bool {
        self.path.starts_with("tests/") || self.path.ends_with("/tests.rs")
    }
}

fn checkout() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every text file below the given places of the checkout; a place may be a file, or absent.
fn read(places: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    for place in places {
        collect(&checkout().join(place), &mut found);
    }
    assert!(!found.is_empty(), "nothing to look at in {places:?}");
    found
}

fn collect(place: &Path, found: &mut Vec<Source>) {
    if place.is_dir() {
        let entries = place.read_dir().expect("a readable folder");
        let mut entries: Vec<_> = entries
            .map(|entry| entry.expect("an entry").path())
            .collect();
        entries.sort();
        for entry in entries {
            collect(&entry, found);
        }
        return;
    }
    let Ok(bytes) = std::fs::read(place) else {
        return;
    };
    // Pictures and compressed samples have no words to check.
    if let Ok(text) = String::from_utf8(bytes) {
        let path = place.strip_prefix(checkout()).expect("below the checkout");
        found.push(Source {
            path: path.display().to_string(),
            text,
        });
    }
}

/// Everything that people read and write here.
fn all_written() -> Vec<Source> {
    let mut places = vec![".ci", "Makefile", "Cargo.toml", "docker-compose.yml"];
    places.extend(["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "deny.toml"]);
    places.extend(["src", "tests", "benches", "workflows", "migrations"]);
    places.extend(["docs", "web", "scripts", "clippy.toml"]);
    read(&places)
}

#[track_caller]
fn assert_tidy(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}
