//! A wire between a device and the server that can be cut, mended and slowed.
//!
//! A browser's own "offline" switch leaves the sockets of its workers alone. Each device of a test therefore reaches the
//! server through a loopback address of its own; cutting it ends what is open and refuses what is new. The port is the
//! server's: it answers only to names of this machine with its own port.

use anyhow::Result;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// The last two bytes of the next wire's address.
static NEXT: AtomicU16 = AtomicU16::new(2);

/// A device's own wire.
pub struct Link {
    address: SocketAddr,
    state: Arc<State>,
    cut: watch::Sender<u64>,
    task: JoinHandle<()>,
}

struct State {
    target: SocketAddr,
    up: AtomicBool,
    delay_ms: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
}

impl Link {
    /// Lays a wire to a server's port.
    ///
    /// # Errors
    ///
    /// When there is no address left.
    pub async fn to(server_port: u16) -> Result<Self> {
        // Each address of 127.0.0.0/8 is this machine; 127.0.0.1 is the server's own.
        let number = NEXT.fetch_add(1, Ordering::SeqCst);
        let [high, low] = number.to_be_bytes();
        let address = SocketAddr::from(([127, 0, high, low], server_port));
        let listener = TcpListener::bind(address).await?;
        let state = Arc::new(State {
            target: SocketAddr::from(([127, 0, 0, 1], server_port)),
            up: AtomicBool::new(true),
            delay_ms: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            received: AtomicU64::new(0),
        });
        let (cut, _) = watch::channel(0);
        let task = tokio::spawn(accept(listener, Arc::clone(&state), cut.clone()));
        Ok(Self { address, state, cut, task })
    }

    /// The address that the device opens, without a slash at its end.
    pub fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends every connection and refuses new ones.
    pub fn cut(&self) {
        self.state.up.store(false, Ordering::SeqCst);
        self.cut.send_modify(|count| *count += 1);
    }

    /// Lets new connections through again.
    pub fn mend(&self) {
        self.state.up.store(true, Ordering::SeqCst);
    }

    /// Ends every connection but lets new ones through.
    pub fn drop_connections(&self) {
        self.cut.send_modify(|count| *count += 1);
    }

    /// Holds every byte back for so long, in both directions.
    pub fn delay(&self, each_way: Duration) {
        let ms = u64::try_from(each_way.as_millis()).unwrap_or(u64::MAX);
        self.state.delay_ms.store(ms, Ordering::SeqCst);
    }

    /// Bytes from the device and bytes to it, since the start.
    pub fn bytes(&self) -> (u64, u64) {
        (self.state.sent.load(Ordering::SeqCst), self.state.received.load(Ordering::SeqCst))
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
        self.cut();
    }
}

async fn accept(listener: TcpListener, state: Arc<State>, cut: watch::Sender<u64>) {
    while let Ok((device, _)) = listener.accept().await {
        if !state.up.load(Ordering::SeqCst) {
            continue;
        }
        let (state, cut) = (Arc::clone(&state), cut.subscribe());
        tokio::spawn(async move {
            if let Ok(server) = TcpStream::connect(state.target).await {
                join(device, server, &state, cut).await;
            }
        });
    }
}

async fn join(device: TcpStream, server: TcpStream, state: &Arc<State>, mut cut: watch::Receiver<u64>) {
    for stream in [&device, &server] {
        if stream.set_nodelay(true).is_err() {
            return;
        }
    }
    let (device_in, device_out) = device.into_split();
    let (server_in, server_out) = server.into_split();
    let up = carry(device_in, server_out, Arc::clone(state), |state| &state.sent);
    let down = carry(server_in, device_out, Arc::clone(state), |state| &state.received);
    tokio::select! {
        _ = cut.changed() => {}
        () = async { tokio::join!(up, down); } => {}
    }
}

/// Carries bytes one way; each piece leaves `delay` after it came, so that a delay slows nothing down but the start.
async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, state: Arc<State>, count: fn(&State) -> &AtomicU64) {
    let (queue, mut queued) = mpsc::channel::<(Instant, Vec<u8>)>(1024);
    let read = async {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(size @ 1..) = from.read(&mut buffer).await {
            count(&state).fetch_add(size as u64, Ordering::SeqCst);
            let due = Instant::now() + Duration::from_millis(state.delay_ms.load(Ordering::SeqCst));
            if queue.send((due, buffer[..size].to_vec())).await.is_err() {
                break;
            }
        }
        drop(queue);
    };
    let write = async {
        while let Some((due, bytes)) = queued.recv().await {
            tokio::time::sleep_until(due).await;
            if to.write_all(&bytes).await.is_err() {
                break;
            }
        }
        // The other end closed its half or is gone already.
        drop(to.shutdown().await);
    };
    tokio::join!(read, write);
}
