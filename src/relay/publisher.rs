//! With `intake.rs` the only file that knows the AMQP client. Its own recovery is not used: it forgets settings of a
//! channel; on any error the caller drops the publisher and makes a new one.

use super::broker_error::{Mismatch, PublishError};
use super::intake::desk::Reply;
use super::message::{Message, Route};
use super::topology::{EXCHANGES, Exchange, ExchangeKind, Queue, Setting, Topology};
use super::window::Untaken;
use futures::FutureExt;
use lapin::message::BasicReturnMessage;
use lapin::options::{
    BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions, QueueBindOptions,
    QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable, LongString};
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties};
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;
use uuid::Uuid;

pub(super) const CONNECT_DEADLINE: Duration = Duration::from_secs(10);
const DECLARE_DEADLINE: Duration = Duration::from_secs(10);
const CLOSE_DEADLINE: Duration = Duration::from_secs(2);
const PERSISTENT: u8 = 2;

/// On its way to the broker; ends with the confirm, and with whatever the client attached to it.
/// Whoever waits sets the deadline: a blocked connection writes nothing and says nothing.
pub(super) type Sending =
    Pin<Box<dyn Future<Output = Result<Vec<Untaken>, PublishError>> + Send + Sync>>;

/// Queues that the broker makes up for replies: they are not routed to, so nothing is returned.
const DIRECT_REPLY: &str = "amq.rabbitmq.reply-to.";

/// What is there now.
#[derive(Debug, Clone, Default)]
pub(super) struct Declared {
    pub(super) mismatches: Vec<Mismatch>,
    /// Messages by queue.
    pub(super) depths: Vec<(String, u32)>,
}

pub(super) struct Publisher {
    connection: Connection,
    channel: Channel,
}

impl Publisher {
    /// `name` is what the connection is called on the broker.
    ///
    /// # Errors
    /// When the broker is out of reach. The URL, which may hold a password, is in no error.
    pub(super) async fn connect(url: &str, name: &str) -> Result<Self, PublishError> {
        let connection = connection(url, name).await?;
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
    pub(super) async fn declare(&mut self, topology: &Topology) -> Result<Declared, PublishError> {
        for exchange in &EXCHANGES {
            let declared = declare_exchange(&self.channel, exchange, Look::Declare).await;
            if let Err(mismatch) = self.mismatch(exchange.name, declared).await? {
                return Err(PublishError::Exchange(mismatch));
            }
        }
        let mut all = Declared::default();
        for queue in &topology.queues {
            let declared = declare_queue(&self.channel, queue, Look::Declare).await;
            let bound = match declared {
                Ok(depth) => bind(&self.channel, queue).await.map(|()| depth),
                Err(error) => Err(error),
            };
            match self.mismatch(&queue.name, bound).await? {
                Ok(messages) => all.depths.push((queue.name.clone(), messages)),
                Err(mismatch) => all.mismatches.push(mismatch),
            }
        }
        Ok(all)
    }

    /// Changes nothing. Bindings cannot be asked for in this protocol.
    ///
    /// # Errors
    /// When the broker is out of reach.
    pub(super) async fn compare(&mut self, topology: &Topology) -> Result<Declared, PublishError> {
        let mut all = Declared::default();
        for exchange in &EXCHANGES {
            for look in [Look::Find, Look::Declare] {
                let found = declare_exchange(&self.channel, exchange, look).await;
                if let Err(mismatch) = self.mismatch(exchange.name, found).await? {
                    all.mismatches.push(mismatch);
                    break;
                }
            }
        }
        for queue in &topology.queues {
            for look in [Look::Find, Look::Declare] {
                let found = declare_queue(&self.channel, queue, look).await;
                match self.mismatch(&queue.name, found).await? {
                    Ok(_) if look == Look::Find => {}
                    Ok(messages) => all.depths.push((queue.name.clone(), messages)),
                    Err(mismatch) => {
                        all.mismatches.push(mismatch);
                        break;
                    }
                }
            }
        }
        Ok(all)
    }

    /// A refusal closes the channel: note it and go on with a new one.
    async fn mismatch<T>(
        &mut self,
        name: &str,
        declared: Result<T, PublishError>,
    ) -> Result<Result<T, Mismatch>, PublishError> {
        match declared {
            Ok(found) => Ok(Ok(found)),
            Err(PublishError::Refused { why, .. }) if self.connection.status().connected() => {
                self.channel = open(&self.connection).await?;
                let name = name.to_owned();
                Ok(Err(Mismatch { name, why }))
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

    /// Whether a queue took it. One reply at a time: whatever comes back is this one.
    ///
    /// # Errors
    /// When it is not known.
    pub(super) async fn reply(&mut self, reply: &Reply) -> Result<bool, PublishError> {
        let is_direct = is_direct(&reply.to);
        if is_direct && !self.exists(&reply.to).await? {
            return Ok(false);
        }
        let properties = BasicProperties::default()
            .with_delivery_mode(PERSISTENT)
            .with_content_type(reply.document.content_type.into());
        let properties = match &reply.correlation {
            Some(id) => properties.with_correlation_id(id.as_str().into()),
            None => properties,
        };
        let options = BasicPublishOptions {
            mandatory: !is_direct,
            ..BasicPublishOptions::default()
        };
        let to = reply.to.as_str().into();
        let sent =
            self.channel
                .basic_publish("".into(), to, options, &reply.document.body, properties);
        match sent.await.map_err(refused)?.await.map_err(refused)? {
            Confirmation::Ack(returned) => Ok(returned.is_none()),
            Confirmation::Nack(_) => Ok(false),
            Confirmation::NotRequested => Err(PublishError::NotConfirmed),
        }
    }

    async fn exists(&mut self, queue: &str) -> Result<bool, PublishError> {
        let options = QueueDeclareOptions {
            passive: true,
            ..QueueDeclareOptions::default()
        };
        let asked = self
            .channel
            .queue_declare(queue.into(), options, FieldTable::default());
        let asked = within(DECLARE_DEADLINE, "looking for a queue", asked).await;
        Ok(self.mismatch(queue, asked).await?.is_ok())
    }

    /// The broker is short of memory or disk and reads nothing from us.
    pub(super) fn is_blocked(&self) -> bool {
        self.connection.status().blocked()
    }

    /// The same, asked while something is on its way.
    pub(super) fn blocked(&self) -> impl Fn() -> bool + use<> {
        let status = self.connection.status().clone();
        move || status.blocked()
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

pub(super) fn is_direct(reply_to: &str) -> bool {
    reply_to.starts_with(DIRECT_REPLY)
}

async fn deliver(channel: Channel, message: Message) -> Result<Vec<Untaken>, PublishError> {
    // Whoever finds it among the dead letters finds its event in the log.
    let mut headers = FieldTable::default();
    let position = LongString::from(message.position.as_ref());
    headers.insert("rfa-position".into(), AMQPValue::LongString(position));
    let properties = BasicProperties::default()
        .with_delivery_mode(PERSISTENT)
        .with_headers(headers)
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

fn refused(error: lapin::Error) -> PublishError {
    PublishError::Refused {
        doing: "publishing",
        why: kind_of(&error),
    }
}

fn untaken(returned: &BasicReturnMessage) -> Result<Untaken, PublishError> {
    let id = returned.properties.message_id().as_ref();
    let id = id.and_then(|id| Uuid::parse_str(id.as_str()).ok());
    let exchange = EXCHANGES
        .into_iter()
        .map(|exchange| exchange.name)
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

/// Whether what is not there is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Find,
    Declare,
}

async fn declare_exchange(
    channel: &Channel,
    exchange: &Exchange,
    look: Look,
) -> Result<(), PublishError> {
    let kind = match exchange.kind {
        ExchangeKind::Topic => lapin::ExchangeKind::Topic,
        ExchangeKind::Fanout => lapin::ExchangeKind::Fanout,
    };
    let options = ExchangeDeclareOptions {
        durable: true,
        passive: look == Look::Find,
        ..ExchangeDeclareOptions::default()
    };
    let (name, nothing) = (exchange.name.into(), FieldTable::default());
    let declared = channel.exchange_declare(name, kind, options, nothing);
    within(DECLARE_DEADLINE, "declaring an exchange", declared).await
}

/// Gives how many messages are in it.
async fn declare_queue(channel: &Channel, queue: &Queue, look: Look) -> Result<u32, PublishError> {
    let mut arguments = FieldTable::default();
    for (name, setting) in queue.settings() {
        let value = match setting {
            Setting::Text(text) => AMQPValue::LongString(LongString::from(text)),
            Setting::Number(number) => AMQPValue::LongLongInt(number),
        };
        arguments.insert(name.into(), value);
    }
    let options = QueueDeclareOptions {
        durable: true,
        passive: look == Look::Find,
        ..QueueDeclareOptions::default()
    };
    let declared = channel.queue_declare(queue.name.as_str().into(), options, arguments);
    let declared = within(DECLARE_DEADLINE, "declaring a queue", declared).await?;
    Ok(declared.message_count())
}

async fn bind(channel: &Channel, queue: &Queue) -> Result<(), PublishError> {
    let bound = channel.queue_bind(
        queue.name.as_str().into(),
        queue.exchange.into(),
        queue.binding.as_str().into(),
        QueueBindOptions::default(),
        FieldTable::default(),
    );
    within(DECLARE_DEADLINE, "binding a queue", bound).await
}

/// # Errors
/// When the broker is out of reach. The URL, which may hold a password, is in no error.
pub(super) async fn connection(url: &str, name: &str) -> Result<Connection, PublishError> {
    let properties = ConnectionProperties::default().with_connection_name(LongString::from(name));
    let url = with_heartbeat(url);
    let connecting = Connection::connect(&url, properties);
    within(CONNECT_DEADLINE, "connecting", connecting).await
}

/// No answer of the client library is waited for without end.
pub(super) async fn within<T>(
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
