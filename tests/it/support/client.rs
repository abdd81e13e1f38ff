//! The program served for a test, with its demonstration people as callers.

use super::{Broker, Postgres, ProcessUnderTest, TestDatabase, TestVhost, until};
use reqwest::{Method, Response, StatusCode};
use rfa::commands::Registry;
use rfa::log::Log;
use rfa::log::connect::LogConfig;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;
use uuid::Uuid;

pub(crate) struct Served {
    /// Kept as long as the program runs on them; absent over servers of the test's own.
    own: Option<(TestDatabase, TestVhost)>,
    urls: (String, String),
    /// Variables beyond those of every test.
    more: Vec<(&'static str, String)>,
    pub(crate) process: ProcessUnderTest,
    tokens: HashMap<String, String>,
}

/// What came back: status, ETag and body.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) etag: Option<String>,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
    pub(crate) text: String,
}

/// A call that is being put together.
pub(crate) struct Call<'a> {
    served: &'a Served,
    request: reqwest::RequestBuilder,
}

impl Served {
    pub(crate) async fn start() -> Self {
        let own = (Postgres::database().await, Broker::vhost().await);
        let mut served = Self::over(&own.0.url, &own.1.url).await;
        served.own = Some(own);
        served
    }

    /// By other definition files than the shipped ones.
    pub(crate) async fn by(workflows: &Path) -> Self {
        let own = (Postgres::database().await, Broker::vhost().await);
        let folder = workflows.to_str().expect("a path in UTF-8");
        let more = [("RFA_WORKFLOWS", folder.to_owned())];
        let mut served = Self::over_by(&own.0.url, &own.1.url, &more).await;
        served.own = Some(own);
        served
    }

    /// Over servers that the test has of its own.
    pub(crate) async fn over(database: &str, broker: &str) -> Self {
        Self::over_by(database, broker, &[]).await
    }

    pub(crate) async fn over_by(
        database: &str,
        broker: &str,
        more: &[(&'static str, String)],
    ) -> Self {
        let process = serve(database, broker, more).await;
        let tokens = tokens(&process);
        Self {
            own: None,
            urls: (database.to_owned(), broker.to_owned()),
            more: more.to_vec(),
            process,
            tokens,
        }
    }

    pub(crate) fn database(&self) -> &TestDatabase {
        &self
            .own
            .as_ref()
            .expect("a database of the shared cluster")
            .0
    }

    pub(crate) fn vhost(&self) -> &TestVhost {
        &self.own.as_ref().expect("a vhost of the shared broker").1
    }

    /// A subcommand over the same servers: whether it went well, and what it said.
    pub(crate) async fn run(&self, arguments: &[&str]) -> (bool, String) {
        self.run_with(arguments, &self.urls.1).await
    }

    /// The same with another broker.
    pub(crate) async fn run_with(&self, arguments: &[&str], broker: &str) -> (bool, String) {
        let environment = [("DATABASE_URL", self.urls.0.as_str()), ("AMQP_URL", broker)];
        let mut process = ProcessUnderTest::spawn(arguments, &environment);
        let ended = process.wait().await;
        (ended.success(), process.output())
    }

    /// What is in force, read by another replica.
    pub(crate) async fn other_replica(&self) -> Registry {
        let config = LogConfig {
            database_url: self.urls.0.clone(),
            queue_commands_max: 100,
            pool_max: 2,
        };
        let log = Log::connect(&config).await.expect("the log");
        Registry::open(log).await.expect("what is in force")
    }

    pub(crate) fn broker_url(&self) -> &str {
        &self.urls.1
    }

    /// The process ends as by `kill -9`; a new one takes over.
    pub(crate) async fn restart_after_a_kill(&mut self) {
        self.process.kill();
        self.process = serve(&self.urls.0, &self.urls.1, &self.more).await;
        self.tokens = tokens(&self.process);
    }

    pub(crate) fn call(&self, method: Method, path: &str, person: &str) -> Call<'_> {
        let token = &self.tokens[person];
        let url = format!("{}{path}", self.process.http);
        let request = reqwest::Client::new()
            .request(method, url)
            .timeout(Duration::from_secs(30))
            .bearer_auth(token);
        Call {
            served: self,
            request,
        }
    }

    /// For a program that calls by itself.
    pub(crate) fn token(&self, person: &str) -> &str {
        &self.tokens[person]
    }

    pub(crate) async fn get(&self, path: &str, person: &str) -> Answer {
        self.call(Method::GET, path, person).send().await
    }

    pub(crate) async fn post(&self, path: &str, person: &str, body: Value) -> Answer {
        self.call(Method::POST, path, person)
            .key(&Uuid::new_v4().to_string())
            .json(body)
            .send()
            .await
    }

    /// An invented request, sent by the head teacher in Girvan; its id.
    pub(crate) async fn sent(&self) -> Uuid {
        let answer = self
            .post(
                "/requests",
                "head.girvan",
                json!({ "data": example("send") }),
            )
            .await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        serde_json::from_value(answer.body["request_id"].clone()).unwrap()
    }

    /// Claimed by the person, who has then opened it: version 3 of a request that was just sent.
    pub(crate) async fn claimed(&self, request: Uuid, person: &str) {
        let path = format!("/requests/{request}");
        let claim = self.post(&format!("{path}/claim"), person, json!({})).await;
        assert_eq!(claim.status, StatusCode::OK, "{}", claim.text);
        let opened = self.get(&path, person).await;
        assert_eq!(opened.status, StatusCode::OK, "{}", opened.text);
    }

    /// A move at the version that the request has once the person has opened it.
    pub(crate) async fn make(
        &self,
        request: Uuid,
        name: &str,
        person: &str,
        data: Value,
    ) -> Answer {
        let seen = self.get(&format!("/requests/{request}"), person).await;
        let etag = seen.etag.unwrap_or_else(|| "\"1\"".to_owned());
        self.call(
            Method::POST,
            &format!("/requests/{request}/moves/{name}"),
            person,
        )
        .key(&Uuid::new_v4().to_string())
        .header("If-Match", &etag)
        .json(json!({ "data": data }))
        .send()
        .await
    }

    /// A look-up of a number that nobody has; it waits until all that was recorded can be found.
    pub(crate) async fn settled(&self) {
        let body = json!({ "kind": "seemis", "number": "0", "reason": "new-request" });
        until("look-ups know the log", Duration::from_secs(20), || async {
            let call = self.call(Method::POST, "/requests/find", "head.girvan");
            let found = call.json(body.clone()).send().await;
            (found.status == StatusCode::OK).then_some(())
        })
        .await;
    }

    pub(crate) fn people(&self) -> impl Iterator<Item = &str> {
        self.tokens.keys().map(String::as_str)
    }
}

impl Call<'_> {
    pub(crate) fn key(self, key: &str) -> Self {
        self.header("Idempotency-Key", key)
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub(crate) fn json(self, body: Value) -> Self {
        self.bytes(body.to_string().into_bytes())
            .header("Content-Type", "application/json")
    }

    pub(crate) fn bytes(mut self, body: Vec<u8>) -> Self {
        self.request = self.request.body(body);
        self
    }

    pub(crate) async fn try_send(self) -> Result<Answer, reqwest::Error> {
        let _keeps_the_process = self.served;
        Answer::of(self.request.send().await?).await
    }

    pub(crate) async fn send(self) -> Answer {
        self.try_send().await.unwrap()
    }
}

impl Answer {
    async fn of(response: Response) -> Result<Self, reqwest::Error> {
        let status = response.status();
        let headers = response.headers().clone();
        let etag = headers
            .get("etag")
            .and_then(|v| v.to_str().ok())
            .map(str::to_owned);
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Self {
            status,
            etag,
            headers,
            body,
            text,
        })
    }
}

/// Read by a client that nobody here wrote.
pub(crate) async fn consume(url: &str, queue: &str) -> Value {
    let output = tokio::process::Command::new("timeout")
        .args([
            "20",
            "amqp-consume",
            "--url",
            url,
            "-q",
            queue,
            "-c",
            "1",
            "cat",
        ])
        .output()
        .await
        .expect("amqp-consume from the package amqp-tools");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// One of the shipped examples.
pub(crate) fn example(name: &str) -> Value {
    let file =
        super::engine::workflows().join(format!("request-for-assistance/examples/{name}.json"));
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

async fn serve(database: &str, broker: &str, more: &[(&'static str, String)]) -> ProcessUnderTest {
    let mut environment = vec![("DATABASE_URL", database), ("AMQP_URL", broker)];
    environment.extend(more.iter().map(|(name, value)| (*name, value.as_str())));
    let mut process = ProcessUnderTest::spawn(&["serve", "--demo"], &environment);
    process.wait_for("/readyz").await;
    let ready = format!("{}/readyz", process.http);
    until("the broker is there", Duration::from_secs(30), || async {
        let ready: Value = reqwest::get(&ready).await.ok()?.json().await.ok()?;
        (ready["broker"] == "up").then_some(())
    })
    .await;
    process
}

fn tokens(process: &ProcessUnderTest) -> HashMap<String, String> {
    process
        .output()
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let (person, token) = (words.next()?, words.next()?);
            token
                .starts_with("rfa_")
                .then(|| (person.to_owned(), token.to_owned()))
        })
        .collect()
}
