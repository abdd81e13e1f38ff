//! A copy of the shipped definition files that a test may change.

use super::engine::workflows;
use std::path::{Path, PathBuf};

/// Gone with the test.
pub(crate) struct WorkflowFiles(PathBuf);

impl WorkflowFiles {
    /// `name` is the test's own.
    pub(crate) fn copied(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        copy(&workflows(), &folder);
        Self(folder)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.0
    }

    /// The first place of `from` in a file.
    pub(crate) fn change(&self, file: &str, from: &str, to: &str) {
        let path = self.0.join(file);
        let text = std::fs::read_to_string(&path).expect("a shipped file");
        assert!(text.contains(from), "{file} has no `{from}`");
        std::fs::write(path, text.replacen(from, to, 1)).expect("a copy can be written");
    }
}

impl Drop for WorkflowFiles {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            eprintln!("{}: {error}", self.0.display());
        }
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder for the copy");
    for entry in std::fs::read_dir(from).expect("a shipped folder") {
        let path = entry.expect("an entry").path();
        let to = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            std::fs::copy(&path, to).expect("a file can be copied");
        }
    }
}
