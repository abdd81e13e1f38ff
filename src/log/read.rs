//! Reading: one stream, many streams, or the log from a position on.

use super::committer::{EPOCH, Log};
use super::event::{
    AppendError, Audience, Position, Provenance, Receipt, Recorded, SealedPart, StreamKind,
    Unreadable,
};
use std::sync::Arc;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

pub(super) const HEAD: &str = include_str!("sql/head.sql");
pub(super) const READ_AFTER: &str = include_str!("sql/read_after.sql");

/// A command that was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundCommand {
    pub stream: Uuid,
    pub fingerprint: [u8; 16],
    pub receipt: Receipt,
}

/// Which streams are read up to which event, for one query.
#[derive(Debug, Default)]
pub struct EarlierEvents {
    authorities: Vec<String>,
    streams: Vec<Uuid>,
    before_versions: Vec<i32>,
}

impl EarlierEvents {
    /// Asks for the events of a stream that came before this one.
    pub fn push(&mut self, event: &Recorded) {
        self.authorities.push(event.authority.to_string());
        self.streams.push(event.stream);
        self.before_versions.push(event.version);
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.streams.is_empty()
    }
}

impl Log {
    /// Events of one stream after `after_version`, in order.
    ///
    /// # Errors
    /// When Postgres is out of reach.
    pub async fn read_stream(
        &self,
        authority: &str,
        stream: Uuid,
        after_version: i32,
    ) -> Result<Vec<Recorded>, AppendError> {
        let rows = self.streams.read(authority, stream, after_version).await?;
        let events = read_rows(&rows)?;
        let first = i64::from(after_version.max(0)) + 1;
        let follows = |(event, version): (&Recorded, i64)| i64::from(event.version) == version;
        if events.iter().zip(first..).all(follows) {
            return Ok(events);
        }
        tracing::error!(%stream, after_version, "a stream of the log has a gap");
        Err(AppendError::Unavailable)
    }

    /// The first event of each stream. One round trip.
    ///
    /// # Errors
    /// When Postgres is out of reach.
    pub async fn read_first(
        &self,
        authority: &str,
        streams: &[Uuid],
    ) -> Result<Vec<Recorded>, AppendError> {
        self.read(include_str!("sql/read_first.sql"), &[&authority, &streams])
            .await
    }

    /// Every event of each stream up to a position, stream by stream. One round trip.
    ///
    /// # Errors
    /// When Postgres is out of reach.
    pub async fn read_streams(
        &self,
        authority: &str,
        streams: &[Uuid],
        up_to: Position,
    ) -> Result<Vec<Recorded>, AppendError> {
        let statement = include_str!("sql/read_streams.sql");
        self.read(statement, &[&authority, &streams, &up_to.0])
            .await
    }

    /// The events that were asked for, each stream's in order, without their sealed parts. One round
    /// trip.
    ///
    /// # Errors
    /// When Postgres is out of reach.
    pub async fn read_earlier(&self, asked: &EarlierEvents) -> Result<Vec<Recorded>, AppendError> {
        let statement = include_str!("sql/read_earlier.sql");
        let EarlierEvents {
            authorities,
            streams,
            before_versions,
        } = asked;
        self.read(statement, &[authorities, streams, before_versions])
            .await
    }

    /// Up to `limit` events after `after`, in order of position, of all authorities.
    ///
    /// # Errors
    /// When Postgres is out of reach.
    pub async fn read_after(
        &self,
        after: Position,
        limit: i64,
    ) -> Result<Vec<Recorded>, AppendError> {
        self.read(READ_AFTER, &[&after.0, &limit]).await
    }

    /// All events of the kinds that declare something after `after`, of all authorities.
    ///
    /// # Errors
    /// When Postgres is out of reach.
    pub async fn read_declared(&self, after: Position) -> Result<Vec<Recorded>, AppendError> {
        self.read(include_str!("sql/read_declared.sql"), &[&after.0])
            .await
    }

    /// What happened to records as such, of all authorities.
    ///
    /// # Errors
    /// When Postgres is out of reach.
    pub async fn read_records(&self) -> Result<Vec<Recorded>, AppendError> {
        self.read(include_str!("sql/read_records.sql"), &[]).await
    }

    /// The newest position; 0 for an empty log.
    ///
    /// # Errors
    /// When Postgres is out of reach.
    pub async fn head(&self) -> Result<Position, AppendError> {
        let rows = self.rows(HEAD, &[]).await?;
        rows.first()
            .map(|row| {
                row.try_get(0)
                    .map(Position)
                    .map_err(|_| AppendError::Unavailable)
            })
            .unwrap_or(Ok(Position(0)))
    }

    /// The epoch that the log has now, which a restore may have changed.
    ///
    /// # Errors
    /// When Postgres is out of reach.
    pub async fn read_epoch(&self) -> Result<Uuid, AppendError> {
        let rows = self.rows(EPOCH, &[]).await?;
        let row = rows.first().ok_or(AppendError::Unavailable)?;
        row.try_get(0).map_err(|_| AppendError::Unavailable)
    }

    /// The first receipt of a command, if it was ever accepted.
    ///
    /// # Errors
    /// When Postgres is out of reach.
    pub async fn find_command(
        &self,
        authority: &str,
        command_id: Uuid,
    ) -> Result<Option<FoundCommand>, AppendError> {
        let rows = self
            .rows(
                include_str!("sql/find_command.sql"),
                &[&authority, &command_id],
            )
            .await?;
        let found = rows.first().map(|row| -> Result<_, tokio_postgres::Error> {
            let bytes: &[u8] = row.try_get("fingerprint")?;
            let mut fingerprint = [0; 16];
            for (to, from) in fingerprint.iter_mut().zip(bytes) {
                *to = *from;
            }
            Ok(FoundCommand {
                stream: row.try_get("stream")?,
                fingerprint,
                receipt: Receipt {
                    position: Position(row.try_get("position")?),
                    version: row.try_get("version")?,
                    recorded_at: row.try_get("recorded_at")?,
                },
            })
        });
        found.transpose().map_err(|_| AppendError::Unavailable)
    }

    /// Whether a person has opened what was written about a request.
    ///
    /// # Errors
    /// When Postgres is out of reach.
    pub async fn has_opened(
        &self,
        authority: &str,
        request: Uuid,
        person: &str,
    ) -> Result<bool, AppendError> {
        let statement = include_str!("sql/has_opened.sql");
        let rows = self
            .rows(statement, &[&authority, &request, &person])
            .await?;
        let row = rows.first().ok_or(AppendError::Unavailable)?;
        row.try_get(0).map_err(|_| AppendError::Unavailable)
    }

    pub(super) async fn tell(&self, channel: &str) -> Result<(), AppendError> {
        self.rows(include_str!("sql/tell.sql"), &[&channel])
            .await
            .map(drop)
    }

    pub(super) async fn read(
        &self,
        statement: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Recorded>, AppendError> {
        read_rows(&self.rows(statement, parameters).await?)
    }

    async fn rows(
        &self,
        statement: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, AppendError> {
        let client = self
            .pool
            .get()
            .await
            .map_err(|_| AppendError::Unavailable)?;
        let prepared = client
            .prepare_cached(statement)
            .await
            .map_err(|_| AppendError::Unavailable)?;
        client.query(&prepared, parameters).await.map_err(|error| {
            tracing::warn!(%error, "reading the log failed");
            AppendError::Unavailable
        })
    }
}

fn read_rows(rows: &[Row]) -> Result<Vec<Recorded>, AppendError> {
    let mut authorities = Interned::default();
    rows.iter()
        .map(|row| taken(row, &mut authorities))
        .collect::<Result<_, _>>()
        .map_err(|error| {
            tracing::error!(%error, "an event of the log cannot be read");
            AppendError::Unavailable
        })
}

/// One allocation an authority and page.
#[derive(Default)]
pub(super) struct Interned(Option<Arc<str>>);

impl Interned {
    fn get(&mut self, text: &str) -> Arc<str> {
        match &self.0 {
            Some(known) if **known == *text => Arc::clone(known),
            Some(_) | None => {
                let made: Arc<str> = text.into();
                self.0 = Some(Arc::clone(&made));
                made
            }
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub(super) enum RowError {
    #[error(transparent)]
    Row(#[from] tokio_postgres::Error),
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

/// Whole and understood.
pub(super) fn recorded(row: &Row, authorities: &mut Interned) -> Result<Recorded, RowError> {
    let event = taken(row, authorities)?;
    event.check()?;
    Ok(event)
}

/// By place, not by name: the columns of every statement that reads events come in this order. What a
/// newer build wrote is marked, and stands for itself alone: its neighbours are read on.
fn taken(row: &Row, authorities: &mut Interned) -> Result<Recorded, tokio_postgres::Error> {
    let mut unreadable = None;
    let mut code = |column, is_known: bool| {
        if !is_known {
            unreadable = Some(Unreadable::Code { column });
        }
    };
    let kind = StreamKind::find(row.try_get(3)?);
    let audience = Audience::find(row.try_get(16)?);
    let provenance = Provenance::find(row.try_get(17)?);
    code("stream_kind", kind.is_some());
    code("audience", audience.is_some());
    code("provenance", provenance.is_some());
    let keys: Vec<Uuid> = row.try_get(19)?;
    let sealed: Vec<Vec<u8>> = row.try_get(20)?;
    if keys.len() != sealed.len() {
        unreadable = Some(Unreadable::Length { column: "sealed" });
    }
    let definition: Option<&[u8]> = row.try_get(15)?;
    let definition = definition.map(<[u8; 32]>::try_from).transpose();
    if definition.is_err() {
        let column = "definition";
        unreadable = Some(Unreadable::Length { column });
    }
    Ok(Recorded {
        position: Position(row.try_get(0)?),
        authority: authorities.get(row.try_get(1)?),
        stream: row.try_get(2)?,
        stream_kind: kind.unwrap_or(StreamKind::Request),
        version: row.try_get(4)?,
        event_type: row.try_get(5)?,
        schema_version: row.try_get(6)?,
        occurred_at: row.try_get(7)?,
        recorded_at: row.try_get(8)?,
        actor: row.try_get(9)?,
        on_behalf_of: row.try_get(10)?,
        command_id: row.try_get(11)?,
        command_ordinal: row.try_get(12)?,
        correlation: row.try_get(13)?,
        causation: row.try_get(14)?,
        definition: definition.unwrap_or_default(),
        audience: audience.unwrap_or(Audience::Restricted),
        provenance: provenance.unwrap_or(Provenance::Live),
        body: row.try_get(18)?,
        sealed: keys
            .into_iter()
            .zip(sealed)
            .map(|(key, bytes)| SealedPart { key, bytes })
            .collect(),
        unreadable,
    })
}
