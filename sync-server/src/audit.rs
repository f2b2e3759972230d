//! What goes into the audit log: read off the changes that were accepted, and said by whoever does something else.
//!
//! Changes are read one by one after they are stored, by the account's sequence: nothing that was accepted is left out,
//! also when the server is killed in between. What a person types into one field is gathered ([`typing`]) until something
//! else happens to the resource or in the account's log; when somebody looks decides nothing but where an entry ends.

mod event;
mod fields;
mod read;
mod typing;

use std::collections::BTreeMap;
use std::time::Duration;

use thiserror::Error;
use tokio::task::JoinError;
use tombolo_model::Id;

use crate::app::App;
use crate::clock;
use crate::store::{AuditEvent, Store, StoreError, Unaudited};

pub(crate) use event::{
    acted, by_road, field, left_tokens, masked, note, note_all, note_everywhere, rights_fields, road, system,
    tokens_of, told,
};

/// How long typing is gathered into one entry.
const GATHERED_MS: i64 = 60_000;
/// Changes that are read in one go.
const AT_ONCE: u32 = 500;
/// About so many bytes of resources are held to be opened together.
const HELD_BYTES: usize = 8 * 1024 * 1024;
/// How often the background looks.
const LOOK: Duration = Duration::from_secs(30);

/// Why the log could not be brought up to date.
#[derive(Debug, Error)]
pub(crate) enum AuditError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The thread that opens documents has ended.
    #[error("the thread that opens documents has ended")]
    Ended(#[source] JoinError),
}

/// Brings the logs of all accounts up to date now and then, until the server stops.
pub(crate) async fn keep_up(app: App) {
    let mut stopping = app.hub.stopping();
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            _ = stopping.wait_for(|stop| *stop) => return,
        }
        let accounts = match app.store.accounts().await {
            Ok(accounts) => accounts,
            Err(error) => {
                tracing::error!(%error, "the audit log cannot be brought up to date");
                continue;
            }
        };
        for account in accounts {
            if let Err(error) = catch_up(&*app.store, account, clock::now_ms() - GATHERED_MS).await {
                tracing::error!(%error, %account, "the audit log cannot be brought up to date");
            }
        }
    }
}

/// Reads the changes that the log lacks and that are not younger than this into it.
///
/// # Errors
///
/// Returns why it could not.
pub(crate) async fn catch_up(store: &dyn Store, account: Id, until_ms: i64) -> Result<(), AuditError> {
    loop {
        let from = store.audited(account).await?;
        let mut changes = store.unaudited(account, AT_ONCE).await?;
        let whole = changes.len() == AT_ONCE as usize;
        let old = changes.iter().position(|change| change.time_ms > until_ms).unwrap_or(changes.len());
        changes.truncate(old);
        let Some(last) = changes.last().map(|change| change.sequence) else {
            return Ok(());
        };
        let events = events(store, account, changes).await?;
        let mine = store.audit_up_to(account, from, last, &events).await?;
        if mine && !whole {
            return Ok(());
        }
    }
}

/// What these changes did, in the order in which they were accepted.
async fn events(store: &dyn Store, account: Id, changes: Vec<Unaudited>) -> Result<Vec<AuditEvent>, AuditError> {
    let mut of_each: BTreeMap<Id, Vec<Unaudited>> = BTreeMap::new();
    for change in changes {
        of_each.entry(change.document).or_default().push(change);
    }
    let (mut found, mut held, mut bytes) = (Vec::new(), Vec::new(), 0);
    for (document, changes) in of_each {
        let last = changes.last().map_or(0, |change| change.sequence);
        let chunks = store.changes_up_to(account, document, last).await?;
        bytes += chunks.iter().map(Vec::len).sum::<usize>();
        held.push(Held { document, changes, chunks });
        if bytes > HELD_BYTES {
            bytes = 0;
            found.extend(read_all(std::mem::take(&mut held)).await?);
        }
    }
    found.extend(read_all(held).await?);
    found.sort_by_key(|(sequence, _)| *sequence);
    Ok(found.into_iter().map(|(_, event)| event).collect())
}

/// A resource with the changes that the log lacks.
struct Held {
    document: Id,
    changes: Vec<Unaudited>,
    chunks: Vec<Vec<u8>>,
}

/// Opens resources beside the tasks that answer people; one trip for all, since each is opened in less time than a trip
/// takes.
async fn read_all(held: Vec<Held>) -> Result<Vec<(u64, AuditEvent)>, AuditError> {
    let read = move || held.iter().flat_map(|held| read::read(held.document, &held.changes, &held.chunks)).collect();
    tokio::task::spawn_blocking(read).await.map_err(AuditError::Ended)
}
