//! The only file that knows the AMQP client. Its own recovery is not used: it forgets settings of a
//! channel; on any error the caller drops the publisher and makes a new one.

use super::message::Message;
use super::topology::{
    DEAD_LETTERS_EXCHANGE, DEAD_LETTERS_QUEUE, DELIVERY_LIMIT, EXCHANGES, Queue, Topology,
};
use lapin::options::{
    BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions, QueueBindOptions,
    QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable, LongString};
use lapin::{
    BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, ExchangeKind,
    PublisherConfirm,
};
use std::collections::HashSet;
use std::future::Future;
use std::time::Duration;
use uuid::Uuid;

/// Messages that wait for their confirms at the same time, at most.
pub(super) const WINDOW: usize = 1_024;
const CONNECT_DEADLINE: Duration = Duration::from_secs(10);
/// A blocked connection writes nothing at all: the deadline finds it out.
const SEND_DEADLINE: Duration = Duration::from_secs(10);
const CONFIRM_DEADLINE: Duration = Duration::from_secs(30);
const PERSISTENT: u8 = 2;

#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    #[error("the broker did not answer within {} s while {doing}", limit.as_secs())]
    Deadline {
        doing: &'static str,
        limit: Duration,
    },
    /// The client's own text may quote the URL, so only its kind is kept.
    #[error("the broker refused while {doing}: {why}")]
    Refused { doing: &'static str, why: String },
    #[error("the broker could not take a message over")]
    Nack,
    #[error("a publish was not confirmed because confirms are off: a defect")]
    NotConfirmed,
}

/// A queue or exchange that exists with other settings than ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    pub name: String,
    pub why: String,
}

pub(super) struct Publisher {
    connection: Connection,
    channel: Channel,
}

impl Publisher {
    /// # Errors
    /// When the broker is out of reach. The URL, which may hold a password, is in no error.
    pub(super) async fn connect(url: &str) -> Result<Self, PublishError> {
        let doing = "connecting";
        let properties =
            ConnectionProperties::default().with_connection_name(LongString::from("rfa relay"));
        let url = with_heartbeat(url);
        let connection = within(
            CONNECT_DEADLINE,
            doing,
            Connection::connect(&url, properties),
        )
        .await?;
        let channel = open(&connection).await?;
        Ok(Self {
            connection,
            channel,
        })
    }

    /// Declares what is missing. A mismatch is reported, and the rest is declared all the same.
    ///
    /// # Errors
    /// When the broker is out of reach.
    pub(super) async fn declare(
        &mut self,
        topology: &Topology,
    ) -> Result<Vec<Mismatch>, PublishError> {
        let mut mismatches = Vec::new();
        for exchange in EXCHANGES {
            let declared = declare_exchange(&self.channel, exchange, ExchangeKind::Topic).await;
            self.keep(exchange, declared, &mut mismatches).await?;
        }
        let declared =
            declare_exchange(&self.channel, DEAD_LETTERS_EXCHANGE, ExchangeKind::Fanout).await;
        self.keep(DEAD_LETTERS_EXCHANGE, declared, &mut mismatches)
            .await?;
        let dead_letters = Queue {
            name: DEAD_LETTERS_QUEUE.to_owned(),
            exchange: DEAD_LETTERS_EXCHANGE,
            binding: "#".to_owned(),
        };
        for queue in std::iter::once(&dead_letters).chain(&topology.queues) {
            let declared = declare_queue(&self.channel, queue).await;
            self.keep(&queue.name, declared, &mut mismatches).await?;
        }
        Ok(mismatches)
    }

    /// A refusal closes the channel: note it and go on with a new one.
    async fn keep(
        &mut self,
        name: &str,
        declared: Result<(), PublishError>,
        mismatches: &mut Vec<Mismatch>,
    ) -> Result<(), PublishError> {
        match declared {
            Ok(()) => Ok(()),
            Err(PublishError::Refused { why, .. }) if self.connection.status().connected() => {
                mismatches.push(Mismatch {
                    name: name.to_owned(),
                    why,
                });
                self.channel = open(&self.connection).await?;
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Sends all, waits for all confirms, and gives the ids of those that no queue took.
    ///
    /// The client attaches a returned message to whichever confirm comes next, so only the union
    /// over the whole batch says what was returned.
    ///
    /// # Errors
    /// When it is not known of every message that the broker has it. Send the batch again then.
    pub(super) async fn publish(
        &self,
        messages: &[Message],
    ) -> Result<HashSet<Uuid>, PublishError> {
        let mut returned = HashSet::new();
        for window in messages.chunks(WINDOW) {
            let mut confirms = Vec::with_capacity(window.len());
            for message in window {
                confirms.push(self.send(message).await?);
            }
            let all = confirmed(confirms);
            returned.extend(tokio::time::timeout(CONFIRM_DEADLINE, all).await.map_err(
                |_| PublishError::Deadline {
                    doing: "waiting for confirms",
                    limit: CONFIRM_DEADLINE,
                },
            )??);
            let late = self.channel.wait_for_confirms();
            let late = within(CONFIRM_DEADLINE, "waiting for confirms", late).await?;
            returned.extend(late.iter().filter_map(|message| id_of(&message.properties)));
        }
        Ok(returned)
    }

    async fn send(&self, message: &Message) -> Result<PublisherConfirm, PublishError> {
        let body = serde_json::to_vec(&message.body).map_err(|error| PublishError::Refused {
            doing: "writing a message",
            why: error.to_string(),
        })?;
        let properties = BasicProperties::default()
            .with_delivery_mode(PERSISTENT)
            .with_message_id(message.id.to_string().into())
            .with_content_type("application/cloudevents+json".into());
        let options = BasicPublishOptions {
            mandatory: true,
            ..BasicPublishOptions::default()
        };
        let sent = self.channel.basic_publish(
            message.exchange.into(),
            message.routing_key.as_str().into(),
            options,
            &body,
            properties,
        );
        within(SEND_DEADLINE, "publishing", sent).await
    }
}

async fn open(connection: &Connection) -> Result<Channel, PublishError> {
    let channel = within(
        CONNECT_DEADLINE,
        "opening a channel",
        connection.create_channel(),
    )
    .await?;
    let confirms = channel.confirm_select(ConfirmSelectOptions::default());
    within(CONNECT_DEADLINE, "asking for confirms", confirms).await?;
    Ok(channel)
}

async fn confirmed(confirms: Vec<PublisherConfirm>) -> Result<Vec<Uuid>, PublishError> {
    let mut returned = Vec::new();
    for confirm in confirms {
        let confirmation = confirm.await.map_err(|error| PublishError::Refused {
            doing: "waiting for confirms",
            why: kind_of(&error),
        })?;
        match confirmation {
            Confirmation::Ack(message) => {
                returned.extend(message.and_then(|message| id_of(&message.properties)));
            }
            Confirmation::Nack(_) => return Err(PublishError::Nack),
            Confirmation::NotRequested => return Err(PublishError::NotConfirmed),
        }
    }
    Ok(returned)
}

fn id_of(properties: &BasicProperties) -> Option<Uuid> {
    properties
        .message_id()
        .as_ref()
        .and_then(|id| Uuid::parse_str(id.as_str()).ok())
}

async fn declare_exchange(
    channel: &Channel,
    name: &str,
    kind: ExchangeKind,
) -> Result<(), PublishError> {
    let options = ExchangeDeclareOptions {
        durable: true,
        ..ExchangeDeclareOptions::default()
    };
    let declared = channel.exchange_declare(name.into(), kind, options, FieldTable::default());
    within(SEND_DEADLINE, "declaring an exchange", declared).await
}

async fn declare_queue(channel: &Channel, queue: &Queue) -> Result<(), PublishError> {
    let mut arguments = FieldTable::default();
    let text = |value: &str| AMQPValue::LongString(LongString::from(value));
    arguments.insert("x-queue-type".into(), text("quorum"));
    if queue.name != DEAD_LETTERS_QUEUE {
        arguments.insert(
            "x-delivery-limit".into(),
            AMQPValue::LongLongInt(DELIVERY_LIMIT),
        );
        arguments.insert("x-dead-letter-exchange".into(), text(DEAD_LETTERS_EXCHANGE));
    }
    let options = QueueDeclareOptions {
        durable: true,
        ..QueueDeclareOptions::default()
    };
    let declared = channel.queue_declare(queue.name.as_str().into(), options, arguments);
    within(SEND_DEADLINE, "declaring a queue", declared).await?;
    let bound = channel.queue_bind(
        queue.name.as_str().into(),
        queue.exchange.into(),
        queue.binding.as_str().into(),
        QueueBindOptions::default(),
        FieldTable::default(),
    );
    within(SEND_DEADLINE, "binding a queue", bound).await
}

async fn within<T>(
    limit: Duration,
    doing: &'static str,
    work: impl Future<Output = lapin::Result<T>>,
) -> Result<T, PublishError> {
    match tokio::time::timeout(limit, work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(PublishError::Refused {
            doing,
            why: kind_of(&error),
        }),
        Err(_) => Err(PublishError::Deadline { doing, limit }),
    }
}

/// The broker's own words for a protocol error; for the rest only the kind.
fn kind_of(error: &lapin::Error) -> String {
    if let lapin::ErrorKind::ProtocolError(error) = error.kind() {
        return error.to_string();
    }
    let text = format!("{:?}", error.kind());
    text.split(['(', '{', ' '])
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// A dead peer is noticed after twice the heartbeat; the broker's default is a minute.
fn with_heartbeat(url: &str) -> String {
    let separator = if url.contains('?') { '&' } else { '?' };
    if url.contains("heartbeat=") {
        url.to_owned()
    } else {
        format!("{url}{separator}heartbeat=10")
    }
}
