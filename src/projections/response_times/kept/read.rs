//! Spells as they stand beside the cursors: all read of one moment.

use super::course::Course;
use super::group::{Building, Counted, Group};
use super::{Base, Place, Shape, SpellKey, places};
use crate::domain::declared::Declared;
use crate::domain::time::clock::{Spell, SpellStatus};
use crate::projections::response_times::ResponseTimes;
use crate::projections::response_times::answer::Question;
use crate::projections::response_times::numbers::settled;
use crate::projections::response_times::seen::{between_ms, clocks, codes, unreadable};
use crate::projections::shards::{SHARDS, Unit, cursors};
use crate::projections::{Projection, QueryError, ReadPool};
use deadpool_postgres::{Client, Transaction};
use futures::TryStreamExt;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use tokio_postgres::types::{Json, Oid, ToSql};
use tokio_postgres::{IsolationLevel, Row};
use uuid::Uuid;

/// Held before the moment is fixed that all statements see: a table that was put in the place of this one
/// after that moment would look empty.
const HOLD: &str = "lock table read_model.response_times in access share mode";
/// Whole tables may take longer than any call of a reader is given.
const LONG: &str = "set local statement_timeout = '10min'";

/// How far the table is, and which table it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::projections::response_times) struct Stand {
    table: Option<Oid>,
    epochs: Vec<Uuid>,
    /// Where the slowest shard stands.
    pub(super) reached: i64,
    /// Streams that are not followed, each from a position on.
    parked: BTreeSet<(Uuid, i64)>,
}

impl Stand {
    async fn read(
        transaction: &Transaction<'_>,
        authority: &str,
    ) -> Result<Option<Self>, QueryError> {
        let statement = include_str!("../../sql/response_times_stand.sql");
        let statement = transaction.prepare_cached(statement).await?;
        let names = cursors(Unit::of(ResponseTimes::NAME));
        let row = transaction
            .query_one(&statement, &[&names, &authority])
            .await?;
        let count: i64 = row.get(1);
        let (Some(reached), true) = (row.get(2), count == SHARDS as i64) else {
            return Ok(None);
        };
        let parked: Vec<Uuid> = row.get(4);
        let from: Vec<i64> = row.get(5);
        Ok(Some(Self {
            table: row.get(0),
            epochs: row.get(3),
            reached,
            parked: parked.into_iter().zip(from).collect(),
        }))
    }

    /// Whether nothing but events since have changed rows between the two. A stream that was parked
    /// brings with it what it had missed.
    fn leads_to(&self, later: &Self) -> bool {
        self.table == later.table
            && self.epochs == later.epochs
            && self.reached <= later.reached
            && self.parked.is_subset(&later.parked)
    }
}

/// A spell that is settled.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) clock: String,
    pub(super) codes: Vec<String>,
    started_at: Timestamp,
    ended_at: Timestamp,
    /// Of the event that ended it.
    pub(super) position: i64,
    pub(super) counted: Counted,
}

impl Ended {
    /// Columns by their place: finding them by name would take longer than reading them.
    fn of(row: &Row, by: Option<&String>) -> Result<Self, QueryError> {
        let (received_at, ended_at): (Timestamp, Timestamp) = (row.get(1), row.get(3));
        let is_cancelled: bool = row.get(9);
        let numbers = settled(row.get(5), row.get(6), row.get(7), row.get(8));
        Ok(Self {
            clock: row.get(0),
            codes: match by {
                Some(_) => codes(row.get::<_, Option<Value>>(11).as_ref()),
                None => Vec::new(),
            },
            started_at: row.get(2),
            ended_at,
            position: row.get(10),
            counted: Counted {
                status: if is_cancelled {
                    SpellStatus::Cancelled
                } else {
                    SpellStatus::Stopped
                },
                ended_by: row.get(4),
                childs_ms: between_ms(received_at, ended_at),
                numbers: numbers.ok_or(QueryError::Unavailable)?,
            },
        })
    }

    pub(super) fn latest(&self) -> Timestamp {
        self.started_at.max(self.ended_at)
    }
}

/// A spell that is not settled.
pub(super) struct Unsettled {
    pub(super) clock: String,
    pub(super) key: SpellKey,
    pub(super) codes: Vec<String>,
    /// Of the last event that it has seen.
    pub(super) position: i64,
    pub(super) course: Course,
    /// The earliest moment that it can tell of.
    pub(super) from: Timestamp,
}

/// A question, its shape, and its clocks and codes as the statements take them.
struct Asked<'a> {
    question: &'a Question,
    shape: &'a Shape,
    workflow: &'a str,
    first: &'a str,
    last: &'a str,
    only: Option<&'a str>,
    code: Option<&'a str>,
}

impl<'a> Asked<'a> {
    fn of(question: &'a Question, shape: &'a Shape) -> Self {
        let (first, last) = clocks(question);
        let only = question.only.as_ref();
        let only = only.map(|(dimension, code)| (dimension.as_str(), code.as_str()));
        let (only, code) = only.unzip();
        Self {
            question,
            shape,
            workflow: question.workflow.as_str(),
            first,
            last,
            only,
            code,
        }
    }
}

async fn moment(client: &mut Client) -> Result<Transaction<'_>, QueryError> {
    let transaction = client.build_transaction();
    let transaction = transaction.isolation_level(IsolationLevel::RepeatableRead);
    Ok(transaction.read_only(true).start().await?)
}

/// A base with all that there is; `None` where the table has no place.
pub(in crate::projections::response_times) async fn build(
    pool: &ReadPool,
    declared: &Declared,
    question: &Question,
    shape: &Shape,
) -> Result<Option<Base>, QueryError> {
    let mut client = pool.get().await?;
    let transaction = moment(&mut client).await?;
    transaction
        .batch_execute(&format!("{HOLD}; {LONG}"))
        .await?;
    let Some(stand) = Stand::read(&transaction, &question.authority).await? else {
        return Ok(None);
    };
    let asked = Asked::of(question, shape);
    let (groups, latest) = settled_up_to(&transaction, &asked, stand.reached).await?;
    let mut base = Base {
        groups,
        stand: stand.clone(),
        latest,
        calendars: declared.shared_calendars(),
    };
    let (_, unsettled) = unsettled_since(&transaction, declared, &asked, FROM_THE_FIRST).await?;
    let unsettled = Changed {
        unsettled,
        ..Changed::default()
    };
    // What lies beyond is read again by whoever asks.
    base.follow(shape, (unsettled, stand));
    Ok(Some(base))
}

/// Before every position.
const FROM_THE_FIRST: i64 = -1;

async fn settled_up_to(
    transaction: &Transaction<'_>,
    asked: &Asked<'_>,
    reached: i64,
) -> Result<(BTreeMap<Place, Group>, Timestamp), QueryError> {
    let statement = include_str!("../../sql/response_times_settled.sql");
    let statement = transaction.prepare_cached(statement).await?;
    let question = asked.question;
    let parameters: [&(dyn ToSql + Sync); 7] = [
        &question.authority,
        &asked.workflow,
        &asked.first,
        &asked.last,
        &question.by,
        &asked.only,
        &asked.code,
    ];
    let rows = transaction.query_raw(&statement, parameters).await?;
    let mut rows = pin!(rows);
    let mut groups: BTreeMap<Place, Building> = BTreeMap::new();
    let mut latest = Timestamp::MIN;
    while let Some(row) = rows.try_next().await? {
        let ended = Ended::of(&row, question.by.as_ref())?;
        if ended.position > reached || !asked.shape.holds(&ended.clock, ended.started_at) {
            continue;
        }
        latest = latest.max(ended.latest());
        for place in places(&ended.clock, &ended.codes, question.by.as_ref()) {
            groups.entry(place).or_default().add(&ended.counted);
        }
    }
    let groups = groups.into_iter();
    let groups = groups.map(|(place, building)| (place, building.end()));
    Ok((groups.collect(), latest))
}

type Keys = Vec<(String, SpellKey)>;

/// Spells that events beyond a position have changed.
#[derive(Default)]
pub(in crate::projections::response_times) struct Changed {
    /// All of them by clock, with those that are not asked about any more.
    pub(super) keys: Keys,
    pub(super) settled: Vec<Ended>,
    pub(super) unsettled: Vec<Unsettled>,
}

/// What came since, and where the table stands now; nothing where the base does not lead there.
pub(in crate::projections::response_times) async fn since(
    pool: &ReadPool,
    declared: &Declared,
    question: &Question,
    (shape, base): (&Shape, &Base),
) -> Result<Option<(Changed, Stand)>, QueryError> {
    let mut client = pool.get().await?;
    let transaction = moment(&mut client).await?;
    let asked = Asked::of(question, shape);
    let from = base.stand.reached;
    // Sent together, and worked on in this order.
    let (_, stand, settled, unsettled) = futures::try_join!(
        async { Ok::<_, QueryError>(transaction.batch_execute(HOLD).await?) },
        Stand::read(&transaction, &question.authority),
        settled_since(&transaction, &asked, from),
        unsettled_since(&transaction, declared, &asked, from),
    )?;
    let Some(stand) = stand.filter(|stand| base.stand.leads_to(stand)) else {
        return Ok(None);
    };
    let ((mut keys, settled), (open_keys, unsettled)) = (settled, unsettled);
    keys.extend(open_keys);
    let changed = Changed {
        keys,
        settled,
        unsettled,
    };
    Ok(Some((changed, stand)))
}

async fn settled_since(
    transaction: &Transaction<'_>,
    asked: &Asked<'_>,
    from: i64,
) -> Result<(Keys, Vec<Ended>), QueryError> {
    let statement = include_str!("../../sql/response_times_settled_since.sql");
    let statement = transaction.prepare_cached(statement).await?;
    let question = asked.question;
    let parameters: [&(dyn ToSql + Sync); 6] = [
        &question.authority,
        &asked.workflow,
        &from,
        &question.by,
        &asked.only,
        &asked.code,
    ];
    let (mut keys, mut settled) = (Vec::new(), Vec::new());
    for row in transaction.query(&statement, &parameters).await? {
        let ended = Ended::of(&row, question.by.as_ref())?;
        keys.push((ended.clock.clone(), (row.get(12), row.get(13))));
        if row.get(14) && asked.shape.holds(&ended.clock, ended.started_at) {
            settled.push(ended);
        }
    }
    Ok((keys, settled))
}

async fn unsettled_since(
    transaction: &Transaction<'_>,
    declared: &Declared,
    asked: &Asked<'_>,
    from: i64,
) -> Result<(Keys, Vec<Unsettled>), QueryError> {
    let statement = include_str!("../../sql/response_times_unsettled.sql");
    let statement = transaction.prepare_cached(statement).await?;
    let question = asked.question;
    let parameters: [&(dyn ToSql + Sync); 8] = [
        &question.authority,
        &asked.workflow,
        &from,
        &asked.first,
        &asked.last,
        &question.by,
        &asked.only,
        &asked.code,
    ];
    let rows = transaction.query_raw(&statement, parameters).await?;
    let mut rows = pin!(rows);
    let (mut keys, mut unsettled) = (Vec::new(), Vec::new());
    while let Some(row) = rows.try_next().await? {
        let (clock, key): (String, SpellKey) = (row.get(1), (row.get(0), row.get(2)));
        keys.push((clock.clone(), key));
        if !row.get::<_, bool>(7) {
            continue;
        }
        let Json(spell): Json<Spell> = row.try_get(5).map_err(unreadable)?;
        if !asked.shape.holds(&clock, spell.started_at) {
            continue;
        }
        let (course, from) = Course::of(declared, spell, (row.get(3), row.get(4)))?;
        unsettled.push(Unsettled {
            clock,
            key,
            codes: match question.by {
                Some(_) => codes(row.get::<_, Option<Value>>(8).as_ref()),
                None => Vec::new(),
            },
            position: row.get(6),
            course,
            from,
        });
    }
    Ok((keys, unsettled))
}
