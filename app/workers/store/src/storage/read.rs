//! Reading. What one call reads is one moment's state, however many stores it names.

use std::collections::BTreeSet;

use indexed_db_futures::cursor::CursorDirection;
use indexed_db_futures::prelude::*;
use indexed_db_futures::query_source::QuerySource;
use serde::de::DeserializeOwned;
use tombolo_model::Id;
use wasm_bindgen::JsValue;

use super::{Storage, StorageError, Store, text_of};

impl Storage {
    /// The value under a key.
    ///
    /// # Errors
    ///
    /// Returns [`StorageError`] when the browser refuses.
    pub async fn get(&self, store: Store, key: &JsValue) -> Result<Option<JsValue>, StorageError> {
        let transaction = self.open_database()?.transaction(store.name()).build()?;
        let objects = transaction.object_store(store.name())?;
        Ok(objects.get::<JsValue, _, _>(key.clone()).primitive()?.await?)
    }

    /// The value under a key, read from JSON.
    ///
    /// # Errors
    ///
    /// Returns [`StorageError::Record`] when it cannot be read, and [`StorageError`] when the browser refuses.
    pub async fn get_json<T: DeserializeOwned>(&self, store: Store, key: &JsValue) -> Result<Option<T>, StorageError> {
        let value = self.get(store, key).await?;
        value.map(|value| json(store, &value)).transpose()
    }

    /// All values of a store, or those in a range of keys, ordered by key.
    ///
    /// # Errors
    ///
    /// Returns [`StorageError`] when the browser refuses.
    pub async fn values(&self, store: Store, range: Option<&JsValue>) -> Result<Vec<JsValue>, StorageError> {
        let transaction = self.open_database()?.transaction(store.name()).build()?;
        let objects = transaction.object_store(store.name())?;
        let all = objects.get_all::<JsValue>();
        let found = match range {
            Some(range) => all.with_query::<JsValue, _>(range.clone()).primitive()?.await?,
            None => all.primitive()?.await?,
        };
        found.map(|value| value.map_err(StorageError::from)).collect()
    }

    /// The first keys and values of a range of keys, ordered by key, at most so many.
    ///
    /// # Errors
    ///
    /// Returns [`StorageError`] when the browser refuses.
    pub async fn first(
        &self,
        store: Store,
        range: Option<&JsValue>,
        most: usize,
    ) -> Result<Vec<(JsValue, JsValue)>, StorageError> {
        let transaction = self.open_database()?.transaction(store.name()).build()?;
        let objects = transaction.object_store(store.name())?;
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        let range = range.cloned().unwrap_or(JsValue::UNDEFINED);
        let keys = objects.get_all_keys::<JsValue>().with_limit(most).with_query::<JsValue, _>(range.clone());
        let values = objects.get_all::<JsValue>().with_limit(most).with_query::<JsValue, _>(range);
        let (keys, values) = futures::future::try_join(keys.primitive()?, values.primitive()?).await?;
        keys.zip(values).map(|(key, value)| Ok((key?, value?))).collect()
    }

    /// What `wanted` makes of the last key and value in a range that it makes something of. They are read one at a time from
    /// the end, so that what lies before it is never read.
    ///
    /// # Errors
    ///
    /// Returns [`StorageError`] when the browser refuses.
    pub async fn last<T>(
        &self,
        store: Store,
        range: &JsValue,
        mut wanted: impl FnMut(&JsValue, &JsValue) -> Option<T>,
    ) -> Result<Option<T>, StorageError> {
        let transaction = self.open_database()?.transaction(store.name()).build()?;
        let objects = transaction.object_store(store.name())?;
        let backwards = objects.open_cursor().with_query::<JsValue, _>(range.clone());
        let cursor = backwards.with_direction(CursorDirection::Prev).primitive()?.await?;
        let Some(mut cursor) = cursor else { return Ok(None) };
        while let Some(value) = cursor.next_record::<JsValue>().await? {
            let key = cursor.key::<JsValue>()?.unwrap_or_default();
            if let Some(found) = wanted(&key, &value) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// How many there are in a range of keys.
    ///
    /// # Errors
    ///
    /// Returns [`StorageError`] when the browser refuses.
    pub async fn count(&self, store: Store, range: Option<&JsValue>) -> Result<usize, StorageError> {
        let transaction = self.open_database()?.transaction(store.name()).build()?;
        let objects = transaction.object_store(store.name())?;
        let counted = match range {
            Some(range) => objects.count().with_query::<JsValue, _>(range.clone()).primitive()?.await?,
            None => objects.count().primitive()?.await?,
        };
        Ok(usize::try_from(counted).unwrap_or(usize::MAX))
    }

    /// Keys and values of several stores, each all or in a range, from one moment.
    ///
    /// # Errors
    ///
    /// Returns [`StorageError`] when the browser refuses.
    pub async fn entries(
        &self,
        wanted: &[(Store, Option<JsValue>)],
    ) -> Result<Vec<Vec<(JsValue, JsValue)>>, StorageError> {
        let names: Vec<&str> = wanted.iter().map(|(store, _)| store.name()).collect();
        let transaction = self.open_database()?.transaction(names).build()?;
        let mut found = Vec::with_capacity(wanted.len());
        for (store, range) in wanted {
            let objects = transaction.object_store(store.name())?;
            // Both are asked for before either is awaited: the transaction stays open between them.
            let (keys, values) = match range {
                Some(range) => (
                    objects.get_all_keys::<JsValue>().with_query::<JsValue, _>(range.clone()).primitive()?,
                    objects.get_all::<JsValue>().with_query::<JsValue, _>(range.clone()).primitive()?,
                ),
                None => (objects.get_all_keys::<JsValue>().primitive()?, objects.get_all::<JsValue>().primitive()?),
            };
            let (keys, values) = futures::future::try_join(keys, values).await?;
            let mut entries = Vec::new();
            for (key, value) in keys.zip(values) {
                entries.push((key?, value?));
            }
            found.push(entries);
        }
        Ok(found)
    }

    /// The documents that have pieces in these stores, read off the keys alone.
    ///
    /// # Errors
    ///
    /// Returns [`StorageError`] when the browser refuses.
    pub async fn documents(&self, stores: &[Store]) -> Result<BTreeSet<Id>, StorageError> {
        let names: Vec<&str> = stores.iter().map(|store| store.name()).collect();
        let transaction = self.open_database()?.transaction(names).build()?;
        let mut found = BTreeSet::new();
        for store in stores {
            let objects = transaction.object_store(store.name())?;
            for key in objects.get_all_keys::<JsValue>().primitive()?.await? {
                found.extend(text_of(&key?, 0).and_then(|id| id.parse::<Id>().ok()));
            }
        }
        Ok(found)
    }

    /// The values under several keys, in their order.
    ///
    /// # Errors
    ///
    /// Returns [`StorageError`] when the browser refuses.
    pub async fn get_many(&self, store: Store, keys: &[JsValue]) -> Result<Vec<Option<JsValue>>, StorageError> {
        let transaction = self.open_database()?.transaction(store.name()).build()?;
        let objects = transaction.object_store(store.name())?;
        let mut requests = Vec::with_capacity(keys.len());
        for key in keys {
            requests.push(objects.get::<JsValue, _, _>(key.clone()).primitive()?);
        }
        let mut found = Vec::with_capacity(keys.len());
        for value in futures::future::join_all(requests).await {
            found.push(value?);
        }
        Ok(found)
    }
}

/// Reads a record from JSON.
pub(crate) fn json<T: DeserializeOwned>(store: Store, value: &JsValue) -> Result<T, StorageError> {
    let wrong = |reason: String| StorageError::Record { store: store.name(), reason };
    let text = value.as_string().ok_or_else(|| wrong("it is no text".to_owned()))?;
    serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))
}
