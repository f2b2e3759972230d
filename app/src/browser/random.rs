//! Random values that nobody guesses, from the browser.

use js_sys::{Function, Reflect, Uint8Array};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};

/// A secret of 256 bits, as 64 hex digits.
///
/// # Errors
///
/// Returns the browser's error.
pub(crate) fn secret() -> Result<String, JsValue> {
    let crypto = Reflect::get(&window(), &"crypto".into())?;
    let fill: Function = Reflect::get(&crypto, &"getRandomValues".into())?.dyn_into()?;
    let bytes = Uint8Array::new_with_length(32);
    fill.call1(&crypto, &bytes)?;
    let halves = bytes.to_vec().into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
    Ok(halves.filter_map(|half| char::from_digit(half.into(), 16)).collect())
}
