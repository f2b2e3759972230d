//! A server that lies: everything goes to the real one, but into `/sync` it can put frames of its own.

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::body::Body;
use axum::extract::ws::{Message as DeviceMessage, WebSocket, WebSocketUpgrade};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::{SinkExt, StreamExt};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, watch};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message as ServerMessage;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tombolo_model::Id;
use tombolo_wire::sync::{ByteBuf, Cursor, Down, Entry, decode_down, encode_down};

/// The running liar.
pub struct FakeServer {
    port: u16,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    real: String,
    http: reqwest::Client,
    lies: broadcast::Sender<Vec<u8>>,
    /// The last cursor that the real server sent.
    cursor: watch::Sender<Option<Cursor>>,
    /// How many lies the device has confirmed to have read, by any frame it sent after one.
    heard: watch::Sender<u32>,
}

impl FakeServer {
    /// Stands before a real server.
    ///
    /// # Errors
    ///
    /// When no port is free.
    pub async fn start(real: &str) -> Result<Self> {
        crate::cryptography();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared {
            real: real.to_owned(),
            http: reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?,
            lies: broadcast::channel(4).0,
            cursor: watch::channel(None).0,
            heard: watch::channel(0).0,
        });
        let routes = Router::new().route("/sync", get(sync)).fallback(forward).with_state(Arc::clone(&shared));
        let task = tokio::spawn(async move {
            // It serves until the test ends and this task is aborted.
            drop(axum::serve(listener, routes).await);
        });
        Ok(Self { port, shared, task })
    }

    /// The address, without a slash at its end.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Sends the connected device a change of a document that the real server never saw.
    ///
    /// # Errors
    ///
    /// When no device is connected or the frame is too large.
    pub fn send_change(&self, document: Id, bytes: Vec<u8>) -> Result<()> {
        let cursor = self.shared.cursor.borrow().context("the device has not caught up yet")?;
        let entries = vec![Entry::Change { document, bytes: ByteBuf::from(bytes), user: None }];
        let frame = encode_down(&Down::Changes { entries, cursor, complete: true })?;
        if self.shared.lies.send(frame)? == 0 {
            bail!("nobody is connected");
        }
        Ok(())
    }

    /// Waits until the device has answered something after a lie, so that it must have read it.
    ///
    /// # Errors
    ///
    /// When it never does.
    pub async fn wait_until_delivered(&self) -> Result<()> {
        let mut heard = self.shared.heard.subscribe();
        tokio::time::timeout(Duration::from_secs(30), heard.wait_for(|count| *count > 0)).await??;
        Ok(())
    }
}

impl Drop for FakeServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The real server answers only to its own name.
fn rename(headers: &mut HeaderMap, real: &str) {
    let host = real.trim_start_matches("http://");
    for (name, value) in [(header::HOST, host), (header::ORIGIN, real)] {
        if headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_str(value).expect("an address is a header value"));
        }
    }
}

async fn forward(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (mut head, body) = request.into_parts();
    rename(&mut head.headers, &shared.real);
    head.headers.remove(header::ACCEPT_ENCODING);
    let path = head.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let body = axum::body::to_bytes(body, 64 * 1024 * 1024).await.unwrap_or_default();
    let asked = shared.http.request(head.method, format!("{}{path}", shared.real)).headers(head.headers).body(body);
    match asked.send().await {
        Ok(answer) => {
            let mut response = Response::builder().status(answer.status());
            for (name, value) in answer.headers() {
                if *name != header::TRANSFER_ENCODING && *name != header::CONTENT_LENGTH {
                    response = response.header(name, value);
                }
            }
            let bytes = answer.bytes().await.unwrap_or_default();
            response.body(Body::from(bytes)).expect("copied from a valid answer")
        }
        Err(error) => (axum::http::StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

async fn sync(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    request: WebSocketUpgrade,
    uri: axum::http::Uri,
) -> Response {
    request.max_message_size(64 * 1024 * 1024).on_upgrade(move |device| async move {
        if let Err(error) = carry(&shared, device, &headers, &uri).await {
            eprintln!("the fake socket ended: {error:#}");
        }
    })
}

async fn carry(shared: &Shared, device: WebSocket, headers: &HeaderMap, uri: &axum::http::Uri) -> Result<()> {
    let path = uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let mut request = format!("{}{path}", shared.real.replacen("http", "ws", 1)).into_client_request()?;
    if let Some(cookie) = headers.get(header::COOKIE) {
        request.headers_mut().insert("cookie", cookie.clone());
    }
    request.headers_mut().insert("origin", HeaderValue::from_str(&shared.real)?);
    let (server, _) = tokio_tungstenite::connect_async(request).await?;
    let (mut to_server, mut from_server) = server.split();
    let (mut to_device, mut from_device) = device.split();
    let mut lies = shared.lies.subscribe();
    let mut lied = false;
    loop {
        tokio::select! {
            frame = from_device.next() => match frame.context("the device left")?? {
                DeviceMessage::Binary(bytes) => {
                    if lied {
                        shared.heard.send_modify(|count| *count += 1);
                    }
                    to_server.send(ServerMessage::Binary(bytes)).await?;
                }
                DeviceMessage::Close(_) => return Ok(()),
                _ => {}
            },
            frame = from_server.next() => match frame.context("the server left")?? {
                ServerMessage::Binary(bytes) => {
                    if let Down::Changes { cursor, .. } = decode_down(&bytes)? {
                        shared.cursor.send_replace(Some(cursor));
                    }
                    to_device.send(DeviceMessage::Binary(bytes)).await?;
                }
                ServerMessage::Close(_) => return Ok(()),
                _ => {}
            },
            lie = lies.recv() => {
                to_device.send(DeviceMessage::Binary(lie?.into())).await?;
                lied = true;
            }
        }
    }
}
