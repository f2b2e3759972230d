//! What one transaction writes.

use std::collections::BTreeSet;

use serde::Serialize;
use wasm_bindgen::JsValue;
use web_sys::IdbTransaction;

use super::Store;

#[derive(Debug, Clone)]
enum Op {
    Put(JsValue, JsValue),
    Append(JsValue),
    /// One key, or a range of keys.
    Delete(JsValue),
    Clear,
}

/// Writes that belong together, in order.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    ops: Vec<(Store, Op)>,
}

impl Batch {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ops.is_empty()
    }

    /// Writes a value under a key, in the place of what is there.
    pub fn put(&mut self, store: Store, key: &JsValue, value: JsValue) {
        self.ops.push((store, Op::Put(key.clone(), value)));
    }

    /// Writes a value as JSON. What cannot be written as JSON does not exist among our types.
    pub fn put_json(&mut self, store: Store, key: &JsValue, value: &impl Serialize) {
        if let Ok(json) = serde_json::to_string(value) {
            self.put(store, key, JsValue::from_str(&json));
        }
    }

    /// Writes a value as JSON under the next number.
    pub fn append_json(&mut self, store: Store, value: &impl Serialize) {
        if let Ok(json) = serde_json::to_string(value) {
            self.ops.push((store, Op::Append(JsValue::from_str(&json))));
        }
    }

    /// Deletes what is under a key or in a range of keys.
    pub fn delete(&mut self, store: Store, key: &JsValue) {
        self.ops.push((store, Op::Delete(key.clone())));
    }

    /// Deletes everything in a store.
    pub fn clear(&mut self, store: Store) {
        self.ops.push((store, Op::Clear));
    }

    /// Adds another batch's writes after these.
    pub fn extend(&mut self, other: Self) {
        self.ops.extend(other.ops);
    }

    /// What it writes to.
    #[must_use]
    pub fn stores(&self) -> BTreeSet<Store> {
        self.ops.iter().map(|(store, _)| *store).collect()
    }

    /// Gives the requests to the transaction, without a listener for each: a failed one aborts all.
    pub(super) fn issue(&self, transaction: &IdbTransaction) -> Result<(), JsValue> {
        for (store, op) in &self.ops {
            let store = transaction.object_store(store.name())?;
            match op {
                Op::Put(key, value) => store.put_with_key(value, key)?,
                Op::Append(value) => store.add(value)?,
                Op::Delete(key) => store.delete(key)?,
                Op::Clear => store.clear()?,
            };
        }
        Ok(())
    }
}
