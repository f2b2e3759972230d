//! What the server said last of what waits for a person, and what they have read: kept on this device, for each person
//! apart.

use std::collections::BTreeSet;

use gloo::net::http::Method;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::{Deserialize, Serialize};
use tombolo_model::Id;
use tombolo_wire::rest::{Bell, ReadBell};
use tombolo_wire::store::{AccountInfo, Call, Link};

use crate::browser::{server, time};
use crate::state::{App, is_removed};

/// How often the server is asked while the page is open.
const EVERY_MS: i64 = 60_000;
/// The most that is kept of what was read and could not be told.
const MOST: usize = 500;

/// What is kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Known {
    /// When the server said it.
    pub(super) as_of_ms: Option<i64>,
    pub(super) bell: Bell,
    /// What was read here and the server does not know yet.
    read: BTreeSet<String>,
}

/// Where the bell's news is, and how to hear it again.
#[derive(Clone, Copy)]
pub(in crate::components) struct Desk {
    app: App,
    /// Whose it is: nothing for who is not signed in.
    user: Memo<Option<Id>>,
    pub(super) known: RwSignal<Known>,
    /// Why the server could not be asked.
    pub(super) problem: RwSignal<Option<String>>,
    asking: RwSignal<bool>,
    /// The accounts that the store was told this person was taken out of.
    ended: RwSignal<Vec<Id>>,
}

impl Desk {
    /// Reads what is kept for who is here, asks the server when it can be asked, and again each minute.
    pub(super) fn begin(app: App) -> Self {
        let user = Memo::new(move |_| {
            app.account.with(|account| account.as_ref().and_then(|account| account.user.as_ref()).map(|user| user.id))
        });
        let desk = Self {
            app,
            user,
            known: RwSignal::new(Known::default()),
            problem: RwSignal::new(None),
            asking: RwSignal::new(false),
            ended: RwSignal::new(Vec::new()),
        };
        Effect::new(move |_| {
            let known = kept(user.get());
            tell(app, &known.bell);
            desk.known.set(known);
            desk.problem.set(None);
        });
        // Whoever was taken out of the account hears here that they are in it again.
        let up = Memo::new(move |_| app.sync.with(|sync| sync.link == Link::Online || is_removed(sync)));
        Effect::new(move |asked: Option<(Option<Id>, i64)>| {
            let (user, now_ms) = (user.get(), app.now_ms.get());
            let before = asked.filter(|(of, _)| *of == user).map_or(i64::MIN, |(_, at_ms)| at_ms);
            if !up.get() || before > now_ms - EVERY_MS {
                return (user, before);
            }
            desk.refresh();
            (user, now_ms)
        });
        desk
    }

    /// Whether this was read, on whichever device.
    pub(super) fn is_read(self, key: &str) -> bool {
        self.known.with(|known| known.read.contains(key) || known.bell.read.iter().any(|read| read == key))
    }

    /// Marks things as read here, and tells the server when it can be told.
    pub(super) fn mark(self, keys: Vec<String>) {
        self.change(|known| {
            known.read.extend(keys.into_iter().filter(|key| !known.bell.read.contains(key)));
            while known.read.len() > MOST {
                known.read.pop_first();
            }
        });
        self.refresh();
    }

    fn change(self, change: impl FnOnce(&mut Known)) {
        self.known.update(change);
        keep(self.user.get_untracked(), &self.known.get_untracked());
    }

    /// Tells the server what was read and asks what waits. Somebody who is not signed in has nothing there.
    pub(super) fn refresh(self) {
        let Some(user) = self.user.get_untracked() else { return };
        if self.asking.get_untracked() {
            return;
        }
        self.asking.set(true);
        spawn_local(async move {
            let unsaid: Vec<String> = self.known.with_untracked(|known| known.read.iter().cloned().collect());
            let answer = talk(&unsaid).await;
            self.asking.set(false);
            // Somebody else may have signed in meanwhile.
            if self.user.get_untracked() != Some(user) {
                return self.refresh();
            }
            match answer {
                Ok(bell) => {
                    self.problem.set(None);
                    tell(self.app, &bell);
                    learn(self.app, &bell, self.ended);
                    come_back(self.app, &bell.accounts);
                    let now_ms = time::now_ms();
                    self.change(|known| heard(known, bell, now_ms));
                    // What was marked meanwhile.
                    if self.known.with_untracked(|known| known.read.iter().any(|key| !unsaid.contains(key))) {
                        self.refresh();
                    }
                }
                Err(error) => self.problem.set(Some(error.message)),
            }
        });
    }

    /// The app, for answers.
    pub(super) const fn app(self) -> App {
        self.app
    }
}

/// What others than the bell want to know of it.
fn tell(app: App, bell: &Bell) {
    app.open.set(bell.accounts.clone());
    app.reviews.set(bell.reviews.iter().map(|review| review.account).collect());
}

/// What this device has of accounts that this person was taken out of leaves it, and those that are new are learnt of.
fn learn(app: App, bell: &Bell, told: RwSignal<Vec<Id>>) {
    let (open, ended) = (bell.accounts.clone(), bell.ended.clone());
    // Of some the databases alone are left, which this page does not see.
    let first = told.with_untracked(|told| *told != ended);
    let news = app.accounts.with_untracked(|all| {
        let known = |id: &Id| all.iter().any(|known| known.id == *id && !known.ended);
        ended.iter().any(known) || !open.iter().all(known)
    });
    if !news && !first {
        return;
    }
    spawn_local(async move {
        match app.call::<Vec<AccountInfo>>(Call::Accounts { open, ended: ended.clone() }).await {
            Ok(known) => {
                told.set(ended);
                app.accounts.set(known);
            }
            // It is tried again when the bell is next heard of.
            Err(error) => leptos::logging::debug_warn!("{}", error.message),
        }
    });
}

/// The account on the screen has the person again.
fn come_back(app: App, open: &[Id]) {
    let here = app.account.with_untracked(|account| account.as_ref().map(|account| account.id));
    if let Some(account) = here.filter(|here| open.contains(here) && app.sync.with_untracked(is_removed)) {
        spawn_local(async move {
            app.enter(Call::SwitchAccount { account }).await;
        });
    }
}

async fn talk(unsaid: &[String]) -> Result<Bell, tombolo_wire::store::CallError> {
    for items in unsaid.chunks(ReadBell::MOST) {
        let body = ReadBell { items: items.to_vec() };
        let told = server::ask::<serde_json::Value>(Method::POST, "/api/bell/read", Some(&body)).await;
        // What the server does not take as read keeps nobody from hearing what is new; it is told again another time.
        if let Err(error) = told
            && error.code == "offline"
        {
            return Err(error);
        }
    }
    server::ask::<Bell>(Method::GET, "/api/bell", None::<&()>).await
}

/// The server's word; what it knows as read need not be told again.
fn heard(known: &mut Known, bell: Bell, now_ms: i64) {
    known.read.retain(|key| !bell.read.contains(key));
    known.as_of_ms = Some(now_ms);
    known.bell = bell;
}

fn key(user: Option<Id>) -> String {
    user.map_or_else(|| "tombolo.bell".to_owned(), |user| format!("tombolo.bell.{user}"))
}

fn kept(user: Option<Id>) -> Known {
    let storage = window().local_storage().ok().flatten();
    let text = storage.and_then(|storage| storage.get_item(&key(user)).ok().flatten());
    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// Without storage it lasts until the page is left.
fn keep(user: Option<Id>, known: &Known) {
    let Ok(Some(storage)) = window().local_storage() else { return };
    let text = serde_json::to_string(known).unwrap_or_default();
    if let Err(error) = storage.set_item(&key(user), &text) {
        leptos::logging::warn!("what the bell knows is not kept: {error:?}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_knows_as_read_is_not_told_again() {
        let mut known = Known { read: ["run:1".to_owned(), "run:2".to_owned()].into(), ..Known::default() };
        heard(&mut known, Bell { read: vec!["run:1".into()], ..Bell::default() }, 9);
        assert_eq!((known.as_of_ms, known.read.into_iter().collect::<Vec<_>>()), (Some(9), vec!["run:2".to_owned()]));
        let old: Known = serde_json::from_str("{\"bell\":{}}").unwrap();
        assert_eq!(old, Known::default());
    }
}
