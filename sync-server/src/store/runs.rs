//! Runs, their errors and the files they made.

use std::collections::BTreeMap;

use async_trait::async_trait;
use tombolo_model::Id;
use tombolo_wire::run::{ErrorMark, KeyedError, RunRow};
use tombolo_wire::sync::{RunErrorRow, RunRows};

use super::{Sight, StoreError};

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
    /// Keeps rows, errors and decisions about errors: each (run, n) and each decision once, and of a run the row with the
    /// highest `n`.
    /// Returns the account's last sequence number; nothing, when nothing is kept because they come from a person who is no
    /// member at this moment.
    ///
    /// `by` is whose device they come from, absent for the server's own runs. Left out is what is not theirs to
    /// say: rows and errors of another's run, errors of a run that nobody has, and from a device also rows that claim
    /// to have run on the server. Decisions may be about anybody's runs: left out are those about runs that are not here, or
    /// of flows that the person may not run.
    async fn keep_runs(&self, account: Id, rows: &RunRows, by: Option<Id>) -> Result<Option<u64>, StoreError>;

    /// One run.
    async fn run(&self, account: Id, run: Id) -> Result<Option<RunRow>, StoreError>;

    /// The newest runs, newest first, with their errors, together at most so many bytes of JSON; for a device that
    /// starts empty. Rows take at most half of it, so that there is room for errors.
    async fn newest_runs(
        &self,
        account: Id,
        sight: &Sight,
        limit: u32,
        most_bytes: usize,
    ) -> Result<RunRows, StoreError>;

    /// A run's errors in order.
    async fn run_errors(&self, account: Id, run: Id) -> Result<Vec<RunErrorRow>, StoreError>;

    /// What people decided about errors of the runs of a flow, or of all runs; the newest.
    async fn marks(&self, account: Id, flow: Option<Id>) -> Result<Vec<ErrorMark>, StoreError>;

    /// What people decided about errors of these runs; the newest.
    async fn marks_of_runs(&self, account: Id, runs: &[Id]) -> Result<Vec<ErrorMark>, StoreError>;

    /// The newest errors of a flow that have a trace key.
    async fn keyed_errors(&self, account: Id, flow: Id, most: usize) -> Result<Vec<KeyedError>, StoreError>;

    /// Runs of the server that had not ended; after a restart they are lost.
    async fn unfinished_runs(&self) -> Result<Vec<(Id, RunRow)>, StoreError>;

    /// Up to when each export of changes was read by runs of a flow that completed.
    ///
    /// [`Self::keep_runs`] moves them in the transaction that keeps a run's last row: when everything before what the
    /// run read was read too, and never back (decision 37).
    async fn checkpoints(&self, account: Id, flow: Id) -> Result<BTreeMap<Id, i64>, StoreError>;

    /// Keeps a file of a run.
    async fn keep_run_file(&self, account: Id, file: &NewRunFile) -> Result<(), StoreError>;

    /// Finds a file of a run.
    async fn run_file(&self, account: Id, run: Id, step: &str) -> Result<Option<RunFileRow>, StoreError>;
}
