//! Resources as the server's documents have them, for what the server itself does with them.

use serde_json::Value;
use thiserror::Error;
use tokio::task::JoinError;
use tombolo_docs::{Document, LoadError};
use tombolo_model::{Id, Kind};

use crate::store::{Store, StoreError};

/// Why a resource cannot be read.
#[derive(Debug, Error)]
pub(crate) enum ResourceError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its changes make no document.
    #[error("the document {id} cannot be opened")]
    Document {
        /// Which.
        id: Id,
        /// Why.
        #[source]
        source: LoadError,
    },
    /// Some of its changes cannot be read: what is left would do something else than people see.
    #[error("{pieces} stored pieces of the document {id} cannot be read")]
    Damaged {
        /// Which.
        id: Id,
        /// How many changes.
        pieces: usize,
        /// What the others make: good for a name, and for nothing that is done.
        rest: Box<Resource>,
    },
    /// The thread that opens documents has ended.
    #[error("the thread that opens documents has ended")]
    Ended(#[source] JoinError),
}

/// A resource with its heads.
#[derive(Debug, Clone)]
pub(crate) struct Resource {
    /// Its kind.
    pub(crate) kind: Kind,
    /// Its JSON.
    pub(crate) value: Value,
    /// The heads it was read at, hex.
    pub(crate) heads: Vec<String>,
    /// In the recycle bin.
    pub(crate) binned: bool,
    /// When it was last changed, by the server's clock.
    pub(crate) modified_ms: i64,
}

/// Reads a resource; absent when the account has none of this id.
///
/// # Errors
///
/// Returns why it cannot be read.
pub(crate) async fn read(store: &dyn Store, account: Id, id: Id) -> Result<Option<Resource>, ResourceError> {
    let Some(stored) = store.document(account, id).await? else {
        return Ok(None);
    };
    // Opening takes as long as the history is: not on a thread that answers requests.
    tokio::task::spawn_blocking(move || {
        let loaded = Document::load(stored.changes.iter().map(Vec::as_slice))
            .map_err(|source| ResourceError::Document { id, source })?;
        let document = &loaded.document;
        let resource = Resource {
            kind: stored.kind,
            heads: document.heads_hex(),
            binned: document.binned(),
            modified_ms: stored.modified_ms,
            value: document.value(),
        };
        if loaded.is_whole() {
            Ok(Some(resource))
        } else {
            let pieces = loaded.damaged.len() + loaded.waiting;
            Err(ResourceError::Damaged { id, pieces, rest: Box::new(resource) })
        }
    })
    .await
    .map_err(ResourceError::Ended)?
}
