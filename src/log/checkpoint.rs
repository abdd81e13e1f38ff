//! Signed checkpoints: what the chain was at a position, written where the log's own
//! administrators cannot change it. A tail that is cut off later contradicts them.

use super::note::{NoteError, PublicKey, Signer};
use super::verify::{Checkpoint, Verified, VerifyError, verify};
use super::{Position, chain::Hash};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tokio_postgres::Client;

#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("{}: {source}", path.display())]
    Note { path: PathBuf, source: NoteError },
    #[error("{}: {why}", path.display())]
    Text { path: PathBuf, why: &'static str },
    #[error(transparent)]
    Verify(#[from] VerifyError),
}

impl Checkpoint {
    /// Four lines: origin, epoch, position, link.
    #[must_use]
    pub fn text(&self, origin: &str) -> String {
        let Self {
            epoch,
            position,
            link,
        } = self;
        let link = unhex(link).map_or_else(String::new, |link| BASE64.encode(link));
        format!("{origin}\n{epoch}\n{position}\n{link}\n")
    }

    fn parse(origin: &str, text: &str) -> Result<Self, &'static str> {
        let lines: Vec<&str> = text.lines().collect();
        let [found, epoch, position, link] = lines[..] else {
            return Err("a checkpoint has four lines");
        };
        if found != origin {
            return Err("the checkpoint is of another log");
        }
        let position: i64 = position.parse().map_err(|_| "the position is no number")?;
        let link = BASE64
            .decode(link)
            .ok()
            .and_then(|link| Hash::try_from(link).ok())
            .ok_or("the link is not 32 bytes in base64")?;
        Ok(Self {
            epoch: epoch.parse().map_err(|_| "the epoch is no UUID")?,
            position: Position(position),
            link: hex(&link),
        })
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Hash> {
    super::master::hex_key(text)
}

/// A folder with one note a checkpoint. Nothing in it is ever changed.
#[derive(Debug, Clone)]
pub struct Checkpoints {
    folder: PathBuf,
}

impl Checkpoints {
    #[must_use]
    pub fn of(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    fn failed(&self, source: io::Error) -> CheckpointError {
        CheckpointError::Io {
            path: self.folder.clone(),
            source,
        }
    }

    /// Every checkpoint in order of position, each with its signature checked.
    ///
    /// # Errors
    /// Naming the first file that is none of this signer's.
    pub fn read(&self, public: &PublicKey) -> Result<Vec<Checkpoint>, CheckpointError> {
        let mut paths = Vec::new();
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(self.failed(error)),
        };
        for entry in entries {
            let path = entry.map_err(|error| self.failed(error))?.path();
            if path.extension() == Some(OsStr::new("note")) {
                paths.push(path);
            }
        }
        paths.sort_unstable();
        paths
            .into_iter()
            .map(|path| {
                let note = fs::read_to_string(&path).map_err(|error| self.failed(error))?;
                let text = public.open(&note).map_err(|source| CheckpointError::Note {
                    path: path.clone(),
                    source,
                })?;
                Checkpoint::parse(public.name(), text)
                    .map_err(|why| CheckpointError::Text { path, why })
            })
            .collect()
    }

    /// Whole or not at all, and on the disk when it returns.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub fn write(&self, checkpoint: &Checkpoint, signer: &Signer) -> Result<(), CheckpointError> {
        let write = || -> io::Result<()> {
            fs::create_dir_all(&self.folder)?;
            let Checkpoint {
                epoch, position, ..
            } = checkpoint;
            let name = format!("{:020}-{}", position.0, epoch.simple());
            let unfinished = self.folder.join(format!("{name}.unfinished"));
            let mut file = File::create(&unfinished)?;
            file.write_all(signer.sign(&checkpoint.text(signer.name())).as_bytes())?;
            file.sync_all()?;
            fs::rename(&unfinished, self.folder.join(format!("{name}.note")))?;
            File::open(&self.folder)?.sync_all()
        };
        write().map_err(|error| self.failed(error))
    }
}

/// What one step of the signer came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attested {
    Signed(Checkpoint),
    /// Nothing was appended since the last one.
    Nothing,
    /// The chain is not what it was, and nothing is signed from here on.
    Bad {
        position: Position,
        why: &'static str,
    },
}

/// Signs the log of one folder of checkpoints, step by step.
pub struct Attestor {
    signer: Signer,
    checkpoints: Checkpoints,
    /// Read from the folder once; the last is where the next step goes on.
    known: Vec<Checkpoint>,
}

impl Attestor {
    /// # Errors
    /// When the folder holds what is not this signer's.
    pub fn open(signer: Signer, checkpoints: Checkpoints) -> Result<Self, CheckpointError> {
        Ok(Self {
            known: checkpoints.read(&signer.public())?,
            signer,
            checkpoints,
        })
    }

    /// Verifies what was appended since the last checkpoint, then signs the next one: nothing is
    /// signed that was not recomputed.
    ///
    /// # Errors
    /// When the log cannot be read or the folder cannot be written to.
    pub async fn step(&mut self, client: &Client) -> Result<Attested, CheckpointError> {
        loop {
            match verify(client, self.known.last(), |_| {}).await? {
                // Those of a lost history stay in the folder and are passed over.
                Verified::Lost { .. } => drop(self.known.pop()),
                Verified::Bad { position, why } => return Ok(Attested::Bad { position, why }),
                Verified::Clean {
                    checkpoint: Some(checkpoint),
                    events,
                } if events > 0 => {
                    self.checkpoints.write(&checkpoint, &self.signer)?;
                    self.known = vec![checkpoint.clone()];
                    return Ok(Attested::Signed(checkpoint));
                }
                Verified::Clean { .. } => return Ok(Attested::Nothing),
            }
        }
    }
}

/// Whether the log still has every link that was ever signed; the first that it has not.
///
/// # Errors
/// When the log cannot be read.
pub async fn compare(
    client: &Client,
    signed: &[Checkpoint],
) -> Result<Option<(Checkpoint, Verified)>, VerifyError> {
    for checkpoint in signed {
        match super::verify::still_there(client, checkpoint).await? {
            None => {}
            Some(found) => return Ok(Some((checkpoint.clone(), found))),
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_checkpoint_is_read_back_from_its_note() {
        let folder = std::env::temp_dir().join(format!("rfa-{}", Uuid::new_v4()));
        let checkpoints = Checkpoints::of(&folder);
        let signer = Signer::parse("rfa/village", &"0b".repeat(32)).unwrap();
        assert_eq!(checkpoints.read(&signer.public()).unwrap(), []);
        let at = |position, byte: u8| Checkpoint {
            epoch: Uuid::from_u128(3),
            position: Position(position),
            link: hex(&[byte; 32]),
        };
        let written = [at(7, 1), at(1_000, 2)];
        for one in written.iter().rev() {
            checkpoints.write(one, &signer).unwrap();
        }
        assert_eq!(checkpoints.read(&signer.public()).unwrap(), written);

        let other = Signer::parse("rfa/town", &"0b".repeat(32)).unwrap();
        assert!(checkpoints.read(&other.public()).is_err());
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn what_is_no_checkpoint_says_why() {
        let link = BASE64.encode([1; 32]);
        let epoch = Uuid::nil();
        for text in [
            "a\n".to_owned(),
            format!("other\n{epoch}\n7\n{link}\n"),
            format!("a\n{epoch}\nx\n{link}\n"),
            format!("a\n{epoch}\n7\nAAAA\n"),
            format!("a\nx\n7\n{link}\n"),
            format!("a\n{epoch}\n7\n{link}\nmore\n"),
        ] {
            assert!(Checkpoint::parse("a", &text).is_err(), "{text}");
        }
    }
}
