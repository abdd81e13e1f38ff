//! Recomputes every hash and every link, and compares with what the verifier itself saw before.

use super::chain::{Hash, hash_recorded, link};
use super::checkpoint::hex;
use super::committer::EPOCH;
use super::connect::ConnectError;
use super::epoch::{Epoch, Epochs, Standing};
use super::event::Position;
use super::read::{HEAD, Interned, recorded};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use tokio_postgres::Client;
use uuid::Uuid;

const PAGE: i64 = 2_000;
const APPENDS: &str = include_str!("sql/verify_appends.sql");

/// The verifier's own memory, kept apart from the log that it checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    pub epoch: Uuid,
    /// Last position of an append whose link was right.
    pub position: Position,
    /// That link, hexadecimal.
    pub link: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verified {
    Clean {
        events: u64,
        checkpoint: Option<Checkpoint>,
    },
    Bad {
        position: Position,
        why: &'static str,
    },
    /// The checkpoint is of a part of the history that a restore lost.
    Lost { position: Position, by: Epoch },
}

/// How far a run has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    pub position: Position,
    /// When the run began.
    pub head: Position,
    /// Where a run that is cut off goes on.
    pub checkpoint: Option<Checkpoint>,
}

#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error("the log cannot be read: {0}")]
    Postgres(#[from] tokio_postgres::Error),
    #[error(
        "the checkpoint is of epoch {checkpoint}, which this log has never had; it is of {log}"
    )]
    OtherEpoch { checkpoint: Uuid, log: Uuid },
}

struct LinkRow {
    first: Position,
    last: Position,
    at: Timestamp,
    link: Vec<u8>,
}

struct Verifier<'a> {
    client: &'a Client,
    before: Option<Hash>,
    last: Position,
    appends: VecDeque<LinkRow>,
    hashes: Vec<Hash>,
    events: u64,
    /// A link beyond the last page of events: the next page must hold its events.
    tail_seen: bool,
}

/// From the checkpoint on, or from the start. `progress` hears how far it is after every page.
///
/// # Errors
/// When the log cannot be read; what is wrong with its content is a `Verified::Bad`.
pub async fn verify(
    client: &Client,
    from: Option<&Checkpoint>,
    mut progress: impl FnMut(Progress),
) -> Result<Verified, VerifyError> {
    let epoch: Uuid = client.query_one(EPOCH, &[]).await?.get(0);
    if let Some(checkpoint) = from
        && let Some(found) = still_there(client, checkpoint).await?
    {
        return Ok(found);
    }
    let head = client.query_one(HEAD, &[]).await?;
    let head = Position(head.get(0));
    let mut verifier = Verifier {
        client,
        before: None,
        last: Position(0),
        appends: VecDeque::new(),
        hashes: Vec::new(),
        events: 0,
        tail_seen: false,
    };
    if let Some(checkpoint) = from {
        verifier.last = checkpoint.position;
        verifier.before = super::master::hex_key(&checkpoint.link);
    }
    loop {
        match verifier.page().await? {
            Page::Good => progress(Progress {
                position: verifier.last,
                head,
                checkpoint: verifier.reached(epoch),
            }),
            Page::Bad(position, why) => return Ok(Verified::Bad { position, why }),
            Page::End => break,
        }
    }
    Ok(Verified::Clean {
        events: verifier.events,
        checkpoint: verifier.reached(epoch),
    })
}

/// What is wrong with the append that the checkpoint remembers, if it is not there as it was.
pub(super) async fn still_there(
    client: &Client,
    checkpoint: &Checkpoint,
) -> Result<Option<Verified>, VerifyError> {
    let Checkpoint {
        epoch, position, ..
    } = *checkpoint;
    match Epochs::load(client).await?.standing(epoch, position) {
        Standing::Kept => {}
        Standing::Lost(by) => return Ok(Some(Verified::Lost { position, by })),
        Standing::Unknown => {
            return Err(VerifyError::OtherEpoch {
                checkpoint: epoch,
                log: client.query_one(EPOCH, &[]).await?.get(0),
            });
        }
    }
    let bad = |why| Some(Verified::Bad { position, why });
    let rows = client.query(APPENDS, &[&(position.0 - 1), &1_i64]).await?;
    let Some(row) = rows.first() else {
        return Ok(bad(
            "the log ends before the checkpoint: its tail was cut off",
        ));
    };
    let (last, link): (i64, &[u8]) = (row.get(1), row.get(3));
    if last != position.0 || hex(link) != checkpoint.link {
        return Ok(bad("the link is not the one that the checkpoint remembers"));
    }
    Ok(None)
}

enum Page {
    Good,
    Bad(Position, &'static str),
    End,
}

impl Verifier<'_> {
    async fn page(&mut self) -> Result<Page, VerifyError> {
        let rows = self
            .client
            .query(
                include_str!("sql/verify_events.sql"),
                &[&self.last.0, &PAGE],
            )
            .await?;
        if rows.is_empty() {
            return self.end_or_lost_tail().await;
        }
        self.tail_seen = false;
        let mut authorities = Interned::default();
        for row in &rows {
            let expected = Position(self.last.0 + 1);
            let Ok(event) = recorded(row, &mut authorities) else {
                return Ok(Page::Bad(expected, "the event cannot be read"));
            };
            if event.position != expected {
                return Ok(Page::Bad(expected, "the position is missing"));
            }
            let (count, fingerprint): (i16, &[u8]) =
                (row.get("command_count"), row.get("fingerprint"));
            let hash = hash_recorded(&event, count, fingerprint);
            if row.get::<_, &[u8]>("hash") != hash {
                return Ok(Page::Bad(
                    expected,
                    "the event is not the one that was appended",
                ));
            }
            self.hashes.push(hash);
            self.last = expected;
            self.events += 1;
            if let Some(why) = self.close_append(event.recorded_at).await? {
                return Ok(Page::Bad(expected, why));
            }
        }
        Ok(Page::Good)
    }

    /// Links without events are a lost tail, unless they were appended since the last page.
    async fn end_or_lost_tail(&mut self) -> Result<Page, VerifyError> {
        if !self.appends.is_empty() || self.tail_seen {
            return Ok(Page::Bad(
                Position(self.last.0 + 1),
                "the position is missing, but the link of its append is there",
            ));
        }
        self.read_appends(self.last, 1).await?;
        self.tail_seen = !self.appends.is_empty();
        self.appends.clear();
        Ok(if self.tail_seen {
            Page::Good
        } else {
            Page::End
        })
    }

    /// When the position is the last of its append, the append's link must follow.
    async fn close_append(&mut self, at: Timestamp) -> Result<Option<&'static str>, VerifyError> {
        if self.appends.is_empty() {
            self.read_appends(Position(self.last.0 - 1), PAGE).await?;
        }
        let Some(append) = self.appends.front() else {
            return Ok(Some("the append has no link"));
        };
        if append.at != at {
            return Ok(Some("the recorded time is not the append's"));
        }
        if append.last > self.last {
            return Ok(None);
        }
        let first = Position(self.last.0 - self.hashes.len() as i64 + 1);
        let expected = link(
            self.before.as_ref(),
            first,
            append.at,
            self.hashes.drain(..),
        );
        if append.last != self.last || append.first != first || append.link != expected {
            return Ok(Some("the link does not follow from the events before it"));
        }
        self.before = Some(expected);
        self.appends.pop_front();
        Ok(None)
    }

    async fn read_appends(&mut self, after: Position, limit: i64) -> Result<(), VerifyError> {
        let rows = self.client.query(APPENDS, &[&after.0, &limit]).await?;
        self.appends.extend(rows.iter().map(|row| LinkRow {
            first: Position(row.get(0)),
            last: Position(row.get(1)),
            at: row.get(2),
            link: row.get(3),
        }));
        Ok(())
    }

    /// The last append whose link was right.
    fn reached(&self, epoch: Uuid) -> Option<Checkpoint> {
        let before = self.before?;
        let unlinked = i64::try_from(self.hashes.len()).unwrap_or(i64::MAX);
        Some(Checkpoint {
            epoch,
            position: Position(self.last.0 - unlinked),
            link: hex(&before),
        })
    }
}
