//! The documents in memory: those somebody in this tab has open, and those that are not safely stored yet.
//!
//! Loads from chunks and snapshots, each on its own; what cannot be read goes into quarantine and costs nothing else.
//!
//! Invariant: a document that arrives from storage while it is being loaded is loaded again, so nothing that a tab or
//! the server stored meanwhile is missed.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use futures::channel::oneshot;
use tombolo_docs::{Document, Hash};
use tombolo_model::{Id, Kind};
use tombolo_wire::store::{Event, OpenReply, TextSplice};
use wasm_bindgen::JsValue;

use crate::account::Account;
use crate::catalogue::{self, StoredRow};
use crate::fault::Fault;
use crate::storage::{Store, bytes_of, document_range};
use crate::{compact, env, port, quarantine, undo};

/// How many pieces a document may have before they are put together.
const MANY_PIECES: usize = 64;

/// A document in memory.
pub(crate) struct Opened {
    pub(crate) document: Document,
    /// The heads of the view that the screen was shown last.
    shown: Vec<Hash>,
    /// The screen shows it.
    subscribed: bool,
}

enum Slot {
    Loading { stale: bool, waiting: Vec<oneshot::Sender<()>> },
    Open(Box<Opened>),
}

/// The documents in memory.
#[derive(Default)]
pub(crate) struct Documents {
    slots: RefCell<BTreeMap<Id, Slot>>,
    /// Calls that use documents between two awaits; nothing is dropped meanwhile.
    users: Cell<usize>,
}

/// A piece of a document as it is stored.
pub(crate) struct Piece {
    pub(crate) store: Store,
    pub(crate) key: JsValue,
    pub(crate) bytes: Vec<u8>,
}

impl Documents {
    /// Works on a document in memory.
    pub(crate) fn with<T>(&self, id: Id, work: impl FnOnce(&mut Opened) -> T) -> Option<T> {
        match self.slots.borrow_mut().get_mut(&id) {
            Some(Slot::Open(opened)) => Some(work(opened)),
            _ => None,
        }
    }

    /// Puts a new document into memory.
    pub(crate) fn insert(&self, document: Document) {
        let shown = document.heads();
        let opened = Opened { document, shown, subscribed: false };
        self.slots.borrow_mut().insert(opened.document.id(), Slot::Open(Box::new(opened)));
    }

    /// Notes that storage has something new; whether the document is in memory to take it.
    pub(crate) fn takes_news(&self, id: Id) -> bool {
        match self.slots.borrow_mut().get_mut(&id) {
            Some(Slot::Open(_)) => true,
            Some(Slot::Loading { stale, .. }) => {
                *stale = true;
                false
            }
            None => false,
        }
    }

    /// Which documents are in memory.
    pub(crate) fn open_ids(&self) -> Vec<Id> {
        let slots = self.slots.borrow();
        let open = slots.iter().filter(|(_, slot)| matches!(slot, Slot::Open(_)));
        open.map(|(id, _)| *id).collect()
    }

    /// Takes a document out of memory.
    pub(crate) fn remove(&self, id: Id) -> Option<Document> {
        match self.slots.borrow_mut().remove(&id) {
            Some(Slot::Open(opened)) => Some(opened.document),
            _ => None,
        }
    }

    /// Takes what no screen shows out of memory.
    fn drop_unshown(&self) {
        self.slots.borrow_mut().retain(|_, slot| match slot {
            Slot::Open(opened) => opened.subscribed,
            Slot::Loading { .. } => true,
        });
    }

    /// Puts another state in the place of a document's, after a refusal.
    pub(crate) fn replace(&self, document: Document) {
        if let Some(Slot::Open(opened)) = self.slots.borrow_mut().get_mut(&document.id()) {
            opened.document = document;
            opened.shown.clear();
        }
    }
}

/// Brings a document into memory; the caller must [`release`] it.
pub(crate) async fn ensure(account: &Rc<Account>, id: Id) -> Result<(), Fault> {
    let documents = &account.documents;
    documents.users.set(documents.users.get() + 1);
    let result = ensure_loaded(account, id).await;
    if result.is_err() {
        release(account);
    }
    result
}

/// Lets go of a document. When nobody works on any, those that no screen shows leave memory, once all is stored: also
/// those that were let go while somebody worked on another.
pub(crate) fn release(account: &Rc<Account>) {
    let documents = &account.documents;
    documents.users.set(documents.users.get().saturating_sub(1));
    if documents.users.get() == 0 && account.writer.unsaved() == 0 {
        documents.drop_unshown();
    }
}

async fn ensure_loaded(account: &Rc<Account>, id: Id) -> Result<(), Fault> {
    loop {
        let wait = {
            let mut slots = account.documents.slots.borrow_mut();
            match slots.get_mut(&id) {
                Some(Slot::Open(_)) => return Ok(()),
                Some(Slot::Loading { waiting, .. }) => {
                    let (sender, receiver) = oneshot::channel();
                    waiting.push(sender);
                    Some(receiver)
                }
                None => {
                    slots.insert(id, Slot::Loading { stale: false, waiting: Vec::new() });
                    None
                }
            }
        };
        match wait {
            // Whether the other's attempt ended well is looked up again.
            Some(receiver) => drop(receiver.await),
            None => return load_into_slot(account, id).await,
        }
    }
}

async fn load_into_slot(account: &Rc<Account>, id: Id) -> Result<(), Fault> {
    loop {
        let loaded = load(account, id).await;
        let mut slots = account.documents.slots.borrow_mut();
        if let Some(Slot::Loading { stale, .. }) = slots.get_mut(&id)
            && std::mem::take(stale)
        {
            continue;
        }
        let waiting = match slots.remove(&id) {
            Some(Slot::Loading { waiting, .. }) => waiting,
            _ => Vec::new(),
        };
        let result = loaded.map(|document| {
            let opened = Opened { shown: document.heads(), document, subscribed: false };
            slots.insert(id, Slot::Open(Box::new(opened)));
        });
        drop(slots);
        for waiter in waiting {
            waiter.send(()).unwrap_or(());
        }
        return result;
    }
}

/// Reads a document from storage, puts aside what is damaged, and mends its row when that is wrong.
pub(crate) async fn load(account: &Rc<Account>, id: Id) -> Result<Document, Fault> {
    let pieces = pieces(account, id).await?;
    if pieces.is_empty() {
        return Err(Fault::NotFound(id));
    }
    let many = pieces.len() > MANY_PIECES;
    let loaded = Document::load(pieces.iter().map(|piece| piece.bytes.as_slice()));
    let document = match loaded {
        // What another tab wrote on top of a refused change waits until the leader parks it as well.
        Ok(loaded) if loaded.is_whole() || (loaded.damaged.is_empty() && account.pending.borrow().contains(id)) => {
            if loaded.is_whole() && account.is_damaged(id) {
                quarantine::heal(account, &loaded.document).await?;
            }
            loaded.document
        }
        Ok(mut loaded) => {
            quarantine::put_aside(account, id, &pieces, &loaded.damaged, Some(&mut loaded.document)).await?;
            loaded.document
        }
        Err(reason) => {
            quarantine::put_aside(account, id, &pieces, &[], None).await?;
            return Err(Fault::Damaged { id, reason });
        }
    };
    if many {
        compact::soon(account, id);
    }
    Ok(document)
}

/// Takes the mark of damage away when what came from elsewhere makes the document whole again.
pub(crate) async fn heal(account: &Rc<Account>, id: Id) -> Result<(), Fault> {
    let pieces = pieces(account, id).await?;
    match Document::load(pieces.iter().map(|piece| piece.bytes.as_slice())) {
        Ok(loaded) if loaded.is_whole() => quarantine::heal(account, &loaded.document).await,
        _ => Ok(()),
    }
}

/// Everything stored of a document, saved documents first: that is the quick way to load.
pub(crate) async fn pieces(account: &Rc<Account>, id: Id) -> Result<Vec<Piece>, Fault> {
    let range = document_range(id);
    let wanted = [(Store::Snapshots, range.clone()), (Store::Chunks, range)];
    let found = account.storage.entries(&wanted).await?;
    let mut pieces = Vec::new();
    for ((store, _), entries) in wanted.iter().zip(found) {
        for (key, value) in entries {
            pieces.push(Piece { store: *store, bytes: bytes_of(&value).unwrap_or_default(), key });
        }
    }
    Ok(pieces)
}

/// Opens a document for the screen.
pub(crate) async fn open(account: &Rc<Account>, id: Id) -> Result<OpenReply, Fault> {
    ensure(account, id).await?;
    let reply = account.documents.with(id, |opened| {
        opened.subscribed = true;
        opened.shown = opened.document.heads();
        let (kind, view) = (opened.document.kind(), opened.document.view());
        let named = || view.value.get("_integrationId").and_then(|id| id.as_str()?.parse().ok());
        let owner = if kind == Kind::Integration { Some(id) } else { named() };
        OpenReply { writable: account.may_write(kind, owner), kind, view, undo: undo::state(account, id) }
    });
    release(account);
    reply.ok_or(Fault::NotFound(id))
}

/// The screen has closed a document.
pub(crate) fn close(account: &Rc<Account>, id: Id) {
    account.documents.with(id, |opened| opened.subscribed = false);
    account.documents.users.set(account.documents.users.get() + 1);
    release(account);
}

/// Tells the screen about a document that changed in memory, and gives the row that follows from it.
pub(crate) fn changed(account: &Rc<Account>, id: Id, own: bool) -> Option<StoredRow> {
    let damaged = account.is_damaged(id);
    let modified_ms = env::now_ms();
    let (row, event) = account.documents.with(id, |opened| {
        let view = opened.document.view();
        let row = catalogue::derive(&opened.document, &view, modified_ms, damaged);
        if !opened.subscribed {
            return (row, None);
        }
        let heads = opened.document.heads();
        let applied = if opened.shown.is_empty() { Vec::new() } else { opened.document.splices_since(&opened.shown) };
        opened.shown = heads;
        let splices = applied.into_iter().map(|splice| TextSplice {
            path: splice.path,
            at: splice.at,
            delete: splice.delete,
            insert: splice.insert,
        });
        let undo = undo::state(account, id);
        let event = Event::Document { id, view, splices: splices.collect(), own, undo };
        (row, Some(event))
    })?;
    if let Some(event) = event {
        port::event(event);
    }
    Some(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_screen_shows_leaves_memory_whenever_nobody_works_on_anything() {
        let documents = Documents::default();
        let author = tombolo_docs::Author { actor: [1; 16], time_ms: 1 };
        let ids: Vec<Id> = (0..3).map(|n| Id::from_parts(1, [n; 8])).collect();
        for id in &ids {
            let value = serde_json::json!({"name": "N"});
            let made = Document::create(tombolo_model::Kind::Flow, *id, &value, &author, &mut String::new);
            documents.insert(made.unwrap().0);
        }
        documents.with(ids[1], |opened| opened.subscribed = true);
        let loading = Id::from_parts(1, [9; 8]);
        documents.slots.borrow_mut().insert(loading, Slot::Loading { stale: false, waiting: Vec::new() });
        documents.drop_unshown();
        assert_eq!(documents.open_ids(), [ids[1]]);
        assert!(documents.slots.borrow().contains_key(&loading), "somebody waits for it");
    }

    #[test]
    fn a_document_that_is_being_read_is_read_again_when_something_is_stored() {
        let (documents, id) = (Documents::default(), Id::from_parts(1, [2; 8]));
        assert!(!documents.takes_news(id), "nobody has it open");
        documents.slots.borrow_mut().insert(id, Slot::Loading { stale: false, waiting: Vec::new() });
        assert!(!documents.takes_news(id));
        assert!(matches!(documents.slots.borrow().get(&id), Some(Slot::Loading { stale: true, .. })));
    }
}
