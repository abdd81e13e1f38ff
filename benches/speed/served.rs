//! The program itself with invented people, and connections to it that cost this side little.

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use uuid::Uuid;

/// Killed, and its output removed, with this value.
pub(crate) struct Served {
    child: Child,
    output: PathBuf,
    pub(crate) address: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.child.kill().expect("the server can be ended");
        self.child.wait().expect("the server ends");
        std::fs::remove_file(&self.output).expect("the output file");
    }
}

pub(crate) fn free_address() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

impl Served {
    pub(crate) async fn start(url: &str, amqp: Option<&str>) -> Self {
        let (address, metrics) = (free_address(), free_address());
        // The program's own output, where the tokens are.
        let output = std::env::temp_dir().join(format!("rfa-bench-{}", Uuid::new_v4()));
        let mut command = Command::new(env!("CARGO_BIN_EXE_rfa"));
        command
            .args(["serve", "--demo"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env_remove("AMQP_URL")
            .envs(amqp.map(|url| ("AMQP_URL", url)))
            .env("DATABASE_URL", url)
            .env("RFA_MASTER_KEY", super::MASTER_KEY)
            .env("RFA_HTTP", &address)
            .env("RFA_METRICS", metrics)
            .env("RFA_LOG", "error")
            .stdout(std::fs::File::create(&output).unwrap())
            .stderr(Stdio::inherit());
        let served = Self {
            child: command.spawn().unwrap(),
            output,
            address,
        };
        until_it_answers(&served.address, "/readyz").await;
        served
    }

    pub(crate) fn token(&self, person: &str) -> String {
        let said = std::fs::read_to_string(&self.output).unwrap();
        let line = said
            .lines()
            .find_map(|line| line.trim().strip_prefix(person));
        let token = line.and_then(|rest| rest.split_whitespace().next());
        token.expect("the person's token").to_owned()
    }

    /// The most memory that it has had so far, in MiB.
    pub(crate) fn peak_mib(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib: f64 = line
            .unwrap()
            .trim()
            .trim_end_matches(" kB")
            .parse()
            .unwrap();
        kib / 1_024.0
    }
}

pub(crate) async fn until_it_answers(address: &str, path: &str) {
    loop {
        if let Ok(mut connection) = Connection::open(address).await
            && connection.call("GET", path, &[], "").await.0 == 200
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The shipped one.
static EXAMPLE: LazyLock<String> = LazyLock::new(|| {
    let path = "workflows/request-for-assistance/examples/send.json";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let data: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    json!({ "data": data }).to_string()
});
const CHILD: &str = "Robin";
static CHILDREN: AtomicU32 = AtomicU32::new(0);

/// A request for a child for whom nobody has asked yet, as nearly all are: the earlier ones of a child are
/// looked up, and one child of thousands of requests would be no measure of that.
pub(crate) fn example() -> String {
    let number = CHILDREN.fetch_add(1, Ordering::Relaxed).to_string();
    let letters = number.bytes().map(|digit| char::from(digit + b'a' - b'0'));
    let name = format!("{CHILD}-{}", letters.collect::<String>());
    EXAMPLE.replace(CHILD, &name)
}

/// One connection that is kept, with one call at a time.
pub(crate) struct Connection {
    stream: TcpStream,
    address: String,
    read: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: &str) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            address: address.to_owned(),
            read: Vec::with_capacity(4_096),
        })
    }

    /// Status and body.
    pub(crate) async fn call(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> (u16, String) {
        let headers: String = headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        let call = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\n{headers}Content-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        self.stream.write_all(call.as_bytes()).await.unwrap();
        self.read.clear();
        let head = loop {
            let found = self.read.windows(4).position(|four| four == b"\r\n\r\n");
            match found {
                Some(end) => break end + 4,
                None => self.more().await,
            }
        };
        let text = String::from_utf8_lossy(&self.read[..head]).to_ascii_lowercase();
        let status = text[9..12].parse().unwrap();
        let length = text
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"));
        let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
        while self.read.len() < head + length {
            self.more().await;
        }
        let body = String::from_utf8_lossy(&self.read[head..]).into_owned();
        (status, body)
    }

    async fn more(&mut self) {
        let count = self.stream.read_buf(&mut self.read).await.unwrap();
        assert!(count > 0, "the server hung up");
    }

    /// A command with a key of its own.
    pub(crate) async fn command(&mut self, path: &str, token: &str, body: &str) -> (u16, String) {
        let (bearer, key) = (format!("Bearer {token}"), Uuid::new_v4().to_string());
        let headers = [("Authorization", &*bearer), ("Idempotency-Key", &*key)];
        self.call("POST", path, &headers, body).await
    }
}
