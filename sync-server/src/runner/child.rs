//! The child process of a run: started, fed, listened to, killed.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use thiserror::Error;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tombolo_model::Id;

use super::made;
use super::report::Report;
use crate::blobs::BlobError;
use crate::job::{Job, Line};
use crate::resources::ResourceError;
use crate::store::StoreError;
use crate::vault::VaultError;

/// The longest line: a record and what surrounds it.
const LINE_BYTES: usize = 16 * 1024 * 1024;
/// The longest line of a run's own state.
const ROW_BYTES: usize = 2 * 1024 * 1024;
/// How long rows wait for others before they are stored together.
const PAUSE: Duration = Duration::from_millis(200);

/// Why a run has no end of its own.
#[derive(Debug, Error)]
pub(crate) enum RunFailure {
    /// Somebody ended it, or the server goes down.
    #[error("canceled")]
    Canceled,
    /// Longer than any run may take.
    #[error("the run took too long")]
    TooLong,
    /// More resources than a flow may have.
    #[error("the flow refers to too many resources")]
    TooManyResources,
    /// A secret was entered for another host.
    #[error("the secret {path} of connection {connection} was entered for another host")]
    OtherHost {
        /// Whose.
        connection: Id,
        /// Which.
        path: String,
    },
    /// No folder to work in.
    #[error("the run has no folder to work in")]
    Folder(#[source] std::io::Error),
    /// The child cannot be started or talked to.
    #[error("the child process failed")]
    Child(#[source] std::io::Error),
    /// The child ended before the run did.
    #[error("the child process ended with {0}")]
    Ended(String),
    /// The child said what is no line.
    #[error("the child process said what is not understood: {0}")]
    Line(String),
    /// What the child calls a file of the run is none.
    #[error("the child process named the file {path}")]
    Path {
        /// What it said.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: std::io::Error,
    },
    /// A document cannot be read.
    #[error(transparent)]
    Resource(#[from] ResourceError),
    /// A secret does not open.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A file cannot be stored or read.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Runs a job to its end. Dropping the future kills the child.
pub(super) async fn run(job: &Job, folder: &Path, memory_mib: u64, report: &mut Report) -> Result<(), RunFailure> {
    let mut child = spawn(folder, memory_mib).map_err(RunFailure::Child)?;
    feed(&mut child, job).await?;
    let Some(out) = child.stdout.take() else {
        return Err(RunFailure::Ended("no output".to_owned()));
    };
    listen(BufReader::new(out), &job.out, report).await?;
    let status = child.wait().await.map_err(RunFailure::Child)?;
    if status.success() && report.has_ended() { Ok(()) } else { Err(RunFailure::Ended(status.to_string())) }
}

fn spawn(folder: &Path, memory_mib: u64) -> std::io::Result<Child> {
    let mut command = Command::new(own_program()?);
    command
        .arg("run-worker")
        .arg("--memory")
        .arg(memory_mib.to_string())
        .env_clear()
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true);
    // The child gets none of our environment but where certificates are and how much is logged.
    for name in ["SSL_CERT_FILE", "SSL_CERT_DIR", "TOMBOLO_LOG"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command.spawn()
}

/// On Linux this stays the running program even after its file was replaced.
fn own_program() -> std::io::Result<OsString> {
    if cfg!(target_os = "linux") {
        Ok("/proc/self/exe".into())
    } else {
        std::env::current_exe().map(PathBuf::into_os_string)
    }
}

async fn feed(child: &mut Child, job: &Job) -> Result<(), RunFailure> {
    let Some(mut input) = child.stdin.take() else {
        return Err(RunFailure::Ended("no input".to_owned()));
    };
    let mut line = serde_json::to_vec(job).map_err(|error| RunFailure::Line(error.to_string()))?;
    line.push(b'\n');
    match input.write_all(&line).await {
        // It has ended already; what it ended with says more than the pipe.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(RunFailure::Child),
    }
}

async fn listen(
    mut out: BufReader<impl AsyncRead + Unpin>,
    folder: &Path,
    report: &mut Report,
) -> Result<(), RunFailure> {
    let mut pause = tokio::time::interval(PAUSE);
    pause.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut line = Vec::new();
    loop {
        tokio::select! {
            more = read_some(&mut out, &mut line) => {
                if !more? {
                    return Ok(());
                }
                if line.last() == Some(&b'\n') {
                    take(&line, folder, report).await?;
                    line.clear();
                }
            }
            _ = pause.tick() => report.store().await?,
        }
    }
}

/// Reads up to a line's end or what is there; `false` at the end. Safe to drop between calls.
async fn read_some(out: &mut BufReader<impl AsyncRead + Unpin>, line: &mut Vec<u8>) -> Result<bool, RunFailure> {
    let buffer = out.fill_buf().await.map_err(RunFailure::Child)?;
    if buffer.is_empty() {
        return Ok(false);
    }
    let length = buffer.iter().position(|byte| *byte == b'\n').map_or(buffer.len(), |end| end + 1);
    line.extend_from_slice(&buffer[..length]);
    out.consume(length);
    if line.len() > LINE_BYTES {
        return Err(RunFailure::Line(format!("a line of more than {LINE_BYTES} bytes")));
    }
    Ok(true)
}

async fn take(line: &[u8], folder: &Path, report: &mut Report) -> Result<(), RunFailure> {
    let length = line.len();
    let line: Line = serde_json::from_slice(line).map_err(|error| RunFailure::Line(error.to_string()))?;
    match line {
        Line::Loose { files, calls } => {
            tracing::info!(run = %report.row().id, ?files, ?calls, "this run is not held to all that it gave up");
        }
        // All devices get the row; a run that is not out of its mind has a short one.
        Line::Row { .. } if length > ROW_BYTES => {
            return Err(RunFailure::Line(format!("a row of {length} bytes")));
        }
        Line::Row { row } => report.take_row(row),
        Line::Error { n, error } => report.take_error(n, error).await?,
        Line::File { step, name, path } => {
            let file = made::open_below(folder, &path).map_err(|source| RunFailure::Path { path, source })?;
            report.take_file(step, name, file).await?;
        }
    }
    Ok(())
}
