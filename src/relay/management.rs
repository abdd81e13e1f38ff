//! What the broker's management interface knows and its protocol does not: which bindings and policies
//! there are.

use super::broker_error::Mismatch;
use super::message::RESTRICTED_EXCHANGE;
use super::policy::Policies;
use super::topology::Topology;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::net::TcpStream;

const DEADLINE: Duration = Duration::from_secs(10);
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Told without the URL, which holds a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManagementError {
    #[error(
        "the URL of the management interface is not like http://user:password@host:port/api, with %25 for a % in them"
    )]
    Url,
    #[error("the management interface cannot be reached")]
    Unavailable,
    #[error("the management interface answered {0}")]
    Refused(StatusCode),
}

/// One binding of a queue to an exchange.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Binding {
    source: String,
    destination: String,
    routing_key: String,
}

/// # Errors
/// When they cannot be asked for.
pub async fn bindings(
    management_url: &str,
    amqp_url: &str,
) -> Result<BTreeSet<Binding>, ManagementError> {
    ask(management_url, &format!("bindings/{}", vhost(amqp_url))).await
}

/// # Errors
/// When they cannot be asked for: that takes the tag `policymaker`, which bindings do not.
pub async fn policies(management_url: &str, amqp_url: &str) -> Result<Policies, ManagementError> {
    let vhost = vhost(amqp_url);
    Ok(Policies {
        of_users: ask(management_url, &format!("policies/{vhost}")).await?,
        of_operators: ask(management_url, &format!("operator-policies/{vhost}")).await?,
    })
}

/// What is not bound as it should be; and who reads child protection concerns beside those who may.
#[must_use]
pub fn differences(topology: &Topology, found: &BTreeSet<Binding>) -> Vec<Mismatch> {
    let wanted: BTreeSet<Binding> = topology
        .queues
        .iter()
        .map(|queue| Binding {
            source: queue.exchange.to_owned(),
            destination: queue.name.clone(),
            routing_key: queue.binding.clone(),
        })
        .collect();
    let missing = wanted.difference(found).map(|binding| {
        let (exchange, key) = (&binding.source, &binding.routing_key);
        Mismatch {
            name: binding.destination.clone(),
            why: format!("not bound to `{exchange}` with `{key}`"),
        }
    });
    let foreign = found.difference(&wanted);
    let foreign = foreign.filter(|binding| binding.source == RESTRICTED_EXCHANGE);
    let foreign = foreign.map(|binding| Mismatch {
        name: binding.destination.clone(),
        why: format!("bound to `{RESTRICTED_EXCHANGE}`, which is not for it"),
    });
    missing.chain(foreign).collect()
}

/// Percent-encoded, as in the URL.
fn vhost(amqp_url: &str) -> &str {
    let place = amqp_url.split_once("://").map_or("", |(_, place)| place);
    let path = place.split_once('/').map_or("", |(_, path)| path);
    let path = path.split('?').next().unwrap_or_default();
    if path.is_empty() { "%2F" } else { path }
}

/// A user and a password, as URLs write them: `%40` for an `@`.
fn decoded(account: &str) -> Result<Vec<u8>, ManagementError> {
    let mut decoded = Vec::with_capacity(account.len());
    let mut rest = account.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next(), rest.next()].map(|digit| digit.map(char::from));
            let [Some(high), Some(low)] = digits.map(|digit| digit?.to_digit(16)) else {
                return Err(ManagementError::Url);
            };
            decoded.push(u8::try_from(high * 16 + low).map_err(|_| ManagementError::Url)?);
        } else {
            decoded.push(byte);
        }
    }
    Ok(decoded)
}

async fn ask<T: DeserializeOwned>(url: &str, what: &str) -> Result<T, ManagementError> {
    let asked = tokio::time::timeout(DEADLINE, answer(url, what)).await;
    let body = asked.unwrap_or(Err(ManagementError::Unavailable))?;
    serde_json::from_slice(&body).map_err(|_| ManagementError::Unavailable)
}

async fn answer(url: &str, what: &str) -> Result<Bytes, ManagementError> {
    let place = url.strip_prefix("http://").ok_or(ManagementError::Url)?;
    let (account, place) = place.rsplit_once('@').ok_or(ManagementError::Url)?;
    let (host, path) = place.split_once('/').ok_or(ManagementError::Url)?;
    let request = Request::get(format!("/{path}/{what}"))
        .header("Host", host)
        .header(
            "Authorization",
            format!("Basic {}", STANDARD.encode(decoded(account)?)),
        )
        .body(Empty::<Bytes>::new())
        .map_err(|_| ManagementError::Url)?;
    let unavailable = || ManagementError::Unavailable;
    let stream = TcpStream::connect(host).await.map_err(|_| unavailable())?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|_| unavailable())?;
    let driver = tokio::spawn(connection);
    let answer = sender
        .send_request(request)
        .await
        .map_err(|_| unavailable())?;
    if answer.status() != StatusCode::OK {
        return Err(ManagementError::Refused(answer.status()));
    }
    let body = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect();
    let body = body.await.map_err(|_| unavailable())?.to_bytes();
    driver.abort();
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::{decoded, vhost};

    #[test]
    fn the_vhost_is_that_of_the_url() {
        for (url, expected) in [
            ("amqp://u:p@127.0.0.1:5672/%2f", "%2f"),
            ("amqp://u:p@127.0.0.1:5672/example?heartbeat=10", "example"),
            ("amqp://u:p@127.0.0.1:5672/", "%2F"),
            ("amqp://127.0.0.1", "%2F"),
        ] {
            assert_eq!(vhost(url), expected, "{url}");
        }
    }

    #[test]
    fn a_password_is_read_as_urls_write_it() {
        for (account, expected) in [
            ("guest:guest", Some("guest:guest")),
            ("a%40b:p%3a%25", Some("a@b:p:%")),
            ("a:100%", None),
            ("a:%4", None),
            ("a:%zz", None),
        ] {
            let found = decoded(account).ok();
            assert_eq!(found.as_deref(), expected.map(str::as_bytes), "{account}");
        }
    }
}
