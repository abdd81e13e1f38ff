//! The queue page of a team with 500 open requests: how long its server takes at the median, and how
//! many bytes go to the browser. `make bench` runs it; the aims are 30 ms and 100 kB.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark prints, and ends at the first surprise"
)]

#[path = "cluster/mod.rs"]
mod cluster;
#[path = "speed/served.rs"]
#[expect(dead_code, reason = "of the served program only some is asked here")]
mod served;

use cluster::{connect, fresh};
use served::{Connection, Served, example};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const MASTER_KEY: &str = "0707070707070707070707070707070707070707070707070707070707070707";
const REQUESTS: usize = 500;
const LOOKS: usize = 200;
const PAGE: &str = "/app/teams/carrick-team";

/// Head and body of one call, the connection ended with it.
async fn call(address: &str, head: &str, body: &str) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let call = format!(
        "{head}\r\nHost: {address}\r\nOrigin: http://{address}\r\nConnection: close\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(call.as_bytes()).await.unwrap();
    let mut read = Vec::new();
    stream.read_to_end(&mut read).await.unwrap();
    let end = read
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap();
    let head = String::from_utf8(read[..end].to_vec()).unwrap();
    (head, read[end + 4..].to_vec())
}

/// The cookie of the duty worker.
async fn sign_in(address: &str) -> String {
    let head = "POST /app/sign-in HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded";
    let (head, _) = call(address, head, "person=south-ayrshire+duty.carrick").await;
    let cookie = head
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "));
    cookie.unwrap().split(';').next().unwrap().to_owned()
}

#[tokio::main]
async fn main() {
    let cluster = std::env::var("DATABASE_URL").expect("DATABASE_URL; run `make bench`");
    let name = format!("rfa_bench_{}_screens", std::process::id());
    let url = fresh(&cluster, &name).await;
    let served = Served::start(&url, None).await;
    let token = served.token("head.girvan");
    let mut connection = Connection::open(&served.address).await.unwrap();
    for _ in 0..REQUESTS {
        let (status, _) = connection.command("/requests", &token, &example()).await;
        assert_eq!(status, 201);
    }
    let cookie = sign_in(&served.address).await;
    let plain = format!("GET {PAGE} HTTP/1.1\r\nCookie: {cookie}");
    let whole = loop {
        let (_, body) = call(&served.address, &plain, "").await;
        let text = String::from_utf8_lossy(&body).into_owned();
        if text.contains(&format!("{REQUESTS} requests")) {
            break text.len();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let packed = format!("{plain}\r\nAccept-Encoding: gzip");
    let mut times = Vec::new();
    let mut bytes = 0;
    for _ in 0..LOOKS {
        let started = Instant::now();
        let (_, body) = call(&served.address, &packed, "").await;
        times.push(started.elapsed());
        bytes = body.len();
    }
    times.sort();
    let ms = |at: usize| times[at].as_secs_f64() * 1_000.0;
    println!("queue page, {REQUESTS} open requests, {LOOKS} looks:");
    println!(
        "  median {:.1} ms, 95 % within {:.1} ms",
        ms(LOOKS / 2),
        ms(LOOKS * 95 / 100)
    );
    println!("  {bytes} bytes compressed, {whole} without");
    drop(served);
    let gone = format!("drop database {name} with (force)");
    connect(&cluster).await.batch_execute(&gone).await.unwrap();
}
