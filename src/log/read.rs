//! Reading: one stream, many streams, or the log from a position on.

use super::committer::Log;
use super::event::{
    AppendError, Audience, Position, Provenance, Receipt, Recorded, SealedPart, StreamKind,
};
use std::sync::Arc;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

/// A command that was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundCommand {
    pub stream: Uuid,
    pub fingerprint: [u8; 16],
    pub receipt: Receipt,
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
        let statement = include_str!("sql/read_stream.sql");
        self.read(statement, &[&authority, &stream, &after_version])
            .await
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

    /// Up to `limit` events after `after`, in order of position, of all authorities.
    ///
    /// # Errors
    /// When Postgres is out of reach.
    pub async fn read_after(
        &self,
        after: Position,
        limit: i64,
    ) -> Result<Vec<Recorded>, AppendError> {
        self.read(include_str!("sql/read_after.sql"), &[&after.0, &limit])
            .await
    }

    /// All events of the kinds other than `Request` after `after`, of all authorities.
    ///
    /// # Errors
    /// When Postgres is out of reach.
    pub async fn read_declared(&self, after: Position) -> Result<Vec<Recorded>, AppendError> {
        self.read(include_str!("sql/read_declared.sql"), &[&after.0])
            .await
    }

    /// The newest position; 0 for an empty log.
    ///
    /// # Errors
    /// When Postgres is out of reach.
    pub async fn head(&self) -> Result<Position, AppendError> {
        let rows = self.rows(include_str!("sql/head.sql"), &[]).await?;
        rows.first()
            .map(|row| {
                row.try_get(0)
                    .map(Position)
                    .map_err(|_| AppendError::Unavailable)
            })
            .unwrap_or(Ok(Position(0)))
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

    async fn read(
        &self,
        statement: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Recorded>, AppendError> {
        let rows = self.rows(statement, parameters).await?;
        let mut authorities = Interned::default();
        rows.iter()
            .map(|row| recorded(row, &mut authorities))
            .collect::<Result<_, _>>()
            .map_err(|error| {
                tracing::error!(%error, "an event of the log cannot be read");
                AppendError::Unavailable
            })
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
    #[error("`{column}` holds a code that this build does not know")]
    Code { column: &'static str },
    #[error("`{column}` has another length than was appended")]
    Length { column: &'static str },
}

pub(super) fn recorded(row: &Row, authorities: &mut Interned) -> Result<Recorded, RowError> {
    let code = |column| move || RowError::Code { column };
    let keys: Vec<Uuid> = row.try_get("key_ids")?;
    let sealed: Vec<Vec<u8>> = row.try_get("sealed")?;
    let definition: Option<&[u8]> = row.try_get("definition")?;
    let definition = definition.map(<[u8; 32]>::try_from).transpose();
    if keys.len() != sealed.len() {
        return Err(RowError::Length { column: "sealed" });
    }
    Ok(Recorded {
        position: Position(row.try_get("position")?),
        authority: authorities.get(row.try_get("authority")?),
        stream: row.try_get("stream")?,
        stream_kind: StreamKind::find(row.try_get("stream_kind")?)
            .ok_or_else(code("stream_kind"))?,
        version: row.try_get("version")?,
        event_type: row.try_get("event_type")?,
        schema_version: row.try_get("schema_version")?,
        occurred_at: row.try_get("occurred_at")?,
        recorded_at: row.try_get("recorded_at")?,
        actor: row.try_get("actor")?,
        on_behalf_of: row.try_get("on_behalf_of")?,
        command_id: row.try_get("command_id")?,
        command_ordinal: row.try_get("command_ordinal")?,
        correlation: row.try_get("correlation")?,
        causation: row.try_get("causation")?,
        definition: definition.map_err(|_| RowError::Length {
            column: "definition",
        })?,
        audience: Audience::find(row.try_get("audience")?).ok_or_else(code("audience"))?,
        provenance: Provenance::find(row.try_get("provenance")?).ok_or_else(code("provenance"))?,
        body: row.try_get("body")?,
        sealed: keys
            .into_iter()
            .zip(sealed)
            .map(|(key, bytes)| SealedPart { key, bytes })
            .collect(),
    })
}
