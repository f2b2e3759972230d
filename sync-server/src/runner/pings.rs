//! Tests of connections: what they need, and the tokens that were renewed for them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use thiserror::Error;
use tombolo_model::{Id, Kind, catalogue};

use super::bundle::home;
use crate::app::App;
use crate::clock;
use crate::job::{JobResource, PingAnswer, PingJob, Secrets};
use crate::resources::{self, ResourceError};
use crate::rest::worker::WorkerError;
use crate::store::{CLIENT_HOSTS, StoreError};
use crate::vault::{SecretPlace, VaultError};

/// Why a connection is not tested.
#[derive(Debug, Error)]
pub(crate) enum NotGathered {
    /// A secret was entered for another host than the connection has now.
    #[error("the secret {path} was entered for another host")]
    OtherHost {
        /// Which.
        path: String,
    },
    /// A document cannot be read.
    #[error(transparent)]
    Resource(#[from] ResourceError),
    /// A secret does not open.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Gathers what a connection's test needs: it, what it refers to, and their secrets.
///
/// # Errors
///
/// Returns why it cannot be tested.
pub(crate) async fn gather(app: &App, account: Id, id: Id, connection: &Value) -> Result<PingJob, NotGathered> {
    let mut resources = BTreeMap::from([(id, JobResource { kind: Kind::Connection, value: connection.clone() })]);
    let mut open = catalogue::describe(Kind::Connection, connection).references;
    let mut seen = BTreeSet::from([id]);
    while let Some(next) = open.pop() {
        if !seen.insert(next) {
            continue;
        }
        // A connection that borrows from another one, or has a client.
        let found = resources::read(&*app.store, account, next).await?;
        let found = found.filter(|found| matches!(found.kind, Kind::Connection | Kind::IClient));
        if let Some(found) = found {
            open.extend(catalogue::describe(found.kind, &found.value).references);
            resources.insert(next, JobResource { kind: found.kind, value: found.value });
        }
    }
    let mut job = PingJob {
        connection: id,
        resources,
        secrets: Secrets(BTreeMap::new()),
        hosts: BTreeMap::new(),
        allow_private_network: app.config.allow_private_network,
    };
    open_secrets(app, account, &mut job).await?;
    Ok(job)
}

async fn open_secrets(app: &App, account: Id, job: &mut PingJob) -> Result<(), NotGathered> {
    let holders: Vec<Id> = job.resources.keys().copied().collect();
    for sealed in app.store.secrets(account, &holders).await? {
        let found = job.resources.get(&sealed.connection);
        let home = found.and_then(|found| home(found.kind, &found.value));
        if home.is_none_or(|host| !sealed.hosts.contains(&host)) {
            return Err(NotGathered::OtherHost { path: sealed.path });
        }
        let secret = app.vault.open_secret(account, &sealed)?;
        if sealed.path != CLIENT_HOSTS {
            job.secrets.0.entry(sealed.connection).or_default().insert(sealed.path, secret);
        }
        let hosts = job.hosts.entry(sealed.connection).or_insert_with(|| sealed.hosts.clone());
        hosts.retain(|host| sealed.hosts.contains(host));
    }
    Ok(())
}

/// A ping takes no longer, its retries and the sign-in before it included.
const SECONDS: u64 = 60;

/// Sends a test from a caged child process; one that takes too long is an answer.
///
/// # Errors
///
/// Returns why there is none.
pub(crate) async fn ask(app: &App, account: Id, job: &PingJob) -> Result<PingAnswer, WorkerError> {
    let unreadable = |error: serde_json::Error| WorkerError::Process(std::io::Error::other(error));
    let line = serde_json::to_vec(job).map_err(unreadable)?;
    let memory = app.config.run_memory_mib.to_string();
    match app.rest.pings.ask(account, &["ping-worker", "--memory", &memory], line, SECONDS).await {
        Ok(said) => serde_json::from_slice(&said).map_err(unreadable),
        Err(WorkerError::TooLong(seconds)) => Ok(PingAnswer {
            error: Some(format!("The endpoint gave no answer within {seconds} seconds.")),
            ..PingAnswer::default()
        }),
        Err(error) => Err(error),
    }
}

/// Keeps the tokens that were renewed for a test, in place of those that it began with.
///
/// # Errors
///
/// Returns why they are not kept.
pub(crate) async fn keep_renewed(
    app: &App,
    account: Id,
    job: &PingJob,
    answer: &PingAnswer,
) -> Result<(), NotGathered> {
    for (owner, path, secret) in &answer.renewed {
        // The child may have been taken over: it renews secrets of what it was given, for the hosts that these have.
        let Some(hosts) = job.hosts.get(owner).filter(|hosts| !hosts.is_empty()) else { continue };
        if !super::report::is_renewed(path, &secret.0) {
            continue;
        }
        let stored = app.store.secrets(account, &[*owner]).await?.into_iter().find(|stored| stored.path == *path);
        let known = job.secrets.0.get(owner).and_then(|paths| paths.get(path));
        let opened = stored.as_ref().map(|stored| app.vault.open_secret(account, stored)).transpose()?;
        if opened.as_ref() != known {
            continue;
        }
        let hosts = stored.as_ref().map_or_else(|| hosts.clone(), |stored| stored.hosts.clone());
        let sealed = app.vault.seal(SecretPlace { account, connection: *owner, path }, hosts, &secret.0)?;
        app.store.renew_secret(account, &sealed, stored.as_ref(), *owner, clock::now_ms()).await?;
    }
    Ok(())
}
