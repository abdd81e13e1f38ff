//! A receiver on loopback: real HTTP, with the faults that receivers have.

use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto::ring};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reply {
    Status(u16),
    /// Reads all of it and closes the connection.
    HangUp,
    /// Reads all of it and never answers.
    Silence,
    /// Asks to come elsewhere, to itself.
    Redirect,
}

/// One POST as it came.
#[derive(Debug, Clone)]
pub(crate) struct Got {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
    pub(crate) reply: Reply,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub(crate) fn body(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }

    pub(crate) fn is_taken(&self) -> bool {
        matches!(self.reply, Reply::Status(200..300))
    }
}

#[derive(Default)]
struct State {
    got: Mutex<Vec<Got>>,
    replies: Mutex<VecDeque<Reply>>,
    usual: Mutex<Option<Reply>>,
}

pub(crate) struct Receiver {
    pub(crate) url: String,
    state: Arc<State>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let state = Arc::<State>::default();
        tokio::spawn(accept(listener, None, Arc::clone(&state)));
        Self { url, state }
    }

    /// With TLS, by a certificate for `localhost` of an authority made for tests (`tls/ca.pem`).
    pub(crate) async fn start_with_tls() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::<State>::default();
        tokio::spawn(accept(listener, Some(acceptor()), Arc::clone(&state)));
        let url = format!("https://localhost:{port}/hook");
        Self { url, state }
    }

    /// These answers first.
    pub(crate) fn reply(&self, replies: &[Reply]) {
        self.state.replies.lock().unwrap().extend(replies);
    }

    /// And this one from then on; 204 if not said.
    pub(crate) fn usually(&self, reply: Reply) {
        *self.state.usual.lock().unwrap() = Some(reply);
    }

    pub(crate) fn got(&self) -> Vec<Got> {
        self.state.got.lock().unwrap().clone()
    }

    pub(crate) fn unanswered(&self) -> usize {
        let silent = |got: &&Got| got.reply == Reply::Silence;
        self.state.got.lock().unwrap().iter().filter(silent).count()
    }

    pub(crate) fn taken(&self) -> Vec<Got> {
        self.got().into_iter().filter(Got::is_taken).collect()
    }
}

fn acceptor() -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("tls/leaf.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/leaf.key")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, state: Arc<State>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (state, tls) = (Arc::clone(&state), tls.clone());
        tokio::spawn(async move {
            match tls {
                None => serve(stream, &state).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        serve(stream, &state).await;
                    }
                }
            }
        });
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, state: &State) {
    let service = service_fn(|request| answer(request, state));
    let server = hyper::server::conn::http1::Builder::new();
    // A hang-up ends with an error here.
    drop(server.serve_connection(TokioIo::new(stream), service).await);
}

async fn answer(
    request: Request<Incoming>,
    state: &State,
) -> Result<Response<Empty<Bytes>>, String> {
    let next = state.replies.lock().unwrap().pop_front();
    let usual = *state.usual.lock().unwrap();
    let reply = next.or(usual).unwrap_or(Reply::Status(204));
    let (parts, body) = request.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    state.got.lock().unwrap().push(Got {
        path: parts.uri.to_string(),
        headers: parts.headers,
        bytes,
        reply,
    });
    let mut response = Response::new(Empty::new());
    match reply {
        Reply::HangUp => return Err("hangs up".to_owned()),
        Reply::Silence => std::future::pending().await,
        Reply::Status(status) => *response.status_mut() = StatusCode::from_u16(status).unwrap(),
        Reply::Redirect => {
            *response.status_mut() = StatusCode::FOUND;
            let elsewhere = "/elsewhere".parse().unwrap();
            response.headers_mut().insert("location", elsewhere);
        }
    }
    Ok(response)
}
