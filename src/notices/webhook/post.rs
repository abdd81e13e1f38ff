//! One POST over a connection of its own: to the address that was judged, with TLS by name, within a
//! deadline.

use super::address::{AddressError, Networks, Target};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST, USER_AGENT};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use std::pin::pin;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};

/// What came back, whatever it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    Taken,
    /// 410: nothing is wanted there any more.
    Gone,
    Refused(StatusCode),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PostError {
    #[error(transparent)]
    Address(#[from] AddressError),
    #[error("no connection")]
    Unreachable,
    #[error("no TLS: the certificate is not trusted or not for this host")]
    Untrusted,
    #[error("the connection ended before an answer")]
    HungUp,
}

/// The message as it is sent: the headers of the specification and the body.
pub struct Post<'a> {
    pub id: &'a str,
    pub timestamp: i64,
    pub signatures: &'a str,
    pub body: Bytes,
    pub content_type: &'static str,
}

/// A cheap handle.
#[derive(Clone)]
pub struct Sender {
    allowed: Arc<Networks>,
    tls: TlsConnector,
}

impl Sender {
    /// Trusts what this machine trusts; without any certificate only networks that are allowed
    /// without TLS can be reached.
    #[must_use]
    pub fn new(allowed: Networks) -> Self {
        let mut roots = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        let (added, _) = roots.add_parsable_certificates(found.certs);
        if added == 0 {
            tracing::warn!("this machine has no trusted certificates: no webhook goes out by TLS");
        }
        let provider = Arc::new(ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider);
        let Ok(config) = config.with_safe_default_protocol_versions() else {
            unreachable!("the provider knows the default versions of TLS")
        };
        let config = config.with_root_certificates(roots).with_no_client_auth();
        Self {
            allowed: Arc::new(allowed),
            tls: TlsConnector::from(Arc::new(config)),
        }
    }

    /// # Errors
    /// Where it may not go; nobody there; hung up.
    pub async fn judge(&self, target: &Target) -> Result<(), AddressError> {
        target.resolve(&self.allowed).await.map(drop)
    }

    /// # Errors
    /// When no answer came; it may have been taken all the same.
    pub(crate) async fn send(
        &self,
        target: &Target,
        post: Post<'_>,
    ) -> Result<Answered, PostError> {
        let address = target.resolve(&self.allowed).await?;
        let stream = TcpStream::connect(address).await;
        let stream = stream.map_err(|_| PostError::Unreachable)?;
        let status = if target.is_secret {
            let name = ServerName::try_from(target.host.clone());
            let name = name.map_err(|_| PostError::Untrusted)?;
            let stream = self.tls.connect(name, stream).await;
            exchange(stream.map_err(|_| PostError::Untrusted)?, target, post).await?
        } else {
            exchange(stream, target, post).await?
        };
        Ok(match status {
            taken if taken.is_success() => Answered::Taken,
            StatusCode::GONE => Answered::Gone,
            other => Answered::Refused(other),
        })
    }
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    target: &Target,
    post: Post<'_>,
) -> Result<StatusCode, PostError> {
    let hung_up = |_| PostError::HungUp;
    let path = target
        .uri
        .path_and_query()
        .map_or("/", |path| path.as_str());
    let host = target.uri.authority().map_or("", |host| host.as_str());
    let request = Request::post(path)
        .header(HOST, host)
        .header(USER_AGENT, concat!("rfa/", env!("CARGO_PKG_VERSION")))
        .header(CONTENT_TYPE, post.content_type)
        .header("webhook-id", post.id)
        .header("webhook-timestamp", post.timestamp)
        .header("webhook-signature", post.signatures)
        .body(Full::new(post.body))
        .map_err(|_| AddressError::NotOne)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(hung_up)?;
    let mut answer = pin!(sender.send_request(request));
    // The connection is driven here and ends with this call. One that ends first may have brought an
    // answer.
    let answer = tokio::select! {
        biased;
        answer = &mut answer => answer,
        _ = connection => answer.await,
    };
    answer.map(|answer| answer.status()).map_err(hung_up)
}
