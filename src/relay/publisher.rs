//! The only file that knows the AMQP client. Its own recovery is not used: it forgets settings of a
//! channel; on any error the caller drops the publisher and makes a new one.

use super::message::{Message, Route};
use super::topology::{
    DEAD_LETTERS_EXCHANGE, DEAD_LETTERS_QUEUE, DELIVERY_LIMIT, EXCHANGES, Queue, Topology,
};
use super::window::Untaken;
use futures::FutureExt;
use lapin::message::BasicReturnMessage;
use lapin::options::{
    BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions, QueueBindOptions,
    QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable, LongString};
use lapin::{
    BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, ExchangeKind,
};
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;
use uuid::Uuid;

const CONNECT_DEADLINE: Duration = Duration::from_secs(10);
const DECLARE_DEADLINE: Duration = Duration::from_secs(10);
const CLOSE_DEADLINE: Duration = Duration::from_secs(2);
const PERSISTENT: u8 = 2;

/// On its way to the broker; ends with the confirm, and with whatever the client attached to it.
/// Whoever waits sets the deadline: a blocked connection writes nothing and says nothing.
pub(super) type Sending =
    Pin<Box<dyn Future<Output = Result<Vec<Untaken>, PublishError>> + Send + Sync>>;

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
    /// With other settings it could swallow messages that no queue takes.
    #[error("the exchange `{}` is not as declared: {}", .0.name, .0.why)]
    Exchange(Mismatch),
    #[error("the connection to the broker was closed")]
    Closed,
    #[error("a publish was not confirmed because confirms are off: a defect")]
    NotConfirmed,
    #[error("a message came back that was not sent from here: a defect")]
    Foreign,
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

    /// Declares what is missing. A queue of other settings is reported, and the rest is declared
    /// all the same: its messages wait where no binding leads to it.
    ///
    /// # Errors
    /// When the broker is out of reach, or an exchange is not what we rely on.
    pub(super) async fn declare(
        &mut self,
        topology: &Topology,
    ) -> Result<Vec<Mismatch>, PublishError> {
        let exchanges = EXCHANGES.map(|name| (name, ExchangeKind::Topic));
        let dead_letters = (DEAD_LETTERS_EXCHANGE, ExchangeKind::Fanout);
        for (exchange, kind) in exchanges.into_iter().chain([dead_letters]) {
            let declared = declare_exchange(&self.channel, exchange, kind).await;
            if let Some(mismatch) = self.mismatch(exchange, declared).await? {
                return Err(PublishError::Exchange(mismatch));
            }
        }
        let dead_letters = Queue {
            name: DEAD_LETTERS_QUEUE.to_owned(),
            exchange: DEAD_LETTERS_EXCHANGE,
            binding: "#".to_owned(),
        };
        let mut mismatches = Vec::new();
        for queue in std::iter::once(&dead_letters).chain(&topology.queues) {
            let declared = declare_queue(&self.channel, queue).await;
            mismatches.extend(self.mismatch(&queue.name, declared).await?);
        }
        Ok(mismatches)
    }

    /// A refusal closes the channel: note it and go on with a new one.
    async fn mismatch(
        &mut self,
        name: &str,
        declared: Result<(), PublishError>,
    ) -> Result<Option<Mismatch>, PublishError> {
        match declared {
            Ok(()) => Ok(None),
            Err(PublishError::Refused { why, .. }) if self.connection.status().connected() => {
                self.channel = open(&self.connection).await?;
                let name = name.to_owned();
                Ok(Some(Mismatch { name, why }))
            }
            Err(error) => Err(error),
        }
    }

    /// Starts sending; messages go out in the order of these calls.
    pub(super) fn send(&self, message: &Message) -> Sending {
        let (channel, message) = (self.channel.clone(), message.clone());
        let mut sending: Sending = Box::pin(async move { deliver(channel, message).await });
        // The first poll puts the frames into the client's queue.
        match (&mut sending).now_or_never() {
            None => sending,
            Some(outcome) => Box::pin(std::future::ready(outcome)),
        }
    }

    /// The broker is short of memory or disk and reads nothing from us.
    pub(super) fn is_blocked(&self) -> bool {
        self.connection.status().blocked()
    }

    /// # Errors
    /// When the connection or its channel is gone.
    pub(super) fn check_open(&self) -> Result<(), PublishError> {
        if self.connection.status().connected() && self.channel.status().connected() {
            Ok(())
        } else {
            Err(PublishError::Closed)
        }
    }

    /// Says goodbye; the broker notices a silent end too, only later.
    pub(super) async fn close(self) {
        let closed = self.connection.close(200, "bye".into());
        if let Err(error) = within(CLOSE_DEADLINE, "closing", closed).await {
            tracing::debug!(%error, "the connection to the broker was left to itself");
        }
    }
}

async fn deliver(channel: Channel, message: Message) -> Result<Vec<Untaken>, PublishError> {
    let refused = |error: lapin::Error| PublishError::Refused {
        doing: "publishing",
        why: kind_of(&error),
    };
    let properties = BasicProperties::default()
        .with_delivery_mode(PERSISTENT)
        .with_message_id(message.id.to_string().into())
        .with_content_type("application/cloudevents+json".into());
    let options = BasicPublishOptions {
        mandatory: true,
        ..BasicPublishOptions::default()
    };
    let confirm = channel
        .basic_publish(
            message.route.exchange.into(),
            message.route.routing_key.as_str().into(),
            options,
            &message.body,
            properties,
        )
        .await
        .map_err(refused)?;
    match confirm.await.map_err(refused)? {
        Confirmation::Ack(returned) => returned.iter().map(untaken).collect(),
        // A queue that is full or has lost its majority: as good as none.
        Confirmation::Nack(returned) => {
            let refused = Ok((message.id, message.route));
            returned.iter().map(untaken).chain([refused]).collect()
        }
        Confirmation::NotRequested => Err(PublishError::NotConfirmed),
    }
}

fn untaken(returned: &BasicReturnMessage) -> Result<Untaken, PublishError> {
    let id = returned.properties.message_id().as_ref();
    let id = id.and_then(|id| Uuid::parse_str(id.as_str()).ok());
    let exchange = EXCHANGES
        .into_iter()
        .find(|name| *name == returned.exchange.as_str());
    let (Some(id), Some(exchange)) = (id, exchange) else {
        return Err(PublishError::Foreign);
    };
    let routing_key = returned.routing_key.to_string();
    let route = Route {
        exchange,
        routing_key,
    };
    Ok((id, route))
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
    within(DECLARE_DEADLINE, "declaring an exchange", declared).await
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
        // The broker's own default sends a dead letter once and forgets it. This way asks for the
        // overflow beside it, though no length is limited.
        arguments.insert("x-dead-letter-strategy".into(), text("at-least-once"));
        arguments.insert("x-overflow".into(), text("reject-publish"));
    }
    let options = QueueDeclareOptions {
        durable: true,
        ..QueueDeclareOptions::default()
    };
    let declared = channel.queue_declare(queue.name.as_str().into(), options, arguments);
    within(DECLARE_DEADLINE, "declaring a queue", declared).await?;
    let bound = channel.queue_bind(
        queue.name.as_str().into(),
        queue.exchange.into(),
        queue.binding.as_str().into(),
        QueueBindOptions::default(),
        FieldTable::default(),
    );
    within(DECLARE_DEADLINE, "binding a queue", bound).await
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
