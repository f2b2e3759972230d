//! Short work on hostile input in a caged child process, as runs are: one line in, lines out, killed at a deadline.

use std::io::ErrorKind;
use std::process::Stdio;
use std::time::Duration;

use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::sync::Semaphore;

use crate::run_host::own_program;

/// At most so many at a time: each may take a processor and a quarter of a gigabyte.
const AT_ONCE: usize = 4;
/// Who waits longer for a place is told that the server is busy.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most that a child says.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// Places for such children.
#[derive(Debug)]
pub(crate) struct Workers(Semaphore);

/// Why there is no answer.
#[derive(Debug, Error)]
pub(crate) enum WorkerError {
    /// All places are taken.
    #[error("too many are waiting")]
    Busy,
    /// It took longer than it may, and was ended.
    #[error("it took longer than {0} s")]
    TooLong(u64),
    /// It ended without an answer: mostly because there was no more memory for it.
    #[error("it ended with {0}")]
    Ended(String),
    /// It cannot be started or talked to.
    #[error("the process failed")]
    Process(#[source] std::io::Error),
}

impl Workers {
    pub(crate) fn new() -> Self {
        Self(Semaphore::new(AT_ONCE))
    }

    /// Starts the program with these arguments, gives it a line, and returns what it says when it ends well.
    ///
    /// # Errors
    ///
    /// Returns why there is no answer. The child has ended then.
    pub(crate) async fn ask(&self, arguments: &[&str], line: Vec<u8>, seconds: u64) -> Result<Vec<u8>, WorkerError> {
        let place = tokio::time::timeout(PATIENCE, self.0.acquire()).await;
        let _place = place.map_err(|_| WorkerError::Busy)?.map_err(|_| WorkerError::Busy)?;
        let asked = tokio::time::timeout(Duration::from_secs(seconds), exchange(arguments, line));
        asked.await.map_err(|_| WorkerError::TooLong(seconds))?
    }
}

/// Dropped, it takes the child with it.
async fn exchange(arguments: &[&str], mut line: Vec<u8>) -> Result<Vec<u8>, WorkerError> {
    let mut command = Command::new(own_program().map_err(WorkerError::Process)?);
    command
        .args(arguments)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // What the allocator says when there is no more memory is said in other words.
        .stderr(Stdio::null())
        .kill_on_drop(true);
    for name in ["SSL_CERT_FILE", "SSL_CERT_DIR"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    let mut child = command.spawn().map_err(WorkerError::Process)?;
    let (Some(mut input), Some(out)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(WorkerError::Ended("no pipes".to_owned()));
    };
    line.push(b'\n');
    let write = async {
        let written = input.write_all(&line).await;
        drop(input);
        match written {
            // It has ended already; what it ended with says more than the pipe.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    };
    let mut said = Vec::new();
    let mut out = out.take(MOST_BYTES);
    let (written, heard) = tokio::join!(write, out.read_to_end(&mut said));
    written.map_err(WorkerError::Process)?;
    heard.map_err(WorkerError::Process)?;
    if out.limit() == 0 {
        return Err(WorkerError::Ended("too much to say".to_owned()));
    }
    let status = child.wait().await.map_err(WorkerError::Process)?;
    if status.success() { Ok(said) } else { Err(WorkerError::Ended(status.to_string())) }
}
