//! Every destruction, in a file apart from the log and the vault: a restore of either brings keys
//! back, and what the file knows is destroyed again before anything is served.

use super::destruction::Destruction;
use crate::log::note::{NoteError, PublicKey, Signer};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("{} line {line}: {source}", path.display())]
    Note {
        path: PathBuf,
        line: usize,
        source: NoteError,
    },
    #[error("{} line {line}: this is no destruction", path.display())]
    Text { path: PathBuf, line: usize },
}

/// One signed note a line, as a JSON string. Lines are only ever added.
#[derive(Debug, Clone)]
pub struct Journal {
    path: PathBuf,
}

impl Journal {
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
        }
    }

    fn failed(&self, source: io::Error) -> JournalError {
        JournalError::Io {
            path: self.path.clone(),
            source,
        }
    }

    /// What was written whole. A last line without its end was cut off before any key went.
    fn text(&self) -> Result<String, JournalError> {
        match fs::read_to_string(&self.path) {
            Ok(mut text) => {
                text.truncate(text.rfind('\n').map_or(0, |end| end + 1));
                Ok(text)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// # Errors
    /// Naming the line that is not a destruction signed by this signer.
    pub fn read(&self, public: &PublicKey) -> Result<Vec<Destruction>, JournalError> {
        let mut known = Vec::new();
        for (line, number) in self.text()?.lines().zip(1..) {
            let no_text = || JournalError::Text {
                path: self.path.clone(),
                line: number,
            };
            let note: String = serde_json::from_str(line).map_err(|_| no_text())?;
            let text = public.open(&note).map_err(|source| JournalError::Note {
                path: self.path.clone(),
                line: number,
                source,
            })?;
            known.push(Destruction::parse(public.name(), text).ok_or_else(no_text)?);
        }
        Ok(known)
    }

    /// Once, and on the disk when it returns.
    ///
    /// # Errors
    /// When the file cannot be read or written to: then no key may go.
    pub(super) fn keep(
        &self,
        destruction: &Destruction,
        signer: &Signer,
    ) -> Result<(), JournalError> {
        let known = self.read(&signer.public())?;
        if known.iter().any(|one| one.id == destruction.id) {
            return Ok(());
        }
        let whole = self.text()?.len() as u64;
        let note = signer.sign(&destruction.text(signer.name()));
        let line = format!("{}\n", serde_json::Value::String(note));
        let write = || -> io::Result<()> {
            let folder = self.path.parent().filter(|p| !p.as_os_str().is_empty());
            if let Some(folder) = folder {
                fs::create_dir_all(folder)?;
            }
            let mut file = OpenOptions::new()
                .create(true)
                .append(true)
                .open(&self.path)?;
            file.set_len(whole)?;
            file.write_all(line.as_bytes())?;
            file.sync_all()?;
            folder.map_or(Ok(()), |folder| File::open(folder)?.sync_all())
        };
        write().map_err(|error| self.failed(error))
    }
}

#[cfg(test)]
mod tests {
    use super::super::destruction::tests::invented;
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_journal_keeps_each_destruction_once_and_survives_a_cut_off_line() {
        let path = std::env::temp_dir().join(format!("rfa-{}", Uuid::new_v4()));
        let journal = Journal::at(&path);
        let signer = Signer::parse("rfa/village", &"0b".repeat(32)).unwrap();
        let public = signer.public();
        assert_eq!(journal.read(&public).unwrap(), []);
        journal.keep(&invented(1), &signer).unwrap();
        journal.keep(&invented(1), &signer).unwrap();
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"\"rfa/village\\nrec").unwrap();
        assert_eq!(journal.read(&public).unwrap(), [invented(1)]);
        journal.keep(&invented(2), &signer).unwrap();
        assert_eq!(journal.read(&public).unwrap(), [invented(1), invented(2)]);

        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace("n.ross", "n.rosa")).unwrap();
        let refused = journal.read(&public).unwrap_err();
        assert!(
            matches!(&refused, JournalError::Note { line: 1, .. }),
            "{refused}"
        );
        fs::remove_file(&path).unwrap();
    }
}
