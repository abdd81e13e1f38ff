//! One lane between a database and a vhost of its own.

use super::story::Story;
use crate::support::engine::Engine;
use crate::support::{Broker, TestVhost, until};
use futures::StreamExt;
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicGetOptions, BasicRejectOptions,
    ExchangeDeclareOptions, ExchangeDeleteOptions, QueueBindOptions, QueueDeclareOptions,
    QueueDeleteOptions,
};
use lapin::types::{AMQPValue, FieldTable, LongString};
use lapin::{Channel, Connection, ConnectionProperties, ExchangeKind};
use rfa::commands::{Declaration, Registry};
use rfa::domain::ids::PrincipalId;
use rfa::domain::request::actor::{Principal, PrincipalKind};
use rfa::log::connect::LogConfig;
use rfa::log::{Append, Log, Receipt, Verdict};
use rfa::relay::message::Lane;
use rfa::relay::{PublishError, RelayError, RelayLane, RelayOutcome, Status};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Duration;
use tokio::sync::watch;
use uuid::Uuid;

pub(crate) const AUTHORITY: &str = "south-ayrshire";
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

pub(crate) struct Stage {
    pub(crate) engine: Engine,
    pub(crate) vhost: TestVhost,
    pub(crate) channel: Channel,
    _connection: Connection,
}

impl Stage {
    pub(crate) async fn set() -> Self {
        let engine = Engine::start().await;
        engine.publish_folder(AUTHORITY).await;
        let vhost = Broker::vhost().await;
        let (connection, channel) = connect(&vhost.url).await;
        Self {
            engine,
            vhost,
            channel,
            _connection: connection,
        }
    }

    pub(crate) fn lane(&self, lane: Lane) -> RelayLane {
        let registry = self.engine.commands.registry().clone();
        RelayLane::new(lane, registry, self.vhost.url.clone())
    }

    /// A lane that has declared everything and sent what there was.
    pub(crate) async fn ordinary(&self) -> RelayLane {
        let mut lane = self.lane(Lane::Ordinary);
        drain(&mut lane).await;
        lane
    }

    pub(crate) async fn append(&self, append: Append) -> Receipt {
        match self.engine.log.append(append).await {
            Ok(Verdict::Appended(receipt)) => receipt,
            other => panic!("not appended: {other:?}"),
        }
    }

    /// `events` events of each of the requests, interleaved: the opening act and notes.
    pub(crate) async fn append_many(&self, requests: &[Story], events: i32) {
        for version in 0..events {
            self.append_round(requests, version).await;
        }
    }

    /// The event of each request that follows `version`.
    pub(crate) async fn append_round(&self, requests: &[Story], version: i32) {
        let appends = requests.iter().map(|story| match version {
            0 => story.opened(),
            later => story.noted(later),
        });
        for verdict in self.engine.log.append_all(appends.collect()).await {
            assert!(matches!(verdict, Ok(Verdict::Appended(_))), "{verdict:?}");
        }
    }

    /// Anything that is published makes the relay look at its topology at once.
    pub(crate) async fn declare_something(&self) {
        let somebody = Principal::new(
            PrincipalId::parse(&Uuid::new_v4().to_string()).unwrap(),
            PrincipalKind::Person,
            Vec::new(),
        );
        let declaration = Declaration::grants(&somebody).unwrap();
        self.engine.publish(AUTHORITY, vec![declaration]).await;
    }

    /// As if a build came that reads all events of a request.
    pub(crate) async fn make_readable(&self, request: Uuid) {
        self.overwrite(request, "schema_version = 1").await;
    }

    /// As another build would have written it.
    pub(crate) async fn overwrite(&self, request: Uuid, what: &str) {
        let owner = self.engine.database.connect().await;
        let guards = "alter table event_log.events disable trigger all";
        owner.batch_execute(guards).await.unwrap();
        let write = format!("update event_log.events set {what} where stream = $1");
        owner.execute(&write, &[&request]).await.unwrap();
    }

    /// What is in force there, read by another replica.
    pub(crate) async fn other_replica(&self) -> Registry {
        let config = LogConfig {
            database_url: self.engine.database.url.clone(),
            queue_commands_max: 100,
            pool_max: 2,
        };
        let log = Log::connect(&config).await.unwrap();
        Registry::open(log).await.unwrap()
    }

    /// Another replica's lane, after the lease of the first has run out.
    pub(crate) async fn successor(&self) -> RelayLane {
        self.successor_of(Lane::Ordinary).await
    }

    pub(crate) async fn successor_of(&self, lane: Lane) -> RelayLane {
        let owner = self.engine.database.connect().await;
        let run_out = "update reader.cursors set lease_until = clock_timestamp()";
        owner.execute(run_out, &[]).await.unwrap();
        self.lane(lane)
    }

    /// Request and reason.
    pub(crate) async fn parked(&self) -> Vec<(Uuid, String)> {
        let owner = self.engine.database.connect().await;
        let rows = owner
            .query("select stream, reason from reader.parked", &[])
            .await
            .unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    }

    pub(crate) async fn parked_requests(&self) -> BTreeSet<Uuid> {
        let parked = self.parked().await.into_iter();
        parked.map(|(request, _)| request).collect()
    }

    /// An exchange that takes what no queue takes, so that nothing is ever returned.
    pub(crate) async fn declare_swallowing_exchange(&self, exchange: &str) {
        let mut arguments = FieldTable::default();
        let swallows = AMQPValue::LongString(LongString::from("amq.fanout"));
        arguments.insert("alternate-exchange".into(), swallows);
        let options = ExchangeDeclareOptions {
            durable: true,
            ..ExchangeDeclareOptions::default()
        };
        self.channel
            .exchange_declare(exchange.into(), ExchangeKind::Topic, options, arguments)
            .await
            .unwrap();
    }

    pub(crate) async fn unbind(&self, queue: &str, exchange: &str, key: &str) {
        self.channel
            .queue_unbind(
                queue.into(),
                exchange.into(),
                key.into(),
                FieldTable::default(),
            )
            .await
            .unwrap();
    }

    pub(crate) async fn bind(&self, queue: &str, exchange: &str, key: &str) {
        self.channel
            .queue_bind(
                queue.into(),
                exchange.into(),
                key.into(),
                QueueBindOptions::default(),
                FieldTable::default(),
            )
            .await
            .unwrap();
    }

    pub(crate) async fn delete_exchange(&self, exchange: &str) {
        self.channel
            .exchange_delete(exchange.into(), ExchangeDeleteOptions::default())
            .await
            .unwrap();
    }

    pub(crate) async fn delete_queue(&self, queue: &str) {
        self.channel
            .queue_delete(queue.into(), QueueDeleteOptions::default())
            .await
            .unwrap();
    }

    /// Takes one message and refuses the others.
    pub(crate) async fn declare_for_one(&self, queue: &str) {
        let text = |text: &str| AMQPValue::LongString(LongString::from(text));
        let mut arguments = FieldTable::default();
        arguments.insert("x-queue-type".into(), text("quorum"));
        arguments.insert("x-overflow".into(), text("reject-publish"));
        arguments.insert("x-max-length".into(), AMQPValue::LongLongInt(1));
        let options = QueueDeclareOptions {
            durable: true,
            ..QueueDeclareOptions::default()
        };
        self.channel
            .queue_declare(queue.into(), options, arguments)
            .await
            .unwrap();
    }

    /// A queue that the topology does not know, with the default settings.
    pub(crate) async fn declare_classic(&self, queue: &str) {
        let options = QueueDeclareOptions {
            durable: true,
            ..QueueDeclareOptions::default()
        };
        self.channel
            .queue_declare(queue.into(), options, FieldTable::default())
            .await
            .unwrap();
    }

    /// The messages of a queue, acknowledged; there must be `count`, no more and no less.
    pub(crate) async fn consume(&self, queue: &str, count: usize) -> Vec<Received> {
        let tag = Uuid::new_v4().to_string();
        let mut consumer = self
            .channel
            .basic_consume(
                queue.into(),
                tag.as_str().into(),
                BasicConsumeOptions::default(),
                FieldTable::default(),
            )
            .await
            .unwrap();
        let mut received = Vec::with_capacity(count);
        while received.len() < count {
            let next = tokio::time::timeout(DEADLINE, consumer.next()).await;
            let Ok(Some(delivery)) = next else {
                panic!("{} of {count} messages of {queue}", received.len());
            };
            let delivery = delivery.unwrap();
            assert!(delivery.ack(BasicAckOptions::default()).await.unwrap());
            received.push(Received::from(delivery));
        }
        self.channel
            .basic_cancel(tag.as_str().into(), BasicCancelOptions::default())
            .await
            .unwrap();
        // What the broker had sent before it learned of the cancellation.
        let rest = tokio::time::timeout(DEADLINE, consumer.next()).await;
        assert!(rest.unwrap().is_none(), "{queue} held more than {count}");
        received
    }

    pub(crate) async fn reject(&self, queue: &str, times: usize) {
        reject(&self.channel, queue, times).await;
    }

    /// What is in a queue, until it is empty.
    pub(crate) async fn consume_all(&self, queue: &str) -> Vec<Received> {
        consume_all(&self.channel, queue).await
    }

    pub(crate) async fn is_empty(&self, queue: &str) -> bool {
        self.consume_all(queue).await.is_empty()
    }
}

#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) id: Uuid,
    pub(crate) routing_key: String,
    pub(crate) persistent: bool,
    /// Of its event, from the headers.
    pub(crate) position: Option<String>,
    pub(crate) body: Value,
}

impl From<Delivery> for Received {
    fn from(delivery: Delivery) -> Self {
        let id = delivery.properties.message_id().clone().unwrap();
        Self {
            id: Uuid::parse_str(id.as_str()).unwrap(),
            routing_key: delivery.routing_key.to_string(),
            position: delivery
                .properties
                .headers()
                .as_ref()
                .and_then(|headers| headers.inner().get("rfa-position"))
                .and_then(|value| value.as_long_string())
                .map(ToString::to_string),
            persistent: *delivery.properties.delivery_mode() == Some(2),
            body: serde_json::from_slice(&delivery.data).unwrap(),
        }
    }
}

impl Received {
    pub(crate) fn request(&self) -> Uuid {
        let id = self.body["data"]["request_id"].as_str().unwrap();
        Uuid::parse_str(id).unwrap()
    }

    /// Among the messages about its request to this receiver.
    pub(crate) fn place(&self) -> i64 {
        self.body["place"].as_i64().unwrap()
    }

    pub(crate) fn version(&self) -> i64 {
        self.body["data"]["version"].as_i64().unwrap()
    }
}

/// Takes the one message of a queue and gives it back, so many times.
pub(crate) async fn reject(channel: &Channel, queue: &str, times: usize) {
    for _ in 0..times {
        let delivery = until("the message is back", DEADLINE, || async {
            let got = channel.basic_get(queue.into(), BasicGetOptions::default());
            got.await.unwrap()
        })
        .await;
        let rejected = delivery.reject(BasicRejectOptions { requeue: true });
        assert!(rejected.await.unwrap());
    }
}

pub(crate) async fn consume_all(channel: &Channel, queue: &str) -> Vec<Received> {
    let mut received = Vec::new();
    let options = BasicGetOptions { no_ack: true };
    while let Some(got) = channel.basic_get(queue.into(), options).await.unwrap() {
        received.push(Received::from(got.delivery));
    }
    received
}

/// Versions per request in the order of arrival, later copies of one message left out.
pub(crate) fn versions(received: &[Received]) -> BTreeMap<Uuid, Vec<i64>> {
    let mut seen = HashSet::new();
    let mut versions: BTreeMap<Uuid, Vec<i64>> = BTreeMap::new();
    for message in received.iter().filter(|message| seen.insert(message.id)) {
        let of_request = versions.entry(message.request()).or_default();
        of_request.push(message.version());
    }
    versions
}

pub(crate) async fn connect(url: &str) -> (Connection, Channel) {
    let connection = Connection::connect(url, ConnectionProperties::default())
        .await
        .unwrap();
    let channel = connection.create_channel().await.unwrap();
    (connection, channel)
}

/// Steps until there is nothing to send. A broker whose disk stalls under the whole suite ends
/// connections in the midst of a declaration; a lane that runs by itself begins again, and so does
/// this, a few times.
pub(crate) async fn drain(lane: &mut RelayLane) {
    let drained = async {
        let mut tries_left = 5;
        loop {
            match lane.step().await {
                Ok(RelayOutcome::Idle) => break,
                Ok(_) => {}
                Err(RelayError::Publish(PublishError::Refused { doing, why }))
                    if tries_left > 0 && why.contains("INTERNAL-ERROR") =>
                {
                    eprintln!("the broker broke off while {doing}: {why}");
                    tries_left -= 1;
                }
                Err(error) => panic!("{error}"),
            }
        }
    };
    tokio::time::timeout(DEADLINE, drained).await.unwrap();
}

/// Until a lane that runs says so.
pub(crate) async fn wait(
    status: &mut watch::Receiver<Status>,
    condition: impl FnMut(&Status) -> bool,
) {
    let reached = tokio::time::timeout(DEADLINE, status.wait_for(condition)).await;
    if let Err(elapsed) = reached.map(|reached| drop(reached.unwrap())) {
        panic!("{elapsed}: {:?}", status.borrow());
    }
}
