//! Who is where: each tab says it, the leader passes it on, nobody stores it.

use std::collections::BTreeMap;
use std::rc::Rc;

use tombolo_model::Id;
use tombolo_sync::client::Event;
use tombolo_wire::store::{Person, UserInfo};
use tombolo_wire::sync::Place;
use wasm_bindgen_futures::spawn_local;

use crate::account::Account;
use crate::locks::{self, Ask};
use crate::session::{self, Session};
use crate::storage::{Batch, Store, text};
use crate::tabs::Say;
use crate::untold;

/// The person at this tab is somewhere else now.
pub(crate) fn set(account: &Rc<Account>, place: Option<Place>) {
    account.place.replace(place);
    repeat(account);
}

/// Says again where the person at this tab is.
pub(crate) fn repeat(account: &Rc<Account>) {
    let place = account.place.borrow().clone();
    match account.session() {
        Some(session) => pass_on(account, &session, account.tab.clone(), place),
        None => account.say(&Say::Place { tab: account.tab.clone(), place }),
    }
}

/// Somebody at another tab of this device moved.
pub(crate) fn heard(account: &Rc<Account>, tab: String, place: Option<Place>) {
    if let Some(session) = account.session() {
        watch(account, &tab);
        pass_on(account, &session, tab, place);
    }
}

/// A new session says where everybody on this device is.
pub(crate) fn offer(account: &Rc<Account>, session: &Rc<Session>) {
    account.say(&Say::WhereAreYou);
    let place = account.place.borrow().clone();
    if place.is_some() {
        pass_on(account, session, account.tab.clone(), place);
    }
}

fn pass_on(account: &Rc<Account>, session: &Rc<Session>, tab: String, place: Option<Place>) {
    session::drive(account, session, Event::Presence { tab, place });
}

/// What the names of tabs' locks begin with.
const TAB_LOCK: &str = "tombolo-tab-";

/// The name of the lock that a tab holds as long as it lives.
pub(crate) fn tab_lock(tab: &str) -> String {
    format!("{TAB_LOCK}{tab}")
}

/// Waits for the end of each tab that there is: one that has said nothing to this leader may have stored something.
pub(crate) fn watch_all(account: &Rc<Account>) {
    let account = account.clone();
    spawn_local(async move {
        for name in locks::held().await.unwrap_or_default() {
            if let Some(tab) = name.strip_prefix(TAB_LOCK).filter(|tab| *tab != account.tab) {
                watch(&account, tab);
            }
        }
    });
}

/// A tab that is killed says nothing: its lock becomes free.
pub(crate) fn watch(account: &Rc<Account>, tab: &str) {
    if !account.watched.borrow_mut().insert(tab.to_owned()) {
        return;
    }
    let (account, tab) = (account.clone(), tab.to_owned());
    spawn_local(async move {
        if let Some(held) = locks::take(&tab_lock(&tab), Ask::InTurn, || ()).await {
            held.release();
        }
        account.watched.borrow_mut().remove(&tab);
        if account.is_open() && account.leads() {
            untold::check(&account);
        }
        if let Some(session) = account.session() {
            pass_on(&account, &session, tab, None);
        }
    });
}

/// Keeps the names of people who were here, for the history.
pub(crate) fn remember(account: &Rc<Account>, people: &[Person]) {
    let known = account.link.borrow().people.clone();
    let fresh: Vec<UserInfo> = people
        .iter()
        .filter(|person| !known.iter().any(|before| before.user == person.user))
        .map(|person| person.user.clone())
        .collect();
    if fresh.is_empty() {
        return;
    }
    let account = account.clone();
    // A name that could not be kept is kept when the person comes again.
    spawn_local(async move { drop(keep_names(&account, fresh).await) });
}

/// Adds names to those that are known.
pub(crate) async fn keep_names(
    account: &Rc<Account>,
    fresh: Vec<UserInfo>,
) -> Result<(), crate::storage::StorageError> {
    let key = text("people");
    let mut known: BTreeMap<Id, UserInfo> = account.storage.get_json(Store::Meta, &key).await?.unwrap_or_default();
    let before = known.clone();
    known.extend(fresh.into_iter().map(|user| (user.id, user)));
    if known == before {
        return Ok(());
    }
    let mut batch = Batch::new();
    batch.put_json(Store::Meta, &key, &known);
    account.storage.write(&batch).await
}
