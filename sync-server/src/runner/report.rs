//! What is known of a run, and what of it is stored: rows now and then, errors in bundles, the end at once.

use std::fs::File;

use tombolo_model::Id;
use tombolo_wire::run::{RunError, RunRow, RunStatus};
use tombolo_wire::sync::RunErrorRow;

use super::child::RunFailure;
use super::{keep, run_error};
use crate::app::App;
use crate::store::{NewRunFile, StoreError};
use crate::{blobs, clock};

/// Errors that are stored together at most.
const ERRORS: usize = 200;

/// A run in progress.
pub(super) struct Report {
    app: App,
    account: Id,
    row: RunRow,
    errors: Vec<RunErrorRow>,
    dirty: bool,
    /// The child said how it ended; kept back until everything else is stored.
    ended: bool,
}

impl Report {
    pub(super) const fn new(app: App, account: Id, row: RunRow) -> Self {
        Self { app, account, row, errors: Vec::new(), dirty: false, ended: false }
    }

    pub(super) const fn row(&self) -> &RunRow {
        &self.row
    }

    pub(super) const fn has_ended(&self) -> bool {
        self.ended
    }

    /// The heads that the run is made of are known.
    pub(super) fn take_heads(&mut self, row: &RunRow) {
        self.row.heads = row.heads.clone();
    }

    /// Takes what the child may say of a run: not whose it is, not when it was started, and no step back.
    pub(super) fn take_row(&mut self, row: RunRow) {
        if row.n <= self.row.n {
            return;
        }
        self.ended = is_end(row.status);
        self.row.status = row.status;
        self.row.ended_ms = row.ended_ms;
        self.row.steps = row.steps;
        self.row.error = row.error;
        self.row.n = row.n;
        self.dirty = true;
    }

    pub(super) async fn take_error(&mut self, n: u64, error: RunError) -> Result<(), StoreError> {
        self.errors.push(RunErrorRow { run: self.row.id, n, error });
        if self.errors.len() >= ERRORS {
            self.store().await?;
        }
        Ok(())
    }

    pub(super) async fn take_file(&self, step: String, name: String, made: File) -> Result<(), RunFailure> {
        let (mut file, blob) = blobs::copy(made.into(), &self.app.config.tmp()).await?;
        blobs::store(&self.app, self.account, &mut file, blob).await?;
        let file = NewRunFile { run: self.row.id, step, name, sha256: blob.sha256 };
        self.app.store.keep_run_file(self.account, &file).await?;
        Ok(())
    }

    /// Stores what is new; the end waits for [`Report::finish`].
    pub(super) async fn store(&mut self) -> Result<(), StoreError> {
        if self.ended || (!self.dirty && self.errors.is_empty()) {
            return Ok(());
        }
        let errors = std::mem::take(&mut self.errors);
        keep(&self.app, self.account, &self.row, errors).await?;
        self.dirty = false;
        Ok(())
    }

    /// Stores the end, the child's own or the one that took it by surprise.
    pub(super) async fn finish(mut self, outcome: Result<(), RunFailure>) -> RunRow {
        if let Err(failure) = outcome {
            self.row.status = match failure {
                RunFailure::Canceled => RunStatus::Canceled,
                _ => RunStatus::Failed,
            };
            self.row.error = said(&failure, self.app.config.run_memory_mib);
            self.row.n += 1;
        }
        self.row.ended_ms.get_or_insert_with(clock::now_ms);
        let errors = std::mem::take(&mut self.errors);
        if let Err(error) = keep(&self.app, self.account, &self.row, errors).await {
            tracing::error!(%error, run = %self.row.id, "the end of a run cannot be stored");
        }
        self.row
    }
}

const fn is_end(status: RunStatus) -> bool {
    matches!(status, RunStatus::Completed | RunStatus::Failed | RunStatus::Canceled)
}

/// The failure in words for the person who looks at the run; what is internal is logged only.
fn said(failure: &RunFailure, memory_mib: u64) -> Option<RunError> {
    let source = std::error::Error::source(failure).map(ToString::to_string);
    let error = match failure {
        RunFailure::Canceled => return None,
        RunFailure::TooLong => run_error("too_long", "The run took longer than 12 hours. Split the flow."),
        RunFailure::TooManyResources => {
            run_error("too_many_resources", "The flow refers to more resources than a run may have.")
        }
        RunFailure::OtherHost { connection, path } => run_error(
            "other_host",
            format!("The secret {path} of connection {connection} was entered for another host. Enter it again."),
        ),
        RunFailure::Vault(error) => run_error("secret", format!("{error}.")),
        RunFailure::Ended(status) => run_error(
            "worker_ended",
            format!(
                "The process that ran the flow ended early ({status}): it may have wanted more than {memory_mib} MiB of memory, or an hour of computing. Read smaller pages or records, or split the flow."
            ),
        ),
        _ => run_error("internal", "The server could not run the flow. Its log says why."),
    };
    tracing::warn!(%failure, source, "a run failed");
    Some(error)
}
