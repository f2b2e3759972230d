//! A change that the server does not have and whose stored piece is damaged: whoever still has it in memory writes it
//! again.
//!
//! This tab puts back what it has itself, with what moves the damaged piece away. The other tabs are asked; what none
//! of them has written in a while waits for the server no longer, and the person is told. Where the tab that found the
//! damage dies in between, whoever leads next finds the row of the outbox without its piece, and asks.

use std::rc::Rc;

use tombolo_docs::{Chunk, Hash, hash_from_hex, hash_to_hex};
use tombolo_model::Id;
use tombolo_wire::store::Notice;
use wasm_bindgen_futures::spawn_local;

use crate::account::Account;
use crate::documents::{self, Piece};
use crate::fault::Fault;
use crate::storage::{Batch, Store, bytes, chunk_key, text_of};
use crate::tabs::Say;
use crate::{edit, env, park, untold, writer};

/// Puts back, in the place of damaged changes, what this tab has in memory; gives that, and those that it has not.
pub(crate) fn put_back(account: &Account, batch: &mut Batch, id: Id, damaged: &[&Piece]) -> (Vec<Vec<u8>>, Vec<Hash>) {
    let (mut back, mut lacking) = (Vec::new(), Vec::new());
    for piece in damaged.iter().filter(|piece| piece.store == Store::Chunks) {
        let Some(hash) = text_of(&piece.key, 1).and_then(|name| hash_from_hex(&name)) else {
            continue;
        };
        match account.documents.with(id, |opened| opened.document.chunk(&hash)).flatten() {
            Some(chunk) => {
                batch.put(Store::Chunks, &piece.key, bytes(&chunk.bytes));
                back.push(chunk.bytes);
            }
            None => lacking.push(hash),
        }
    }
    (back, lacking)
}

/// Asks the other tabs for those of these changes that wait for the server, and goes on without them when nobody has
/// them.
pub(crate) fn ask(account: &Rc<Account>, id: Id, mut lacking: Vec<Hash>) {
    const A_WHILE_MS: u32 = 1_000;
    let account = account.clone();
    spawn_local(async move {
        // An outbox that cannot be read now stays as it is, and is looked through by the next session.
        let waiting = park::waiting(&account).await.unwrap_or_default();
        lacking.retain(|hash| waiting.iter().any(|(_, document, waits)| *document == id && waits == hash));
        if !lacking.is_empty() {
            account.say(&Say::Lost { document: id, hashes: lacking.iter().map(hash_to_hex).collect() });
            env::pause(A_WHILE_MS).await;
        }
        if account.is_open() {
            drop(go_on(&account, id, lacking).await);
        }
    });
}

/// Takes what nobody wrote again out of what waits: it can never be sent.
async fn go_on(account: &Rc<Account>, id: Id, asked: Vec<Hash>) -> Result<(), Fault> {
    let keys: Vec<_> = asked.iter().map(|hash| chunk_key(id, hash)).collect();
    let found = account.storage.get_many(Store::Chunks, &keys).await?;
    let lost = asked.into_iter().zip(found).filter(|(_, value)| value.is_none());
    let lost: Vec<Hash> = lost.map(|(hash, _)| hash).collect();
    let mut batch = Batch::new();
    if park::delete_waiting(account, &mut batch, id, &lost).await? > 0 {
        let number = untold::count(account, &mut batch);
        account.storage.write(&batch).await?;
        let done = [(id, lost.iter().map(hash_to_hex).collect())];
        account.say(&Say::Acked { changes: done.to_vec() });
        account.acked(&done);
        untold::told(account, number);
        account.notice(Notice {
            code: "damaged".to_owned(),
            message: "The server did not have what was in a damaged piece of this resource: make your last changes once more.".to_owned(),
            document: Some(id),
        });
    }
    documents::heal(account, id).await
}

/// Another tab lacks changes that the server does not have: what is in memory here is stored again, as if it were new.
pub(crate) fn heard(account: &Rc<Account>, id: Id, hashes: &[String]) {
    let hashes: Vec<Hash> = hashes.iter().filter_map(|hash| hash_from_hex(hash)).collect();
    let chunks = account
        .documents
        .with(id, |opened| -> Vec<Chunk> { hashes.iter().filter_map(|hash| opened.document.chunk(hash)).collect() });
    if let Some(chunks) = chunks.filter(|chunks| !chunks.is_empty()) {
        let account = account.clone();
        // The tab that asked says what comes of it.
        spawn_local(async move { drop(write_again(&account, id, &chunks).await) });
    }
}

async fn write_again(account: &Rc<Account>, id: Id, chunks: &[Chunk]) -> Result<(), Fault> {
    let hashes: Vec<Hash> = chunks.iter().map(|chunk| chunk.hash).collect();
    let (mut batch, after) = edit::stage(account, id, chunks, None);
    // The leader has passed over the rows of before: they were without their pieces. Where they cannot be read they stay,
    // and the next session sends again what the server has then.
    drop(park::delete_waiting(account, &mut batch, id, &hashes).await);
    Ok(writer::write(account, batch, chunks.len(), after).await?)
}
