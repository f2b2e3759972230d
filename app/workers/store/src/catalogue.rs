//! Catalogue rows: what lists show, derived from documents and written beside their chunks.
//!
//! A row is written in the transaction of the change it was derived from; the heads in it say from which state.

mod rebuild;

use serde::{Deserialize, Serialize};
use tombolo_docs::{Document, inspect};
use tombolo_model::catalogue::describe;
use tombolo_model::{Id, View};
use tombolo_wire::store::{CatalogueRow, Event};

use crate::account::Account;
use crate::port;
use crate::storage::{Batch, Store, text};

pub(crate) use rebuild::rebuild;

/// After how long a screen is told that nothing but the time of change moved.
const TIME_ALONE_MS: i64 = 5_000;

/// A row as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredRow {
    /// What lists show; `pending` in it is filled in when it is shown.
    pub(crate) row: CatalogueRow,
    /// The heads (hex) of the state it was derived from.
    pub(crate) heads: Vec<String>,
}

/// Derives a row.
pub(crate) fn derive(document: &Document, view: &View, modified_ms: i64, damaged: bool) -> StoredRow {
    let described = describe(document.kind(), &view.value);
    StoredRow {
        row: CatalogueRow {
            id: document.id(),
            kind: document.kind(),
            name: described.name,
            integration: described.integration,
            disabled: described.disabled,
            binned: view.binned,
            references: described.references,
            adaptor: described.adaptor,
            lookup: described.lookup,
            group: described.group,
            conflicts: view.conflicts.len(),
            modified_ms,
            pending: false,
            damaged,
        },
        heads: view.heads.clone(),
    }
}

/// When a document was last changed, as its newest changes say.
pub(crate) fn last_change_ms(document: &Document) -> i64 {
    let heads = document.heads();
    let newest = heads.iter().filter_map(|head| inspect(&document.chunk(head)?.bytes).ok());
    newest.map(|change| change.time_ms).max().unwrap_or(0)
}

/// Puts a row into a batch.
pub(crate) fn put(batch: &mut Batch, row: &StoredRow) {
    batch.put_json(Store::Catalogue, &text(row.row.id.to_string()), row);
}

impl Account {
    /// A row as screens show it.
    pub(crate) fn shown(&self, row: &CatalogueRow) -> CatalogueRow {
        let mut row = row.clone();
        row.pending = self.pending.borrow().contains(row.id);
        row
    }

    /// All rows as screens show them.
    pub(crate) fn shown_catalogue(&self) -> Vec<CatalogueRow> {
        self.catalogue.borrow().values().map(|stored| self.shown(&stored.row)).collect()
    }

    /// Takes rows in and tells the screen what it would see differently.
    pub(crate) fn take_rows(&self, rows: Vec<StoredRow>, removed: &[Id]) {
        let mut shown = Vec::new();
        {
            let mut catalogue = self.catalogue.borrow_mut();
            for id in removed {
                catalogue.remove(id);
            }
            for row in rows {
                let known = catalogue.get(&row.row.id);
                // A document that comes in the place of a stub can be opened from then on.
                let tell = known.is_none_or(|before| before.heads.is_empty() || differs(&before.row, &row.row));
                if tell {
                    shown.push(self.shown(&row.row));
                    catalogue.insert(row.row.id, row);
                } else if let Some(before) = catalogue.get_mut(&row.row.id) {
                    before.heads = row.heads;
                }
            }
        }
        if !shown.is_empty() || !removed.is_empty() {
            port::event(Event::Catalogue { rows: shown, removed: removed.to_vec() });
        }
    }

    /// The damage mark of a row.
    pub(crate) fn is_damaged(&self, id: Id) -> bool {
        self.catalogue.borrow().get(&id).is_some_and(|stored| stored.row.damaged)
    }

    /// All documents whose stored pieces are damaged: the server may have them whole.
    pub(crate) fn damaged(&self) -> Vec<Id> {
        self.catalogue.borrow().values().filter(|stored| stored.row.damaged).map(|stored| stored.row.id).collect()
    }
}

fn differs(before: &CatalogueRow, after: &CatalogueRow) -> bool {
    let mut same_time = after.clone();
    same_time.modified_ms = before.modified_ms;
    same_time != *before || (after.modified_ms - before.modified_ms).abs() > TIME_ALONE_MS
}
