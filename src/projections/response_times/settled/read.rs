//! Settled and unsettled spells as they stand beside the cursors: all read of one moment.

use super::group::{Building, Counted};
use super::{Base, Others, Place, Shape, places};
use crate::domain::declared::Declared;
use crate::domain::time::clock::SpellStatus;
use crate::projections::response_times::ResponseTimes;
use crate::projections::response_times::answer::Question;
use crate::projections::response_times::seen::{Bounds, between_ms, codes};
use crate::projections::shards::{SHARDS, Unit, cursors};
use crate::projections::{Projection, QueryError, ReadPool};
use deadpool_postgres::{Client, Transaction};
use futures::TryStreamExt;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use tokio_postgres::types::{Oid, ToSql};
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
    reached: i64,
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

    /// Whether nothing but what was settled since has been added between the two. A stream that was parked
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
pub(in crate::projections::response_times) struct Ended {
    pub(super) clock: String,
    pub(super) codes: Vec<String>,
    pub(super) started_at: Timestamp,
    ended_at: Timestamp,
    position: i64,
    pub(super) counted: Counted,
}

impl Ended {
    /// Columns by their place: finding them by name would take longer than reading them.
    fn of(row: &Row, by: Option<&String>) -> Self {
        let (received_at, ended_at): (Timestamp, Timestamp) = (row.get(1), row.get(3));
        let is_cancelled: bool = row.get(9);
        let met: Option<bool> = row.get(8);
        Self {
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
                elapsed_ms: row.get(5),
                paused_ms: row.get(6),
                childs_ms: between_ms(received_at, ended_at),
                working_days: u32::try_from(row.get::<_, i32>(7)).unwrap_or(0),
                met,
                // What was given more time is never settled.
                extended: false,
                met_stated: met,
            },
        }
    }

    pub(super) fn latest(&self) -> Timestamp {
        self.started_at.max(self.ended_at)
    }
}

/// What the statements over one shape are asked with.
struct Narrow<'a> {
    question: &'a Question,
    workflow: &'a str,
    first: &'a str,
    last: &'a str,
    only: Option<&'a str>,
    code: Option<&'a str>,
}

impl<'a> Narrow<'a> {
    fn of(bounds: &'a Bounds<'a>) -> Self {
        let question = bounds.question;
        let (first, last) = bounds.clocks();
        let only = question.only.as_ref();
        let only = only.map(|(dimension, code)| (dimension.as_str(), code.as_str()));
        let (only, code) = only.unzip();
        Self {
            question,
            workflow: question.workflow.as_str(),
            first,
            last,
            only,
            code,
        }
    }

    fn parameters(&self) -> [&(dyn ToSql + Sync); 7] {
        [
            &self.question.authority,
            &self.workflow,
            &self.first,
            &self.last,
            &self.question.by,
            &self.only,
            &self.code,
        ]
    }
}

async fn moment(client: &mut Client) -> Result<Transaction<'_>, QueryError> {
    let transaction = client.build_transaction();
    let transaction = transaction.isolation_level(IsolationLevel::RepeatableRead);
    Ok(transaction.read_only(true).start().await?)
}

/// A base with all that is settled; `None` where the table has no place.
pub(in crate::projections::response_times) async fn build(
    pool: &ReadPool,
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
    let statement = include_str!("../../sql/response_times_settled.sql");
    let statement = transaction.prepare_cached(statement).await?;
    let bounds = Bounds::of(question, i64::MAX);
    let asked = Narrow::of(&bounds);
    let rows = transaction
        .query_raw(&statement, asked.parameters())
        .await?;
    let mut rows = pin!(rows);
    let mut groups: BTreeMap<Place, Building> = BTreeMap::new();
    let mut latest = Timestamp::MIN;
    while let Some(row) = rows.try_next().await? {
        let ended = Ended::of(&row, question.by.as_ref());
        if ended.position > stand.reached || !shape.holds(&ended) {
            continue;
        }
        latest = latest.max(ended.latest());
        for place in places(&ended.clock, &ended.codes, question.by.as_ref()) {
            groups.entry(place).or_default().add(&ended.counted);
        }
    }
    let groups = groups.into_iter();
    Ok(Some(Base {
        groups: groups
            .map(|(place, building)| (place, building.end()))
            .collect(),
        stand,
        latest,
    }))
}

/// What came since, and what is read each time.
pub(in crate::projections::response_times) struct Since {
    /// Where the table stands now, if the base leads there.
    pub(in crate::projections::response_times) stand: Option<Stand>,
    /// To be kept.
    pub(in crate::projections::response_times) settled: Vec<Ended>,
    pub(in crate::projections::response_times) others: Others,
    /// No settled spell among the others began or ended later.
    pub(in crate::projections::response_times) latest: Timestamp,
}

pub(in crate::projections::response_times) async fn since(
    pool: &ReadPool,
    declared: &Declared,
    question: &Question,
    (shape, base): (&Shape, &Base),
) -> Result<Since, QueryError> {
    let mut client = pool.get().await?;
    let transaction = moment(&mut client).await?;
    // Sent together, and worked on in this order.
    let (_, stand, settled, mut others) = futures::try_join!(
        async { Ok::<_, QueryError>(transaction.batch_execute(HOLD).await?) },
        Stand::read(&transaction, &question.authority),
        settled_since(&transaction, question, (shape, base)),
        unsettled(&transaction, declared, question),
    )?;
    let stand = stand.filter(|stand| base.stand.leads_to(stand));
    let reached = stand.as_ref().map_or(0, |stand| stand.reached);
    let (settled, beyond): (Vec<Ended>, Vec<Ended>) =
        settled.into_iter().partition(|one| one.position <= reached);
    let mut latest = Timestamp::MIN;
    for one in beyond {
        latest = latest.max(one.latest());
        others.add((&one.clock, &one.codes), question.by.as_ref(), &one.counted);
    }
    Ok(Since {
        stand,
        settled,
        others,
        latest,
    })
}

async fn settled_since(
    transaction: &Transaction<'_>,
    question: &Question,
    (shape, base): (&Shape, &Base),
) -> Result<Vec<Ended>, QueryError> {
    let statement = include_str!("../../sql/response_times_settled_since.sql");
    let statement = transaction.prepare_cached(statement).await?;
    let (only, code) = question.only.clone().unzip();
    let workflow = question.workflow.as_str();
    let parameters: [&(dyn ToSql + Sync); 6] = [
        &question.authority,
        &workflow,
        &base.stand.reached,
        &question.by,
        &only,
        &code,
    ];
    let rows = transaction.query(&statement, &parameters).await?;
    let ended = rows.iter().map(|row| Ended::of(row, question.by.as_ref()));
    Ok(ended.filter(|one| shape.holds(one)).collect())
}

async fn unsettled(
    transaction: &Transaction<'_>,
    declared: &Declared,
    question: &Question,
) -> Result<Others, QueryError> {
    let statement = include_str!("../../sql/response_times_unsettled.sql");
    let statement = transaction.prepare_cached(statement).await?;
    let bounds = Bounds::of(question, i64::MAX).without_open_days();
    let asked = Narrow::of(&bounds);
    let mut others = Others::default();
    for row in transaction.query(&statement, &asked.parameters()).await? {
        if bounds.started(row.get(4)) {
            let seen = bounds.read(&row, declared)?;
            let place = (seen.clock.as_str(), seen.groups.as_slice());
            others.add(place, question.by.as_ref(), &Counted::from(&seen));
        }
    }
    Ok(others)
}
