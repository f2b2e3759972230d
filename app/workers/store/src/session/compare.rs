//! The server's list against what is stored here, after a restored backup or changed rights; and what a push was missing.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use tombolo_docs::{Document, Hash, hash_from_hex, hash_to_hex};
use tombolo_model::Id;
use tombolo_sync::client::{Event, Local, Outgoing, plan};
use tombolo_wire::sync::{Course, ManifestEntry};

use super::{Session, outbox};
use crate::account::{Account, OutboxRow};
use crate::fault::Fault;
use crate::storage::{Batch, Store, bytes, chunk_key};
use crate::tabs::{Pieces, Say};
use crate::{documents, runs, untold};

/// Compares, and puts into the outbox what the server lacks.
pub(super) async fn compare(
    account: &Rc<Account>,
    session: &Rc<Session>,
    manifest: &[ManifestEntry],
    course: Course,
    round: u64,
) -> Result<Event, Fault> {
    let local = local(account);
    let mut differing: BTreeMap<Id, Document> = BTreeMap::new();
    for entry in manifest {
        let Some(here) = local.get(&entry.document) else {
            continue;
        };
        let same = here.heads.iter().collect::<BTreeSet<_>>() == entry.heads.iter().collect();
        if !same && let Ok(document) = documents::load(account, entry.document).await {
            differing.insert(entry.document, document);
        }
    }
    let plan = plan(manifest, course, &local, |id, hash| {
        differing.get(&id).is_some_and(|document| document.has(hash))
            || local.get(&id).is_some_and(|here| here.heads.contains(hash))
    });
    for (id, heads) in &plan.offer {
        let document = match differing.remove(id) {
            Some(document) => document,
            None => match documents::load(account, *id).await {
                Ok(document) => document,
                // What is damaged here cannot be offered; the others can.
                Err(Fault::NotFound(_) | Fault::Damaged { .. }) => continue,
                Err(error) => return Err(error),
            },
        };
        offer(account, session, &document, heads).await?;
    }
    outbox::read_now(account, session).await;
    if course == Course::Restored {
        runs::offer_all(account, session).await;
    }
    Ok(Event::Compared { round, fetch: plan.fetch, forget: plan.forget, unlisted: plan.unlisted })
}

fn local(account: &Account) -> BTreeMap<Id, Local> {
    let pending = account.pending.borrow();
    let catalogue = account.catalogue.borrow();
    let rows = catalogue.iter().map(|(id, stored)| {
        let here = Local {
            heads: stored.heads.iter().filter_map(|head| hash_from_hex(head)).collect(),
            pending: pending.contains(*id),
        };
        (*id, here)
    });
    rows.collect()
}

async fn offer(account: &Rc<Account>, session: &Rc<Session>, document: &Document, heads: &[Hash]) -> Result<(), Fault> {
    let id = document.id();
    let waiting: BTreeSet<Hash> = session.outbox.of(id).into_iter().collect();
    let mut batch = Batch::new();
    let mut hashes = Vec::new();
    for chunk in document.chunks_since(heads) {
        if waiting.contains(&chunk.hash) {
            continue;
        }
        batch.put(Store::Chunks, &chunk_key(id, &chunk.hash), bytes(&chunk.bytes));
        let hash = hash_to_hex(&chunk.hash);
        batch.append_json(Store::Outbox, &OutboxRow { document: id, hash: hash.clone() });
        hashes.push(hash);
    }
    if hashes.is_empty() {
        return Ok(());
    }
    let number = untold::count(account, &mut batch);
    account.storage.write(&batch).await?;
    let pieces = vec![Pieces { document: id, hashes: hashes.clone(), snapshots: false, outgoing: true }];
    account.say(&Say::Stored { pieces, rows: Vec::new(), removed: Vec::new() });
    account.waits(&[(id, hashes)]);
    untold::told(account, number);
    Ok(())
}

/// What a push builds on and the server lacks.
pub(super) struct Supply {
    /// Each after those it builds on.
    pub(super) found: Vec<Outgoing>,
    /// Not here either.
    pub(super) absent: Vec<Hash>,
}

/// Looks up what a push builds on.
pub(super) async fn supply(account: &Rc<Account>, document: Id, hashes: &[Hash]) -> Result<Supply, Fault> {
    documents::ensure(account, document).await?;
    let chunks = account.documents.with(document, |opened| opened.document.chunks_since(&[]));
    documents::release(account);
    let mut absent: BTreeSet<Hash> = hashes.iter().copied().collect();
    let wanted = chunks.into_iter().flatten().filter(|chunk| absent.remove(&chunk.hash));
    let found = wanted.map(|chunk| Outgoing { document, hash: chunk.hash, bytes: chunk.bytes }).collect();
    Ok(Supply { found, absent: absent.into_iter().collect() })
}
