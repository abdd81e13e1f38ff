//! Commands over HTTP by 64 connections in a closed loop, beside a bare handler in the same run.

use super::bare;
use super::figures::Round;
use super::served::{Connection, Served, example};
use serde_json::Value;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const CONNECTIONS: usize = 64;
const WARM_UP: Duration = Duration::from_millis(1_000);
const LENGTH: Duration = Duration::from_millis(4_000);

pub(crate) async fn measure(url: &str, round: &mut Round) {
    let (mut child, address) = start_bare(url);
    super::served::until_it_answers(&address, "/").await;
    keep(round, "bare_64", clients(&address, || Work::Bare).await);
    child.kill().unwrap();
    child.wait().unwrap();

    let served = Served::start(url, None).await;
    let (head, duty) = (served.token("head.girvan"), served.token("duty.carrick"));
    let sends = clients(&served.address, || Work::Send {
        token: head.clone(),
    });
    keep(round, "send_64", sends.await);
    let claims = clients(&served.address, || Work::Claim {
        head: head.clone(),
        duty: duty.clone(),
        request: None,
        is_claimed: false,
    });
    keep(round, "claim_64", claims.await);
    round.keep("server_peak_mib", served.peak_mib());
}

fn start_bare(url: &str) -> (std::process::Child, String) {
    let address = super::served::free_address();
    let child = Command::new(std::env::current_exe().unwrap())
        .env(bare::URL, url)
        .env(bare::ADDRESS, &address)
        .stdout(Stdio::null())
        .spawn();
    (child.unwrap(), address)
}

/// Times in ms of the calls that began and ended while it was measured.
type Times = Vec<f64>;

async fn clients(address: &str, work: impl Fn() -> Work) -> Times {
    let mut tasks = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let client = Client {
            connection: Connection::open(address).await.unwrap(),
            work: work(),
        };
        tasks.spawn(client.repeat());
    }
    tasks.join_all().await.concat()
}

fn keep(round: &mut Round, name: &str, mut times: Times) {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    let per_s = times.len() as f64 / LENGTH.as_secs_f64();
    round.keep(&format!("{name}_per_s"), per_s);
    round.keep(&format!("{name}_p50_ms"), at(0.5));
    round.keep(&format!("{name}_p99_ms"), at(0.99));
}

enum Work {
    Bare,
    Send {
        token: String,
    },
    /// A request of its own is claimed and given back again and again: one small event each.
    Claim {
        head: String,
        duty: String,
        request: Option<String>,
        is_claimed: bool,
    },
}

struct Client {
    connection: Connection,
    work: Work,
}

impl Client {
    /// Calls until the time is up.
    async fn repeat(mut self) -> Times {
        let start = Instant::now() + WARM_UP;
        let end = start + LENGTH;
        let mut times = Vec::new();
        while Instant::now() < end {
            let began = Instant::now();
            let (status, answer) = self.call().await;
            assert!((200..300).contains(&status), "{status}: {answer}");
            let done = Instant::now();
            if began >= start && done < end {
                times.push((done - began).as_secs_f64() * 1_000.0);
            }
        }
        times
    }

    async fn call(&mut self) -> (u16, String) {
        let Self { connection, work } = self;
        let body = example();
        match work {
            Work::Bare => connection.call("POST", "/", &[], &body).await,
            Work::Send { token } => connection.command("/requests", token, &body).await,
            Work::Claim {
                head,
                request: request @ None,
                ..
            } => {
                let (status, answer) = connection.command("/requests", head, &body).await;
                let receipt: Value = serde_json::from_str(&answer).unwrap();
                *request = receipt["request_id"].as_str().map(str::to_owned);
                (status, answer)
            }
            Work::Claim {
                duty,
                request: Some(request),
                is_claimed,
                ..
            } => {
                let verb = if *is_claimed { "release" } else { "claim" };
                *is_claimed = !*is_claimed;
                let path = format!("/requests/{request}/{verb}");
                connection.command(&path, duty, "{}").await
            }
        }
    }
}
