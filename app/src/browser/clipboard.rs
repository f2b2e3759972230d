//! The clipboard of this computer.

use js_sys::{Function, Promise, Reflect};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// Puts a text on the clipboard.
///
/// # Errors
///
/// Returns the browser's error; an insecure address has no clipboard.
pub(crate) async fn copy(text: &str) -> Result<(), JsValue> {
    let clipboard = Reflect::get(&window().navigator(), &"clipboard".into())?;
    let write: Function = Reflect::get(&clipboard, &"writeText".into())?.dyn_into()?;
    let done: Promise = write.call1(&clipboard, &text.into())?.dyn_into()?;
    JsFuture::from(done).await.map(drop)
}
