//! A resource as the API shows it: its JSON, what only the server knows, and stars for secrets.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};
use tombolo_model::{Id, Kind};

use super::error::RestError;
use super::mirror::Found;
use super::secrets::mask;
use crate::app::App;
use crate::store::CacheSize;

const MIB: u64 = 1024 * 1024;

/// What the server knows of the resources of one kind beside their documents.
#[derive(Debug, Default)]
pub(crate) struct Beside {
    secrets: HashMap<Id, Vec<String>>,
    starts: HashMap<Id, i64>,
    sizes: HashMap<Id, CacheSize>,
    offline: HashSet<Id>,
}

impl Beside {
    /// Looks it up for a whole account: a list asks once.
    pub(crate) async fn of(app: &App, account: Id, kind: Kind) -> Result<Self, RestError> {
        let mut beside = Self::default();
        for (id, path) in app.store.secret_paths(account).await? {
            beside.secrets.entry(id).or_default().push(path);
        }
        match kind {
            Kind::Flow => beside.starts = app.store.last_starts(account).await?.into_iter().collect(),
            Kind::LookupCache => beside.sizes = app.store.cache_sizes(account).await?.into_iter().collect(),
            Kind::Connection => {
                let outages = app.store.outages(account).await?;
                beside.offline = outages.into_iter().map(|outage| outage.connection).collect();
            }
            _ => {}
        }
        Ok(beside)
    }
}

/// A time as the API writes it: `2026-11-29T09:00:00.000Z`.
pub(crate) fn time(ms: i64) -> String {
    let at = DateTime::<Utc>::from_timestamp_millis(ms).unwrap_or_default();
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Reads a time: as above, without a zone or a time of day, or in milliseconds since 1970.
pub(crate) fn read_time(text: &str) -> Option<i64> {
    if let Ok(ms) = text.parse() {
        return Some(ms);
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.timestamp_millis());
    }
    let day = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    Some(day.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis())
}

/// The resource as the API shows it.
pub(crate) fn show(found: &Found, beside: &Beside) -> Value {
    let row = &found.row;
    let mut shown = Map::new();
    shown.insert("_id".to_owned(), json!(row.id));
    shown.insert("createdAt".to_owned(), json!(time(row.created_ms)));
    shown.insert("lastModified".to_owned(), json!(time(row.modified_ms)));
    if let Some(user) = row.modified_by {
        shown.insert("lastModifiedBy".to_owned(), json!(user));
    }
    if let Some(fields) = found.seen.value.as_object() {
        // What the server says is not what a document of an older version may say.
        fields.iter().for_each(|(name, value)| {
            shown.entry(name).or_insert_with(|| value.clone());
        });
    }
    if let Some(ms) = beside.starts.get(&row.id) {
        shown.insert("lastExecutedAt".to_owned(), json!(time(*ms)));
    }
    if row.kind == Kind::Connection {
        shown.insert("offline".to_owned(), json!(beside.offline.contains(&row.id)));
    }
    if row.kind == Kind::LookupCache {
        let size = beside.sizes.get(&row.id).copied().unwrap_or_default().size_bytes;
        shown.insert("size".to_owned(), json!(size));
        shown.insert("sizeInMB".to_owned(), json!(in_steps(size)));
    }
    let mut shown = Value::Object(shown);
    let places = beside.secrets.get(&row.id).into_iter().flatten();
    mask(&mut shown, places.map(String::as_str));
    shown
}

/// A size in steps of five megabytes, as the API says it.
fn in_steps(size_bytes: u64) -> String {
    match size_bytes {
        0 => "0 MB".to_owned(),
        full if full >= 50 * MIB => "50 MB".to_owned(),
        size => format!("<{} MB", (size / (5 * MIB) + 1) * 5),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_said_in_steps_and_times_to_the_millisecond() {
        assert_eq!([0, 1, 5 * MIB, 22 * MIB, 50 * MIB].map(in_steps), ["0 MB", "<5 MB", "<10 MB", "<25 MB", "50 MB"]);
        assert_eq!(time(1_764_406_800_123), "2025-11-29T09:00:00.123Z");
        for text in ["2025-11-29T09:00:00.123Z", "1764406800123", "2025-11-29T10:00:00.123+01:00"] {
            assert_eq!(read_time(text), Some(1_764_406_800_123), "{text}");
        }
        assert_eq!(read_time("2025-11-29"), Some(1_764_374_400_000));
        assert_eq!(read_time("soon"), None);
    }
}
