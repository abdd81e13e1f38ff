//! The least that a relay can be: the same messages to the same queue, published by the client library.

use super::QUEUE;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use lapin::message::Delivery;
use lapin::options::{
    BasicConsumeOptions, BasicPublishOptions, ConfirmSelectOptions, QueuePurgeOptions,
};
use lapin::types::{AMQPValue, FieldTable, LongString};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties, Consumer};
use std::time::Instant;
use uuid::Uuid;

/// Confirms that are waited for at the same time.
const WINDOW: usize = 1_024;
pub(crate) const MESSAGES: usize = 20_000;

pub(crate) async fn open(amqp: &str) -> (Connection, Channel) {
    let connection = Connection::connect(amqp, ConnectionProperties::default());
    let connection = connection.await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let confirms = channel.confirm_select(ConfirmSelectOptions::default());
    confirms.await.unwrap();
    (connection, channel)
}

pub(crate) async fn empty(channel: &Channel) {
    let purged = channel.queue_purge(QUEUE.into(), QueuePurgeOptions::default());
    purged.await.unwrap();
}

pub(crate) async fn consume(channel: &Channel) -> Consumer {
    let options = BasicConsumeOptions {
        no_ack: true,
        ..BasicConsumeOptions::default()
    };
    let consumer = channel.basic_consume(QUEUE.into(), "".into(), options, FieldTable::default());
    consumer.await.unwrap()
}

pub(crate) fn id_of(delivery: &Delivery) -> Uuid {
    let id = delivery.properties.message_id().clone().unwrap();
    Uuid::parse_str(id.as_str()).unwrap()
}

/// With the properties of the relay's messages, persistent and mandatory. Ends with the confirm.
pub(crate) async fn publish(channel: Channel, id: Uuid, body: &[u8]) {
    let mut headers = FieldTable::default();
    let position = LongString::from(format!("{}-1", id.simple()));
    headers.insert("rfa-position".into(), AMQPValue::LongString(position));
    let properties = BasicProperties::default()
        .with_headers(headers)
        .with_delivery_mode(2)
        .with_message_id(id.to_string().into())
        .with_content_type("application/cloudevents+json".into());
    let options = BasicPublishOptions {
        mandatory: true,
        ..BasicPublishOptions::default()
    };
    let key = "south-ayrshire.garf.note-added".into();
    let sent = channel.basic_publish("rfa.events".into(), key, options, body, properties);
    assert!(sent.await.unwrap().await.unwrap().is_ack());
}

/// Messages a second.
pub(crate) async fn rate(amqp: &str, body: &[u8]) -> f64 {
    let (_connection, channel) = open(amqp).await;
    empty(&channel).await;
    let started = Instant::now();
    let mut window = FuturesUnordered::new();
    for _ in 0..MESSAGES {
        while window.len() >= WINDOW {
            window.next().await;
        }
        window.push(publish(channel.clone(), Uuid::new_v4(), body));
    }
    while window.next().await.is_some() {}
    let rate = MESSAGES as f64 / started.elapsed().as_secs_f64();
    empty(&channel).await;
    rate
}
