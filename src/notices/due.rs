//! What is due to be tried, and what became of it.

use super::delivering::{CURSOR, NoticeError};
use super::pace::Pace;
use super::subscription::Channel;
use crate::log::{Log, Position};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use uuid::Uuid;

/// Tried at once for one subscription, and for all.
const TOGETHER_MAX: usize = 8;
const TOGETHER_MAX_OF_ALL: usize = 64;

/// Of one request, on its way to one subscriber.
pub(super) type Flying = (Uuid, Uuid);

#[derive(Clone)]
pub(super) struct Due {
    pub(super) subscription: Uuid,
    pub(super) authority: String,
    pub(super) principal: String,
    pub(super) channel: Channel,
    pub(super) target: Vec<u8>,
    pub(super) secret_number: i32,
    pub(super) position: Position,
    pub(super) stream: Uuid,
    pub(super) occasion: Option<String>,
    pub(super) attempts: i32,
}

impl Due {
    pub(super) fn flying(&self) -> Flying {
        (self.subscription, self.stream)
    }
}

/// Due now and not being tried, no more than may be tried at once: whoever has least on its way first,
/// so that addresses where everything hangs keep no place from the others.
pub(super) async fn due(log: &Log, flying: &BTreeSet<Flying>) -> Result<Vec<Due>, NoticeError> {
    let free = TOGETHER_MAX_OF_ALL.saturating_sub(flying.len());
    if free == 0 {
        return Ok(Vec::new());
    }
    let (subscriptions, streams): (Vec<Uuid>, Vec<Uuid>) = flying.iter().copied().unzip();
    let client = log.pool().get().await?;
    let statement = client.prepare_cached(include_str!("sql/due.sql")).await?;
    let limit = i64::try_from(TOGETHER_MAX).unwrap_or(1);
    let rows = client
        .query(&statement, &[&subscriptions, &streams, &limit])
        .await?;
    let mut busy: BTreeMap<Uuid, usize> = BTreeMap::new();
    for subscription in subscriptions {
        *busy.entry(subscription).or_default() += 1;
    }
    let mut found = Vec::new();
    for row in &rows {
        let subscription: Uuid = row.get(0);
        let together = busy.entry(subscription).or_default();
        let Some(channel) = Channel::find(row.get(2)) else {
            continue;
        };
        if *together < TOGETHER_MAX {
            *together += 1;
            found.push((
                *together,
                Due {
                    subscription,
                    authority: row.get(1),
                    channel,
                    target: row.get(3),
                    secret_number: row.get(4),
                    position: Position(row.get(5)),
                    stream: row.get(6),
                    occasion: row.get(7),
                    attempts: row.get(8),
                    principal: row.get(9),
                },
            ));
        }
    }
    found.sort_by_key(|(together, _)| *together);
    found.truncate(free);
    Ok(found.into_iter().map(|(_, due)| due).collect())
}

pub(super) async fn arrived(log: &Log, due: &Due) -> Result<(), NoticeError> {
    let client = log.pool().get().await?;
    client
        .execute(
            include_str!("sql/arrived.sql"),
            &[&due.subscription, &due.position.0],
        )
        .await?;
    Ok(())
}

/// Whether it is parked now.
pub(super) async fn failed(
    log: &Log,
    due: &Due,
    why: &str,
    pace: &Pace,
) -> Result<bool, NoticeError> {
    let failures = u32::try_from(due.attempts).unwrap_or_default() + 1;
    let pause = pace.retry_after(failures, rand::random());
    let client = log.pool().get().await?;
    let row = client
        .query_opt(
            include_str!("sql/failed.sql"),
            &[
                &due.subscription,
                &due.position.0,
                &why,
                &pause.as_secs_f64(),
                &pace.give_up_after.as_secs_f64(),
            ],
        )
        .await?;
    Ok(row.is_some_and(|row| row.get(0)))
}

/// Nothing more is wanted there.
pub(super) async fn gone(log: &Log, due: &Due) -> Result<(), NoticeError> {
    let client = log.pool().get().await?;
    client
        .execute(include_str!("sql/gone.sql"), &[&due.subscription])
        .await?;
    Ok(())
}

/// Lately, of what was given up: twice as long as trying takes.
const LATELY: f64 = 7.0 * 24.0 * 3_600.0;

/// Ends webhooks where whatever was sent for so long was given up: which ones. What is parked there is
/// seen for as long again.
pub(super) async fn forget(log: &Log, after: Duration) -> Result<Vec<Uuid>, NoticeError> {
    let client = log.pool().get().await?;
    let rows = client
        .query(
            include_str!("sql/forget.sql"),
            &[&after.as_secs_f64(), &LATELY],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Events of the log that were not put on their way yet.
///
/// # Errors
/// When the log is out of reach.
pub async fn behind(log: &Log) -> Result<i64, NoticeError> {
    let head = log.head().await?;
    let client = log.pool().get().await?;
    let row = client
        .query_opt(include_str!("sql/position.sql"), &[&CURSOR])
        .await?;
    Ok(row.map_or(0, |row| head.0 - row.get::<_, i64>(0)))
}

/// Waiting and parked, of all.
pub(super) async fn counts(log: &Log) -> Result<(i64, i64), NoticeError> {
    let client = log.pool().get().await?;
    let row = client
        .query_one(include_str!("sql/counts.sql"), &[])
        .await?;
    Ok((row.get(0), row.get(1)))
}
