//! Short work on hostile input in a caged child process, as runs are: one line in, lines out, killed at a deadline.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::sync::{AcquireError, Semaphore};
use tombolo_model::Id;

use crate::run_host::own_program;

/// One account takes at most this part of all places, so that there is always one for others.
const SHARE: usize = 2;
/// Who waits longer for a place is told that the server is busy.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most that a child says.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// Places for such children.
#[derive(Debug)]
pub(crate) struct Workers {
    places: Semaphore,
    share: usize,
    accounts: Mutex<HashMap<Id, Weak<Semaphore>>>,
}

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
    /// So many places.
    pub(crate) fn new(places: usize) -> Self {
        Self { places: Semaphore::new(places), share: places.div_ceil(SHARE), accounts: Mutex::default() }
    }

    /// The places of one account.
    fn of(&self, account: Id) -> Arc<Semaphore> {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(places) = accounts.get(&account).and_then(Weak::upgrade) {
            return places;
        }
        accounts.retain(|_, places| places.strong_count() > 0);
        let places = Arc::new(Semaphore::new(self.share));
        accounts.insert(account, Arc::downgrade(&places));
        places
    }

    /// Starts the program with these arguments, gives it a line, and returns what it says when it ends well.
    ///
    /// # Errors
    ///
    /// Returns why there is no answer. The child has ended then.
    pub(crate) async fn ask(
        &self,
        account: Id,
        arguments: &[&str],
        line: Vec<u8>,
        seconds: u64,
    ) -> Result<Vec<u8>, WorkerError> {
        let own = self.of(account);
        let both = async {
            // The own one first: who waits for it holds nobody else up.
            let own = own.acquire().await?;
            Ok::<_, AcquireError>((own, self.places.acquire().await?))
        };
        let places = tokio::time::timeout(PATIENCE, both).await;
        let _places = places.map_err(|_| WorkerError::Busy)?.map_err(|_| WorkerError::Busy)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_account_leaves_places_to_others_and_nothing_is_kept_of_it() {
        let workers = Workers::new(4);
        let account = |n| Id::from_parts(n, [0; 8]);
        let own = workers.of(account(1));
        let held = (own.try_acquire().unwrap(), own.try_acquire().unwrap());
        assert!(workers.of(account(1)).try_acquire().is_err());
        assert!(workers.of(account(2)).try_acquire().is_ok());
        drop(held);
        drop(own);
        workers.of(account(3));
        assert_eq!(workers.accounts.lock().unwrap().len(), 1);
    }
}
