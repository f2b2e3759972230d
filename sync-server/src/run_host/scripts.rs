//! Scripts in child processes, which a process beside this one starts and ends.
//!
//! This one may have given up starting processes. What passes between is described with the supervisor
//! (`commands/script_worker/supervisor.rs`).

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::{FutureExt, LocalBoxFuture};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{ChildStdin, ChildStdout};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tombolo_script_host::{Worker, Workers};

use super::own_program;

/// The process that starts those of scripts. Dropping it waits for its end, which comes when nothing is left that
/// could ask it: it has to outlive the host that it was given to.
pub struct Supervisor {
    child: Child,
}

/// What a host asks it with.
pub struct Pipes {
    input: std::process::ChildStdin,
    output: std::process::ChildStdout,
}

impl Supervisor {
    /// Starts it.
    ///
    /// # Errors
    ///
    /// Returns why the machine starts no process.
    pub fn start() -> io::Result<(Self, Pipes)> {
        let mut command = Command::new(own_program()?);
        command.args(["script-worker", "--supervise"]).env_clear().stdin(Stdio::piped()).stdout(Stdio::piped());
        // Ctrl+C at a terminal is for the run, which lets a call come to its end and then ends all this.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("the process of scripts has no pipes"));
        };
        Ok((Self { child }, Pipes { input, output }))
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        if let Err(error) = self.child.wait() {
            tracing::warn!(%error, "the process of scripts is not known to have ended");
        }
    }
}

/// Where the frames of each process go.
type Listeners = Arc<Mutex<BTreeMap<u64, UnboundedSender<String>>>>;

/// The processes of one run's scripts.
pub struct Processes {
    orders: UnboundedSender<String>,
    listeners: Listeners,
    count: Mutex<u64>,
    since: Instant,
    on_loose: Box<dyn Fn()>,
}

impl Processes {
    /// Listens to the supervisor from now on, within a runtime.
    ///
    /// # Errors
    ///
    /// Returns why the pipes cannot be waited for.
    pub fn new(pipes: Pipes, on_loose: Box<dyn Fn()>) -> io::Result<Self> {
        let input = ChildStdin::from_std(pipes.input)?;
        let output = ChildStdout::from_std(pipes.output)?;
        let (orders, waiting) = unbounded_channel();
        let listeners = Listeners::default();
        tokio::spawn(write(input, waiting));
        tokio::spawn(listen(output, listeners.clone()));
        Ok(Self { orders, listeners, count: Mutex::new(0), since: Instant::now(), on_loose })
    }
}

async fn write(mut input: ChildStdin, mut waiting: UnboundedReceiver<String>) {
    while let Some(line) = waiting.recv().await {
        if let Err(error) = input.write_all(line.as_bytes()).await {
            // That it ended is heard where it is listened to.
            if error.kind() != ErrorKind::BrokenPipe {
                tracing::warn!(%error, "the process of scripts takes no orders");
            }
            return;
        }
    }
}

async fn listen(output: ChildStdout, listeners: Listeners) {
    let mut lines = BufReader::new(output).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let Some((number, frame)) = line.split_once(' ') else { continue };
        let Ok(number) = number.parse::<u64>() else { continue };
        let mut listeners = listeners.lock().unwrap_or_else(PoisonError::into_inner);
        if frame == "ended" {
            listeners.remove(&number);
        } else if let Some(listener) = listeners.get(&number)
            && listener.send(frame.to_owned()).is_err()
        {
            listeners.remove(&number);
        }
    }
    listeners.lock().unwrap_or_else(PoisonError::into_inner).clear();
}

impl Workers for Processes {
    fn start(&self) -> LocalBoxFuture<'_, Result<Box<dyn Worker>, String>> {
        async move {
            let number = {
                let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
                *count += 1;
                *count
            };
            let (say, frames) = unbounded_channel();
            self.listeners.lock().unwrap_or_else(PoisonError::into_inner).insert(number, say);
            if self.orders.send(format!("{number} start\n")).is_err() {
                return Err("the process that starts them has ended".to_owned());
            }
            let process: Box<dyn Worker> =
                Box::new(Process { number, orders: self.orders.clone(), listeners: self.listeners.clone(), frames });
            Ok(process)
        }
        .boxed_local()
    }

    fn clock_ms(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn sleep(&self, ms: u32) -> LocalBoxFuture<'static, ()> {
        tokio::time::sleep(Duration::from_millis(u64::from(ms))).boxed_local()
    }

    fn loose(&self) {
        (self.on_loose)();
    }
}

/// One of them.
struct Process {
    number: u64,
    orders: UnboundedSender<String>,
    listeners: Listeners,
    frames: UnboundedReceiver<String>,
}

impl Process {
    /// To a supervisor that has ended nothing is said: its processes have ended with it.
    fn order(&self, order: &str) {
        drop(self.orders.send(format!("{} {order}\n", self.number)));
    }
}

impl Worker for Process {
    fn say(&mut self, frame: String) {
        self.order(&frame);
    }

    fn hear(&mut self) -> LocalBoxFuture<'_, Option<String>> {
        self.frames.recv().boxed_local()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.number);
        self.order("end");
    }
}
