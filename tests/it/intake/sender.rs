//! A school's own system, as it would be written with any client: sends, and reads its replies.

use crate::support::client::Served;
use crate::support::{MAY_SEND, until};
use futures::StreamExt;
use lapin::options::{BasicConsumeOptions, BasicPublishOptions};
use lapin::types::{AMQPValue, FieldTable, LongString};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties, Consumer};
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

pub(super) const SOON: Duration = Duration::from_secs(30);
pub(crate) const OPEN: &str = "scot.rfa.open-request.v1";
pub(crate) const MOVE: &str = "scot.rfa.make-move.v1";
const DIRECT: &str = "amq.rabbitmq.reply-to";

pub(crate) struct School {
    /// The broker's user.
    pub(super) user: String,
    pub(super) channel: Channel,
    replies: Consumer,
    connection: Connection,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(super) content_type: String,
    pub(crate) body: Value,
}

impl School {
    /// A user of the broker that may send and nothing else, and speaks for the school's account.
    pub(super) async fn of(served: &Served) -> Self {
        Self::speaking_for(served, "school.system").await
    }

    /// The same for another service account.
    pub(crate) async fn speaking_for(served: &Served, account: &str) -> Self {
        let school = Self::unknown(served).await;
        let (went_well, said) = served
            .run(&["intake", "allow", &school.user, account])
            .await;
        assert!(went_well, "{said}");
        school
    }

    /// Nobody here knows whose user it is.
    pub(super) async fn unknown(served: &Served) -> Self {
        let (user, url) = served.vhost().user(MAY_SEND).await;
        Self::at(&url, user).await
    }

    pub(super) async fn at(url: &str, user: String) -> Self {
        let connection = Connection::connect(url, ConnectionProperties::default())
            .await
            .unwrap();
        let channel = connection.create_channel().await.unwrap();
        let options = BasicConsumeOptions {
            no_ack: true,
            ..BasicConsumeOptions::default()
        };
        let replies = channel
            .basic_consume(DIRECT.into(), "".into(), options, FieldTable::default())
            .await
            .unwrap();
        Self {
            user,
            channel,
            replies,
            connection,
        }
    }

    pub(super) async fn another_channel(&self) -> Channel {
        self.connection.create_channel().await.unwrap()
    }

    /// What a careful sender sets, without an address for replies.
    pub(crate) fn properties(&self, kind: &str) -> BasicProperties {
        BasicProperties::default()
            .with_user_id(self.user.as_str().into())
            .with_message_id(Uuid::new_v4().to_string().into())
            .with_type(kind.into())
            .with_content_type("application/json".into())
            .with_delivery_mode(2)
    }

    pub(super) async fn send(&self, properties: BasicProperties, body: &[u8]) {
        let exchange = "rfa.intake".into();
        let options = BasicPublishOptions::default();
        self.channel
            .basic_publish(exchange, "".into(), options, body, properties)
            .await
            .unwrap();
    }

    pub(crate) async fn ask(&mut self, properties: BasicProperties, body: &Value) -> Reply {
        let correlation = Uuid::new_v4().to_string();
        let properties = properties
            .with_reply_to(DIRECT.into())
            .with_correlation_id(correlation.as_str().into());
        self.send(properties, body.to_string().as_bytes()).await;
        let reply = tokio::time::timeout(SOON, self.replies.next()).await;
        let reply = reply.expect("a reply in time").unwrap().unwrap();
        let id = reply.properties.correlation_id().clone().unwrap();
        assert_eq!(id.as_str(), correlation);
        let content_type = reply.properties.content_type().clone().unwrap();
        Reply {
            content_type: content_type.to_string(),
            body: serde_json::from_slice(&reply.data).unwrap(),
        }
    }
}

pub(super) fn with_header(properties: BasicProperties, name: &str, value: &str) -> BasicProperties {
    let mut headers = FieldTable::default();
    headers.insert(name.into(), AMQPValue::LongString(LongString::from(value)));
    properties.with_headers(headers)
}

/// A whole request, as HTTP takes it.
pub(super) fn new_request(data: Value) -> Value {
    json!({ "on_behalf_of": "head.girvan", "data": data })
}

/// Rows of `intake.parked` that wait: id, sender, reason, detail, times.
pub(super) type Waiting = (Uuid, Option<String>, String, String, i32);

pub(super) async fn parked(served: &Served, count: usize) -> Vec<Waiting> {
    let owner = served.database().connect().await;
    let query = "select id, sender, reason, detail, times from intake.parked \
                 where settled_at is null order by first_at";
    until("what was sent is parked", SOON, || async {
        let rows = owner.query(query, &[]).await.unwrap();
        let row = |row: &tokio_postgres::Row| {
            (row.get(0), row.get(1), row.get(2), row.get(3), row.get(4))
        };
        (rows.len() == count).then(|| rows.iter().map(row).collect())
    })
    .await
}
