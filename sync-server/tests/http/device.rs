//! A device that speaks `/sync` over a real WebSocket.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_bytes::ByteBuf;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use tombolo_docs::{Author, Chunk, Document};
use tombolo_model::{Id, Intent, Kind};
use tombolo_wire::sync::{
    Cursor, Down, Hello, SnapshotPage, Up, VERSION, Welcome, decode_down, decode_page, encode_up,
};

use crate::server::Browser;

/// Longer than any answer takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// A device's end of a socket.
pub(crate) struct Device {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    waiting: VecDeque<Down>,
    stored: u32,
    pushes: u64,
    pub(crate) welcome: Welcome,
}

/// Opens the socket as the browser would; `Err` is the answer that refused it.
pub(crate) async fn open(
    browser: &Browser,
    account: Id,
    origin: &str,
) -> Result<WebSocketStream<MaybeTlsStream<TcpStream>>, Error> {
    open_with(browser, &format!("account={account}"), origin).await
}

/// The same with this query.
pub(crate) async fn open_with(
    browser: &Browser,
    query: &str,
    origin: &str,
) -> Result<WebSocketStream<MaybeTlsStream<TcpStream>>, Error> {
    let url = format!("ws://{}/sync?{query}", browser.address);
    let mut request = url.into_client_request()?;
    let headers = request.headers_mut();
    headers.insert("cookie", browser.cookie().parse().unwrap());
    headers.insert("origin", origin.parse().unwrap());
    let config = WebSocketConfig::default().max_message_size(Some(64 << 20)).max_frame_size(Some(64 << 20));
    tokio_tungstenite::connect_async_with_config(request, Some(config), true).await.map(|(socket, _)| socket)
}

impl Device {
    /// Opens the socket and says hello.
    pub(crate) async fn join(browser: &Browser, account: Id, cursor: Option<Cursor>) -> Self {
        Self::try_join(browser, account, cursor).await.expect("no welcome")
    }

    /// The same, from a server that may be killed meanwhile.
    pub(crate) async fn try_join(browser: &Browser, account: Id, cursor: Option<Cursor>) -> Option<Self> {
        let socket = open(browser, account, &browser.origin()).await.ok()?;
        let mut device = Self {
            socket,
            waiting: VecDeque::new(),
            stored: 0,
            pushes: 0,
            welcome: Welcome {
                version: 0,
                role: tombolo_model::Role::Monitor,
                grants: tombolo_model::Grants::new(),
                course: tombolo_wire::sync::Course::Resume,
                cursor: Cursor::default(),
            },
        };
        device.say_if_open(&Up::Hello(Hello { version: VERSION, cursor })).await;
        match device.read().await? {
            Down::Welcome(welcome) => device.welcome = welcome,
            other => panic!("no welcome but {other:?}"),
        }
        Some(device)
    }

    /// Knocks where it may not come in: the code that it is told.
    pub(crate) async fn turned_away(browser: &Browser, account: Id) -> String {
        Self::turned_away_with(browser, &format!("account={account}")).await
    }

    /// The same for a device that says who it believes to be.
    pub(crate) async fn turned_away_as(browser: &Browser, account: Id, user: &str) -> String {
        Self::turned_away_with(browser, &format!("account={account}&user={user}")).await
    }

    async fn turned_away_with(browser: &Browser, query: &str) -> String {
        let mut socket = open_with(browser, query, &browser.origin()).await.expect("an open socket");
        // A real device greets as soon as the socket is open.
        let hello = encode_up(&Up::Hello(Hello { version: VERSION, cursor: None })).unwrap();
        socket.send(Message::binary(hello)).await.unwrap();
        while let Some(Ok(message)) = socket.next().await {
            if let Message::Binary(bytes) = message {
                match decode_down(&bytes).unwrap() {
                    Down::Bye { code, .. } => return code,
                    other => panic!("no goodbye but {other:?}"),
                }
            }
        }
        panic!("closed without a word")
    }

    pub(crate) async fn say(&mut self, frame: &Up) {
        let bytes = encode_up(frame).unwrap();
        self.socket.send(Message::binary(bytes)).await.unwrap();
    }

    /// Sends what the server may refuse while it still comes.
    pub(crate) async fn say_bytes(&mut self, bytes: Vec<u8>) {
        drop(self.socket.send(Message::binary(bytes)).await);
    }

    /// The next frame, those kept aside first; `None` when the server has hung up.
    pub(crate) async fn next(&mut self) -> Option<Down> {
        match self.waiting.pop_front() {
            Some(frame) => Some(frame),
            None => self.read().await,
        }
    }

    async fn read(&mut self) -> Option<Down> {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("the server is silent");
            match message {
                Some(Ok(Message::Binary(bytes))) => {
                    let frame = decode_down(&bytes).unwrap();
                    if matches!(frame, Down::Changes { .. } | Down::Bundle { .. } | Down::Manifest { .. }) {
                        self.stored += 1;
                        self.say_if_open(&Up::Received { frames: self.stored }).await;
                    }
                    return Some(frame);
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    async fn say_if_open(&mut self, frame: &Up) {
        let bytes = encode_up(frame).unwrap();
        drop(self.socket.send(Message::binary(bytes)).await);
    }

    /// Pushes and waits for the answer; other frames are kept aside. `None` when the server has gone.
    pub(crate) async fn push(&mut self, document: Id, chunks: &[Chunk]) -> Option<Down> {
        self.pushes += 1;
        let mine = self.pushes;
        let changes = chunks.iter().map(|chunk| ByteBuf::from(chunk.bytes.clone())).collect();
        self.say_if_open(&Up::Push { push: mine, document, changes }).await;
        loop {
            let frame = self.read().await?;
            match &frame {
                Down::Accepted { push }
                | Down::Refused { push, .. }
                | Down::Need { push, .. }
                | Down::Failed { push, .. }
                    if *push == mine =>
                {
                    return Some(frame);
                }
                Down::Bye { .. } => return Some(frame),
                _ => self.waiting.push_back(frame),
            }
        }
    }

    /// Reads until a frame is what is looked for.
    pub(crate) async fn until<T>(&mut self, mut wanted: impl FnMut(Down) -> Option<T>) -> T {
        loop {
            let frame = self.next().await.expect("the server hung up");
            if let Some(found) = wanted(frame) {
                return found;
            }
        }
    }

    /// A page of whole documents.
    pub(crate) fn page(bytes: &[u8]) -> SnapshotPage {
        let plain = tombolo_sync::prescan::inflate(bytes, 64 << 20).unwrap();
        decode_page(&plain).unwrap()
    }
}

/// Random bytes; the tests need no seed to be replayed, only no repetition.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

/// Text that hardly deflates.
pub(crate) fn noise(length: usize) -> String {
    let mut bytes = vec![0; length];
    getrandom::fill(&mut bytes).unwrap();
    bytes.into_iter().map(|byte| char::from(b' ' + byte % 94)).filter(|c| !"\"\\".contains(*c)).collect()
}

pub(crate) fn id() -> Id {
    Id::from_parts(1_700_000_000, random())
}

pub(crate) fn author() -> Author {
    Author { actor: random(), time_ms: 1_700_000_000_000 }
}

fn rows() -> impl FnMut() -> String {
    || hex::encode(random::<6>())
}

/// A new document.
pub(crate) fn create(kind: Kind, value: &Value, author: &Author) -> (Document, Chunk) {
    Document::create(kind, id(), value, author, &mut rows()).unwrap()
}

/// Sets one field.
pub(crate) fn set(document: &mut Document, author: &Author, path: &str, value: Value) -> Chunk {
    let intent = Intent::Set { path: path.to_owned(), value };
    document.edit(author, &[intent], &mut rows()).unwrap().unwrap()
}
