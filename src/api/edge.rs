//! Around every call: its id, its deadline, its line in the log, its headers, its problem document.

use super::App;
use super::caller::Call;
use super::extract::one;
use super::problem::{Kind, Problem};
use crate::domain::ids::PrincipalId;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt as _;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};
use uuid::Uuid;

const CALL_ID: HeaderName = HeaderName::from_static("x-request-id");

pub(crate) async fn edge(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let call = one(request.headers(), &CALL_ID)
        .and_then(|id| Uuid::try_parse(id).ok())
        .unwrap_or_else(Uuid::now_v7);
    let method = request.method().clone();
    let path = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    request.extensions_mut().insert(Call(call));
    let mut response = within(app.limits.call_deadline, &method, next.run(request)).await;
    finish(&mut response, call);
    record(&method, &path, &response, started.elapsed(), call);
    response
}

/// A call that hangs or panics is answered all the same.
async fn within(
    deadline: Duration,
    method: &Method,
    run: impl Future<Output = Response>,
) -> Response {
    let run = AssertUnwindSafe(run).catch_unwind();
    match tokio::time::timeout(deadline, run).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => Problem::new(Kind::Internal, "It is logged.").into_response(),
        Err(_) if method == Method::POST => Problem::new(
            Kind::Unknown,
            "It may have been recorded. Send the same command with the same Idempotency-Key to find out.",
        )
        .retry_after(1_000)
        .into_response(),
        Err(_) => Problem::unavailable(1_000).into_response(),
    }
}

fn finish(response: &mut Response, call: Uuid) {
    if let Some(mut problem) = response.extensions_mut().remove::<Problem>() {
        if problem.kind == Kind::BadMethod
            && let Some(allow) = response
                .headers()
                .get(header::ALLOW)
                .and_then(|v| v.to_str().ok())
        {
            problem = problem.clone().allow(allow.split(','));
        }
        write(response, &problem, call);
    }
    let headers = response.headers_mut();
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    if let Ok(id) = HeaderValue::from_str(&call.to_string()) {
        headers.insert(CALL_ID, id);
    }
}

fn write(response: &mut Response, problem: &Problem, call: Uuid) {
    match serde_json::to_vec(&problem.document(call)) {
        Ok(document) => *response.body_mut() = Body::from(document),
        Err(_) => *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR,
    }
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    if let Some(ms) = problem.retry_after_ms {
        headers.insert(
            header::RETRY_AFTER,
            HeaderValue::from(ms.div_ceil(1_000).max(1)),
        );
    }
    if problem.kind == Kind::NoToken {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
}

/// The route's pattern, never the address: ids and queries stay out of the log.
fn record(method: &Method, path: &str, response: &Response, took: Duration, call: Uuid) {
    let status = response.status().as_u16();
    let principal = response
        .extensions()
        .get::<PrincipalId>()
        .map_or("-", PrincipalId::as_str);
    // A method may be any token; only known ones become a label.
    let method = match method.as_str() {
        known @ ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS") => known,
        _ => "other",
    };
    let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    tracing::info!(method, path, status, ms, principal, call = %call, "answered");
    let labels = [
        ("method", method.to_owned()),
        ("path", path.to_owned()),
        ("status", status.to_string()),
    ];
    metrics::counter!("rfa_http_calls_total", &labels).increment(1);
    metrics::histogram!("rfa_http_call_seconds", &labels[..2]).record(took.as_secs_f64());
}

pub(super) async fn nothing_here() -> Problem {
    Problem::not_found()
}

pub(super) async fn wrong_method() -> Problem {
    Problem::new(Kind::BadMethod, "This address has other methods.")
}
