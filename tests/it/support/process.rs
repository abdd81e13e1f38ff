//! The program itself as a process: for what only a process can show, such as a `kill -9`.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use uuid::Uuid;

use super::until;

/// How long a start may take on a busy machine.
const START_DEADLINE: Duration = Duration::from_secs(60);
const EXIT_DEADLINE: Duration = Duration::from_secs(180);

/// Killed when dropped; its output file stays until then.
pub(crate) struct ProcessUnderTest {
    child: Child,
    /// `http://127.0.0.1:PORT`
    pub(crate) http: String,
    /// `http://127.0.0.1:PORT`
    pub(crate) metrics: String,
    output: PathBuf,
}

impl ProcessUnderTest {
    /// `rfa serve`, ready: every part that it needs answers.
    pub(crate) async fn serve(env: &[(&str, &str)]) -> Self {
        let mut process = Self::spawn(&["serve"], env);
        process.wait_for("/readyz").await;
        process
    }

    /// Any subcommand, with no variables but `env`, ports of its own and a master key for tests.
    pub(crate) fn spawn(arguments: &[&str], env: &[(&str, &str)]) -> Self {
        let (http, metrics) = (free_address(), free_address());
        let output = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("output-{}", Uuid::new_v4().simple()));
        let file = File::create(&output).expect("a file for the output");
        let child = Command::new(env!("CARGO_BIN_EXE_rfa"))
            .args(arguments)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env_clear()
            .env("RUST_BACKTRACE", "1")
            .env("RFA_HTTP", &http)
            .env("RFA_METRICS", &metrics)
            .env("RFA_MASTER_KEY", "07".repeat(32))
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("the same file once more"))
            .stderr(file)
            .spawn()
            .expect("rfa starts");
        Self {
            child,
            http: format!("http://{http}"),
            metrics: format!("http://{metrics}"),
            output,
        }
    }

    /// Until a GET of `path` succeeds: `/livez` of a server that lacks something, `/readyz` else.
    pub(crate) async fn wait_for(&mut self, path: &str) {
        let url = format!("{}{path}", self.http);
        let (child, output) = (&mut self.child, &self.output);
        until(&url, START_DEADLINE, || {
            if let Ok(Some(status)) = child.try_wait() {
                panic!("rfa ended with {status}: {}", read(output));
            }
            let answer = reqwest::get(url.clone());
            async move { answer.await.ok()?.status().is_success().then_some(()) }
        })
        .await;
    }

    /// `kill -9`: nothing is flushed, nothing is said.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("the process can be killed");
        self.child.wait().expect("the process has ended");
    }

    /// SIGTERM, as a service manager would; gives how it ended.
    pub(crate) async fn terminate(&mut self) -> ExitStatus {
        let signalled = Command::new("sh")
            .args(["-c", "kill -TERM \"$0\"", &self.child.id().to_string()])
            .status()
            .expect("sh runs");
        assert!(signalled.success(), "the process was gone already");
        self.wait().await
    }

    /// Until it ends by itself.
    pub(crate) async fn wait(&mut self) -> ExitStatus {
        let child = &mut self.child;
        until("the end of rfa", EXIT_DEADLINE, || {
            let ended = child.try_wait().expect("the process can be asked");
            async move { ended }
        })
        .await
    }

    /// Whether it still runs: a kill "in the middle" must hit something.
    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Everything it wrote so far, standard output and error together.
    pub(crate) fn output(&self) -> String {
        read(&self.output)
    }
}

impl Drop for ProcessUnderTest {
    fn drop(&mut self) {
        if self.is_running() {
            self.kill();
        }
        if let Err(error) = std::fs::remove_file(&self.output) {
            eprintln!("{}: {error}", self.output.display());
        }
    }
}

fn read(file: &Path) -> String {
    let bytes = std::fs::read(file).expect("the output file");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A loopback address that is free now.
fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").to_string()
}

#[tokio::test]
async fn a_process_is_waited_for_and_its_output_kept() {
    let mut process = ProcessUnderTest::spawn(&["--version"], &[]);
    let status = process.wait().await;
    assert!(!process.is_running());
    assert!(status.success(), "{status}: {}", process.output());
}
