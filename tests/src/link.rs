//! A wire between a device and the server that can be cut, mended and slowed.
//!
//! A browser's own "offline" switch leaves the sockets of its workers alone. Each device of a test therefore reaches the
//! server through a loopback address of its own; cutting it ends what is open and refuses what is new. The port is the
//! server's: it answers only to names of this machine with its own port.
//!
//! A wire can also hold what the sockets that are open carry one way, as a network does that is about to fail: what was
//! sent is on its way and does not arrive. Pages and files are loaded all the same.

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

/// A direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the device to the server.
    Up,
    /// From the server to the device.
    Down,
}

/// Which sockets are held which way: those with a lower number than this.
#[derive(Debug, Clone, Copy, Default)]
struct Holds {
    up: u64,
    down: u64,
}

struct State {
    target: SocketAddr,
    up: AtomicBool,
    delay_ms: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
    /// The number of the next connection.
    next: AtomicU64,
    holds: watch::Sender<Holds>,
    kept: AtomicU64,
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
            next: AtomicU64::new(0),
            holds: watch::channel(Holds::default()).0,
            kept: AtomicU64::new(0),
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

    /// Keeps what the sockets that are open now carry this way; connections made later are not held.
    pub fn hold(&self, way: Way) {
        let below = self.state.next.load(Ordering::SeqCst);
        self.state.kept.store(0, Ordering::SeqCst);
        self.state.holds.send_modify(|holds| match way {
            Way::Up => holds.up = below,
            Way::Down => holds.down = below,
        });
    }

    /// Bytes that came to be carried on a held socket since it was held.
    pub fn kept(&self) -> u64 {
        self.state.kept.load(Ordering::SeqCst)
    }

    /// Lets everything that was held arrive, also what a device sent that is gone by now.
    pub fn release(&self) {
        self.state.holds.send_replace(Holds::default());
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
    let number = state.next.fetch_add(1, Ordering::SeqCst);
    let one = Arc::new(Connection { number, socket: AtomicBool::new(false), state: Arc::clone(state) });
    let up = carry(device_in, server_out, &one, Way::Up);
    let down = carry(server_in, device_out, &one, Way::Down);
    tokio::select! {
        _ = cut.changed() => {}
        () = async { tokio::join!(up, down); } => {}
    }
}

struct Connection {
    number: u64,
    /// It began by asking for `/sync`.
    socket: AtomicBool,
    state: Arc<State>,
}

impl Connection {
    fn held(&self, holds: Holds, way: Way) -> bool {
        let below = match way {
            Way::Up => holds.up,
            Way::Down => holds.down,
        };
        self.number < below && self.socket.load(Ordering::SeqCst)
    }

    fn count(&self, way: Way, bytes: &[u8]) {
        let (state, size) = (&self.state, bytes.len() as u64);
        let counter = match way {
            Way::Up => &state.sent,
            Way::Down => &state.received,
        };
        if way == Way::Up && bytes.starts_with(b"GET /sync") {
            self.socket.store(true, Ordering::SeqCst);
        }
        counter.fetch_add(size, Ordering::SeqCst);
        if self.held(*state.holds.borrow(), way) {
            state.kept.fetch_add(size, Ordering::SeqCst);
        }
    }
}

/// Carries bytes one way; each piece leaves `delay` after it came, so that a delay slows nothing down but the start.
async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, one: &Connection, way: Way) {
    let state = &one.state;
    let (queue, mut queued) = mpsc::channel::<(Instant, Vec<u8>)>(1024);
    let read = async {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(size @ 1..) = from.read(&mut buffer).await {
            one.count(way, &buffer[..size]);
            let due = Instant::now() + Duration::from_millis(state.delay_ms.load(Ordering::SeqCst));
            if queue.send((due, buffer[..size].to_vec())).await.is_err() {
                break;
            }
        }
        drop(queue);
    };
    let write = async {
        let mut holds = state.holds.subscribe();
        while let Some((due, bytes)) = queued.recv().await {
            tokio::time::sleep_until(due).await;
            let gone = holds.wait_for(|holds| !one.held(*holds, way)).await.is_err();
            if gone || to.write_all(&bytes).await.is_err() {
                break;
            }
        }
        // The other end closed its half or is gone already.
        drop(to.shutdown().await);
    };
    tokio::join!(read, write);
}
