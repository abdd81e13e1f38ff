//! That something has changed, and not what: the page then asks again, with its reader's own rights.

use super::Screens;
use super::viewer::Viewer;
use crate::api::Status;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::{Stream, StreamExt as _, stream};
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::watch;

/// Then the browser comes again, and has to show that it may.
const LASTS: Duration = Duration::from_secs(600);
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);

/// How far the read tables are that pages show.
fn mark(status: &Status) -> Vec<i64> {
    status.projections.iter().map(|one| one.position).collect()
}

pub(super) async fn changes(
    State(screens): State<Screens>,
    _: Viewer,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut watched = screens.app.status.clone();
    let seen = mark(&watched.borrow_and_update());
    let changed = stream::unfold((watched, seen), |(watched, seen)| next(watched, seen));
    let ended = screens.shutdown.clone().cancelled_owned();
    let late = tokio::time::sleep(LASTS);
    let until = async move {
        tokio::select! {
            () = ended => {}
            () = late => {}
        }
    };
    Sse::new(changed.take_until(until)).keep_alive(KeepAlive::new().interval(SIGN_OF_LIFE))
}

type Watched = watch::Receiver<Status>;

async fn next(
    mut watched: Watched,
    seen: Vec<i64>,
) -> Option<(Result<Event, Infallible>, (Watched, Vec<i64>))> {
    loop {
        watched.changed().await.ok()?;
        let now = mark(&watched.borrow_and_update());
        // Browsers leave out events without data.
        if now != seen {
            return Some((
                Ok(Event::default().event("changed").data("changed")),
                (watched, now),
            ));
        }
    }
}
