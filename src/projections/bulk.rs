//! A read table written whole: request after request from its events alone, by COPY, and its indexes
//! last. Nothing is loaded and nothing is rewritten, and one request is in memory at a time.

use super::Projection;
use super::copy::Copy;
use super::retold::{History, Retold};
use super::runner::RunnerError;
use super::shape;
use super::store::Parked;
use crate::log::{Log, Position};
use deadpool_postgres::Transaction;

/// A new table with all that the log holds up to a position.
pub(super) struct Bulk<'a> {
    pub(super) log: &'a Log,
    pub(super) up_to: Position,
    /// Hears how many events were read.
    pub(super) progress: &'a (dyn Fn(i64) + Sync),
}

impl Bulk<'_> {
    /// Makes the table and fills it; what has to be parked.
    pub(super) async fn write<P: Projection>(
        &self,
        transaction: &Transaction<'_>,
        table: &str,
    ) -> Result<Vec<Parked>, RunnerError> {
        let mut declarations = self.log.read_declared(Position(0)).await?;
        declarations.retain(|event| event.position <= self.up_to);
        let history = History::of(&declarations)?;
        shape::create_bare::<P, _>(transaction, table).await?;
        let mut copy = Copy::into(transaction, table).await?;
        let mut parked = Vec::new();
        let mut retold: Option<Retold<P>> = None;
        let mut pages = self.log.by_stream(self.up_to);
        let mut read = 0;
        while let Some(page) = pages.next().await? {
            for event in page {
                read += 1;
                let key = (event.authority.to_string(), event.stream);
                if retold.as_ref().is_none_or(|retold| retold.key != key) {
                    let ended = retold.replace(Retold::begin(key));
                    parked.extend(self.end(ended, &history, &mut copy).await?);
                }
                if let Some(retold) = &mut retold {
                    let moments = history.moments(&retold.key.0);
                    retold.follow(event, moments);
                }
            }
            (self.progress)(read);
        }
        parked.extend(self.end(retold, &history, &mut copy).await?);
        copy.finish().await?;
        shape::index::<P, _>(transaction, table).await?;
        Ok(parked)
    }

    async fn end<P: Projection>(
        &self,
        retold: Option<Retold<P>>,
        history: &History,
        copy: &mut Copy<'_>,
    ) -> Result<Option<Parked>, RunnerError> {
        let Some(retold) = retold else {
            return Ok(None);
        };
        let moments = history.moments(&retold.key.0);
        let retold = retold.end(moments, self.up_to);
        for row in &retold.rows {
            copy.push(row).await?;
        }
        Ok(retold.parked)
    }
}
