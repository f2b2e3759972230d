//! A device without a screen: it speaks the frames of `/sync`, to fill an account quickly and to count bytes.
//!
//! Written against `wire` alone, not with the product's own client, so that it notices when the two ends of the product
//! agree on something that the protocol does not say.

mod everything;

use crate::flows::Flow;
use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Message, http::HeaderValue};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use tombolo_docs::{Author, Document};
use tombolo_model::{Id, Kind};
use tombolo_wire::sync::{ByteBuf, Cursor, Down, Hello, Up, VERSION, Welcome, decode_down, encode_up};

pub use everything::Everything;

/// An open socket that has been welcomed.
pub struct Device {
    socket: Socket,
    /// What the server welcomed it with.
    pub welcome: Welcome,
    /// Who edits here.
    pub author: Author,
    pushes: u64,
    frames: u32,
}

/// What went over a socket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Bytes of the frames sent and received.
    pub bytes: usize,
    /// Their number.
    pub messages: usize,
}

struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    traffic: Traffic,
}

impl Device {
    /// Connects with the cursor of an earlier connection, or as an empty device.
    ///
    /// # Errors
    ///
    /// When the server refuses.
    pub async fn connect(address: &str, cookie: &str, account: Id, cursor: Option<Cursor>) -> Result<Self> {
        let url = format!("{}/sync?account={account}", address.replacen("http", "ws", 1));
        let mut request = url.into_client_request()?;
        request.headers_mut().insert("cookie", HeaderValue::from_str(cookie)?);
        request.headers_mut().insert("origin", HeaderValue::from_str(address)?);
        let (stream, _) = tokio_tungstenite::connect_async(request).await.context("opening the socket")?;
        let mut socket = Socket { stream, traffic: Traffic::default() };
        socket.send(&Up::Hello(Hello { version: VERSION, cursor })).await?;
        let welcome = match socket.next().await? {
            Down::Welcome(welcome) => welcome,
            other => bail!("welcomed with {other:?}"),
        };
        let author = Author { actor: fresh_actor(), time_ms: now_ms() };
        Ok(Self { socket, welcome, author, pushes: 0, frames: 0 })
    }

    /// Makes a resource and pushes it; gives its document once the server has it.
    ///
    /// # Errors
    ///
    /// When the server refuses.
    pub async fn create(&mut self, kind: Kind, value: &Value) -> Result<Document> {
        let (document, chunk) = self.make(kind, fresh_id(), value)?;
        let push = self.push(document.id(), vec![chunk]).await?;
        self.settled(push).await?;
        Ok(document)
    }

    /// Pushes a flow with everything it refers to.
    ///
    /// # Errors
    ///
    /// When the server refuses.
    pub async fn create_flow(&mut self, flow: &Flow) -> Result<()> {
        for (kind, id, value) in &flow.resources {
            let (_, chunk) = self.make(*kind, *id, value)?;
            let push = self.push(*id, vec![chunk]).await?;
            self.settled(push).await?;
        }
        Ok(())
    }

    /// Makes many resources and pushes them without waiting for each answer; gives their ids.
    ///
    /// # Errors
    ///
    /// When the server refuses one.
    pub async fn create_all(&mut self, values: impl IntoIterator<Item = (Kind, Value)>) -> Result<Vec<Id>> {
        let mut ids = Vec::new();
        let mut last = None;
        for (count, (kind, value)) in values.into_iter().enumerate() {
            let (document, chunk) = self.make(kind, fresh_id(), &value)?;
            ids.push(document.id());
            last = Some(self.push(document.id(), vec![chunk]).await?);
            // The server may answer late, but not be buried in questions.
            if count % 100 == 99
                && let Some(push) = last.take()
            {
                self.settled(push).await?;
            }
        }
        if let Some(push) = last {
            self.settled(push).await?;
        }
        Ok(ids)
    }

    fn make(&self, kind: Kind, id: Id, value: &Value) -> Result<(Document, Vec<u8>)> {
        let mut row = 0;
        let mut rows = || {
            row += 1;
            format!("r{row}")
        };
        let (document, chunk) = Document::create(kind, id, value, &self.author, &mut rows)?;
        Ok((document, chunk.bytes))
    }

    /// Pushes changes of one document; gives the number that the answer will carry.
    ///
    /// # Errors
    ///
    /// When the socket is closed.
    pub async fn push(&mut self, document: Id, changes: Vec<Vec<u8>>) -> Result<u64> {
        self.pushes += 1;
        let changes = changes.into_iter().map(ByteBuf::from).collect();
        self.socket.send(&Up::Push { push: self.pushes, document, changes }).await?;
        Ok(self.pushes)
    }

    /// Reads until a push is accepted.
    ///
    /// # Errors
    ///
    /// When it, or one before it, is not.
    pub async fn settled(&mut self, push: u64) -> Result<()> {
        loop {
            match self.next().await? {
                Down::Accepted { push: settled } if settled == push => return Ok(()),
                Down::Accepted { .. } => {}
                refused @ (Down::Refused { .. } | Down::Need { .. } | Down::Failed { .. }) => {
                    bail!("not accepted: {refused:?}")
                }
                _ => {}
            }
        }
    }

    /// The next frame; what must be confirmed is confirmed.
    ///
    /// # Errors
    ///
    /// When the socket is closed or the frame cannot be read.
    pub async fn next(&mut self) -> Result<Down> {
        let frame = self.socket.next().await?;
        if matches!(frame, Down::Changes { .. } | Down::Bundle { .. } | Down::Manifest { .. }) {
            self.frames += 1;
            self.socket.send(&Up::Received { frames: self.frames }).await?;
        }
        Ok(frame)
    }

    /// Reads until the server has nothing more to send; gives the cursor that counts then.
    ///
    /// # Errors
    ///
    /// When the socket is closed.
    pub async fn catch_up(&mut self) -> Result<Cursor> {
        loop {
            if let Down::Changes { cursor, complete: true, .. } = self.next().await? {
                return Ok(cursor);
            }
        }
    }

    /// Asks whether the server is there, and reads until it says so.
    ///
    /// # Errors
    ///
    /// When it does not.
    pub async fn ping(&mut self) -> Result<()> {
        self.socket.send(&Up::Ping).await?;
        while self.next().await? != Down::Pong {}
        Ok(())
    }

    /// What went over the socket so far.
    pub fn traffic(&self) -> Traffic {
        self.socket.traffic
    }
}

impl Socket {
    async fn send(&mut self, frame: &Up) -> Result<()> {
        let bytes = encode_up(frame)?;
        self.count(bytes.len());
        Ok(self.stream.send(Message::binary(bytes)).await?)
    }

    async fn next(&mut self) -> Result<Down> {
        loop {
            match self.stream.next().await.context("the server closed the socket")?? {
                Message::Binary(bytes) => {
                    self.count(bytes.len());
                    let frame = decode_down(&bytes)?;
                    if let Down::Bye { code, message } = frame {
                        bail!("the server says goodbye: {code}: {message}");
                    }
                    return Ok(frame);
                }
                Message::Close(_) => bail!("the server closed the socket"),
                _ => {}
            }
        }
    }

    fn count(&mut self, bytes: usize) {
        self.traffic.bytes += bytes;
        self.traffic.messages += 1;
    }
}

static COUNTER: AtomicU32 = AtomicU32::new(0);

/// An id that no other device makes: this process, and a counter.
pub fn fresh_id() -> Id {
    let count = COUNTER.fetch_add(1, Ordering::SeqCst).to_be_bytes();
    let process = std::process::id().to_be_bytes();
    let mut rest = [0; 8];
    rest[..4].copy_from_slice(&process);
    rest[4..].copy_from_slice(&count);
    Id::from_parts(u32::try_from(now_ms() / 1000).unwrap_or(u32::MAX), rest)
}

fn fresh_actor() -> [u8; 16] {
    let mut actor = [0; 16];
    actor[..12].copy_from_slice(&fresh_id().bytes());
    actor
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is set");
    i64::try_from(since.as_millis()).expect("not that late yet")
}
