//! A mail server on loopback: as much of SMTP (RFC 5321) as a client needs, with the faults that
//! servers have. `make test-peers` asks one that nobody here wrote.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// One message as it came.
#[derive(Debug, Clone)]
pub(crate) struct Arrived {
    pub(crate) to: String,
    pub(crate) text: String,
}

#[derive(Default)]
struct State {
    arrived: Mutex<Vec<Arrived>>,
    /// What the next recipients are answered with, instead of 250.
    refusals: Mutex<VecDeque<&'static str>>,
}

pub(crate) struct PostOffice {
    pub(crate) url: String,
    state: Arc<State>,
}

impl PostOffice {
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let state = Arc::<State>::default();
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&shared);
                tokio::spawn(async move { drop(serve(stream, &state).await) });
            }
        });
        Self { url, state }
    }

    pub(crate) fn refuse(&self, refusals: &[&'static str]) {
        self.state.refusals.lock().unwrap().extend(refusals);
    }

    pub(crate) fn arrived(&self) -> Vec<Arrived> {
        self.state.arrived.lock().unwrap().clone()
    }
}

async fn serve(stream: TcpStream, state: &State) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 example.org\r\n").await?;
    let mut to = String::new();
    while let Some(line) = lines.next_line().await? {
        let verb = line.get(..4).unwrap_or_default().to_uppercase();
        let answer = match verb.as_str() {
            "RCPT" => {
                to = line;
                let refusal = state.refusals.lock().unwrap().pop_front();
                refusal.unwrap_or("250 ok")
            }
            "DATA" => {
                write.write_all(b"354 go on\r\n").await?;
                let mut text = String::new();
                while let Some(line) = lines.next_line().await? {
                    if line == "." {
                        break;
                    }
                    text.push_str(&line);
                    text.push('\n');
                }
                let to = to.clone();
                state.arrived.lock().unwrap().push(Arrived { to, text });
                "250 taken"
            }
            "QUIT" => {
                write.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "250 example.org",
        };
        write.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
    Ok(())
}
