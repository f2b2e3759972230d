//! Keys and values as IndexedDB takes them.
//!
//! Keys of two parts are arrays: all keys that begin with the same part lie side by side.

use js_sys::{Array, Uint8Array};
use tombolo_docs::{Hash, hash_to_hex};
use tombolo_model::Id;
use wasm_bindgen::{JsCast, JsValue};

/// A text.
#[must_use]
pub fn text(value: impl AsRef<str>) -> JsValue {
    JsValue::from_str(value.as_ref())
}

/// A number. Counters stay far below what a double holds exactly.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counters stay far below 2^53")]
pub fn number(value: u64) -> JsValue {
    JsValue::from_f64(value as f64)
}

/// Bytes, copied.
#[must_use]
pub fn bytes(value: &[u8]) -> JsValue {
    Uint8Array::from(value).into()
}

/// A key of two parts.
#[must_use]
pub fn pair(first: impl AsRef<str>, second: &JsValue) -> JsValue {
    Array::of2(&text(first), second).into()
}

/// The key of a document's change.
#[must_use]
pub fn chunk_key(document: Id, hash: &Hash) -> JsValue {
    pair(document.to_string(), &text(hash_to_hex(hash)))
}

/// All keys of two parts that begin with this.
#[must_use]
pub fn range(first: &str) -> Option<JsValue> {
    let lower = Array::of1(&text(first));
    // An array sorts after every text and number.
    let upper = Array::of2(&text(first), &Array::new());
    web_sys::IdbKeyRange::bound(&lower, &upper).ok().map(Into::into)
}

/// All keys of two parts that begin with `first` and whose second part is `from` or comes behind it; without `from` itself
/// when it is `open`.
#[must_use]
pub fn range_after(first: &str, from: &str, open: bool) -> Option<JsValue> {
    let lower = Array::of2(&text(first), &text(from));
    let upper = Array::of2(&text(first), &Array::new());
    web_sys::IdbKeyRange::bound_with_lower_open(&lower, &upper, open).ok().map(Into::into)
}

/// All keys of a document.
#[must_use]
pub fn document_range(document: Id) -> Option<JsValue> {
    range(&document.to_string())
}

/// The bytes in a value, if it is bytes.
#[must_use]
pub fn bytes_of(value: &JsValue) -> Option<Vec<u8>> {
    if let Some(array) = value.dyn_ref::<Uint8Array>() {
        return Some(array.to_vec());
    }
    value.dyn_ref::<js_sys::ArrayBuffer>().map(|buffer| Uint8Array::new(buffer).to_vec())
}

/// One part of a key of two parts.
#[must_use]
pub fn text_of(key: &JsValue, part: u32) -> Option<String> {
    key.dyn_ref::<Array>()?.get(part).as_string()
}
