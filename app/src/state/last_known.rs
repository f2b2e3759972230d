//! What the server said last to the pages that ask it: kept on this device, so that they open without a network and say of
//! when they are.
//!
//! Invariant: an answer is read by the person alone who was given it, with the rights that they had then. It leaves the
//! device with the account, with the person and with the right.

use std::collections::BTreeMap;

use leptos::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tombolo_model::{Grants, Id, Role};
use tombolo_wire::store::{AccountInfo, CallError, Link};

use super::App;
use crate::browser::{server, time};

const KEY: &str = "tombolo.answer.";
/// The most bytes of one answer. A browser keeps about 5 MB of all that a page notes.
const MOST_BYTES: usize = 300_000;
/// The most answers, of all accounts; the oldest give way.
const MOST: usize = 40;

/// An answer as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kept {
    role: Role,
    grants: Grants,
    as_of_ms: i64,
    body: String,
}

/// Of when what a page shows is, and why it is not of now.
#[derive(Clone, Copy)]
pub(crate) struct LastKnown {
    app: App,
    /// The route whose answer is on the screen, and when the server gave it.
    shown: RwSignal<Option<(String, i64)>>,
    /// Why the server could not be asked the last time.
    why: RwSignal<Option<String>>,
    /// Counts the questions: the answer to an older one changes nothing any more.
    asked: StoredValue<u64>,
}

impl LastKnown {
    /// Nothing is known yet.
    pub(crate) fn new(app: App) -> Self {
        Self { app, shown: RwSignal::new(None), why: RwSignal::new(None), asked: StoredValue::new(0) }
    }

    /// Calls `ask` when the link to the server is lost, and when it is back after nothing could be heard.
    pub(crate) fn follow(self, ask: impl Fn() + 'static) {
        let up = Memo::new(move |_| self.app.sync.with(|sync| sync.link == Link::Online));
        Effect::new(move |before: Option<bool>| {
            let now = up.get();
            if before.is_some_and(|before| before != now) && (!now || self.why.with_untracked(Option::is_some)) {
                ask();
            }
            now
        });
    }

    /// Why the server could not be asked; nothing while it answers.
    pub(crate) fn why(self) -> Option<String> {
        self.why.get()
    }

    /// Whether what needs the server is off.
    pub(crate) fn is_away(self) -> bool {
        self.why.with(Option::is_some)
    }

    /// When the server said what is shown.
    pub(crate) fn as_of_ms(self) -> Option<i64> {
        self.shown.with(|shown| shown.as_ref().map(|(_, as_of_ms)| *as_of_ms))
    }

    /// Asks a route and hands what it says to `take`; while the server does not answer, what it said last. What is on the
    /// screen already stays there, for it is at least as young.
    ///
    /// # Errors
    ///
    /// Returns what the server refuses. That it does not answer is no error here: [`LastKnown::why`] tells it.
    pub(crate) async fn hear<R: DeserializeOwned>(self, path: &str, take: impl FnOnce(R)) -> Result<(), CallError> {
        self.hear_of(path, None, take).await
    }

    /// As [`LastKnown::hear`], of a route of the REST API in an account.
    ///
    /// # Errors
    ///
    /// As [`LastKnown::hear`].
    pub(crate) async fn hear_rest<R: DeserializeOwned>(
        self,
        account: Id,
        path: &str,
        take: impl FnOnce(R),
    ) -> Result<(), CallError> {
        self.hear_of(path, Some(account), take).await
    }

    async fn hear_of<R: DeserializeOwned>(
        self,
        path: &str,
        account: Option<Id>,
        take: impl FnOnce(R),
    ) -> Result<(), CallError> {
        let here = self.app.account.get_untracked();
        self.asked.try_update_value(|asked| *asked += 1);
        let mine = self.asked.try_get_value();
        let answer = server::get(path, account).await;
        // The page is gone, or has asked again.
        if mine.is_none() || self.asked.try_get_value() != mine {
            return Ok(());
        }
        match answer {
            Ok(body) => {
                let found = server::read(&body)?;
                let as_of_ms = time::now_ms();
                // An account that was left meanwhile keeps nothing.
                let is_shown = |here: &AccountInfo| self.app.account.with_untracked(|now| now.as_ref() == Some(here));
                if let Some(here) = here.filter(is_shown) {
                    keep(&here, path, as_of_ms, body);
                }
                self.shown.try_set(Some((path.to_owned(), as_of_ms)));
                self.why.try_set(None);
                take(found);
                Ok(())
            }
            Err(error) if is_silence(&error) => {
                self.why.try_set(Some(error.message));
                let shown = self.shown.with_untracked(|shown| shown.as_ref().is_some_and(|(shown, _)| shown == path));
                if shown {
                    return Ok(());
                }
                let kept = here.and_then(|here| kept(&here, path));
                // What is on the screen answers another question.
                self.shown.try_set(kept.as_ref().map(|(as_of_ms, _)| (path.to_owned(), *as_of_ms)));
                if let Some((_, found)) = kept {
                    take(found);
                }
                Ok(())
            }
            Err(error) => {
                self.why.try_set(None);
                if is_denial(&error)
                    && let Some(key) = here.and_then(|here| key(&here, path))
                {
                    forget(&key);
                }
                Err(error)
            }
        }
    }
}

/// Takes answers off this device that nobody here may read any more, whenever what is known of the accounts changes.
pub(super) fn begin(app: App) {
    Effect::new(move |_| {
        // Until the store has opened nothing is known of any.
        let Some(here) = app.account.get() else { return };
        let mut known = app.accounts.get();
        known.retain(|account| account.id != here.id);
        known.push(here);
        for (key, kept) in all() {
            if !stays(&key, kept.as_ref(), &known) {
                forget(&key);
            }
        }
    });
}

/// Nobody was there to answer, or only what stands before the server.
fn is_silence(error: &CallError) -> bool {
    matches!(&*error.code, "offline" | "refused")
}

/// The server lets this person not read it; what it says of itself, as that it is busy, denies nobody anything.
fn is_denial(error: &CallError) -> bool {
    !matches!(&*error.code, "internal" | "busy" | "rate_limited")
}

/// Where an answer is kept; nowhere for who has no server or has no access any more.
fn key(account: &AccountInfo, path: &str) -> Option<String> {
    let user = account.user.as_ref().filter(|_| !account.local && !account.ended)?;
    Some(format!("{KEY}{}.{}.{path}", account.id, user.id))
}

/// Whether an answer may stay, by the accounts that are known here of the person who uses the device.
fn stays(place: &str, kept: Option<&Kept>, known: &[AccountInfo]) -> bool {
    known.iter().any(|account| {
        let theirs = key(account, "").is_some_and(|theirs| place.starts_with(&theirs));
        theirs && kept.is_some_and(|kept| kept.role == account.role && kept.grants == account.grants)
    })
}

/// The answers that give way so that there is room for one more.
fn too_many(kept: &BTreeMap<String, Option<Kept>>, next: &str) -> Vec<String> {
    let mut old: Vec<_> = kept.iter().filter(|(key, _)| *key != next).collect();
    old.sort_by_key(|(_, kept)| kept.as_ref().map(|kept| kept.as_of_ms));
    let many = (old.len() + 1).saturating_sub(MOST);
    old.into_iter().take(many).map(|(key, _)| key.clone()).collect()
}

fn kept<R: DeserializeOwned>(account: &AccountInfo, path: &str) -> Option<(i64, R)> {
    let place = key(account, path)?;
    let kept = all().remove(&place)??;
    if !stays(&place, Some(&kept), std::slice::from_ref(account)) {
        return None;
    }
    // What an older page kept may be written otherwise.
    Some((kept.as_of_ms, server::read(&kept.body).ok()?))
}

/// Without storage, or room in it, the page shows what it knows until it is left.
fn keep(account: &AccountInfo, path: &str, as_of_ms: i64, body: String) {
    let (Some(place), Ok(Some(storage))) = (key(account, path), window().local_storage()) else { return };
    if body.len() > MOST_BYTES {
        return forget(&place);
    }
    too_many(&all(), &place).iter().for_each(|key| forget(key));
    let kept = Kept { role: account.role, grants: account.grants.clone(), as_of_ms, body };
    let written = serde_json::to_string(&kept).map_err(|error| error.to_string());
    let stored = written.and_then(|text| storage.set_item(&place, &text).map_err(|error| format!("{error:?}")));
    if let Err(why) = stored {
        leptos::logging::warn!("what the server said is not kept: {why}");
    }
}

/// All that is kept; nothing in the place of what cannot be read.
fn all() -> BTreeMap<String, Option<Kept>> {
    let Ok(Some(storage)) = window().local_storage() else { return BTreeMap::new() };
    let count = storage.length().unwrap_or(0);
    let keys = (0..count).filter_map(|at| storage.key(at).ok().flatten()).filter(|key| key.starts_with(KEY));
    keys.map(|key| {
        let text = storage.get_item(&key).ok().flatten();
        let kept = text.and_then(|text| serde_json::from_str(&text).ok());
        (key, kept)
    })
    .collect()
}

fn forget(key: &str) {
    let Ok(Some(storage)) = window().local_storage() else { return };
    if let Err(error) = storage.remove_item(key) {
        leptos::logging::warn!("an answer of the server stays on this device: {error:?}");
    }
}

#[cfg(test)]
mod tests {
    use tombolo_wire::store::UserInfo;

    use super::*;

    fn account(n: u8, person: u8) -> AccountInfo {
        let user = UserInfo { id: Id::from_parts(2, [person; 8]), name: String::new(), email: String::new() };
        AccountInfo {
            id: Id::from_parts(1, [n; 8]),
            name: String::new(),
            local: false,
            user: Some(user),
            role: Role::Administer,
            grants: Grants::new(),
            ended: false,
        }
    }

    fn kept(as_of_ms: i64) -> Kept {
        Kept { role: Role::Administer, grants: Grants::new(), as_of_ms, body: "[]".to_owned() }
    }

    #[test]
    fn an_answer_stays_for_the_person_who_was_given_it_as_long_as_they_have_the_right() {
        let (ann, bo) = (account(1, 1), account(1, 2));
        let place = key(&ann, "/api/accounts/1/members").unwrap_or_default();
        let answer = kept(1);
        let stays = |known: &AccountInfo| stays(&place, Some(&answer), std::slice::from_ref(known));
        assert!(stays(&ann));
        assert!(!stays(&bo), "another person in the same account");
        assert!(!stays(&account(2, 1)), "another account of the same person");
        assert!(!stays(&AccountInfo { ended: true, ..ann.clone() }));
        assert!(!stays(&AccountInfo { local: true, ..ann.clone() }));
        assert!(!stays(&AccountInfo { role: Role::Monitor, ..ann.clone() }), "they may see less now");
    }

    #[test]
    fn an_answer_that_cannot_be_read_leaves_and_nobody_keeps_any_without_an_account() {
        let ann = account(1, 1);
        let place = key(&ann, "/a").unwrap_or_default();
        assert!(!stays(&place, None, std::slice::from_ref(&ann)));
        assert!(!stays(&place, Some(&kept(1)), &[]), "they have signed out");
        assert_eq!(key(&AccountInfo { user: None, ..ann.clone() }, "/a"), None);
        assert_eq!(key(&AccountInfo { ended: true, ..ann }, "/a"), None);
    }

    #[test]
    fn the_oldest_answers_give_way_and_the_one_that_comes_again_takes_its_own_place() {
        let many = i64::try_from(MOST).unwrap_or(0);
        let all: BTreeMap<String, Option<Kept>> =
            (0..many).map(|n| (format!("{n:03}"), Some(kept(many - n)))).collect();
        assert_eq!(too_many(&all, "new"), [format!("{:03}", many - 1)]);
        assert!(too_many(&all, "000").is_empty());
    }

    #[test]
    fn a_refusal_takes_the_answer_away_and_a_busy_server_does_not() {
        let error = |code: &str| CallError { code: code.to_owned(), message: String::new() };
        for silent in ["offline", "refused"] {
            assert!(is_silence(&error(silent)), "{silent}");
        }
        for denied in ["rights", "signed_out", "factor_needed", "not_found"] {
            assert!(!is_silence(&error(denied)) && is_denial(&error(denied)), "{denied}");
        }
        assert!(!is_denial(&error("busy")));
    }
}
