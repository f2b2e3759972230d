//! Serves connections, each in a task of its own, and lets go of clients that say nothing.
//!
//! Whoever may connect could otherwise hold as many sockets as the server may open, for ever and without a word: then
//! nobody else gets in. Those that do not read are let go by their stream, also once it is a socket of `/sync`, which
//! looks after silence by its own rules.

mod drained;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::response::Response;
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, watch};
use tower_http::timeout::RequestBodyTimeoutLayer;

use crate::routes;
use drained::{Drained, Heeded, Unread};

/// How long a client may be silent, or deaf.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// Until the head of a request is there, the wait for it included.
    pub(crate) head: Duration,
    /// Between two pieces of a body; and for all that still comes when it has been answered.
    pub(crate) body: Duration,
    /// While it reads nothing of what it is sent.
    pub(crate) write: Duration,
}

impl Patience {
    /// For people far away, on poor lines.
    pub(crate) const USUAL: Self =
        Self { head: Duration::from_secs(75), body: Duration::from_secs(60), write: Duration::from_secs(30) };
}

/// Takes connections until the server is to stop, then waits until their last requests are answered.
pub(crate) async fn serve<L>(mut listener: L, router: Router, patience: Patience, mut stopping: watch::Receiver<bool>)
where
    L: Listener<Addr = SocketAddr>,
{
    let router = router.layer(RequestBodyTimeoutLayer::new(patience.body));
    // Of their own: whoever counts those that heed `stopping` waits for devices, not for these.
    let ends = watch::Sender::new(false);
    let (open, mut all_closed) = mpsc::channel::<Infallible>(1);
    loop {
        let (io, peer) = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopping.wait_for(|stop| *stop) => break,
        };
        let connection = serve_one(io, peer, router.clone(), patience, ends.subscribe());
        let open = open.clone();
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%peer, %error, "a connection ended badly");
            }
            drop(open);
        });
    }
    drop((listener, stopping, open));
    ends.send_replace(true);
    // Nothing is ever sent: this ends with the last sender.
    if let Some(never) = all_closed.recv().await {
        match never {}
    }
}

async fn serve_one<I>(
    io: I,
    peer: SocketAddr,
    router: Router,
    patience: Patience,
    mut ends: watch::Receiver<bool>,
) -> hyper::Result<()>
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let router = TowerToHyperService::new(router);
    let unread = Unread::default();
    let io = Drained::new(io, unread.clone(), patience.body);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let request = request.map(|body| Heeded::new(body, unread.clone()));
        answer(router.clone(), peer, request, unread.clone())
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience.head)
        .serve_connection(TokioIo::new(io), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = async { ends.wait_for(|ends| *ends).await.is_ok() };
    tokio::select! {
        served = connection.as_mut() => return served,
        _ = ended => {}
    }
    connection.as_mut().graceful_shutdown();
    connection.await
}

async fn answer(
    router: TowerToHyperService<Router>,
    peer: SocketAddr,
    request: hyper::Request<Heeded>,
    unread: Unread,
) -> Result<Response, Infallible> {
    let mut request: Request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    if let Some(uri) = routes::respelled(request.uri()) {
        *request.uri_mut() = uri;
    }
    let mut response = router.call(request).await?;
    // Behind what was not read no other request is found; without a word a client would send its next one there.
    if unread.get() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use axum::extract::ws::{Message, WebSocketUpgrade};
    use axum::routing::{get, post};
    use futures_util::stream;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;
    use crate::listen::PlainListener;

    const SHORT: Duration = Duration::from_millis(100);
    const LONG: Duration = Duration::from_secs(600);

    async fn start(patience: Patience) -> (SocketAddr, watch::Sender<bool>, tokio::task::JoinHandle<()>) {
        start_with(patience, Router::new()).await
    }

    async fn start_with(
        patience: Patience,
        router: Router,
    ) -> (SocketAddr, watch::Sender<bool>, tokio::task::JoinHandle<()>) {
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = tcp.local_addr().unwrap();
        let listener = PlainListener::new(tcp, patience.write);
        let router = router
            .route("/who", get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.to_string()))
            .route("/length", post(async |body: String| body.len().to_string()));
        let stop = watch::Sender::new(false);
        let server = tokio::spawn(serve(listener, router, patience, stop.subscribe()));
        (address, stop, server)
    }

    /// Sends this and reads until the server hangs up.
    async fn say(address: SocketAddr, text: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut said = Vec::new();
        stream.read_to_end(&mut said).await.unwrap();
        String::from_utf8(said).unwrap()
    }

    #[tokio::test]
    async fn a_client_that_does_not_finish_its_head_is_let_go() {
        let (address, _stop, _server) = start(Patience { head: SHORT, body: LONG, write: LONG }).await;
        for beginning in ["", "GET /who HTTP/1.1\r\nhost: a\r\n"] {
            assert!(!say(address, beginning).await.contains("200 OK"), "{beginning:?}");
        }
        // One that is answered and then says nothing is let go as well.
        assert!(say(address, "GET /who HTTP/1.1\r\nhost: a\r\n\r\n").await.contains("\r\n\r\n127.0.0.1:"));
    }

    #[tokio::test]
    async fn a_client_that_does_not_finish_its_body_is_let_go() {
        let (address, _stop, _server) = start(Patience { head: SHORT, body: SHORT, write: LONG }).await;
        let post = |body: &str| format!("POST /length HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n{body}");
        assert!(say(address, &post("0123456789")).await.ends_with("\r\n\r\n10"));
        assert!(!say(address, &post("012")).await.contains("200 OK"));
    }

    /// Sends `more` pieces behind the head of a body that is refused unread, then reads the answer.
    async fn refused(patience: Patience, more: usize) -> std::io::Result<String> {
        let router = Router::new().route("/no", post(async || "no"));
        let (address, _stop, _server) = start_with(patience, router).await;
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(b"POST /no HTTP/1.1\r\nhost: a\r\ncontent-length: 9999999999\r\n\r\n").await?;
        for _ in 0..more {
            stream.write_all(&[b'x'; 64 * 1024]).await?;
        }
        let mut said = String::new();
        stream.read_to_string(&mut said).await?;
        Ok(said)
    }

    #[tokio::test]
    async fn a_client_reads_why_it_was_refused_only_after_it_has_sent_much_more() {
        let said = refused(Patience { head: LONG, body: LONG, write: LONG }, 1_000).await.unwrap();
        assert!(said.ends_with("\r\n\r\nno"), "{said}");
    }

    #[tokio::test]
    async fn a_client_that_goes_on_sending_after_its_answer_is_let_go() {
        let endless = refused(Patience { head: LONG, body: SHORT, write: LONG }, usize::MAX);
        assert!(tokio::time::timeout(LONG, endless).await.unwrap().is_err());
    }

    /// Without an end, one as a body and one as frames; whoever is served holds a sender.
    fn endless(held: mpsc::Sender<Infallible>) -> Router {
        let of_socket = held.clone();
        let body = async move || {
            let parts = stream::repeat_with(move || {
                let _held = &held;
                Ok::<_, Infallible>("x".repeat(1024 * 1024))
            });
            Body::from_stream(parts)
        };
        let frames = async move |upgrade: WebSocketUpgrade| {
            upgrade.on_upgrade(async move |mut socket| {
                let _held = of_socket;
                let frame = Message::Binary(vec![0; 1024 * 1024].into());
                while socket.send(frame.clone()).await.is_ok() {}
            })
        };
        Router::new().route("/body", get(body)).route("/frames", get(frames))
    }

    #[tokio::test]
    async fn a_client_that_does_not_read_is_let_go_whether_it_asked_for_an_answer_or_for_frames() {
        let upgrade =
            "upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
        for (path, more) in [("/body", "connection: keep-alive\r\n"), ("/frames", "connection: upgrade\r\n")] {
            let (held, mut let_go) = mpsc::channel(1);
            let patience = Patience { head: LONG, body: LONG, write: SHORT };
            let (address, stop, server) = start_with(patience, endless(held)).await;
            let mut deaf = TcpStream::connect(address).await.unwrap();
            let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\n{more}{upgrade}\r\n");
            deaf.write_all(request.as_bytes()).await.unwrap();
            let mut first = [0; 12];
            deaf.read_exact(&mut first).await.unwrap();
            assert!(first.starts_with(b"HTTP/1.1 "), "{path}");
            stop.send_replace(true);
            server.await.unwrap();
            assert!(let_go.recv().await.is_none(), "{path}");
        }
    }

    #[tokio::test]
    async fn the_server_stops_when_its_last_request_is_answered_and_hangs_up_on_the_idle() {
        let (address, stop, server) = start(Patience { head: LONG, body: LONG, write: LONG }).await;
        let mut idle = TcpStream::connect(address).await.unwrap();
        idle.write_all(b"GET /who HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        let mut first = [0; 15];
        idle.read_exact(&mut first).await.unwrap();
        assert_eq!(&first, b"HTTP/1.1 200 OK");
        stop.send_replace(true);
        server.await.unwrap();
        assert!(TcpStream::connect(address).await.is_err());
    }
}
