//! Resources as JSON, kept in memory: a list would open each document anew otherwise.
//!
//! What is kept is good as long as the document's heads are those it was made of, so nobody has to say that something
//! has changed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::stream::{self, StreamExt};
use serde_json::Value;
use tombolo_model::Kind;
use tombolo_model::{Id, catalogue};

use super::error::RestError;
use crate::app::App;
use crate::resources::{self, Resource, ResourceError};
use crate::store::ListRow;

/// About so many bytes of JSON are kept; beyond that everything is forgotten and made again as it is asked for.
const MOST_BYTES: usize = 128 * 1024 * 1024;
/// Documents that are opened at a time.
const AT_ONCE: usize = 4;

/// What is kept, by account and id.
#[derive(Debug, Default)]
pub(crate) struct Mirror(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    seen: HashMap<(Id, Id), Arc<Seen>>,
    bytes: usize,
}

/// A resource as it was at some heads.
#[derive(Debug)]
pub(crate) struct Seen {
    heads: Vec<u8>,
    /// Its JSON, without what the server adds.
    pub(crate) value: Value,
    /// In the recycle bin.
    pub(crate) binned: bool,
    /// Not all of its changes can be read.
    pub(crate) damaged: bool,
    /// What it refers to.
    pub(crate) references: Vec<Id>,
    bytes: usize,
}

/// A resource with its row.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    /// Id, kind and times.
    pub(crate) row: ListRow,
    /// Its content.
    pub(crate) seen: Arc<Seen>,
}

impl Mirror {
    fn get(&self, account: Id, row: &ListRow) -> Option<Arc<Seen>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.seen.get(&(account, row.id)).filter(|seen| seen.heads == row.heads).cloned()
    }

    fn put(&self, account: Id, id: Id, seen: Arc<Seen>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.bytes > MOST_BYTES {
            *kept = Kept::default();
        }
        kept.bytes += seen.bytes;
        if let Some(old) = kept.seen.insert((account, id), seen) {
            kept.bytes = kept.bytes.saturating_sub(old.bytes);
        }
    }
}

/// All resources of an account, of one kind or of all, binned ones too, by id.
pub(crate) async fn all(app: &App, account: Id, kind: Option<Kind>) -> Result<Vec<Found>, RestError> {
    let rows = app.store.list(account, kind).await?;
    let opened = stream::iter(rows).map(|row| open(app, account, row)).buffered(AT_ONCE);
    let found: Vec<Result<Option<Found>, RestError>> = opened.collect().await;
    // One that was deleted for good meanwhile is in no list.
    found.into_iter().filter_map(Result::transpose).collect()
}

/// One resource of an account; absent when there is none of this id.
pub(crate) async fn one(app: &App, account: Id, id: Id) -> Result<Option<Found>, RestError> {
    match app.store.listed(account, id).await? {
        Some(row) => open(app, account, row).await,
        None => Ok(None),
    }
}

async fn open(app: &App, account: Id, row: ListRow) -> Result<Option<Found>, RestError> {
    if let Some(seen) = app.rest.mirror.get(account, &row) {
        return Ok(Some(Found { row, seen }));
    }
    let seen = match resources::read(&*app.store, account, row.id).await {
        Ok(None) => return Ok(None),
        Ok(Some(resource)) => seen(&row, resource, false),
        Err(ResourceError::Damaged { rest, .. }) => seen(&row, *rest, true),
        Err(error @ ResourceError::Document { .. }) => {
            tracing::error!(%error, "a resource cannot be opened");
            let (kind, modified_ms) = (row.kind, row.modified_ms);
            let value = Value::Object(serde_json::Map::new());
            seen(&row, Resource { kind, value, heads: Vec::new(), binned: false, modified_ms }, true)
        }
        Err(error) => return Err(error.into()),
    };
    let seen = Arc::new(seen);
    app.rest.mirror.put(account, row.id, Arc::clone(&seen));
    Ok(Some(Found { row, seen }))
}

fn seen(row: &ListRow, resource: Resource, damaged: bool) -> Seen {
    Seen {
        heads: row.heads.clone(),
        references: catalogue::describe(row.kind, &resource.value).references,
        // In memory an object takes about three times what it takes as text.
        bytes: resource.value.to_string().len() * 3 + 500,
        value: resource.value,
        binned: resource.binned,
        damaged,
    }
}
