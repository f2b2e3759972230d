//! Runs, their errors and the files they made.

use async_trait::async_trait;
use tombolo_model::Id;
use tombolo_wire::run::RunRow;
use tombolo_wire::sync::{RunErrorRow, RunRows};

use super::StoreError;

/// A file that a run's step made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRunFile {
    /// The run.
    pub run: Id,
    /// The step.
    pub step: String,
    /// Its name.
    pub name: String,
    /// The SHA-256 of its bytes, which are stored as a blob.
    pub sha256: [u8; 32],
}

/// A stored file of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFileRow {
    /// Its name.
    pub name: String,
    /// The blob.
    pub sha256: [u8; 32],
    /// Its size.
    pub size_bytes: u64,
}

/// Runs. Rows and errors get numbers of the account's sequence, so that they reach every device.
#[async_trait]
pub trait Runs {
    /// Keeps rows and errors: each (run, n) once, and of a run the row with the highest `n`.
    /// Returns the account's last sequence number.
    async fn keep_runs(&self, account: Id, rows: &RunRows, by: Option<Id>) -> Result<u64, StoreError>;

    /// One run.
    async fn run(&self, account: Id, run: Id) -> Result<Option<RunRow>, StoreError>;

    /// The newest runs, newest first, and their errors up to about so many bytes; for a device that starts empty.
    async fn newest_runs(&self, account: Id, limit: u32, most_error_bytes: usize) -> Result<RunRows, StoreError>;

    /// A run's errors in order.
    async fn run_errors(&self, account: Id, run: Id) -> Result<Vec<RunErrorRow>, StoreError>;

    /// Runs of the server that had not ended; after a restart they are lost.
    async fn unfinished_runs(&self) -> Result<Vec<(Id, RunRow)>, StoreError>;

    /// Keeps a file of a run.
    async fn keep_run_file(&self, account: Id, file: &NewRunFile) -> Result<(), StoreError>;

    /// Finds a file of a run.
    async fn run_file(&self, account: Id, run: Id, step: &str) -> Result<Option<RunFileRow>, StoreError>;
}
