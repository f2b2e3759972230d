//! Edits: applied in memory at once, answered when they are strictly stored.

use std::rc::Rc;

use tombolo_docs::{Chunk, hash_to_hex};
use tombolo_model::{Id, Intent};
use tombolo_wire::store::Edited;

use crate::account::{Account, OutboxRow};
use crate::catalogue::{self, StoredRow};
use crate::fault::Fault;
use crate::storage::{Batch, Store, bytes, chunk_key, text};
use crate::tabs::{Pieces, Say};
use crate::{documents, env, history, undo, writer};

/// Applies intents, in as many changes as they need.
pub(crate) async fn edit(account: &Rc<Account>, id: Id, intents: &[Intent]) -> Result<Edited, Fault> {
    documents::ensure(account, id).await?;
    let result = edit_loaded(account, id, intents).await;
    documents::release(account);
    result
}

async fn edit_loaded(account: &Rc<Account>, id: Id, intents: &[Intent]) -> Result<Edited, Fault> {
    let author = account.author();
    let edited = account.documents.with(id, |opened| {
        let chunks = opened.document.edit_in_parts(&author, intents, &mut env::new_row)?;
        let inverses = undo::inverses(&opened.document, &chunks);
        Ok::<_, Fault>((chunks, inverses, opened.document.heads_hex()))
    });
    let (chunks, inverses, heads) = edited.ok_or(Fault::NotFound(id))??;
    if !chunks.is_empty() {
        account.undo.borrow_mut().of(id).done(intents, author.time_ms, inverses);
        save(account, id, chunks).await?;
    }
    Ok(Edited { heads, skipped: Vec::new(), undo: undo::state(account, id) })
}

/// Stores changes that were made here and are in memory already, and tells everybody.
pub(crate) async fn save(account: &Rc<Account>, id: Id, chunks: Vec<Chunk>) -> Result<(), Fault> {
    if chunks.is_empty() {
        return Ok(());
    }
    let row = documents::changed(account, id, true);
    let saving = stage(account, id, &chunks, row);
    let (batch, after) = saving;
    Ok(writer::write(account, batch, chunks.len(), after).await?)
}

/// What storing changes writes, and what follows from it.
pub(crate) fn stage(
    account: &Rc<Account>,
    id: Id,
    chunks: &[Chunk],
    row: Option<StoredRow>,
) -> (Batch, impl FnOnce(&Rc<Account>) + use<>) {
    let mut batch = Batch::new();
    let mut hashes = Vec::with_capacity(chunks.len());
    let local = account.is_local();
    note_author(account, &mut batch);
    for chunk in chunks {
        let hash = hash_to_hex(&chunk.hash);
        batch.put(Store::Chunks, &chunk_key(id, &chunk.hash), bytes(&chunk.bytes));
        if !local {
            batch.append_json(Store::Outbox, &OutboxRow { document: id, hash: hash.clone() });
        }
        hashes.push(hash);
    }
    if let Some(row) = &row {
        catalogue::put(&mut batch, row);
    }
    let waiting = [(id, if local { Vec::new() } else { hashes.clone() })];
    let after = move |account: &Rc<Account>| {
        let rows: Vec<StoredRow> = row.into_iter().collect();
        // Counted before anything of it is shown: until then it would look as if the server had it.
        if !local {
            account.waits(&waiting);
        }
        account.say(&Say::Stored {
            pieces: vec![Pieces { document: id, hashes, snapshots: false, outgoing: !local }],
            rows: rows.clone(),
            removed: Vec::new(),
        });
        account.take_rows(rows, &[]);
    };
    (batch, after)
}

/// Remembers once for each actor of this tab who was behind it, for the history.
fn note_author(account: &Account, batch: &mut Batch) {
    let actor = account.actor.get();
    if let Some(user) = &account.info.borrow().user
        && account.noted_actor.replace(actor) != actor
    {
        batch.put(Store::Actors, &text(history::session_of(&actor)), text(user.id.to_string()));
    }
}
