//! What a tab had stored and told nobody, because it was killed between the two.
//!
//! Each tab numbers the transactions that others must hear of, on the disk with what they write, and says the number
//! after everything else that it says of them. Whoever begins to lead, or leads when a tab goes, compares the two: only
//! where the disk is ahead does every tab look. A tab that was closed in order costs nobody a reading.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use tombolo_model::Id;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use crate::account::Account;
use crate::catalogue::StoredRow;
use crate::fault::Fault;
use crate::presence::tab_lock;
use crate::storage::read::json;
use crate::storage::{Batch, StorageError, Store, number, pair, range, text, text_of};
use crate::tabs::Say;
use crate::{env, locks, news, park, pending};

/// The first part of the keys under which the numbers stand.
const WRITTEN: &str = "written";

/// How long after a failure the disk is looked at again.
const AGAIN_MS: u32 = 1_000;

/// Which transactions were told.
#[derive(Default)]
pub(crate) struct Told {
    last: Cell<u64>,
    /// By tab, the number that it said last.
    heard: RefCell<BTreeMap<String, u64>>,
    looking: Cell<bool>,
    /// Something came meanwhile that the present look has not seen.
    again: Cell<bool>,
}

impl Told {
    /// Another tab has told everything up to this number.
    pub(crate) fn hear(&self, tab: String, number: u64) {
        let mut heard = self.heard.borrow_mut();
        let known = heard.entry(tab).or_default();
        *known = number.max(*known);
    }

    fn has_heard(&self, written: &Written) -> bool {
        self.heard.borrow().get(&written.tab).is_some_and(|number| *number >= written.number)
    }
}

/// A number as it stands on the disk.
struct Written {
    key: JsValue,
    tab: String,
    number: u64,
}

/// Numbers a transaction of this tab. Called right before it is begun: their order on the disk is that of the numbers.
pub(crate) fn count(account: &Account, batch: &mut Batch) -> u64 {
    let next = account.told.last.get() + 1;
    account.told.last.set(next);
    batch.put(Store::Meta, &pair(WRITTEN, &text(&account.tab)), number(next));
    next
}

/// Everything was said of the transaction of this number. Nothing may be awaited between the end of the transaction and
/// this: a later one would be told first, and who hears of that takes this one as told.
pub(crate) fn told(account: &Account, number: u64) {
    account.say(&Say::Told { tab: account.tab.clone(), number });
}

/// Takes the numbers that stand on the disk as told; what is read afterwards holds what they count.
///
/// A tab that comes back to an account goes on where it stopped: lower numbers would be taken as told.
pub(crate) async fn begin(account: &Account) -> Result<(), Fault> {
    for Written { tab, number, .. } in written(account).await? {
        if tab == account.tab {
            account.told.last.set(number.max(account.told.last.get()));
        } else {
            account.told.hear(tab, number);
        }
    }
    Ok(())
}

/// Looks, with all tabs, when somebody stored more than they told.
pub(crate) fn check(account: &Rc<Account>) {
    let account = account.clone();
    spawn_local(async move {
        // Where the numbers cannot be read, nobody knows.
        let written = written(&account).await;
        let is_untold = |one: &Written| one.tab != account.tab && !account.told.has_heard(one);
        let untold = written.map_or(true, |all| all.iter().any(is_untold));
        if untold && account.is_open() {
            account.say(&Say::LookAgain);
            look_up(&account);
        }
    });
}

/// The numbers of all tabs.
async fn written(account: &Account) -> Result<Vec<Written>, Fault> {
    let entries = account.storage.entries(&[(Store::Meta, range(WRITTEN))]).await?;
    let all = entries.into_iter().flatten().filter_map(|(key, value)| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a counter")]
        let number = value.as_f64()? as u64;
        Some(Written { tab: text_of(&key, 1)?, key, number })
    });
    Ok(all.collect())
}

/// Deletes the numbers of tabs that are gone, in a while: the person comes first.
pub(crate) fn forget_soon(account: &Rc<Account>) {
    const LATER_MS: u32 = 2_000;
    let account = account.clone();
    spawn_local(async move {
        env::pause(LATER_MS).await;
        if account.is_open() && account.leads() {
            // The next leader deletes what cannot be deleted now.
            drop(forget(&account).await);
        }
    });
}

async fn forget(account: &Account) -> Result<(), Fault> {
    // A tab has its lock before it writes: whoever has written by now and holds none is gone, and writes nothing more.
    let mut gone = written(account).await?;
    let Some(held) = locks::held().await else {
        return Ok(());
    };
    gone.retain(|one| !held.contains(&tab_lock(&one.tab)) && account.told.has_heard(one));
    let mut batch = Batch::new();
    for one in &gone {
        batch.delete(Store::Meta, &one.key);
    }
    account.storage.write(&batch).await?;
    let mut heard = account.told.heard.borrow_mut();
    for one in &gone {
        heard.remove(&one.tab);
    }
    Ok(())
}

/// Brings this tab's memory to where the disk is, however long that cannot be read.
pub(crate) fn look_up(account: &Rc<Account>) {
    // Whoever is gone may have taken changes of this tab out: their numbers must not be used twice.
    account.rotate_actor();
    account.outbox_grew();
    // One look at a time, however many tabs ask for one.
    if account.told.looking.replace(true) {
        account.told.again.set(true);
        return;
    }
    let account = account.clone();
    spawn_local(async move {
        while account.is_open() {
            account.told.again.set(false);
            match look(&account).await {
                Ok(()) if !account.told.again.get() => break,
                Ok(()) => {}
                // A database that was closed stays so until the page is loaded anew.
                Err(Fault::Storage(StorageError::Closed)) => break,
                Err(_) => env::pause(AGAIN_MS).await,
            }
        }
        account.told.looking.set(false);
    });
}

async fn look(account: &Rc<Account>) -> Result<(), Fault> {
    begin(account).await?;
    park::count(account).await?;
    waiting(account).await?;
    rows(account).await?;
    for id in account.documents.open_ids() {
        match news::look_again(account, id).await {
            // Whoever loads it has said what is damaged; one that is gone has left the list.
            Ok(()) | Err(Fault::NotFound(_) | Fault::Damaged { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn waiting(account: &Rc<Account>) -> Result<(), Fault> {
    let before = account.pending_documents();
    pending::read(account).await?;
    account.show_pending(&before);
    Ok(())
}

/// Takes rows that nobody told of, and lets those go that are on the disk no more. One that was told while they were
/// read is newer than what was read.
async fn rows(account: &Account) -> Result<(), Fault> {
    let before = heads(account);
    let stored = account.storage.entries(&[(Store::Catalogue, None)]).await?.pop().unwrap_or_default();
    let present: BTreeSet<Id> = stored.iter().filter_map(|(key, _)| key.as_string()?.parse().ok()).collect();
    let mut gone: Vec<Id> = before.keys().filter(|id| !present.contains(*id)).copied().collect();
    if !gone.is_empty() {
        // A row that was made anew and could not be written is of a document that is there.
        let there = account.storage.documents(&[Store::Snapshots, Store::Chunks]).await?;
        gone.retain(|id| !there.contains(id));
    }
    let now = heads(account);
    let untouched = |id: &Id| now.get(id) == before.get(id);
    gone.retain(untouched);
    let mut rows: Vec<StoredRow> = stored.iter().filter_map(|(_, value)| json(Store::Catalogue, value).ok()).collect();
    rows.retain(|row| untouched(&row.row.id) && now.get(&row.row.id) != Some(&row.heads));
    for id in &gone {
        account.documents.remove(*id);
    }
    account.take_rows(rows, &gone);
    Ok(())
}

fn heads(account: &Account) -> BTreeMap<Id, Vec<String>> {
    account.catalogue.borrow().iter().map(|(id, row)| (*id, row.heads.clone())).collect()
}
