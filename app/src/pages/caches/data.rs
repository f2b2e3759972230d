//! What of a cache's data is on the screen, and what changes it.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::Value;
use tombolo_model::Id;
use tombolo_wire::store::{CachePage, Call, CallError};

use super::texts::Entry;
use crate::state::App;

/// The most entries of one call.
pub(super) const AT_ONCE: usize = 1_000;
/// The most bytes of one call, with room for what is around them.
const BYTES_AT_ONCE: usize = 4 * 1024 * 1024;

/// The entries of a cache that are loaded.
#[derive(Clone, Copy)]
pub(super) struct Data {
    pub(super) app: App,
    pub(super) cache: Id,
    /// What the keys begin with.
    pub(super) start: RwSignal<String>,
    pub(super) entries: RwSignal<Vec<Entry>>,
    /// There are more behind them.
    pub(super) more: RwSignal<bool>,
    pub(super) size_bytes: RwSignal<u64>,
    pub(super) count: RwSignal<Option<u64>>,
    /// Why they are not here.
    pub(super) error: RwSignal<Option<String>>,
    pub(super) busy: RwSignal<bool>,
    /// Counts the questions: an answer to one before the last is late.
    asked: StoredValue<u64>,
}

impl Data {
    pub(super) fn new(app: App, cache: Id) -> Self {
        Self {
            app,
            cache,
            start: RwSignal::new(String::new()),
            entries: RwSignal::new(Vec::new()),
            more: RwSignal::new(false),
            size_bytes: RwSignal::new(0),
            count: RwSignal::new(None),
            error: RwSignal::new(None),
            busy: RwSignal::new(true),
            asked: StoredValue::new(0),
        }
    }

    /// Loads the first page, or the one behind what is loaded.
    pub(super) fn load(self, behind: bool) {
        let next = |asked: &mut u64| {
            *asked += 1;
            *asked
        };
        // What changed all of the data may end after its page was left.
        let Some(mine) = self.asked.try_update_value(next) else { return };
        let after = self.entries.with_untracked(|all| all.last().map(|(key, _)| key.clone())).filter(|_| behind);
        let start = self.start.get_untracked();
        self.busy.set(true);
        spawn_local(async move {
            let answer = self.page(start, after).await;
            if self.asked.try_get_value() != Some(mine) {
                return;
            }
            self.busy.set(false);
            match answer {
                Ok(page) => {
                    self.error.set(None);
                    self.more.set(page.more);
                    self.note_size(&page);
                    self.entries.update(|all| {
                        if !behind {
                            all.clear();
                        }
                        all.extend(page.entries);
                    });
                }
                Err(error) => {
                    self.more.set(false);
                    self.error.set(Some(error.message));
                }
            }
        });
    }

    async fn page(self, start: String, after: Option<String>) -> Result<CachePage, CallError> {
        self.app.call(Call::CacheRead { cache: self.cache, start, after }).await
    }

    /// Whether there is an entry of this key.
    pub(super) async fn has(self, key: &str) -> Result<bool, CallError> {
        // Of the keys that begin with it, the key itself is the first.
        let page = self.page(key.to_owned(), None).await?;
        Ok(page.entries.first().is_some_and(|(first, _)| first == key))
    }

    fn note_size(self, page: &CachePage) {
        self.size_bytes.set(page.size_bytes);
        self.count.set(page.count);
    }

    /// All entries there are, for a file.
    pub(super) async fn all(self) -> Result<Vec<Entry>, CallError> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = self.page(String::new(), after).await?;
            all.extend(page.entries);
            if !page.more {
                return Ok(all);
            }
            after = all.last().map(|(key, _): &Entry| key.clone());
        }
    }

    /// Writes and deletes, at most what one call takes. The page may be left by then: an Undo stays on the screen longer
    /// than the page that offered it.
    pub(super) async fn write(self, put: Vec<Entry>, delete: Vec<String>) -> Result<(), CallError> {
        let call = Call::CacheWrite { cache: self.cache, put: put.clone(), delete: delete.clone() };
        self.app.call::<Value>(call).await?;
        let (Some(start), Some(more)) = (self.start.try_get_untracked(), self.more.try_get_untracked()) else {
            return Ok(());
        };
        self.entries.try_update(|all| change(all, put, &delete, &start, more));
        // How much it is now the store knows. Behind every key there is nothing but the answer to that.
        if let Ok(page) = self.page("\u{10ffff}".to_owned(), None).await
            && !self.size_bytes.is_disposed()
        {
            self.note_size(&page);
        }
        Ok(())
    }

    /// Takes all entries away.
    pub(super) async fn purge(self) -> Result<(), CallError> {
        self.app.call::<Value>(Call::CachePurge { cache: self.cache }).await.map(drop)
    }
}

/// Entries in parts of which each is small enough for one call.
pub(super) fn parts(entries: Vec<Entry>) -> Vec<Vec<Entry>> {
    let (mut parts, mut part, mut bytes) = (Vec::new(), Vec::new(), 0);
    for entry in entries {
        let length = entry.0.len() + entry.1.to_string().len();
        if !part.is_empty() && (part.len() == AT_ONCE || bytes + length > BYTES_AT_ONCE) {
            parts.push(std::mem::take(&mut part));
            bytes = 0;
        }
        bytes += length;
        part.push(entry);
    }
    if !part.is_empty() {
        parts.push(part);
    }
    parts
}

/// Makes what is loaded say what was written, as far as it belongs to what is loaded.
fn change(all: &mut Vec<Entry>, put: Vec<Entry>, delete: &[String], start: &str, more: bool) {
    all.retain(|(key, _)| !delete.contains(key));
    for (key, value) in put {
        match all.binary_search_by(|(have, _)| have.as_str().cmp(&key)) {
            Ok(at) => all[at].1 = value,
            // Behind the last one that is loaded others may be, which come first.
            Err(at) if key.starts_with(start) && (at < all.len() || !more) => all.insert(at, (key, value)),
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entries(keys: &[&str]) -> Vec<Entry> {
        keys.iter().map(|key| ((*key).to_owned(), json!(1))).collect()
    }

    #[test]
    fn what_is_loaded_follows_what_is_written() {
        let mut all = entries(&["b", "d"]);
        change(
            &mut all,
            vec![("c".into(), json!(2)), ("d".into(), json!(3)), ("e".into(), json!(4))],
            &["b".into()],
            "",
            true,
        );
        assert_eq!(
            all,
            [("c".to_owned(), json!(2)), ("d".into(), json!(3))],
            "what is not loaded yet comes with its page"
        );
        change(&mut all, vec![("e".into(), json!(4)), ("x".into(), json!(5))], &[], "e", false);
        assert_eq!(all.len(), 3, "a key that is not looked for is not shown");
    }

    #[test]
    fn many_entries_are_written_in_calls_of_a_thousand() {
        let many: Vec<Entry> = (0..2_500).map(|n| (n.to_string(), json!(n))).collect();
        assert_eq!(parts(many).iter().map(Vec::len).collect::<Vec<_>>(), [1_000, 1_000, 500]);
        let big: Vec<Entry> = (0..3).map(|n| (n.to_string(), "x".repeat(3_000_000).into())).collect();
        assert_eq!(parts(big).len(), 3);
    }
}
