//! Takes connections: plain, or with TLS ended here.
//!
//! A TLS handshake runs in a task of its own with a deadline, so that a client that says nothing holds up
//! nobody else. One that does not read what it is sent is let go below all of it, by [`Patient`].

mod patient;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::serve::Listener;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

pub(crate) use patient::Patient;

const HANDSHAKE: Duration = Duration::from_secs(10);

/// Connections without TLS.
pub(crate) struct PlainListener {
    tcp: TcpListener,
    patience: Duration,
}

impl PlainListener {
    /// Takes connections; each waits this long for a client to read.
    pub(crate) const fn new(tcp: TcpListener, patience: Duration) -> Self {
        Self { tcp, patience }
    }
}

impl Listener for PlainListener {
    type Io = Patient<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, peer) = Listener::accept(&mut self.tcp).await;
        no_delay(&stream);
        (Patient::new(stream, self.patience), peer)
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

/// A connection whose handshake is done.
type Secured = TlsStream<Patient<TcpStream>>;

/// Connections whose handshake is done.
pub(crate) struct TlsListener {
    ready: mpsc::Receiver<(Secured, SocketAddr)>,
    address: SocketAddr,
    /// The task that takes connections; it ends with this, and frees the port.
    _accepting: JoinSet<()>,
}

impl TlsListener {
    /// Begins to take connections; each waits this long for a client to read.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the certificate or the key.
    pub(crate) fn start(tcp: TcpListener, cert: &Path, key: &Path, patience: Duration) -> anyhow::Result<Self> {
        let address = tcp.local_addr()?;
        let acceptor = acceptor(cert, key)?;
        let (send, ready) = mpsc::channel(64);
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(PlainListener::new(tcp, patience), acceptor, send));
        Ok(Self { ready, address, _accepting: accepting })
    }
}

impl Listener for TlsListener {
    type Io = Secured;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.ready.recv().await {
            Some(connection) => connection,
            // The task ends only with this listener.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        Ok(self.address)
    }
}

async fn accept(mut plain: PlainListener, acceptor: TlsAcceptor, ready: mpsc::Sender<(Secured, SocketAddr)>) {
    // Those that have not finished end with this task.
    let mut handshakes = JoinSet::new();
    loop {
        tokio::select! {
            (stream, peer) = plain.accept() => {
                handshakes.spawn(shake_hands(acceptor.clone(), stream, peer, ready.clone()));
            }
            Some(ended) = handshakes.join_next() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a TLS handshake ended badly");
                }
            }
        }
    }
}

async fn shake_hands(
    acceptor: TlsAcceptor,
    stream: Patient<TcpStream>,
    peer: SocketAddr,
    ready: mpsc::Sender<(Secured, SocketAddr)>,
) {
    match tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => {
            if ready.send((stream, peer)).await.is_err() {
                tracing::debug!("a connection came while the server went down");
            }
        }
        Ok(Err(error)) => tracing::debug!(%peer, %error, "no TLS"),
        Err(_) => tracing::debug!(%peer, "the TLS handshake took too long"),
    }
}

/// Small frames go out at once; a connection on which that cannot be set works all the same.
fn no_delay(stream: &TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY cannot be set");
    }
}

fn acceptor(cert: &Path, key: &Path) -> anyhow::Result<TlsAcceptor> {
    let chain = CertificateDer::pem_file_iter(cert)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| format!("{} holds no certificates", cert.display()))?;
    let key = PrivateKeyDer::from_pem_file(key).with_context(|| format!("{} holds no private key", key.display()))?;
    let mut config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .context("the certificate and the key do not fit")?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_tls_listener_that_is_dropped_takes_no_more_connections() {
        if rustls::crypto::ring::default_provider().install_default().is_err() {
            tracing::debug!("another test was first");
        }
        let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls");
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let listener =
            TlsListener::start(tcp, &files.join("cert.pem"), &files.join("key.pem"), Duration::from_secs(60)).unwrap();
        let address = listener.address;
        let _half_way = TcpStream::connect(address).await.unwrap();
        drop(listener);
        for _ in 0..100 {
            if TcpStream::connect(address).await.is_err() {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("the port is still open");
    }
}
