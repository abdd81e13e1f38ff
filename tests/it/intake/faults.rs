//! What may happen to the intake's own connections, its log and its broker; and what the client
//! library does then.

use super::sender::{OPEN, SOON, School, new_request};
use crate::relay::stage::{Stage, connect};
use crate::support::client::{Served, example};
use crate::support::{
    Broker, MAY_SEND, OF_THE_ENGINE, Postgres, PrivateBroker, PrivatePostgres, ProcessUnderTest,
    until,
};
use futures::FutureExt;
use lapin::options::{BasicAckOptions, BasicGetOptions, BasicPublishOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel};
use rfa::relay::intake::desk::{Desk, Document, Submission, Verdict, Why};
use rfa::relay::intake::{Intake, IntakeStatus};
use serde_json::Value;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// An intake in this process, whose desk the test is.
struct Running {
    status: watch::Receiver<IntakeStatus>,
    shutdown: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Running {
    fn over(stage: &Stage, url: &str, desk: Desk) -> Self {
        let status = watch::Sender::new(IntakeStatus::default());
        let watched = status.subscribe();
        let commands = stage.engine.commands.clone();
        let intake = Intake::new(url.to_owned(), commands, desk, status);
        let shutdown = CancellationToken::new();
        let task = tokio::spawn(intake.run(shutdown.clone()));
        Self {
            status: watched,
            shutdown,
            task,
        }
    }

    async fn wait(&mut self, condition: impl FnMut(&IntakeStatus) -> bool) {
        let reached = tokio::time::timeout(SOON, self.status.wait_for(condition)).await;
        assert!(reached.is_ok_and(|reached| reached.is_ok()), "in vain");
    }

    async fn end(self) {
        self.shutdown.cancel();
        self.task.await.unwrap();
    }
}

fn document() -> Document {
    Document {
        content_type: "application/json",
        body: b"{}".to_vec(),
    }
}

/// Remembers what it was asked; `verdict` gets how often that message was asked before.
fn judging(asked: &Arc<Mutex<Vec<String>>>, verdict: fn(usize) -> Verdict) -> Desk {
    let asked = Arc::clone(asked);
    Arc::new(move |message: Arc<Submission>| {
        let key = message.key.clone().unwrap_or_default();
        let mut asked = asked.lock().unwrap();
        let before = asked.iter().filter(|known| **known == key).count();
        asked.push(key);
        let verdict = verdict(before);
        async move { verdict }.boxed()
    })
}

async fn publish(channel: &Channel, key: &str) {
    let properties = BasicProperties::default().with_message_id(key.into());
    let options = BasicPublishOptions::default();
    channel
        .basic_publish("rfa.intake".into(), "".into(), options, b"{}", properties)
        .await
        .unwrap()
        .await
        .unwrap();
}

async fn depth(channel: &Channel, queue: &str) -> u32 {
    let options = QueueDeclareOptions {
        passive: true,
        ..QueueDeclareOptions::default()
    };
    let found = channel.queue_declare(queue.into(), options, FieldTable::default());
    found.await.unwrap().message_count()
}

#[tokio::test]
async fn the_client_says_false_for_an_acknowledgement_on_a_channel_that_has_gone() {
    let vhost = Broker::vhost().await;
    let (connection, channel) = connect(&vhost.url).await;
    let options = QueueDeclareOptions::default();
    let nothing = FieldTable::default();
    channel
        .queue_declare("example".into(), options, nothing)
        .await
        .unwrap();
    let sent = channel.basic_publish(
        "".into(),
        "example".into(),
        BasicPublishOptions::default(),
        b"{}",
        BasicProperties::default(),
    );
    sent.await.unwrap();
    let got = until("the message", SOON, || async {
        let got = channel.basic_get("example".into(), BasicGetOptions::default());
        got.await.unwrap()
    })
    .await;
    channel.close(200, "bye".into()).await.unwrap();
    let acked = got.delivery.acker.ack(BasicAckOptions::default());
    let acked = tokio::time::timeout(SOON, acked).await;
    // No error: whoever does not look at the word takes it for done.
    assert!(
        matches!(acked, Ok(Ok(false)) | Err(_)),
        "the client tells of it now: the check may be simplified"
    );
    let again = connection.create_channel().await.unwrap();
    assert_eq!(depth(&again, "example").await, 1);
}

#[tokio::test]
async fn after_its_connection_is_cut_it_goes_on_with_the_same_prefetch() {
    let stage = Stage::set().await;
    let asked = Arc::default();
    let desk = judging(&asked, |_| Verdict::Taken(document()));
    let mut running = Running::over(&stage, &stage.vhost.url, desk);
    running.wait(|status| status.connected).await;
    for cut in 0..3 {
        let prefetch = until("both consumers are there", SOON, || async {
            let consumers = stage.vhost.list("consumers").await;
            let counts: Vec<i64> = consumers
                .as_array()?
                .iter()
                .filter_map(|consumer| consumer["prefetch_count"].as_i64())
                .collect();
            (counts.len() == 2).then_some(counts)
        })
        .await;
        assert_eq!(prefetch, [16, 16], "after {cut} cuts");
        publish(&stage.channel, &format!("message-{cut}")).await;
        until("it was judged", SOON, || async {
            (asked.lock().unwrap().len() > cut).then_some(())
        })
        .await;
        until("the connection is there to be cut", SOON, || async {
            let closed = stage.vhost.close_connections("rfa intake").await;
            (closed > 0).then_some(())
        })
        .await;
        running.wait(|status| status.trouble.is_some()).await;
        running.wait(|status| status.connected).await;
    }
    running.end().await;
    assert_eq!(depth(&stage.channel, "rfa.intake").await, 0);
}

#[tokio::test]
async fn a_queue_that_is_deleted_under_its_reader_is_made_again_and_read() {
    let stage = Stage::set().await;
    let asked = Arc::default();
    let desk = judging(&asked, |_| Verdict::Taken(document()));
    let mut running = Running::over(&stage, &stage.vhost.url, desk);
    running.wait(|status| status.connected).await;
    stage.delete_queue("rfa.intake").await;
    running.wait(|status| status.trouble.is_some()).await;
    running.wait(|status| status.connected).await;
    publish(&stage.channel, "after-it").await;
    until("it was judged", SOON, || async {
        (!asked.lock().unwrap().is_empty()).then_some(())
    })
    .await;
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rights_that_the_engine_is_said_to_need_are_enough() {
    let (database, vhost) = (Postgres::database().await, Broker::vhost().await);
    let (_, engine) = vhost.user(OF_THE_ENGINE).await;
    let served = Served::over(&database.url, &engine).await;
    let (user, url) = vhost.user(MAY_SEND).await;
    assert!(
        served
            .run(&["intake", "allow", &user, "school.system"])
            .await
            .0
    );
    let mut school = School::at(&url, user).await;
    let body = new_request(example("send"));
    let taken = school.ask(school.properties(OPEN), &body).await;
    assert_eq!(taken.content_type, "application/json", "{taken:?}");
    let refused = school
        .ask(school.properties(OPEN), &new_request(Value::Null))
        .await;
    assert_eq!(refused.body["status"], 422, "{refused:?}");
    let checked = served.run(&["topology", "check"]).await;
    assert!(checked.0, "{}", checked.1);
}

#[tokio::test]
async fn what_cannot_be_judged_yet_stays_where_it_is_and_is_judged_later() {
    let stage = Stage::set().await;
    let asked = Arc::default();
    let desk = judging(&asked, |before| {
        if before < 3 {
            Verdict::Later(Duration::from_millis(20))
        } else {
            Verdict::Taken(document())
        }
    });
    let mut running = Running::over(&stage, &stage.vhost.url, desk);
    running.wait(|status| status.connected).await;
    publish(&stage.channel, "waits").await;
    until("it was asked for the fourth time", SOON, || async {
        (asked.lock().unwrap().len() == 4).then_some(())
    })
    .await;
    // An end in the middle of the waiting leaves the next one for whoever comes.
    running.end().await;
    assert_eq!(depth(&stage.channel, "rfa.intake").await, 0);
}

#[tokio::test]
async fn what_was_given_back_too_often_is_parked_without_another_try() {
    let stage = Stage::set().await;
    drop(stage.ordinary().await);
    publish(&stage.channel, "given-back").await;
    stage.reject("rfa.intake", 21).await;
    until("it is among the dead letters", SOON, || async {
        let count = depth(&stage.channel, "rfa.intake.dead-letters").await;
        (count == 1).then_some(())
    })
    .await;
    let faults: Arc<Mutex<Vec<&str>>> = Arc::default();
    let seen = Arc::clone(&faults);
    let desk: Desk = Arc::new(move |message| {
        let found = message.faults.iter().map(|fault| fault.what);
        seen.lock().unwrap().extend(found);
        let why = Why {
            reason: "bad-message",
            detail: "Words.".to_owned(),
        };
        async move { Verdict::Unfit(document(), why) }.boxed()
    });
    let running = Running::over(&stage, &stage.vhost.url, desk);
    let owner = stage.engine.database.connect().await;
    until("it is parked", SOON, || async {
        let row = owner.query_one("select count(*) from intake.parked", &[]);
        (row.await.unwrap().get::<_, i64>(0) == 1).then_some(())
    })
    .await;
    until("it has left the broker", SOON, || async {
        (depth(&stage.channel, "rfa.intake.dead-letters").await == 0).then_some(())
    })
    .await;
    running.end().await;
    assert!(faults.lock().unwrap()[0].contains("delivered too often"));
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_broker_takes_no_replies_acknowledgements_go_on() {
    let stage = Stage::set().await;
    let broker = PrivateBroker::start().await;
    let asked = Arc::default();
    let desk = judging(&asked, |_| Verdict::Taken(document()));
    let mut running = Running::over(&stage, &broker.url(), desk);
    running.wait(|status| status.connected).await;
    let (_connection, channel) = connect(&broker.url()).await;
    let options = QueueDeclareOptions {
        durable: true,
        ..QueueDeclareOptions::default()
    };
    let replies = channel
        .queue_declare("".into(), options, FieldTable::default())
        .await
        .unwrap();
    let replies = replies.name().as_str();
    // Sent before the alarm and given back after it, so that it is judged while nothing is taken.
    let with_reply = BasicProperties::default()
        .with_message_id("with-reply".into())
        .with_reply_to(replies.into());
    running.end().await;
    let sent = channel.basic_publish(
        "rfa.intake".into(),
        "".into(),
        BasicPublishOptions::default(),
        b"{}",
        with_reply,
    );
    sent.await.unwrap();
    publish(&channel, "without-reply").await;
    until("both are in the queue", SOON, || async {
        (depth(&channel, "rfa.intake").await == 2).then_some(())
    })
    .await;
    broker
        .control(&["set_vm_memory_high_watermark", "absolute", "1MB"])
        .await;

    let desk = judging(&asked, |_| Verdict::Taken(document()));
    let mut running = Running::over(&stage, &broker.url(), desk);
    let why = "short of memory";
    running
        .wait(|status| status.trouble.as_deref().is_some_and(|t| t.contains(why)))
        .await;
    assert_eq!(depth(&channel, replies).await, 0);
    broker
        .control(&["set_vm_memory_high_watermark", "0.8"])
        .await;
    running.wait(|status| status.connected).await;
    until("the reply is there", SOON, || async {
        (depth(&channel, replies).await == 1).then_some(())
    })
    .await;
    running.end().await;
    assert_eq!(depth(&channel, "rfa.intake").await, 0);
    assert!(
        asked
            .lock()
            .unwrap()
            .iter()
            .any(|key| key == "without-reply")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_comes_while_postgres_is_away_is_taken_when_it_is_back() {
    let (postgres, vhost) = (PrivatePostgres::start().await, Broker::vhost().await);
    let url = postgres.url();
    let mut migrated = ProcessUnderTest::spawn(&["migrate"], &[("DATABASE_URL", &url)]);
    assert!(migrated.wait().await.success());
    let served = Served::over(&url, &vhost.url).await;
    let (user, sender_url) = vhost.user(MAY_SEND).await;
    let allowed = served
        .run(&["intake", "allow", &user, "school.system"])
        .await;
    assert!(allowed.0, "{}", allowed.1);
    let mut school = School::at(&sender_url, user).await;

    postgres.kill().await;
    let ready = format!("{}/readyz", served.process.http);
    until("it is noticed", SOON, || async {
        let ready: Value = reqwest::get(&ready).await.ok()?.json().await.ok()?;
        (ready["database"] == "down").then_some(())
    })
    .await;
    let (properties, body) = (school.properties(OPEN), new_request(example("send")));
    let asking = school.ask(properties, &body);
    tokio::pin!(asking);
    let early = (&mut asking).now_or_never();
    assert!(early.is_none());
    postgres.start_again().await;
    let receipt = asking.await;
    assert_eq!(receipt.body["version"], 1, "{receipt:?}");
}
