//! Sockets: header deadline, connection cap, graceful end. `axum::serve` has no header deadline.

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

#[derive(Debug, Clone)]
pub struct Sockets {
    pub listen: SocketAddr,
    /// Others wait in the kernel's backlog.
    pub connections_max: usize,
    /// For the head of a call, and for the silence between two calls.
    pub header_deadline: Duration,
    /// For calls that run when the server is told to end.
    pub shutdown_deadline: Duration,
}

const HEADERS_MAX: usize = 100;
const HEADER_BYTES_MAX: usize = 16 * 1024;

#[derive(Debug, thiserror::Error)]
#[error("{listen} cannot be listened on: {source}")]
pub struct ListenError {
    listen: SocketAddr,
    source: std::io::Error,
}

/// # Errors
/// When the address is taken or not ours.
pub async fn listen(listen: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(listen)
        .await
        .map_err(|source| ListenError { listen, source })
}

/// Serves until `shutdown`, then lets running calls end.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    sockets: Sockets,
    shutdown: CancellationToken,
) {
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(sockets.connections_max));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(sockets.header_deadline)
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEADER_BYTES_MAX);
    loop {
        let accept = async {
            let permit = Arc::clone(&room).acquire_owned().await.ok()?;
            Some((permit, listener.accept().await))
        };
        let (permit, accepted) = tokio::select! {
            () = shutdown.cancelled() => break,
            next = accept => match next {
                Some(next) => next,
                None => break,
            },
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of descriptors, mostly: give calls that run the time to end.
                tracing::warn!(%error, "a connection cannot be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "small answers of a connection may wait");
        }
        let service = TowerToHyperService::new(router.clone());
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(permit);
        });
    }
    drop(listener);
    let ended = tokio::time::timeout(sockets.shutdown_deadline, graceful.shutdown()).await;
    if ended.is_err() {
        tracing::warn!("calls were still running at the end");
    }
}
