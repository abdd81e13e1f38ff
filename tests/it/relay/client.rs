//! What the AMQP client does with returned messages, shown without the relay; and that the relay's
//! rule holds all the same.

use super::stage::{Stage, connect, drain};
use super::story::Story;
use crate::support::Broker;
use lapin::options::{
    BasicPublishOptions, ConfirmSelectOptions, QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable, LongString};
use lapin::{BasicProperties, Channel, Confirmation};
use std::collections::BTreeSet;
use std::time::Instant;

const BATCH: usize = 20;

async fn quorum_queue(channel: &Channel, queue: &str) {
    let mut arguments = FieldTable::default();
    let kind = AMQPValue::LongString(LongString::from("quorum"));
    arguments.insert("x-queue-type".into(), kind);
    let options = QueueDeclareOptions {
        durable: true,
        ..QueueDeclareOptions::default()
    };
    channel
        .queue_declare(queue.into(), options, arguments)
        .await
        .unwrap();
    channel
        .queue_bind(
            queue.into(),
            "amq.topic".into(),
            "taken".into(),
            QueueBindOptions::default(),
            FieldTable::default(),
        )
        .await
        .unwrap();
}

/// Publishes a batch in which every third message has no queue; gives per message the id that its
/// confirm brought along.
async fn batch(channel: &Channel) -> Vec<Option<String>> {
    let mut sending = Vec::new();
    for number in 0..BATCH {
        let properties = BasicProperties::default()
            .with_delivery_mode(2)
            .with_message_id(number.to_string().into());
        let key = if is_taken(number) { "taken" } else { "nowhere" };
        let options = BasicPublishOptions {
            mandatory: true,
            ..BasicPublishOptions::default()
        };
        let sent =
            channel.basic_publish("amq.topic".into(), key.into(), options, b"{}", properties);
        sending.push(sent.await.unwrap());
    }
    let mut brought = Vec::new();
    for confirm in sending {
        let Confirmation::Ack(returned) = confirm.await.unwrap() else {
            panic!("not acknowledged");
        };
        let id = |returned: lapin::message::BasicReturnMessage| {
            returned
                .properties
                .message_id()
                .clone()
                .unwrap()
                .to_string()
        };
        brought.push(returned.map(id));
    }
    brought
}

fn is_taken(number: usize) -> bool {
    number % 3 != 1
}

#[tokio::test]
async fn a_confirm_may_bring_the_return_of_another_message_but_the_union_is_exact() {
    let vhost = Broker::vhost().await;
    let (_connection, channel) = connect(&vhost.url).await;
    channel
        .confirm_select(ConfirmSelectOptions::default())
        .await
        .unwrap();
    quorum_queue(&channel, "taken").await;
    let expected: BTreeSet<String> = (0..BATCH)
        .filter(|number| !is_taken(*number))
        .map(|number| number.to_string())
        .collect();
    let started = Instant::now();
    let mut mistaken = 0;
    while mistaken == 0 {
        assert!(
            started.elapsed() < super::stage::DEADLINE,
            "the client pairs returns with their own confirms now: the window may be simplified"
        );
        let brought = batch(&channel).await;
        for (number, id) in brought.iter().enumerate() {
            if id.as_ref().is_some_and(|id| *id != number.to_string()) {
                mistaken += 1;
            }
        }
        let union: BTreeSet<String> = brought.into_iter().flatten().collect();
        assert_eq!(union, expected);
    }
}

#[tokio::test]
async fn of_a_mixed_page_exactly_the_requests_without_a_queue_are_parked() {
    let stage = Stage::set().await;
    let mut lane = stage.ordinary().await;
    let team = "rfa.team.south-ayrshire.carrick-team";
    stage
        .unbind(team, "rfa.events", "south-ayrshire.carrick-team.*")
        .await;
    let requests: Vec<Story> = (0..300)
        .map(|number| {
            let team = if number % 3 == 1 {
                "carrick-team"
            } else {
                "garf"
            };
            Story::of(team).asked_by("education")
        })
        .collect();
    stage.append_many(&requests, 3).await;
    drain(&mut lane).await;

    let parked: BTreeSet<_> = stage.parked_requests().await;
    let expected: BTreeSet<_> = requests
        .iter()
        .filter(|story| story.team == "carrick-team")
        .map(|story| story.request)
        .collect();
    assert_eq!(parked, expected);
    assert_eq!(lane.status().borrow().parked, 100);
    assert_eq!(lane.status().borrow().behind, 0);
}
