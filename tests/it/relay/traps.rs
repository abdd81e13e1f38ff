//! What the client library and the broker do by themselves, shown without our code or around it; and
//! that nothing is lost by it.

use super::stage::{AUTHORITY, DEADLINE, Stage, connect, consume_all, drain};
use super::story::Story;
use crate::support::{Broker, PrivateBroker, until};
use futures::StreamExt;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, QueueDeclareOptions,
};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties, Consumer};
use rfa::domain::ids::{Authority, TeamId};
use rfa::log::Position;
use rfa::relay::redrive::{Receiver, Redrive};
use std::collections::HashSet;
use uuid::Uuid;

const GARF: &str = "rfa.team.south-ayrshire.garf";
const DEAD_LETTERS: &str = "rfa.dead-letters";

async fn declare(channel: &Channel, queue: &str) {
    let options = QueueDeclareOptions {
        durable: true,
        ..QueueDeclareOptions::default()
    };
    let declared = channel.queue_declare(queue.into(), options, FieldTable::default());
    declared.await.unwrap();
}

async fn publish(channel: &Channel, queue: &str) {
    let (options, properties) = (BasicPublishOptions::default(), BasicProperties::default());
    let sent = channel.basic_publish("".into(), queue.into(), options, b"{}", properties);
    sent.await.unwrap();
}

async fn consume(channel: &Channel, queue: &str) -> Consumer {
    let options = BasicConsumeOptions::default();
    let consumer = channel.basic_consume(queue.into(), "".into(), options, FieldTable::default());
    consumer.await.unwrap()
}

async fn unacknowledged(broker: &PrivateBroker, queue: &str) -> Option<i64> {
    let url = format!("{}/queues/%2F/{queue}", broker.management_url());
    let queue: serde_json::Value = reqwest::get(url).await.ok()?.json().await.ok()?;
    queue["messages_unacknowledged"].as_i64()
}

#[tokio::test]
async fn a_client_that_recovers_by_itself_does_not_come_back_from_a_closed_channel() {
    let vhost = Broker::vhost().await;
    let properties = ConnectionProperties::default().enable_auto_recover();
    let connection = Connection::connect(&vhost.url, properties).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    declare(&channel, "example").await;
    let mut consumer = consume(&channel, "example").await;
    let unknown = channel.basic_ack(999, BasicAckOptions::default());
    drop(unknown.await);
    // The stream fails or ends, and nothing after that comes back.
    let next = tokio::time::timeout(DEADLINE, consumer.next())
        .await
        .unwrap();
    assert!(!matches!(next, Some(Ok(_))));
    assert!(!channel.status().connected() && connection.status().connected());
    let (_connection, other) = connect(&vhost.url).await;
    publish(&other, "example").await;
    until("the broker knows of no consumer", DEADLINE, || async {
        let consumers = vhost.list("consumers").await;
        consumers.as_array()?.is_empty().then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_blocked_acknowledges_nothing_and_another_one_does() {
    let broker = PrivateBroker::start().await;
    let (publishing, both) = connect(&broker.url()).await;
    let (_reading, reads) = connect(&broker.url()).await;
    for queue in ["mixed", "apart"] {
        declare(&both, queue).await;
        publish(&both, queue).await;
    }
    let mut of_both = consume(&both, "mixed").await;
    let mut apart = consume(&reads, "apart").await;
    let mixed = of_both.next().await.unwrap().unwrap();
    let apart = apart.next().await.unwrap().unwrap();
    let limit = "set_vm_memory_high_watermark";
    broker.control(&[limit, "absolute", "1MB"]).await;
    publish(&both, "nowhere").await;
    until("the connection is blocked", DEADLINE, || async {
        publishing.status().blocked().then_some(())
    })
    .await;
    // The client says that it is done; nothing left it.
    let waiting = tokio::spawn(async move { mixed.ack(BasicAckOptions::default()).await });
    assert!(apart.ack(BasicAckOptions::default()).await.unwrap());
    until("the one apart is acknowledged", DEADLINE, || async {
        (unacknowledged(&broker, "apart").await? == 0).then_some(())
    })
    .await;
    assert_eq!(unacknowledged(&broker, "mixed").await, Some(1));
    broker.control(&[limit, "0.8"]).await;
    until("the other one is too", DEADLINE, || async {
        (unacknowledged(&broker, "mixed").await? == 0).then_some(())
    })
    .await;
    assert!(waiting.await.unwrap().unwrap());
}

/// Takes all that there is into its hands and dies of it, as often as a message may be delivered.
async fn crash_again_and_again(stage: &Stage, messages: usize) {
    for _ in 0..=20 {
        let (connection, channel) = connect(&stage.vhost.url).await;
        let prefetch = channel.basic_qos(10, BasicQosOptions::default());
        prefetch.await.unwrap();
        let consumer = consume(&channel, GARF).await;
        let in_hand = consumer.take(messages).collect::<Vec<_>>();
        let in_hand = tokio::time::timeout(DEADLINE, in_hand).await.unwrap();
        assert_eq!(in_hand.len(), messages);
        connection.close(200, "bye".into()).await.unwrap();
    }
}

#[tokio::test]
async fn a_reader_that_dies_takes_bystanders_along_and_the_log_brings_them_back() {
    let stage = Stage::set().await;
    let mut lane = stage.ordinary().await;
    let poison = Story::of("garf");
    let bystanders: Vec<Story> = (0..4).map(|_| Story::of("garf")).collect();
    let first = stage.append(poison.opened()).await;
    stage.append_many(&bystanders, 1).await;
    drain(&mut lane).await;
    crash_again_and_again(&stage, 5).await;
    let mut dead = Vec::new();
    while dead.len() < 5 {
        let more = until("all of them are dead letters", DEADLINE, || async {
            let more = stage.consume_all(DEAD_LETTERS).await;
            (!more.is_empty()).then_some(more)
        });
        dead.extend(more.await);
    }
    let ids: HashSet<Uuid> = dead.iter().map(|message| message.id).collect();
    assert_eq!(ids.len(), 5);
    assert!(stage.is_empty(GARF).await);
    // Each says where its event is; from there on all of them are sent again.
    assert!(dead.iter().all(|message| message.position.is_some()));
    let redrive = Redrive {
        authority: Authority::parse(AUTHORITY).unwrap(),
        to: Receiver::Team(TeamId::parse("garf").unwrap()),
        from: Position(first.position.0),
    };
    let registry = stage.engine.commands.registry();
    redrive.run(registry, &stage.vhost.url).await.unwrap();
    let again = stage.consume(GARF, 5).await;
    let again: HashSet<Uuid> = again.iter().map(|message| message.id).collect();
    assert_eq!(again, ids);
}

#[tokio::test]
async fn without_a_place_for_dead_letters_they_stay_where_they_are() {
    let stage = Stage::set().await;
    let mut lane = stage.ordinary().await;
    stage.delete_queue(DEAD_LETTERS).await;
    let story = Story::of("garf");
    stage.append(story.opened()).await;
    drain(&mut lane).await;
    stage.reject(GARF, 21).await;
    let message_count = || async {
        let queues = stage.vhost.list("queues").await;
        let queues = queues.as_array()?;
        let garf = queues.iter().find(|queue| queue["name"] == GARF)?;
        garf["messages"].as_i64()
    };
    // It is not for readers any more, and it is not gone: the broker tries again in three minutes.
    assert!(consume_all(&stage.channel, GARF).await.is_empty());
    until("the broker counts it", DEADLINE, || async {
        (message_count().await? == 1).then_some(())
    })
    .await;
}
