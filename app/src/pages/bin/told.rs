//! What the server says of what lies in the recycle bin: who put it there, and the tokens, which no device has. How long
//! something stays is counted from its last change, which for what went there without a network is by the clock of that device.

use std::collections::BTreeMap;

use gloo::net::http::Method;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Deserialize;
use serde_json::Value;
use tombolo_model::{Id, Kind};
use tombolo_wire::store::CallError;

use super::tokens::BinnedToken;
use crate::browser::server;
use crate::state::App;

/// How long something lies in the bin.
const BIN_MS: i64 = 30 * DAY_MS;
const DAY_MS: i64 = 24 * 3_600 * 1_000;

/// What is known of one thing.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Told {
    pub(super) by: Option<String>,
}

/// One entry of the server's list.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    #[serde(default)]
    pub(super) model: String,
    pub(super) doc: Value,
    #[serde(default)]
    pub(super) deleted_at: String,
    deleted_by: Option<Value>,
}

impl Entry {
    pub(super) fn id(&self) -> Option<Id> {
        self.doc.get("_id")?.as_str()?.parse().ok()
    }

    /// The name of who put it there.
    pub(super) fn by(&self) -> Option<String> {
        let by = self.deleted_by.as_ref().and_then(|by| by.get("name")).and_then(Value::as_str);
        by.filter(|by| !by.is_empty()).map(str::to_owned)
    }
}

/// By id; empty until the server has answered, and without a server.
pub(super) type All = RwSignal<BTreeMap<Id, Told>>;

/// What the page knows by the server.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    pub(super) told: All,
    pub(super) tokens: RwSignal<Vec<BinnedToken>>,
    /// Why the server did not say: then nobody knows whether tokens are in the bin.
    pub(super) problem: RwSignal<Option<String>>,
}

impl Asked {
    pub(super) fn new() -> Self {
        Self { told: RwSignal::new(BTreeMap::new()), tokens: RwSignal::new(Vec::new()), problem: RwSignal::new(None) }
    }

    /// Asks the server, where there is one. What it does not say now is shown as not known.
    pub(super) fn again(self, app: App) {
        let now = move || {
            app.account
                .with_untracked(|account| account.as_ref().filter(|account| !account.local).map(|account| account.id))
        };
        let Some(account) = now() else {
            self.take(Ok(Vec::new()));
            return;
        };
        spawn_local(async move {
            let path = "/v1/recycleBinTTL?limit=1000";
            let entries = server::ask_rest::<Option<Vec<Entry>>>(account, Method::GET, path, None::<&()>).await;
            // Another account may be open by now.
            if now() == Some(account) {
                self.take(entries.map(Option::unwrap_or_default).map_err(|error| error.message));
            }
        });
    }

    fn take(self, entries: Result<Vec<Entry>, String>) {
        match entries {
            Ok(entries) => {
                self.told.try_set(entries.iter().filter_map(told).collect());
                self.tokens.try_set(entries.iter().filter_map(BinnedToken::of).collect());
                self.problem.try_set(None);
            }
            Err(why) => drop(self.problem.try_set(Some(why))),
        }
    }
}

fn told(entry: &Entry) -> Option<(Id, Told)> {
    Some((entry.id()?, Told { by: entry.by() }))
}

/// Has the server delete something for good.
pub(super) async fn purge(account: Id, kind: Kind, id: Id) -> Result<(), CallError> {
    let path = format!("/v1/recycleBinTTL/{}/{id}", kind.collection());
    server::ask_rest::<Value>(account, Method::DELETE, &path, None::<&()>).await.map(drop)
}

/// How long it stays, in words.
pub(super) fn days_left(binned_ms: i64, now_ms: i64) -> String {
    match (binned_ms + BIN_MS - now_ms).div_euclid(DAY_MS) {
        ..0 => "Goes within the hour".to_owned(),
        0 => "Less than a day".to_owned(),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn days_that_are_left_are_counted_down() {
        assert_eq!(days_left(0, 0), "30 days");
        assert_eq!(days_left(0, 28 * DAY_MS + 1), "1 day");
        assert_eq!(days_left(0, 29 * DAY_MS + 1), "Less than a day");
        assert_eq!(days_left(0, 31 * DAY_MS), "Goes within the hour");
    }

    #[test]
    fn who_deleted_something_is_read_from_the_servers_list() {
        let id = Id::from_parts(1, [1; 8]);
        let entry = json!({"model": "Flow", "doc": {"_id": id}, "deletedBy": {"_id": id, "name": "Ines"}});
        let read = |entry: Value| told(&serde_json::from_value(entry).unwrap());
        assert_eq!(read(entry), Some((id, Told { by: Some("Ines".into()) })));
        assert_eq!(read(json!({"doc": {"_id": id}})), Some((id, Told { by: None })));
        assert_eq!(read(json!({"doc": {}})), None);
    }
}
