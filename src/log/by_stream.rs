//! Requests one after the other, each with all its events: for whoever builds something from all of them.

use super::committer::Log;
use super::event::{AppendError, Position, Recorded};
use tokio::task::JoinHandle;
use uuid::Uuid;

const PAGE: i64 = 5_000;

type Page = Result<Vec<Recorded>, AppendError>;

/// Pages of the events up to a position, by authority, stream and version. The next page is on its way
/// while this one is read.
pub struct ByStream {
    log: Log,
    up_to: Position,
    coming: Option<JoinHandle<Page>>,
}

impl Log {
    #[must_use]
    pub fn by_stream(&self, up_to: Position) -> ByStream {
        ByStream {
            log: self.clone(),
            up_to,
            coming: Some(ask(self.clone(), (String::new(), Uuid::nil(), 0), up_to)),
        }
    }
}

impl ByStream {
    /// # Errors
    /// When Postgres is out of reach.
    pub async fn next(&mut self) -> Result<Option<Vec<Recorded>>, AppendError> {
        let Some(coming) = self.coming.take() else {
            return Ok(None);
        };
        let page = coming.await.map_err(|_| AppendError::Unavailable)??;
        let Some(last) = page.last() else {
            return Ok(None);
        };
        let after = (last.authority.to_string(), last.stream, last.version);
        self.coming = Some(ask(self.log.clone(), after, self.up_to));
        Ok(Some(page))
    }
}

fn ask(log: Log, after: (String, Uuid, i32), up_to: Position) -> JoinHandle<Page> {
    tokio::spawn(async move {
        let (authority, stream, version) = after;
        let statement = include_str!("sql/read_by_stream.sql");
        log.read(statement, &[&authority, &stream, &version, &up_to.0, &PAGE])
            .await
    })
}
