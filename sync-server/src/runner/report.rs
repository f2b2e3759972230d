//! What is known of a run, and what of it is stored: rows now and then, errors in bundles, the end at once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;

use tombolo_model::{Id, Kind};
use tombolo_wire::run::{OpenErrors, RunError, RunRow, RunStatus};
use tombolo_wire::sync::{RunErrorRow, RunRows};

use super::again::{Again, Retried};
use super::failure::RunFailure;
use super::{keep_end, keep_rows, outages, run_error};
use crate::app::App;
use crate::job::{Job, NewSecret, Secrets};
use crate::resources::ResourceError;
use crate::store::{BlobSource, NewRunFile, StoreError};
use crate::vault::SecretPlace;
use crate::{blobs, clock, resources, run_rows};

/// Errors that are stored together at most.
const ERRORS: usize = 200;

/// A run in progress.
pub(super) struct Report {
    app: App,
    account: Id,
    row: RunRow,
    /// What is not known to be stored. It stays here until it is: a run that is canceled in the middle of storing stores it
    /// again, and the store keeps it once.
    waiting: RunRows,
    dirty: bool,
    /// The child said how it ended; kept back until everything else is stored.
    ended: bool,
    /// The secrets of the run as it has them now, and where they may go.
    secrets: Secrets,
    hosts: BTreeMap<Id, Vec<String>>,
    /// Its connections.
    connections: BTreeSet<Id>,
    /// The errors that are open, where the flow resolves errors by their trace keys.
    open: Option<OpenErrors>,
    /// What of earlier runs it tries again.
    retried: Option<Retried>,
}

/// The secrets that a run may renew.
const RENEWED: [&str; 2] = ["/http/auth/token/token", "/http/auth/token/refreshToken"];
/// No token is longer.
const LONGEST_SECRET: usize = 64 * 1024;

/// Whether this is a token that runs renew.
pub(super) fn is_renewed(path: &str, secret: &str) -> bool {
    RENEWED.contains(&path) && secret.len() <= LONGEST_SECRET
}

impl Report {
    pub(super) fn new(app: App, account: Id, row: RunRow, again: Option<&Again>) -> Self {
        let waiting = RunRows::default();
        let (secrets, hosts) = (Secrets::default(), BTreeMap::new());
        let (connections, retried) = (BTreeSet::new(), again.map(Retried::of));
        Self {
            app,
            account,
            row,
            waiting,
            dirty: false,
            ended: false,
            secrets,
            hosts,
            connections,
            open: None,
            retried,
        }
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
        // What the server has said of it before stays.
        self.row.error = row.error.or_else(|| self.row.error.take());
        self.row.n = row.n;
        self.dirty = true;
    }

    /// The run resolves errors of its flow; the trace keys of those that are open, by their steps.
    pub(super) fn resolve(&mut self, open: OpenErrors) -> BTreeMap<String, Vec<String>> {
        self.open.insert(open).keys()
    }

    /// What has a trace key came to its step again.
    pub(super) fn take_over(&mut self, step: &str, trace_key: &str) {
        if let Some(open) = &mut self.open {
            open.over(step, trace_key);
            self.dirty = true;
        }
    }

    pub(super) fn take_error(&mut self, n: u64, error: RunError) {
        if let Some(open) = &mut self.open {
            open.failed(self.row.id, n, &error);
        }
        if let Some(retried) = &mut self.retried {
            retried.failed(&error);
        }
        let mut taken = vec![RunErrorRow { run: self.row.id, n, error }];
        run_rows::fit_errors(&mut taken);
        self.waiting.errors.append(&mut taken);
    }

    /// So many errors wait that they are to be stored now.
    pub(super) const fn is_full(&self) -> bool {
        self.waiting.errors.len() >= ERRORS
    }

    pub(super) async fn take_file(&self, step: String, name: String, made: File) -> Result<(), RunFailure> {
        let (mut file, blob) = blobs::copy(made.into(), &self.app.config.tmp()).await?;
        // Held until the run is known to have the file: nobody else has.
        let _stored = blobs::store(&self.app, self.account, &mut file, blob, BlobSource::Run).await?;
        let file = NewRunFile { run: self.row.id, step, name, sha256: blob.sha256 };
        self.app.store.keep_run_file(self.account, &file).await?;
        Ok(())
    }

    /// The run begins with these secrets.
    pub(super) fn expect_secrets(&mut self, job: &Job) {
        self.secrets = job.secrets.clone();
        self.hosts = job.hosts.clone();
        let connections = job.resources.iter().filter(|(_, found)| found.kind == Kind::Connection);
        self.connections = connections.map(|(id, _)| *id).collect();
    }

    /// The credentials of a connection were refused.
    pub(super) async fn take_outage(&self, connection: Id, why: &str) -> Result<(), RunFailure> {
        if !self.connections.contains(&connection) {
            return Err(RunFailure::Line(format!("a connection {connection} that the run does not have")));
        }
        let now = resources::read(&*self.app.store, self.account, connection).await?;
        if now.map(|now| now.heads) != self.row.heads.get(&connection).cloned() {
            // Somebody has put it right while the run went on, or tried to.
            return Ok(());
        }
        outages::refused(&self.app, self.account, &self.secrets, (connection, why)).await
    }

    /// A token was renewed: it takes the place of the one that the run had, for the same hosts. One that somebody has
    /// entered since stays.
    pub(super) async fn take_secret(
        &mut self,
        connection: Id,
        path: String,
        secret: &NewSecret,
    ) -> Result<(), RunFailure> {
        let hosts = self.hosts.get(&connection).filter(|hosts| !hosts.is_empty());
        let (Some(hosts), true) = (hosts, is_renewed(&path, &secret.0)) else {
            return Err(RunFailure::Line(format!("a secret {path} that no run renews")));
        };
        let stored = self.app.store.secrets(self.account, &[connection]).await?;
        let stored = stored.into_iter().find(|stored| stored.path == path);
        let known = self.secrets.0.get(&connection).and_then(|paths| paths.get(&path));
        let opened = stored.as_ref().map(|stored| self.app.vault.open_secret(self.account, stored)).transpose()?;
        if opened.as_ref() == known {
            let hosts = stored.as_ref().map_or_else(|| hosts.clone(), |stored| stored.hosts.clone());
            let place = SecretPlace { account: self.account, connection, path: &path };
            let sealed = self.app.vault.seal(place, hosts, &secret.0)?;
            self.app.store.renew_secret(self.account, &sealed, stored.as_ref(), self.row.id, clock::now_ms()).await?;
        }
        self.secrets.0.entry(connection).or_default().insert(path, secret.0.clone());
        Ok(())
    }

    /// Stores what is new; the end waits for [`Report::finish`].
    pub(super) async fn store(&mut self) -> Result<(), StoreError> {
        if self.ended || (!self.dirty && self.waiting.errors.is_empty()) {
            return Ok(());
        }
        self.store_all().await
    }

    async fn store_all(&mut self) -> Result<(), StoreError> {
        self.add_row();
        keep_rows(&self.app, self.account, &self.waiting).await?;
        self.waiting = RunRows::default();
        self.dirty = false;
        Ok(())
    }

    fn add_row(&mut self) {
        if let Some(open) = &self.open {
            self.row.origin.over = open.told();
        }
        let mut row = self.row.clone();
        run_rows::fit_run(&mut row);
        self.waiting.runs = vec![row];
    }

    /// Takes the end, the child's own or the one that took it by surprise.
    pub(super) fn end(&mut self, outcome: Result<(), RunFailure>) {
        if let Err(failure) = outcome {
            self.row.status = match failure {
                RunFailure::Canceled => RunStatus::Canceled,
                _ => RunStatus::Failed,
            };
            self.row.error = said(&failure, self.app.config.run_memory_mib);
            self.row.n += 1;
        }
        self.row.ended_ms.get_or_insert_with(clock::now_ms);
    }

    /// Adds to what is said of how it ended.
    pub(super) fn say(&mut self, code: &str, message: &str) {
        match &mut self.row.error {
            Some(error) => {
                error.message.push(' ');
                error.message.push_str(message);
            }
            none => *none = Some(run_error(code, message)),
        }
        self.row.n += 1;
    }

    /// Stores the end.
    pub(super) async fn finish(mut self) -> RunRow {
        if let Some(retried) = self.retried.take() {
            match retried.end(&mut self.row, clock::now_ms()) {
                Ok(marks) => self.waiting.marks = marks,
                Err(error) => tracing::error!(%error, run = %self.row.id, "errors that are over stay open"),
            }
        }
        self.add_row();
        keep_end(self.app, self.account, self.waiting).await;
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
        RunFailure::Resource(ResourceError::Damaged { id, .. } | ResourceError::Document { id, .. }) => run_error(
            "damaged",
            format!("A stored piece of {id} cannot be read on the server. Its operator can restore a backup."),
        ),
        full if full.is_full() => {
            run_error("storage_full", "The server's disk is full. Ask its operator for room and run the flow again.")
        }
        RunFailure::Vault(error) => run_error("secret", format!("{error}.")),
        RunFailure::Stopped(_) => run_error("interrupted", "The server's programs were told to stop while this ran."),
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

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::blobs::BlobError;

    #[test]
    fn a_run_that_finds_no_room_on_the_disk_says_so_wherever_it_was_missing() {
        let full = || StoreError::Full { doing: "writing a file", source: "no space".into() };
        let no_room = || io::Error::from(io::ErrorKind::StorageFull);
        for failure in [
            RunFailure::Store(full()),
            RunFailure::Resource(ResourceError::Store(full())),
            RunFailure::Blob(BlobError::Store(full())),
            RunFailure::Blob(BlobError::File(no_room())),
            RunFailure::Folder(no_room()),
        ] {
            let said = said(&failure, 1).unwrap();
            assert_eq!(said.code, "storage_full", "{failure:?}");
            assert!(said.message.contains("disk is full. Ask its operator for room"), "{}", said.message);
        }
        let other = RunFailure::Folder(io::Error::from(io::ErrorKind::PermissionDenied));
        assert_eq!(said(&other, 1).unwrap().code, "internal");
    }
}
