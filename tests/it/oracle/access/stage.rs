//! What every try needs: the program, a client, the workflow file and everybody who tries.

use super::book::WorkflowBook;
use super::cast::{self, CallerPair, WholeCast};
use crate::support::WorkflowFiles;
use crate::support::client::Served;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use uuid::Uuid;

/// How often a try is made anew when the request has moved on, or the server has too much to do.
const TRIES_MAX: usize = 6;

pub(super) struct SweepStage {
    pub(super) served: Served,
    client: Client,
    pub(super) book: WorkflowBook,
    pub(super) cast: WholeCast,
    sent_count: AtomicU32,
    /// Of a request of the same team, for those who note that two belong together.
    other_reference: std::sync::OnceLock<String>,
    _files: WorkflowFiles,
}

/// What a try was answered with, in the words of the rules.
#[derive(Debug)]
pub(super) struct TryAnswer {
    pub(super) answer: &'static str,
    /// The kind of problem, where it was refused.
    pub(super) detail: String,
    pub(super) body: Value,
}

/// A request as one reader was shown it.
pub(super) struct ShownRequest {
    pub(super) status: StatusCode,
    pub(super) version: Option<i32>,
    pub(super) text: String,
    pub(super) body: Value,
}

/// An act on its way to the API.
pub(super) struct ApiCall<'a> {
    pub(super) caller: &'a CallerPair,
    pub(super) path: String,
    pub(super) body: Value,
    pub(super) version: Option<i32>,
}

impl TryAnswer {
    pub(super) fn of(status: u16, body: Value) -> Self {
        let answer = match status {
            200 | 201 | 303 => "taken",
            401 => "no role",
            403 => "forbidden",
            404 => "hidden",
            409 => "not now",
            _ => "unfit",
        };
        let mut detail = String::new();
        if answer == "unfit" {
            let what = &body["errors"][0]["what"];
            let pointer = &body["errors"][0]["pointer"];
            detail = format!("{status} {} {pointer} {what}", body["type"]);
        }
        Self {
            answer,
            detail,
            body,
        }
    }

    pub(super) fn is_taken(&self) -> bool {
        self.answer == "taken"
    }

    /// Of the request after it.
    pub(super) fn version(&self) -> Option<i32> {
        self.body["version"]
            .as_i64()
            .and_then(|version| i32::try_from(version).ok())
    }
}

impl SweepStage {
    pub(super) async fn start() -> Self {
        let files = cast::files();
        let served = Served::by(files.folder()).await;
        Self {
            served,
            client: Client::builder()
                .timeout(Duration::from_secs(60))
                .build()
                .unwrap(),
            book: WorkflowBook::shipped(),
            cast: WholeCast::read(&files),
            sent_count: AtomicU32::new(0),
            other_reference: std::sync::OnceLock::new(),
            _files: files,
        }
    }

    /// Another request of the same people, once.
    pub(super) async fn send_another(&self) {
        let request = self.served.sent().await;
        let shown = self
            .show(&format!("/requests/{request}"), cast::REQUESTER)
            .await;
        let reference = shown.body["reference"].as_str().unwrap().to_owned();
        self.other_reference
            .set(reference)
            .expect("it is sent once");
    }

    pub(super) fn other_reference(&self) -> &str {
        self.other_reference
            .get()
            .expect("another request was sent")
    }

    /// Six letters that stand in no other request.
    pub(super) fn fresh_letters(&self) -> String {
        let mut number = self.sent_count.fetch_add(1, Ordering::Relaxed);
        let mut letters = String::new();
        for _ in 0..6 {
            let letter = u8::try_from(number % 26).unwrap();
            letters.push(char::from(b'a' + letter));
            number /= 26;
        }
        letters
    }

    fn request(&self, method: Method, path: &str, by: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.served.process.http);
        self.client
            .request(method, url)
            .bearer_auth(self.served.token(by))
    }

    pub(super) async fn show(&self, path: &str, by: &str) -> ShownRequest {
        let answer = self.request(Method::GET, path, by).send().await.unwrap();
        let status = answer.status();
        let etag = answer
            .headers()
            .get("etag")
            .and_then(|etag| etag.to_str().ok());
        let version = etag.and_then(|etag| etag.trim_matches('"').parse().ok());
        let text = answer.text().await.unwrap();
        ShownRequest {
            status,
            version,
            body: serde_json::from_str(&text).unwrap_or_default(),
            text,
        }
    }

    /// A question in a body: nothing is done by it.
    pub(super) async fn ask(&self, path: &str, by: &str, body: &Value) -> ShownRequest {
        let mut answer = self
            .request(Method::POST, path, by)
            .json(body)
            .send()
            .await
            .unwrap();
        // What was recorded a moment ago may not be found yet.
        for _ in 1..TRIES_MAX {
            if answer.status() != StatusCode::SERVICE_UNAVAILABLE {
                break;
            }
            answer = self
                .request(Method::POST, path, by)
                .json(body)
                .send()
                .await
                .unwrap();
        }
        let status = answer.status();
        let text = answer.text().await.unwrap();
        ShownRequest {
            status,
            version: None,
            body: serde_json::from_str(&text).unwrap_or_default(),
            text,
        }
    }

    /// Tries again where the version has moved on, so that only a right can be missing.
    pub(super) async fn call(&self, call: &ApiCall<'_>) -> TryAnswer {
        let mut body = call.body.clone();
        if let Some(person) = &call.caller.speaks_for {
            body["on_behalf_of"] = json!(person);
        }
        let mut version = call.version;
        let mut tries = 0;
        loop {
            let mut request = self
                .request(Method::POST, &call.path, &call.caller.by)
                .header("Idempotency-Key", Uuid::new_v4().to_string())
                .json(&body);
            if let Some(version) = version {
                request = request.header("If-Match", format!("\"{version}\""));
            }
            let answer = request.send().await.unwrap();
            let status = answer.status().as_u16();
            let told: Value = answer.json().await.unwrap_or_default();
            tries += 1;
            if tries < TRIES_MAX && matches!(status, 412 | 428 | 503) {
                version = newer_version(&told).or(version);
                continue;
            }
            return TryAnswer::of(status, told);
        }
    }
}

/// The version that a refusal tells.
pub(super) fn newer_version(told: &Value) -> Option<i32> {
    let (_, rest) = told["detail"].as_str()?.split_once("now version ")?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}
