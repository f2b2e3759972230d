//! Lookup caches: their entries read, written and taken away.

use serde_json::{Value, json};

use super::RunApi;
use super::arguments::id;
use crate::run::data::MAX_ENTRIES;

/// The most bytes of the entries of one write.
const MAX_WRITE_BYTES: usize = 5 * 1024 * 1024;

impl RunApi<'_, '_> {
    /// The entries of a cache as `[{key, value}]`: those of `keys`, or those whose key begins with `startsWith`.
    pub(super) async fn cache(&self, asked: &Value, options: Option<&Value>) -> Result<Value, String> {
        let id = id(asked).ok_or("lookupcaches.getData needs the id of the cache.")?;
        let options = options.filter(|options| !options.is_null()).unwrap_or(asked);
        let entry = |key: &str, value: Value| json!({"key": key, "value": value});
        if let Some(keys) = options.get("keys").and_then(Value::as_array) {
            let keys: Vec<&str> = keys.iter().filter_map(Value::as_str).take(MAX_ENTRIES).collect();
            let values = self.shared.cache_values(id, &keys).await?;
            let found = keys.iter().zip(&values).filter(|(_, value)| !matches!(value, tombolo_model::Val::Absent));
            return Ok(found.map(|(key, value)| entry(key, Value::from(value))).collect());
        }
        let start = options.get("startsWith").and_then(Value::as_str).unwrap_or_default();
        let found = self.shared.cache_entries(id, start).await?;
        Ok(found.into_iter().map(|(key, value)| entry(&key, value)).collect())
    }

    /// Writes entries, given as `[{key, value}]` or as an object of key and value.
    pub(super) async fn upsert(&self, asked: &Value, second: Option<&Value>) -> Result<Value, String> {
        let usage =
            || "lookupcaches.upsertData needs the id of the cache and entries: [{key: \"…\", value: …}].".to_owned();
        let id = id(asked).ok_or_else(usage)?;
        let entries = second.filter(|second| !second.is_null()).or_else(|| asked.get("data")).ok_or_else(usage)?;
        let entries: Option<Vec<(String, Option<Value>)>> = match entries {
            Value::Array(entries) => entries.iter().map(one).collect(),
            Value::Object(fields) => {
                Some(fields.iter().map(|(key, value)| (key.clone(), Some(value.clone()))).collect())
            }
            _ => None,
        };
        let entries = entries.ok_or_else(usage)?;
        let bytes: usize = entries.iter().map(|(key, value)| key.len() + value.as_ref().map_or(0, size)).sum();
        if entries.len() > MAX_ENTRIES || bytes > MAX_WRITE_BYTES {
            let most_mb = MAX_WRITE_BYTES / (1024 * 1024);
            return Err(format!(
                "lookupcaches.upsertData takes {MAX_ENTRIES} entries and {most_mb} MB at once: write fewer."
            ));
        }
        let count = entries.len();
        self.shared.put_cache(id, entries).await?;
        Ok(json!({"count": count}))
    }

    /// Takes the entries of `keys` away.
    pub(super) async fn delete(&self, asked: &Value, second: Option<&Value>) -> Result<Value, String> {
        let usage = || "lookupcaches.deleteData needs the id of the cache and keys: {keys: [\"…\"]}.".to_owned();
        let id = id(asked).ok_or_else(usage)?;
        let second = second.filter(|second| !second.is_null()).unwrap_or(asked);
        let keys = second.as_array().or_else(|| second.get("keys")?.as_array()).ok_or_else(usage)?;
        if keys.len() > MAX_ENTRIES {
            return Err(format!("lookupcaches.deleteData takes {MAX_ENTRIES} keys at once: take fewer away."));
        }
        let keys = keys.iter().filter_map(Value::as_str).map(|key| (key.to_owned(), None)).collect::<Vec<_>>();
        let count = keys.len();
        self.shared.put_cache(id, keys).await?;
        Ok(json!({"count": count}))
    }
}

fn one(entry: &Value) -> Option<(String, Option<Value>)> {
    let key = entry.get("key")?.as_str().filter(|key| !key.is_empty())?;
    Some((key.to_owned(), Some(entry.get("value")?.clone())))
}

fn size(value: &Value) -> usize {
    value.to_string().len()
}
