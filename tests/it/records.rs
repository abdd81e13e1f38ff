//! A destroyed record: nobody can read it again, not after a restart, not after a restore.

use crate::screens::Visitor;
use crate::support::client::{Served, example};
use crate::support::{Broker, Postgres, ProcessUnderTest, TestDatabase, TestVhost};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::path::PathBuf;
use uuid::Uuid;

const BY: &str = "manager.service";

struct Stage {
    served: Served,
    database: TestDatabase,
    /// Kept as long as the program runs on it.
    _vhost: TestVhost,
    journal: PathBuf,
}

impl Drop for Stage {
    fn drop(&mut self) {
        if self.journal.exists()
            && let Err(error) = std::fs::remove_file(&self.journal)
        {
            eprintln!("{}: {error}", self.journal.display());
        }
    }
}

impl Stage {
    async fn set() -> Self {
        let (database, vhost) = (Postgres::database().await, Broker::vhost().await);
        let journal = std::env::temp_dir().join(format!("rfa-{}.journal", Uuid::new_v4()));
        let served = Served::over_by(&database.url, &vhost.url, &custody(&journal)).await;
        Self {
            served,
            database,
            _vhost: vhost,
            journal,
        }
    }

    /// `rfa records …`: whether it went well, and what it said.
    async fn records(&self, arguments: &[&str]) -> (bool, String) {
        self.rfa(&[&["records"], arguments].concat()).await
    }

    async fn rfa(&self, arguments: &[&str]) -> (bool, String) {
        let mut environment = vec![("DATABASE_URL", self.database.url.as_str())];
        let custody = custody(&self.journal);
        environment.extend(custody.iter().map(|(name, value)| (*name, value.as_str())));
        let mut process = ProcessUnderTest::spawn(arguments, &environment);
        let status = process.wait().await;
        (status.success(), process.output())
    }

    async fn decide(&self, verb: &str, request: Uuid) -> (bool, String) {
        let request = request.to_string();
        let reason = ["--by", BY, "--reason", "retention-ended"];
        self.records(&[&[verb, "--request", &request], &reason[..]].concat())
            .await
    }

    async fn seen(&self, request: Uuid) -> Value {
        let path = format!("/requests/{request}");
        let answer = self.served.get(&path, "head.girvan").await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        answer.body
    }

    async fn count(&self, what: &str) -> i64 {
        let owner = self.database.connect().await;
        owner.query_one(what, &[]).await.unwrap().get(0)
    }
}

fn custody(journal: &std::path::Path) -> Vec<(&'static str, String)> {
    vec![
        ("RFA_DESTRUCTIONS", journal.display().to_string()),
        ("RFA_SIGNING_KEY", "0b".repeat(32)),
        ("RFA_KEY_CACHE_SECONDS", "1".to_owned()),
    ]
}

/// What an invented person wrote, in the shipped example.
fn told() -> Vec<String> {
    let example = example("send");
    let child = &example["child"];
    let texts = [&child["given_name"], &child["family_name"]];
    texts
        .iter()
        .filter_map(|text| text.as_str().map(str::to_owned))
        .collect()
}

fn shows(body: &Value) -> bool {
    let text = body.to_string();
    let told = told();
    assert!(!told.is_empty(), "the example has names");
    told.iter().any(|word| text.contains(word.as_str()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destroyed_record_is_read_by_nobody_and_the_chain_verifies() {
    let stage = Stage::set().await;
    let (gone, kept) = (stage.served.sent().await, stage.served.sent().await);
    assert!(shows(&stage.seen(gone).await));
    let (went_well, said) = stage.decide("destroy", gone).await;
    assert!(went_well && said.contains("done"), "{said}");

    let after = stage.seen(gone).await;
    assert!(!shows(&after), "{after}");
    assert!(after.to_string().contains("\"destroyed\":true"), "{after}");
    assert!(shows(&stage.seen(kept).await));
    let indexed = format!("select count(*) from vault.blind_index where request = '{gone}'");
    assert_eq!(stage.count(&indexed).await, 0);
    let late = json!({ "reason": "Invented, too late" });
    let answer = stage
        .served
        .make(gone, "withdraw", "head.girvan", late)
        .await;
    assert!(
        answer.status.is_client_error() && answer.text.contains("destroyed"),
        "{}",
        answer.text
    );

    // Once more is no second destruction.
    let (went_well, said) = stage.decide("destroy", gone).await;
    assert!(went_well && said.contains("done"), "{said}");
    let events = "select count(*) from event_log.events where event_type = 'record-destroyed'";
    assert_eq!(stage.count(events).await, 1);
    let (_, said) = stage
        .records(&["show", "--request", &gone.to_string()])
        .await;
    assert!(said.contains("1 requests, done"), "{said}");

    let memory = std::env::temp_dir().join(format!("rfa-{}", Uuid::new_v4()));
    let memory = memory.display().to_string();
    let (went_well, said) = stage.rfa(&["verify", "--checkpoint", &memory]).await;
    assert!(went_well && said.contains("clean:"), "{said}");
    std::fs::remove_file(&memory).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_had_begun_to_write_about_it_goes_with_a_record() {
    let stage = Stage::set().await;
    let (gone, kept) = (stage.served.sent().await, stage.served.sent().await);
    let visitor = Visitor::signed_in(&stage.served.process.http, "duty.carrick").await;
    for request in [gone, kept] {
        stage.served.claimed(request, "duty.carrick").await;
        let form = format!("/app/requests/{request}/moves/ask");
        let first = visitor.get(&form).await;
        let (key, version) = (first.hidden("key"), first.hidden("version"));
        let fields = |words| [("key", &*key), ("version", &version), ("question", words)];
        let sent = visitor.post(&form, &fields("Invented: one.")).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
        // Too late for another: what was typed is kept.
        let late = visitor.post(&form, &fields("Invented: another.")).await;
        assert_eq!(late.status, StatusCode::CONFLICT, "{}", late.text);
    }
    let readable = "select count(*) from drafts.kept d join vault.keys k on k.key_id = d.key_id
        where k.wrapped is not null";
    assert_eq!(stage.count(readable).await, 2);
    let (went_well, said) = stage.decide("destroy", gone).await;
    assert!(went_well && said.contains("done"), "{said}");
    assert_eq!(stage.count(readable).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_wins_over_a_destruction() {
    let stage = Stage::set().await;
    let request = stage.served.sent().await;
    let (went_well, said) = stage.decide("hold", request).await;
    assert!(went_well, "{said}");
    let (went_well, said) = stage.decide("destroy", request).await;
    assert!(!went_well && said.contains("held since"), "{said}");
    assert!(shows(&stage.seen(request).await));
    assert!(!stage.journal.exists(), "nothing is to be done again");

    let (went_well, said) = stage.decide("lift", request).await;
    assert!(went_well, "{said}");
    let (went_well, said) = stage.decide("destroy", request).await;
    assert!(went_well, "{said}");
    assert!(!shows(&stage.seen(request).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_a_restore_brought_back_are_gone_before_anything_is_shown() {
    let mut stage = Stage::set().await;
    let request = stage.served.sent().await;
    let owner = stage.database.connect().await;
    let backup = "create table kept_keys as select * from vault.keys;
        create table kept_index as select * from vault.blind_index";
    owner.batch_execute(backup).await.unwrap();
    let (went_well, said) = stage.decide("destroy", request).await;
    assert!(went_well, "{said}");

    stage.served.process.kill();
    // The log has lost the destruction as well: only the journal knows.
    let restore = "truncate vault.keys, vault.blind_index;
        insert into vault.keys select * from kept_keys;
        insert into vault.blind_index select * from kept_index;
        set session_replication_role = replica;
        delete from event_log.events where position > (
            select min(position) - 1 from event_log.events where event_type = 'record-destroyed');
        delete from event_log.appends where last_position > (
            select max(position) from event_log.events)";
    owner.batch_execute(restore).await.unwrap();
    stage.served.restart_after_a_kill().await;
    assert!(!shows(&stage.seen(request).await));
    let living = "select count(*) from vault.keys where wrapped is not null";
    assert_eq!(stage.count(living).await, 0);
    let events = "select count(*) from event_log.events where event_type = 'record-destroyed'";
    assert_eq!(stage.count(events).await, 1);
    let (_, said) = stage.records(&["replay"]).await;
    assert!(
        said.contains("1 destructions known; keys destroyed again: 0; told to the log again: 0"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_destroyed_says_why() {
    let stage = Stage::set().await;
    let request = stage.served.sent().await.to_string();
    let nobody = Uuid::new_v4().to_string();
    for (arguments, why) in [
        (
            ["--request", &nobody, "--by", BY, "--reason", "x"],
            "is known here",
        ),
        (
            ["--child", &nobody, "--by", BY, "--reason", "x"],
            "is known here",
        ),
        (
            ["--request", &request, "--by", "a.nobody", "--reason", "x"],
            "holds no role",
        ),
        (
            ["--request", &request, "--by", BY, "--reason", "Too long!"],
            "reason",
        ),
        (["--request", "x", "--by", BY, "--reason", "x"], "request"),
    ] {
        let (went_well, said) = stage
            .records(&[&["destroy"], &arguments[..]].concat())
            .await;
        assert!(!went_well && said.contains(why), "{arguments:?}: {said}");
    }
    let whole = shows(&stage.seen(request.parse().unwrap()).await);
    assert!(whole);
}
