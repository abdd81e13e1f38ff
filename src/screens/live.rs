//! That something has changed, and not what: the page then asks again, with its reader's own rights.

use super::viewer::Viewer;
use super::{ROOT, Screens};
use crate::api::Status;
use crate::api::extract::Params;
use crate::api::problem::Problem;
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
fn mark(status: &Status) -> String {
    let positions = status
        .projections
        .iter()
        .map(|one| one.position.to_string());
    positions.collect::<Vec<_>>().join(".")
}

/// For a page that is drawn from now on: it is told of whatever comes after this moment, also before
/// its browser listens, and between two times that it does.
pub(super) fn address(screens: &Screens) -> String {
    format!("{ROOT}/live?since={}", mark(&screens.app.status.borrow()))
}

pub(super) async fn changes(
    State(screens): State<Screens>,
    _: Viewer,
    params: Params,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let params = params.only(&["since"])?;
    let mut watched = screens.app.status.clone();
    watched.mark_changed();
    let seen = match params.text("since") {
        Some(since) => since.to_owned(),
        None => mark(&watched.borrow_and_update()),
    };
    let changed = stream::unfold((watched, seen), |(watched, seen)| next(watched, seen));
    let ended = screens.shutdown.clone().cancelled_owned();
    let late = tokio::time::sleep(LASTS);
    let until = async move {
        tokio::select! {
            () = ended => {}
            () = late => {}
        }
    };
    Ok(Sse::new(changed.take_until(until)).keep_alive(KeepAlive::new().interval(SIGN_OF_LIFE)))
}

type Watched = watch::Receiver<Status>;

async fn next(
    mut watched: Watched,
    seen: String,
) -> Option<(Result<Event, Infallible>, (Watched, String))> {
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
