//! What other tabs and the server did, brought into the documents in memory.

use std::rc::Rc;

use tombolo_docs::{Document, hash_from_hex, is_saved_document};
use tombolo_model::Id;
use tombolo_wire::store::Event;
use wasm_bindgen_futures::spawn_local;

use crate::account::Account;
use crate::catalogue::{self, StoredRow};
use crate::fault::Fault;
use crate::storage::{Batch, Store, bytes_of, chunk_key};
use crate::tabs::{Pieces, Say};
use crate::{api, documents, env, moving, outages, park, port, presence, rescue, runs, untold};

impl Account {
    /// Another tab said something.
    pub(crate) fn heard(self: &Rc<Self>, said: Say) {
        match said {
            Say::Stored { pieces, rows, removed } => self.heard_stored(pieces, rows, &removed),
            Say::Acked { changes } => self.acked(&changes),
            Say::Parked { document } => park::heard(self, document),
            Say::Lost { document, hashes } => rescue::heard(self, document, &hashes),
            Say::ParkedMoved => {
                let account = self.clone();
                spawn_local(async move { park::recount(&account).await });
            }
            Say::WhereAreYou => presence::repeat(self),
            Say::Link { status } => {
                self.heard_link(status.link);
                if !self.leads() {
                    let mut link = self.link.borrow_mut();
                    link.link = status.link;
                    link.reason = status.reason;
                    link.access = status.access;
                    link.people = status.people;
                    drop(link);
                    self.show_status();
                }
            }
            Say::HowIsTheLink => self.say_link(),
            Say::LookAgain => untold::look_up(self),
            Say::Told { tab, number } => self.told.hear(tab, number),
            Say::Account { info } => moving::heard_account(self, *info),
            Say::WouldLead { tab } => self.heard_would_lead(tab),
            Say::Yields { to } => self.heard_yields(&to),
            Say::Errand => {
                runs::offer_soon(self);
                api::errands(self);
            }
            Say::Outages => outages::show(self),
            Say::Run { row } => port::event(Event::Run { row }),
            Say::Marks { marks } => port::event(Event::Marks { marks }),
            Say::RunsGone { runs } => port::event(Event::RunsGone { runs }),
            Say::CancelRun { run } => runs::cancel_here(self, run),
            Say::Removed => {
                runs::end_all(self);
            }
            Say::Place { tab, place } => presence::heard(self, tab, place),
            Say::Notice { notice } => self.notice(notice),
            Say::Reload { reason } => {
                self.retire();
                port::event(Event::Reload { reason });
            }
        }
    }

    fn heard_stored(self: &Rc<Self>, pieces: Vec<Pieces>, rows: Vec<StoredRow>, removed: &[Id]) {
        for id in removed {
            self.documents.remove(*id);
        }
        // Counted before anything of it is shown: until then it would look as if the server had it.
        let outgoing = pieces.iter().filter(|piece| piece.outgoing);
        let waiting: Vec<_> = outgoing.map(|piece| (piece.document, piece.hashes.clone())).collect();
        if !waiting.is_empty() {
            self.waits(&waiting);
        }
        self.take_rows(rows, removed);
        for piece in pieces {
            if self.documents.takes_news(piece.document) {
                let account = self.clone();
                spawn_local(async move {
                    if fetch(&account, &piece).await.is_err() {
                        untold::look_up(&account);
                    }
                });
            }
        }
        if !waiting.is_empty() {
            self.outbox_grew();
        }
    }
}

/// Reads what was stored elsewhere and applies it.
async fn fetch(account: &Rc<Account>, piece: &Pieces) -> Result<(), Fault> {
    let hashes = piece.hashes.iter().filter_map(|hash| hash_from_hex(hash));
    let keys: Vec<_> = hashes.map(|hash| chunk_key(piece.document, &hash)).collect();
    let found = account.storage.get_many(Store::Chunks, &keys).await?;
    let mut chunks: Vec<Vec<u8>> = found.iter().flatten().filter_map(bytes_of).collect();
    if piece.snapshots || chunks.len() < keys.len() {
        let all = documents::pieces(account, piece.document).await?;
        chunks = all.into_iter().map(|piece| piece.bytes).collect();
    }
    let Some(row) = apply(account, piece.document, &chunks) else {
        return Ok(());
    };
    // Two tabs that wrote at once each stored a row without the other's change.
    let stored = account.catalogue.borrow().get(&piece.document).map(|row| row.heads.clone());
    if stored.as_ref() != Some(&row.heads) {
        let mut batch = Batch::new();
        catalogue::put(&mut batch, &row);
        account.storage.write(&batch).await?;
        account.take_rows(vec![row], &[]);
    }
    Ok(())
}

/// Applies chunks to a document in memory and shows it; the row that follows, when something changed.
pub(crate) fn apply(account: &Rc<Account>, id: Id, chunks: &[Vec<u8>]) -> Option<StoredRow> {
    let changed = account.documents.with(id, |opened| {
        let before = opened.document.heads();
        merge(&mut opened.document, chunks);
        before != opened.document.heads()
    })?;
    if changed { documents::changed(account, id, false) } else { None }
}

/// Applies changes and saved documents; one that contradicts costs no other.
pub(crate) fn merge(document: &mut Document, chunks: &[Vec<u8>]) {
    let (saved, changes): (Vec<&Vec<u8>>, Vec<&Vec<u8>>) = chunks.iter().partition(|chunk| is_saved_document(chunk));
    for whole in saved {
        if let Ok(loaded) = Document::load([whole.as_slice()]) {
            let lacking = loaded.document.chunks_since(&document.heads());
            apply_all(document, &lacking.iter().map(|chunk| chunk.bytes.as_slice()).collect::<Vec<_>>());
        }
    }
    apply_all(document, &changes.iter().map(|bytes| bytes.as_slice()).collect::<Vec<_>>());
}

fn apply_all(document: &mut Document, changes: &[&[u8]]) {
    if changes.is_empty() || document.apply(changes.iter().copied()).is_ok() {
        return;
    }
    for change in changes {
        // Loading from storage puts a damaged one aside and says so; here it is merely not shown.
        drop(document.apply([*change]));
    }
}

/// Applies what is stored and was told by nobody; what memory has and the disk has not was taken out of the document.
pub(crate) async fn look_again(account: &Rc<Account>, id: Id) -> Result<(), Fault> {
    loop {
        all_written(account).await;
        if !account.is_open() || !account.documents.takes_news(id) {
            return Ok(());
        }
        let stored = documents::load(account, id).await?;
        let seen = account.documents.with(id, |opened| {
            let heads = opened.document.heads();
            (heads.iter().all(|head| stored.has(head)), stored.chunks_since(&heads))
        });
        match seen {
            None => return Ok(()),
            Some((true, chunks)) => {
                let chunks: Vec<Vec<u8>> = chunks.into_iter().map(|chunk| chunk.bytes).collect();
                account.take_rows(apply(account, id, &chunks).into_iter().collect(), &[]);
                return Ok(());
            }
            Some((false, _)) if account.writer.unsaved() == 0 => return reload(account, id).await,
            // Somebody types; what is stored meanwhile is looked at again.
            Some((false, _)) => {}
        }
    }
}

/// Puts what is stored in the place of what is in memory, once nothing of this tab is under way.
///
/// What is edited while the disk is read would be gone from memory and its number used again: then it is read again.
pub(crate) async fn reload(account: &Rc<Account>, id: Id) -> Result<(), Fault> {
    loop {
        all_written(account).await;
        if !account.is_open() || !account.documents.takes_news(id) {
            return Ok(());
        }
        let before = account.documents.with(id, |opened| opened.document.heads());
        let stored = documents::load(account, id).await?;
        let after = account.documents.with(id, |opened| opened.document.heads());
        if before == after && account.writer.unsaved() == 0 {
            account.documents.replace(stored);
            break;
        }
    }
    // Of what was taken out, some may have been written by this tab's present actor.
    account.rotate_actor();
    let row = documents::changed(account, id, false);
    account.take_rows(row.into_iter().collect(), &[]);
    Ok(())
}

/// Waits until nothing of this tab is on its way to the disk; while the disk fails, until it does not.
pub(crate) async fn all_written(account: &Rc<Account>) {
    const A_MOMENT_MS: u32 = 5;
    const A_WHILE_MS: u32 = 500;
    while account.writer.unsaved() > 0 && account.is_open() {
        let failing = account.writer.failure().is_some();
        env::pause(if failing { A_WHILE_MS } else { A_MOMENT_MS }).await;
    }
}
