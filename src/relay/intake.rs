//! RabbitMQ → commands: what service accounts send is judged like a call, answered, and only then
//! acknowledged.
//!
//! It reads on a connection of its own, which publishes nothing: a broker that is short of memory
//! stops whoever publishes, and acknowledgements with them. It decides nothing; `desk` says what an
//! answer means. On any error everything is made anew, settings of the channel included.

mod delivered;
pub mod desk;
pub mod quarantine;

use super::broker_error::PublishError;
use super::publisher::{CONNECT_DEADLINE, Publisher, connection, is_direct, within};
use super::topology::{INTAKE_DEAD_LETTERS, INTAKE_QUEUE, Topology};
use crate::commands::Commands;
use desk::{Action, Desk, Fault, Submission, Verdict, Why};
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::FieldTable;
use lapin::{Acker, Connection, Consumer};
use quarantine::{Quarantine, QuarantineError};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// What the connection is called that replies go out on.
const REPLIES: &str = "rfa replies";
/// Messages in hand at the same time, of each of the two queues.
const PREFETCH: u16 = 16;
const ACK_DEADLINE: Duration = Duration::from_secs(10);
const REPLY_DEADLINE: Duration = Duration::from_secs(30);
const TICK: Duration = Duration::from_secs(1);
/// What cannot be judged yet is kept in hand for so long and then given back: each time counts
/// against its limit of deliveries. Well within the broker's own patience of 30 minutes.
const HOLD_MAX: Duration = Duration::from_secs(10 * 60);
const HOLD_PAUSE_MAX: Duration = Duration::from_secs(30);
const BACKOFF_MS: std::ops::Range<u64> = 500..1_500;
/// What messages in hand get at the end; the rest is delivered to somebody else.
const LAST: Duration = Duration::from_secs(5);

#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    #[error(transparent)]
    Broker(#[from] PublishError),
    #[error(transparent)]
    Quarantine(#[from] QuarantineError),
    #[error("the log or the vault cannot be reached: nothing is taken in")]
    NotReady,
    #[error("a message could not be judged for {} minutes and is given back", HOLD_MAX.as_secs() / 60)]
    HeldTooLong,
    #[error("a message could not be acknowledged: its channel is gone")]
    StaleChannel,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IntakeStatus {
    pub connected: bool,
    /// Why nothing is taken in, if nothing is.
    pub trouble: Option<String>,
}

pub struct Intake {
    url: String,
    commands: Commands,
    desk: Desk,
    quarantine: Quarantine,
    status: watch::Sender<IntakeStatus>,
}

impl Intake {
    #[must_use]
    pub fn new(
        url: String,
        commands: Commands,
        desk: Desk,
        status: watch::Sender<IntakeStatus>,
    ) -> Self {
        let log = commands.registry().log();
        Self {
            quarantine: Quarantine::new(log, commands.vault().clone()),
            url,
            commands,
            desk,
            status,
        }
    }

    pub async fn run(self, shutdown: CancellationToken) {
        while !shutdown.is_cancelled() {
            let Err(error) = self.stay(&shutdown).await else {
                return;
            };
            tracing::warn!(%error, "nothing is taken in from the broker");
            self.report(Some(error.to_string()));
            let pause = Duration::from_millis(rand::random_range(BACKOFF_MS));
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// From connecting to the first error, or to the end.
    async fn stay(&self, shutdown: &CancellationToken) -> Result<(), IntakeError> {
        // A message that is taken out of its queue for nothing counts as delivered.
        let ready = async {
            let head = self.commands.registry().log().head().await.is_ok();
            head && self.commands.vault().ping().await.is_ok()
        };
        if !ready.await {
            return Err(IntakeError::NotReady);
        }
        let mut replies = Publisher::connect(&self.url, REPLIES).await?;
        let declared = replies.declare(&Topology::of_intake()).await?;
        if let Some(mismatch) = declared.mismatches.into_iter().next() {
            return Err(PublishError::Exchange(mismatch).into());
        }
        let mut reading = Reading::connect(&self.url).await?;
        self.report(None);
        let ended = self.serve(&mut reading, &mut replies, shutdown).await;
        reading.close().await;
        replies.close().await;
        ended
    }

    async fn serve(
        &self,
        reading: &mut Reading,
        replies: &mut Publisher,
        shutdown: &CancellationToken,
    ) -> Result<(), IntakeError> {
        let mut hands = FuturesUnordered::new();
        loop {
            tokio::select! {
                () = shutdown.cancelled() => break,
                next = reading.intake.next() => hands.push(self.judge(taken(next)?, None)),
                next = reading.dead_letters.next() => {
                    hands.push(self.judge(taken(next)?, Some(delivered::GIVEN_BACK)));
                }
                Some(judged) = hands.next() => tokio::select! {
                    finished = self.finish(judged?, replies) => finished?,
                    () = shutdown.cancelled() => break,
                },
            }
        }
        let rest = async {
            while let Some(judged) = hands.next().await {
                self.finish(judged?, replies).await?;
            }
            Ok(())
        };
        tokio::time::timeout(LAST, rest).await.unwrap_or(Ok(()))
    }

    /// Until there is a verdict.
    fn judge(
        &self,
        delivery: Delivery,
        fault: Option<Fault>,
    ) -> BoxFuture<'static, Result<Judged, IntakeError>> {
        let desk = Arc::clone(&self.desk);
        Box::pin(async move {
            let (message, mut to, acker) = read(delivery, fault);
            if fault.is_some() {
                // Perhaps it was the reply that went wrong so often.
                to = None;
            }
            let (started, mut pause) = (Instant::now(), Duration::ZERO);
            loop {
                let verdict = desk(Arc::clone(&message)).await;
                if let Verdict::Later(at_least) = verdict {
                    if started.elapsed() >= HOLD_MAX {
                        return Err(IntakeError::HeldTooLong);
                    }
                    pause = (pause * 2).clamp(at_least, HOLD_PAUSE_MAX);
                    tokio::time::sleep(pause).await;
                    continue;
                }
                let correlation = message.correlation.as_deref();
                if let Some(action) = Action::of(verdict, to.as_deref(), correlation) {
                    return Ok(Judged {
                        message,
                        action,
                        acker,
                    });
                }
            }
        })
    }

    /// Says, parks, acknowledges: in this order, so that whatever fails is done again.
    async fn finish(&self, judged: Judged, replies: &mut Publisher) -> Result<(), IntakeError> {
        let Judged {
            message,
            action,
            acker,
        } = judged;
        let was_told = match &action.reply {
            Some(reply) => match self.tell(replies, reply).await {
                Ok(was_told) => was_told,
                // A made-up name of this kind ends the connection, and would end the next one.
                Err(IntakeError::Broker(error)) if is_direct(&reply.to) => {
                    tracing::warn!(%error, "a reply is given up");
                    *replies = Publisher::connect(&self.url, REPLIES).await?;
                    false
                }
                Err(error) => return Err(error),
            },
            None => false,
        };
        if let Some(why) = action.parks(was_told) {
            self.park(&message, &why).await?;
        }
        let acked = acker.ack(BasicAckOptions::default());
        // On a channel that has gone the client says `false`, or nothing at all.
        if within(ACK_DEADLINE, "acknowledging", acked).await? {
            Ok(())
        } else {
            Err(IntakeError::StaleChannel)
        }
    }

    /// A broker that takes nothing now is waited for: it gives us nothing either.
    async fn tell(
        &self,
        replies: &mut Publisher,
        reply: &desk::Reply,
    ) -> Result<bool, IntakeError> {
        let blocked = replies.blocked();
        let telling = replies.reply(reply);
        tokio::pin!(telling);
        let mut started = Instant::now();
        loop {
            if let Ok(told) = tokio::time::timeout(TICK, &mut telling).await {
                self.report(None);
                return Ok(told?);
            }
            if blocked() {
                started = Instant::now();
                let why = "the broker is short of memory or disk and takes no replies";
                self.report(Some(why.to_owned()));
            } else if started.elapsed() >= REPLY_DEADLINE {
                return Err(PublishError::Deadline {
                    doing: "replying",
                    limit: REPLY_DEADLINE,
                }
                .into());
            }
        }
    }

    async fn park(&self, message: &Submission, why: &Why) -> Result<(), IntakeError> {
        let id = self.quarantine.park(message, why).await?;
        let (reason, sender) = (why.reason, message.sender.as_deref());
        tracing::error!(%id, reason, sender, "a message is parked");
        metrics::counter!("rfa_intake_parked_total", "reason" => reason).increment(1);
        Ok(())
    }

    fn report(&self, trouble: Option<String>) {
        self.status.send_if_modified(|status| {
            let now = IntakeStatus {
                connected: trouble.is_none(),
                trouble,
            };
            let is_new = *status != now;
            *status = now;
            is_new
        });
    }
}

/// A message with what is to be done about it.
struct Judged {
    message: Arc<Submission>,
    action: Action,
    acker: Acker,
}

/// The connection that reads, with its two queues.
struct Reading {
    connection: Connection,
    intake: Consumer,
    dead_letters: Consumer,
}

impl Reading {
    async fn connect(url: &str) -> Result<Self, PublishError> {
        let connection = connection(url, "rfa intake").await?;
        let intake = consume(&connection, INTAKE_QUEUE).await?;
        let dead_letters = consume(&connection, INTAKE_DEAD_LETTERS).await?;
        Ok(Self {
            connection,
            intake,
            dead_letters,
        })
    }

    async fn close(&self) {
        let closed = self.connection.close(200, "bye".into());
        if let Err(error) = within(ACK_DEADLINE, "closing", closed).await {
            tracing::debug!(%error, "the connection to the broker was left to itself");
        }
    }
}

/// A channel of its own, with its prefetch, which no channel inherits.
async fn consume(connection: &Connection, queue: &str) -> Result<Consumer, PublishError> {
    let opened = connection.create_channel();
    let channel = within(CONNECT_DEADLINE, "opening a channel", opened).await?;
    let prefetch = channel.basic_qos(PREFETCH, BasicQosOptions::default());
    within(CONNECT_DEADLINE, "setting the prefetch", prefetch).await?;
    let consumer = channel.basic_consume(
        queue.into(),
        queue.into(),
        BasicConsumeOptions::default(),
        FieldTable::default(),
    );
    within(CONNECT_DEADLINE, "consuming", consumer).await
}

/// The end of a stream is a fault: the queue or the channel is gone.
fn taken(next: Option<lapin::Result<Delivery>>) -> Result<Delivery, PublishError> {
    match next {
        Some(Ok(delivery)) => Ok(delivery),
        Some(Err(_)) | None => Err(PublishError::Closed),
    }
}

/// What is said, and where an answer goes.
fn read(delivery: Delivery, fault: Option<Fault>) -> (Arc<Submission>, Option<String>, Acker) {
    let properties = &delivery.properties;
    let text = |property: &Option<lapin::types::ShortString>| {
        property.as_ref().map(|text| text.as_str().to_owned())
    };
    let mut faults: Vec<Fault> = fault.into_iter().collect();
    if properties.expiration().is_some() {
        faults.push(delivered::EXPIRES);
    }
    let headers = properties.headers().as_ref();
    let mut names = headers.into_iter().flat_map(|table| table.inner().keys());
    if names.any(|name| !delivered::is_known_header(name.as_str())) {
        faults.push(delivered::HEADER);
    }
    let (sender, mut to) = (text(properties.user_id()), text(properties.reply_to()));
    let is_own = |to: &str| delivered::is_reply_queue(to, sender.as_deref());
    if to.as_deref().is_some_and(|to| !is_own(to)) {
        faults.push(delivered::REPLY_TO);
        to = None;
    }
    let message = Submission {
        sender,
        key: text(properties.message_id()),
        kind: text(properties.kind()),
        content_type: text(properties.content_type()),
        content_encoding: text(properties.content_encoding()),
        correlation: text(properties.correlation_id()),
        faults,
        body: delivery.data,
    };
    (Arc::new(message), to, delivery.acker)
}
