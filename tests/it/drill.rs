//! The restore drill of `docs/operations.md`: base backup and archived WAL back to an earlier point,
//! with a broker beside it that has heard more than the log now knows.

use crate::support::client::{Served, example};
use crate::support::{PrivateBroker, PrivatePostgres, ProcessUnderTest, postgres_program, until};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

const SOON: Duration = Duration::from_secs(60);
const QUEUE: &str = "rfa.team.south-ayrshire.carrick-team";

struct Drill {
    postgres: PrivatePostgres,
    broker: PrivateBroker,
    /// What is kept apart: journal and signed checkpoints.
    apart: PathBuf,
}

impl Drop for Drill {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.apart) {
            eprintln!("{}: {error}", self.apart.display());
        }
    }
}

async fn connect(url: &str) -> Option<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.ok()?;
    tokio::spawn(connection);
    Some(client)
}

fn run(program: &Path, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
}

impl Drill {
    async fn start() -> Self {
        let drill = Self {
            postgres: PrivatePostgres::start().await,
            broker: PrivateBroker::start().await,
            apart: std::env::temp_dir().join(format!("rfa-{}", Uuid::new_v4())),
        };
        std::fs::create_dir_all(drill.archive()).unwrap();
        drill.give_away(&drill.archive());
        let archive = format!(
            "alter system set archive_command = 'cp \"%p\" \"{}/%f\"'",
            drill.archive().display()
        );
        for setting in ["alter system set archive_mode = on", &archive] {
            drill.owner().await.batch_execute(setting).await.unwrap();
        }
        drill.postgres.stop().await;
        drill.postgres.start_again().await;
        let (went_well, said) = drill.rfa(&["migrate"]).await;
        assert!(went_well, "{said}");
        drill
    }

    fn archive(&self) -> PathBuf {
        self.postgres.data_dir().with_file_name("archive")
    }

    fn backup(&self) -> PathBuf {
        self.postgres.data_dir().with_file_name("backup")
    }

    /// To whoever Postgres runs as.
    fn give_away(&self, path: &Path) {
        let reference = format!("--reference={}", self.postgres.data_dir().display());
        let path = path.display().to_string();
        run(Path::new("chown"), &["-R", &reference, &path]);
    }

    async fn owner(&self) -> Client {
        connect(&self.postgres.url()).await.unwrap()
    }

    fn custody(&self) -> Vec<(&'static str, String)> {
        let apart = |name: &str| self.apart.join(name).display().to_string();
        vec![
            ("RFA_DESTRUCTIONS", apart("destructions")),
            ("RFA_CHECKPOINTS", apart("checkpoints")),
            ("RFA_SIGNING_KEY", "0b".repeat(32)),
            ("RFA_KEY_CACHE_SECONDS", "1".to_owned()),
        ]
    }

    async fn serve(&self) -> Served {
        Served::over_by(&self.postgres.url(), &self.broker.url(), &self.custody()).await
    }

    async fn rfa(&self, arguments: &[&str]) -> (bool, String) {
        let url = self.postgres.url();
        let custody = self.custody();
        let mut environment = vec![("DATABASE_URL", url.as_str())];
        environment.extend(custody.iter().map(|(name, value)| (*name, value.as_str())));
        let mut process = ProcessUnderTest::spawn(arguments, &environment);
        let status = process.wait().await;
        (status.success(), process.output())
    }

    async fn done(&self, arguments: &[&str]) -> String {
        let (went_well, said) = self.rfa(arguments).await;
        assert!(went_well, "{arguments:?}: {said}");
        said
    }

    fn take_base_backup(&self) {
        let backup = self.backup().display().to_string();
        let url = self.postgres.url();
        let arguments = ["-d", &url, "-D", &backup, "-c", "fast", "-X", "none"];
        run(&postgres_program("pg_basebackup"), &arguments);
    }

    /// Everything up to now is in the archive.
    async fn archive_all(&self) {
        let owner = self.owner().await;
        let file = "select pg_walfile_name(pg_switch_wal())";
        let file: String = owner.query_one(file, &[]).await.unwrap().get(0);
        until("the WAL is archived", SOON, || async {
            self.archive().join(&file).exists().then_some(())
        })
        .await;
    }

    /// As a new machine would begin: only the backup and the archive are there.
    async fn restore(&self, point: &str) {
        self.postgres.stop().await;
        let data = self.postgres.data_dir();
        std::fs::rename(&data, data.with_file_name("lost")).unwrap();
        std::fs::rename(self.backup(), &data).unwrap();
        let settings = format!(
            "restore_command = 'cp \"{}/%f\" \"%p\"'\nrecovery_target_name = '{point}'\n\
             recovery_target_action = 'promote'\n",
            self.archive().display()
        );
        let file = data.join("postgresql.auto.conf");
        let before = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, before + &settings).unwrap();
        std::fs::write(data.join("recovery.signal"), "").unwrap();
        let lost = data.with_file_name("lost").display().to_string();
        let reference = format!("--reference={lost}");
        run(
            Path::new("chown"),
            &["-R", &reference, &data.display().to_string()],
        );
        self.postgres.start_again().await;
        until("recovery ended", SOON, || async {
            let owner = connect(&self.postgres.url()).await?;
            let row = owner.query_one("select pg_is_in_recovery()", &[]).await;
            (!row.ok()?.get::<_, bool>(0)).then_some(())
        })
        .await;
    }

    async fn head(&self) -> i64 {
        let head = "select max(position) from event_log.events";
        self.owner()
            .await
            .query_one(head, &[])
            .await
            .unwrap()
            .get(0)
    }

    /// Bodies of the messages in the team's queue, which stay there.
    async fn messages(&self) -> Vec<Value> {
        let url = format!("{}/queues/%2F/{QUEUE}/get", self.broker.management_url());
        let ask = json!({ "count": 1_000, "ackmode": "ack_requeue_true", "encoding": "auto" });
        let answer = reqwest::Client::new()
            .post(&url)
            .body(ask.to_string())
            .send();
        let messages: Vec<Value> = answer.await.unwrap().json().await.unwrap();
        messages
            .iter()
            .map(|message| serde_json::from_str(message["payload"].as_str().unwrap()).unwrap())
            .collect()
    }

    async fn heard_of(&self, requests: &[Uuid]) {
        until("the broker heard of all", SOON, || async {
            let messages = self.messages().await;
            let heard: BTreeSet<&str> = messages
                .iter()
                .filter_map(|message| message["subject"].as_str())
                .collect();
            requests
                .iter()
                .all(|request| heard.contains(request.to_string().as_str()))
                .then_some(())
        })
        .await;
    }
}

async fn send(served: &Served, key: &str) -> Uuid {
    let answer = served
        .call(Method::POST, "/requests", "head.girvan")
        .key(key)
        .json(json!({ "data": example("send") }))
        .send()
        .await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    serde_json::from_value(answer.body["request_id"].clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_to_an_earlier_point_is_noticed_by_everybody_and_brings_nothing_destroyed_back() {
    let drill = Drill::start().await;
    let mut served = drill.serve().await;
    let destroyed = send(&served, "destroyed").await;
    drill.take_base_backup();
    let kept = send(&served, "kept").await;
    drill
        .owner()
        .await
        .batch_execute("select pg_create_restore_point('drill')")
        .await
        .unwrap();
    let began_after = drill.head().await;

    // What the restore will lose: a request that was acknowledged and told, and a destruction.
    let lost = send(&served, "lost").await;
    let request = destroyed.to_string();
    let by = ["--by", "manager.service", "--reason", "retention-ended"];
    let destroy = [&["records", "destroy", "--request", &request], &by[..]].concat();
    drill.done(&destroy).await;
    drill.done(&["log", "checkpoint"]).await;
    drill.heard_of(&[destroyed, kept, lost]).await;
    let memory = drill.apart.join("verify.json").display().to_string();
    drill.done(&["verify", "--checkpoint", &memory]).await;
    let epoch_before = drill.messages().await[0]["epoch"].clone();

    served.process.kill();
    drill.archive_all().await;
    drill.restore("drill").await;
    assert_eq!(drill.head().await, began_after);

    // Nobody has said yet that this is a restore: the verifier misses the tail.
    let (went_well, said) = drill.rfa(&["verify", "--checkpoint", &memory]).await;
    assert!(!went_well && said.contains("tail was cut off"), "{said}");
    let said = drill.done(&["records", "replay"]).await;
    assert!(
        said.contains("1 destructions known; keys destroyed again: 2; told to the log again: 1"),
        "{said}"
    );
    let served = drill.serve().await;
    let seen = served
        .get(&format!("/requests/{destroyed}"), "head.girvan")
        .await;
    assert!(seen.text.contains("\"destroyed\":true"), "{}", seen.text);
    let seen = served
        .get(&format!("/requests/{lost}"), "head.girvan")
        .await;
    assert_eq!(seen.status, StatusCode::NOT_FOUND, "{}", seen.text);

    // Callers who send again what they were not sure of have their receipts, and what was lost is
    // taken in once more.
    assert_eq!(send(&served, "kept").await, kept);
    let again = send(&served, "lost").await;
    assert_ne!(again, lost);
    assert_eq!(send(&served, "lost").await, again);
    drill.heard_of(&[again]).await;

    let heard = Heard {
        messages: drill.messages().await,
        epoch_before,
        began_after,
    };
    let epoch = heard.tells_what_is_void(lost, again);
    accept(&drill, &memory, &epoch).await;
}

/// What a receiver has at the end.
struct Heard {
    messages: Vec<Value>,
    epoch_before: Value,
    began_after: i64,
}

impl Heard {
    /// By the messages alone; gives the new epoch.
    fn tells_what_is_void(&self, lost: Uuid, again: Uuid) -> String {
        let messages = &self.messages;
        let mut positions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for message in messages {
            let position = message["position"].as_str().unwrap().to_owned();
            let event = message["id"].as_str().unwrap().to_owned();
            positions.entry(position).or_default().insert(event);
        }
        let twice: Vec<_> = positions.iter().filter(|(_, ids)| ids.len() > 1).collect();
        assert!(twice.is_empty(), "one position, two events: {twice:?}");
        let told_anew = messages
            .iter()
            .find(|message| message["subject"] == again.to_string())
            .unwrap();
        assert_ne!(told_anew["epoch"], self.epoch_before);
        assert_eq!(told_anew["epochafter"], self.began_after.to_string());
        // So a receiver knows by itself what it heard of and is no more.
        let void: BTreeSet<&str> = messages
            .iter()
            .filter(|message| message["epoch"] == self.epoch_before)
            .filter(|message| {
                let (_, position) = message["position"]
                    .as_str()
                    .unwrap()
                    .rsplit_once('-')
                    .unwrap();
                position.parse::<i64>().unwrap() > self.began_after
            })
            .filter_map(|message| message["subject"].as_str())
            .collect();
        assert_eq!(void, BTreeSet::from([lost.to_string().as_str()]));
        told_anew["epoch"].as_str().unwrap().to_owned()
    }
}

/// Whoever verifies says once that the restore is known; from then on all of it holds again.
async fn accept(drill: &Drill, memory: &str, epoch: &str) {
    let public = drill.done(&["log", "public-key"]).await;
    let signed = drill.apart.join("checkpoints").display().to_string();
    let verify = ["verify", "--checkpoint", memory, "--signed", &signed];
    let verify = [&verify[..], &["--public-key", public.trim()]].concat();
    let (went_well, said) = drill.rfa(&verify).await;
    assert!(!went_well && said.contains("--accept-epoch"), "{said}");
    let accepted = [&verify[..], &["--accept-epoch", epoch]].concat();
    drill.done(&accepted).await;
    let said = drill.done(&verify).await;
    assert!(said.contains("signed checkpoints hold"), "{said}");
}
