//! A way to the broker that is cut while the client has as much in hand as it may. It is cut as `pika`
//! closes a channel: part of what is in hand is given back, the rest falls back with the channel. After
//! that a quorum queue of RabbitMQ 3.10 delivers the one part behind the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What the client asks for with `basic.qos`.
pub(super) const PREFETCH: usize = 50;

/// AMQP 0-9-1: class and method.
const DELIVER: [u8; 4] = [0, 60, 0, 60];
const ACK: [u8; 4] = [0, 60, 0, 80];
const NACK: [u8; 4] = [0, 60, 0, 120];
const CANCEL: [u8; 4] = [0, 60, 0, 30];
const CLOSE_CHANNEL: [u8; 4] = [0, 20, 0, 40];
const CHANNEL_CLOSED: [u8; 4] = [0, 20, 0, 41];
const PROTOCOL_HEADER: usize = 8;
const FRAME_HEADER: usize = 7;
const FRAME_END: u8 = 0xce;
const METHOD: u8 = 1;

/// Where a connection is cut: the broker has pushed all that it may without hearing of another
/// acknowledgement.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    /// Acknowledgements that get through.
    pub(super) acknowledged: usize,
    /// Messages beyond these that the client has seen, up to `PREFETCH`; the others are lost on the way.
    pub(super) seen: usize,
    /// How many of those in hand are given back, the first ones, before the channel is closed.
    pub(super) given_back: usize,
}

/// Listens on loopback for one client. Ends with this value.
pub(super) struct CuttingProxy {
    pub(super) port: u16,
    cuts: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl CuttingProxy {
    /// After the last cut everything gets through.
    pub(super) async fn start(broker: String, planned: Vec<Cut>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let cuts = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&cuts);
        let task = tokio::spawn(async move {
            loop {
                let (mut client, _) = listener.accept().await.unwrap();
                let mut broker = TcpStream::connect(&broker).await.unwrap();
                match planned.get(counted.load(SeqCst)) {
                    Some(cut) => {
                        if cut.make(client, broker).await.is_ok() {
                            counted.fetch_add(1, SeqCst);
                        }
                    }
                    // The client ends as it likes.
                    None => drop(tokio::io::copy_bidirectional(&mut client, &mut broker).await),
                }
            }
        });
        Self { port, cuts, task }
    }

    pub(super) fn cuts(&self) -> usize {
        self.cuts.load(SeqCst)
    }
}

impl Drop for CuttingProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Cut {
    async fn make(self, client: TcpStream, broker: TcpStream) -> std::io::Result<()> {
        let (from_client, to_client) = client.into_split();
        let (mut from_broker, mut to_broker) = broker.into_split();
        let last = tokio::select! {
            last = self.push(&mut from_broker, to_client) => last?,
            Err(error) = self.acknowledge(from_client, &mut to_broker) => return Err(error),
        };
        let given_back = self.acknowledged + self.given_back;
        for frame in last.closing_frames(u64::try_from(given_back).unwrap()) {
            to_broker.write_all(&frame).await?;
        }
        while !is_method(&read_frame(&mut from_broker).await?, CHANNEL_CLOSED) {}
        Ok(())
    }

    /// Gives the last delivery.
    async fn push(
        self,
        from: &mut OwnedReadHalf,
        mut to: OwnedWriteHalf,
    ) -> std::io::Result<DeliverFrame> {
        let mut deliveries = 0;
        loop {
            let frame = read_frame(from).await?;
            deliveries += usize::from(is_method(&frame, DELIVER));
            if deliveries <= self.acknowledged + self.seen {
                to.write_all(&frame).await?;
            }
            if deliveries == self.acknowledged + PREFETCH {
                return Ok(DeliverFrame(frame));
            }
        }
    }

    /// Holds back whatever the client says after the last acknowledgement that gets through. Ends with
    /// an error alone: where the cut is made, the broker's side decides.
    async fn acknowledge(
        self,
        mut from: OwnedReadHalf,
        to: &mut OwnedWriteHalf,
    ) -> std::io::Result<()> {
        let mut header = [0; PROTOCOL_HEADER];
        from.read_exact(&mut header).await?;
        to.write_all(&header).await?;
        let mut acknowledged = 0;
        loop {
            let frame = read_frame(&mut from).await?;
            if is_method(&frame, ACK) {
                let multiple = frame[FRAME_HEADER + ACK.len() + 8];
                assert_eq!(multiple, 0, "one acknowledgement is for one message");
                if acknowledged == self.acknowledged {
                    return std::future::pending().await;
                }
                acknowledged += 1;
            }
            to.write_all(&frame).await?;
        }
    }
}

struct DeliverFrame(Vec<u8>);

impl DeliverFrame {
    /// Ends its consumer, gives back everything up to a delivery, and closes its channel.
    fn closing_frames(&self, given_back: u64) -> [Vec<u8>; 3] {
        let channel = [self.0[1], self.0[2]];
        let frame = |method: [u8; 4], arguments: &[u8]| {
            let size = u32::try_from(method.len() + arguments.len()).unwrap();
            let size = size.to_be_bytes();
            [
                &[METHOD],
                &channel[..],
                &size,
                &method,
                arguments,
                &[FRAME_END],
            ]
            .concat()
        };
        // A short string: its length, and so many bytes.
        let tag = &self.0[FRAME_HEADER + DELIVER.len()..];
        let tag = &tag[..=usize::from(tag[0])];
        let (at_once, all_before_and_again) = ([1], [3]);
        let (code, text, cause) = (200_u16.to_be_bytes(), [0], [0; 4]);
        [
            frame(CANCEL, &[tag, &at_once].concat()),
            frame(
                NACK,
                &[&given_back.to_be_bytes()[..], &all_before_and_again].concat(),
            ),
            frame(CLOSE_CHANNEL, &[&code[..], &text, &cause].concat()),
        ]
    }
}

/// Type, channel, size, payload, and the mark of its end.
async fn read_frame(from: &mut OwnedReadHalf) -> std::io::Result<Vec<u8>> {
    let mut frame = vec![0; FRAME_HEADER];
    from.read_exact(&mut frame).await?;
    let size = u32::from_be_bytes([frame[3], frame[4], frame[5], frame[6]]);
    let size = usize::try_from(size).unwrap();
    frame.resize(FRAME_HEADER + size + 1, 0);
    from.read_exact(&mut frame[FRAME_HEADER..]).await?;
    Ok(frame)
}

fn is_method(frame: &[u8], method: [u8; 4]) -> bool {
    frame[0] == METHOD && frame[FRAME_HEADER..].starts_with(&method)
}
