//! One batch of commands as the arrays of one statement, and its verdicts.

use super::chain::{hash_new, truncated};
use super::event::{Append, AppendError, Position, Receipt, Verdict};
use super::keys::Columns;
use jiff::Timestamp;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row, Statement};
use uuid::Uuid;

const LOG_APPEND: &str = include_str!("sql/log_append.sql");
const LOG_APPEND_WITH_KEYS: &str = include_str!("sql/log_append_with_keys.sql");

/// The statement of an append, planned once a connection; the second only where it was needed.
pub(super) struct Statements {
    plain: Statement,
    with_keys: Option<Statement>,
}

impl Statements {
    pub(super) async fn prepare(client: &Client) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            plain: client.prepare(LOG_APPEND).await?,
            with_keys: None,
        })
    }

    async fn with_keys(&mut self, client: &Client) -> Result<Statement, tokio_postgres::Error> {
        if let Some(prepared) = &self.with_keys {
            return Ok(prepared.clone());
        }
        let prepared = client.prepare(LOG_APPEND_WITH_KEYS).await?;
        self.with_keys = Some(prepared.clone());
        Ok(prepared)
    }
}

/// Events of one command, at most.
pub const EVENTS_MAX: usize = 1_000;
/// Body and sealed parts of one event, at most.
pub const EVENT_BYTES_MAX: usize = 16 << 20;
/// Of all events of one command, at most: they travel in one message.
pub const COMMAND_BYTES_MAX: usize = 64 << 20;
const CODE_BYTES_MAX: usize = 128;

/// Refuses what the log does not take, before it costs the neighbours anything.
pub(super) fn check(append: &Append) -> Result<(), AppendError> {
    let limit = |what: &'static str, found: usize, limit: usize| {
        if found > limit {
            Err(AppendError::TooLarge { what, found, limit })
        } else {
            Ok(())
        }
    };
    if append.events.is_empty() {
        return Err(AppendError::Refused {
            sqlstate: "22023".to_owned(),
        });
    }
    limit("events of one command", append.events.len(), EVENTS_MAX)?;
    limit(
        "bytes of a command",
        append_bytes(append),
        COMMAND_BYTES_MAX,
    )?;
    for code in [&append.authority, &append.actor]
        .into_iter()
        .chain(&append.on_behalf_of)
    {
        limit(
            "bytes of an authority or a person's id",
            code.len(),
            CODE_BYTES_MAX,
        )?;
    }
    for event in &append.events {
        limit(
            "bytes of an event type",
            event.event_type.len(),
            CODE_BYTES_MAX,
        )?;
        limit("bytes of an event", event_bytes(event), EVENT_BYTES_MAX)?;
        limit("sealed parts of an event", event.sealed.len(), 2)?;
    }
    Ok(())
}

pub(super) fn append_bytes(append: &Append) -> usize {
    append.events.iter().map(event_bytes).sum()
}

fn event_bytes(event: &super::event::NewEvent) -> usize {
    event.body.len()
        + event
            .sealed
            .iter()
            .map(|part| part.bytes.len())
            .sum::<usize>()
}

#[derive(Default)]
struct Arrays<'a> {
    authority: Vec<&'a str>,
    stream: Vec<Uuid>,
    kind: Vec<&'a str>,
    expected: Vec<i32>,
    count: Vec<i16>,
    command: Vec<Uuid>,
    fingerprint: Vec<&'a [u8]>,
    actor: Vec<&'a str>,
    behalf: Vec<Option<&'a str>>,
    correlation: Vec<Uuid>,
    causation: Vec<Option<Uuid>>,
    definition: Vec<Option<&'a [u8]>>,
    provenance: Vec<&'a str>,
    of: Vec<i32>,
    ordinal: Vec<i16>,
    event_type: Vec<&'a str>,
    schema: Vec<i16>,
    occurred: Vec<Timestamp>,
    audience: Vec<&'a str>,
    body: Vec<&'a [u8]>,
    keys: [Vec<Option<Uuid>>; 2],
    sealed: [Vec<Option<&'a [u8]>>; 2],
    hash: Vec<Vec<u8>>,
}

impl<'a> Arrays<'a> {
    fn of(appends: &'a [Append]) -> Self {
        let mut arrays = Self::default();
        for (append, of) in appends.iter().zip(1..) {
            arrays.command(append);
            for (event, ordinal) in append.events.iter().zip(0..) {
                arrays.of.push(of);
                arrays.event(append, ordinal, event);
            }
        }
        arrays
    }

    fn command(&mut self, append: &'a Append) {
        self.authority.push(&append.authority);
        self.stream.push(append.stream);
        self.kind.push(append.stream_kind.as_str());
        self.expected.push(append.expected_version);
        self.count
            .push(i16::try_from(append.events.len()).unwrap_or(i16::MAX));
        self.command.push(append.command_id);
        self.fingerprint.push(&append.fingerprint);
        self.actor.push(&append.actor);
        self.behalf.push(append.on_behalf_of.as_deref());
        self.correlation.push(append.correlation);
        self.causation.push(append.causation);
        self.definition
            .push(append.definition.as_ref().map(|hash| &hash[..]));
        self.provenance.push(append.provenance.as_str());
    }

    fn event(&mut self, append: &Append, ordinal: i16, event: &'a super::event::NewEvent) {
        self.ordinal.push(ordinal);
        self.event_type.push(&event.event_type);
        self.schema.push(event.schema_version);
        self.occurred.push(truncated(event.occurred_at));
        self.audience.push(event.audience.as_str());
        self.body.push(&event.body);
        for (i, (keys, sealed)) in self.keys.iter_mut().zip(&mut self.sealed).enumerate() {
            let part = event.sealed.get(i);
            keys.push(part.map(|part| part.key));
            sealed.push(part.map(|part| part.bytes.as_slice()));
        }
        self.hash.push(hash_new(append, ordinal, event).to_vec());
    }
}

/// Sends the batch as one autocommit statement. The caller knows that an error of the connection
/// leaves the outcome unknown.
pub(super) async fn send(
    client: &Client,
    statements: &mut Statements,
    epoch: Uuid,
    appends: &[Append],
) -> Result<Vec<Verdict>, tokio_postgres::Error> {
    let a = Arrays::of(appends);
    let keys = Columns::of(appends.iter().filter_map(|append| append.keys.as_ref()));
    let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![
        &epoch,
        &a.authority,
        &a.stream,
        &a.kind,
        &a.expected,
        &a.count,
        &a.command,
        &a.fingerprint,
        &a.actor,
        &a.behalf,
        &a.correlation,
        &a.causation,
        &a.definition,
        &a.provenance,
        &a.of,
        &a.ordinal,
        &a.event_type,
        &a.schema,
        &a.occurred,
        &a.audience,
        &a.body,
        &a.keys[0],
        &a.sealed[0],
        &a.keys[1],
        &a.sealed[1],
        &a.hash,
    ];
    let statement = if appends.iter().any(|append| append.keys.is_some()) {
        parameters.extend(keys.parameters());
        statements.with_keys(client).await?
    } else {
        statements.plain.clone()
    };
    let rows = client.query(&statement, &parameters).await?;
    rows.iter().map(verdict).collect()
}

fn verdict(row: &Row) -> Result<Verdict, tokio_postgres::Error> {
    let version: i32 = row.try_get("version_now")?;
    let receipt = || -> Result<Receipt, tokio_postgres::Error> {
        Ok(Receipt {
            position: Position(row.try_get("position_last")?),
            version,
            recorded_at: row.try_get("at")?,
        })
    };
    Ok(
        match u8::try_from(row.try_get::<_, i8>("verdict")?).unwrap_or(b'?') {
            b'K' => Verdict::Appended(receipt()?),
            b'D' => Verdict::Duplicate(receipt()?),
            b'X' => Verdict::Reused,
            _ => Verdict::Conflict { actual: version },
        },
    )
}
