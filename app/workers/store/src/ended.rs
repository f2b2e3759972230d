//! The end of a person's access to an account: nothing of it stays on this device but what they had not sent.
//!
//! Unsent edits become rows of what was not accepted, which carry their own changes and need no document. Runs and
//! secrets that the server did not get are named and go: there is nothing left that they belong to.
//!
//! Invariant: nothing is deleted before what is unsent of it is parked, in a strict transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use tombolo_docs::Hash;
use tombolo_model::{Grants, Id, Role};
use tombolo_sync::client::{Event as Heard, Park};
use tombolo_wire::store::{Access, AccountInfo, Event, Notice};

use crate::account::{Account, OutboxRow, database_name};
use crate::fault::Fault;
use crate::moving::is_same_person;
use crate::runs::list;
use crate::session::{self, Session};
use crate::storage::read::json;
use crate::storage::{Batch, Layout, Storage, Store, document_range};
use crate::tabs::Say;
use crate::worker::Tab;
use crate::{news, park, port, untold};

/// What is emptied as a whole. Of [`Store::Meta`] go the facts with plain names: the others count what tabs have told.
const OF_THE_ACCOUNT: [Store; 16] = [
    Store::Chunks,
    Store::Snapshots,
    Store::Outbox,
    Store::Catalogue,
    Store::Runs,
    Store::RunErrors,
    Store::RunMarks,
    Store::RunFiles,
    Store::RunOutbox,
    Store::Blobs,
    Store::Quarantine,
    Store::Secrets,
    Store::Actors,
    Store::Errands,
    Store::States,
    Store::CacheEntries,
];

/// Where those stand that go with their documents alone: what belongs to no document has no key that begins with one.
const BY_DOCUMENT: [Store; 4] = [Store::Chunks, Store::Snapshots, Store::Quarantine, Store::Secrets];

/// So many accounts are looked after at a time.
const MOST: usize = 50;

/// What an account is called that this device knows by its database alone.
const FORMER: &str = "A former account";

const SAID: &str = "You have no access to this account any more; this change of yours was not sent.";

/// Writes down that the access of this account's person has ended, and tells all tabs. Nothing is awaited before: whoever is
/// let in again meanwhile has the last word.
async fn note(account: &Rc<Account>, session: &Session) -> Result<(), Fault> {
    if session.access() == Access::Ended && !account.info.borrow().ended {
        let (role, grants) = (Role::Custom, Grants::new());
        account.info.replace_with(|info| AccountInfo { role, grants, ended: true, ..info.clone() });
        let info = account.info.borrow().clone();
        account.say(&Say::Account { info: Box::new(info.clone()) });
        port::event(Event::Account { account: info });
        account.show_status();
    }
    let info = account.info.borrow().clone();
    account.registry.update(&info).await
}

/// Takes everything of the account off the device.
pub(crate) async fn empty(account: &Rc<Account>, session: &Rc<Session>) -> Result<(), Fault> {
    note(account, session).await?;
    park_unsent(account, session).await?;
    let untaken = untaken(&account.storage).await?;
    let runs: Vec<Id> = list(account, None, usize::MAX).await?.iter().map(|run| run.id).collect();
    let mut batch = Batch::new();
    for store in OF_THE_ACCOUNT {
        batch.clear(store);
    }
    if let Some(facts) = facts() {
        batch.delete(Store::Meta, &facts);
    }
    let number = untold::count(account, &mut batch);
    account.storage.write(&batch).await?;
    forget(account, runs);
    untold::told(account, number);
    tell(account, untaken);
    Ok(())
}

/// Names what of an account is gone that the server did not get.
fn tell(account: &Rc<Account>, untaken: usize) {
    if untaken > 0 {
        let message = format!(
            "Your access has ended. {untaken} records of runs and entered secrets had not reached the server, and have left this device with the account."
        );
        account.notice(Notice { code: "ended".to_owned(), message, document: None });
    }
}

/// Puts aside what any tab has written and the server has not got.
async fn park_unsent(account: &Rc<Account>, session: &Rc<Session>) -> Result<(), Fault> {
    loop {
        news::all_written(account).await;
        let mut unsent: BTreeMap<Id, Vec<Hash>> = BTreeMap::new();
        for (_, document, hash) in park::waiting(account).await? {
            unsent.entry(document).or_default().push(hash);
        }
        if unsent.is_empty() {
            return Ok(());
        }
        for (document, hashes) in unsent {
            let wanted = Park { document, hashes, code: "removed".to_owned(), message: SAID.to_owned() };
            let hashes = park::park(account, session, &wanted).await?;
            session::drive(account, session, Heard::Withdrawn { document, hashes });
        }
    }
}

/// How much of runs and secrets the server did not get.
async fn untaken(storage: &Storage) -> Result<usize, Fault> {
    let found = storage.entries(&[(Store::RunOutbox, None), (Store::Errands, None)]).await?;
    Ok(found.iter().map(Vec::len).sum())
}

/// All keys that are texts: in the order of keys a text comes before every list.
fn facts() -> Option<wasm_bindgen::JsValue> {
    web_sys::IdbKeyRange::upper_bound_with_open(&js_sys::Array::new(), true).ok().map(Into::into)
}

/// Takes it out of memory and off the screens, here and in the other tabs.
fn forget(account: &Rc<Account>, runs: Vec<Id>) {
    let gone: Vec<Id> = account.catalogue.borrow().keys().copied().collect();
    let open = account.documents.open_ids();
    for id in gone.iter().chain(&open) {
        account.documents.remove(*id);
        account.undo.borrow_mut().forget(*id);
    }
    account.unfit.borrow_mut().clear();
    account.rotate_actor();
    account.say(&Say::Stored { pieces: Vec::new(), rows: Vec::new(), removed: gone.clone() });
    account.take_rows(Vec::new(), &gone);
    account.say(&Say::RunsGone { runs: runs.clone() });
    port::event(Event::RunsGone { runs });
    account.say(&Say::Outages);
    port::event(Event::Outages { outages: Vec::new() });
}

/// The person goes to another account: one that has nothing of theirs any more leaves the device altogether.
pub(crate) async fn leave(before: &Rc<Account>) -> Result<(), Fault> {
    if before.info.borrow().ended && before.parked.get() == 0 {
        before.registry.remove(before.id).await?;
        // A tab that still has it open lets go when it loads anew; then the browser deletes it.
        Storage::delete(&before.database()).await?;
    }
    Ok(())
}

/// The server has said which accounts this person was taken out of: what the device has of those that are not on the
/// screen goes as well, also where only their databases are left. What has unsent changes keeps the documents of these
/// until it is opened and they are parked.
pub(crate) async fn elsewhere(tab: &Rc<Tab>, ended: &[Id]) -> Result<(), Fault> {
    let here = tab.account();
    let present = here.info.borrow().clone();
    if present.local {
        return Ok(());
    }
    let known = tab.registry.accounts().await?;
    for id in ended.iter().filter(|id| **id != here.id).take(MOST) {
        let info = known.iter().find(|info| info.id == *id && is_same_person(info, &present)).cloned();
        match info {
            Some(info) if info.ended => {}
            Some(info) => empty_unopened(tab, info).await?,
            None => empty_unopened(tab, AccountInfo { id: *id, name: FORMER.to_owned(), ..present.clone() }).await?,
        }
    }
    Ok(())
}

async fn empty_unopened(tab: &Rc<Tab>, info: AccountInfo) -> Result<(), Fault> {
    let database = database_name(&info);
    let storage = Storage::open(&database, Layout::Account, || ()).await?;
    let stripped = async { Ok::<_, Fault>((untaken(&storage).await?, strip(&storage).await?)) }.await;
    storage.close();
    let (untaken, emptied) = stripped?;
    tell(&tab.account(), untaken);
    if emptied {
        tab.registry.remove(info.id).await?;
        return Ok(Storage::delete(&database).await?);
    }
    let ended = AccountInfo { role: Role::Custom, grants: Grants::new(), ended: true, ..info };
    tab.registry.update(&ended).await
}

/// Takes out what is not the person's own unsent work; whether nothing is left.
async fn strip(storage: &Storage) -> Result<bool, Fault> {
    let rows = storage.values(Store::Outbox, None).await?;
    let unsent: BTreeSet<Id> =
        rows.iter().filter_map(|row| json::<OutboxRow>(Store::Outbox, row).ok()).map(|row| row.document).collect();
    if rows.is_empty() && storage.values(Store::Parked, None).await?.is_empty() {
        return Ok(true);
    }
    let mut batch = Batch::new();
    for store in OF_THE_ACCOUNT {
        let kept = BY_DOCUMENT.contains(&store) || matches!(store, Store::Outbox | Store::Catalogue);
        if !kept {
            batch.clear(store);
        }
    }
    for id in storage.documents(&[Store::Snapshots, Store::Chunks, Store::Quarantine, Store::Secrets]).await? {
        if let Some(range) = document_range(id).filter(|_| !unsent.contains(&id)) {
            BY_DOCUMENT.iter().for_each(|store| batch.delete(*store, &range));
        }
    }
    for (key, _) in storage.entries(&[(Store::Catalogue, None)]).await?.into_iter().flatten() {
        if key.as_string().and_then(|id| id.parse().ok()).is_none_or(|id: Id| !unsent.contains(&id)) {
            batch.delete(Store::Catalogue, &key);
        }
    }
    if let Some(facts) = facts() {
        batch.delete(Store::Meta, &facts);
    }
    storage.write(&batch).await?;
    Ok(false)
}
