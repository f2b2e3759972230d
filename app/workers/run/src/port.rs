//! The way to the store worker. A frame is a JSON string; with a file, an array that begins with it.

use js_sys::Array;
use tombolo_wire::run_worker::{FromRun, ToRun};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, DedicatedWorkerGlobalScope};

/// This worker's global scope.
pub(crate) fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Sends a frame. An owner that is gone takes nothing, and that is no fault.
pub(crate) fn post(frame: &FromRun, file: Option<&Blob>) {
    let Ok(text) = serde_json::to_string(frame) else {
        return;
    };
    let text = JsValue::from_str(&text);
    let message = match file {
        Some(file) => Array::of2(&text, file).into(),
        None => text,
    };
    if let Err(gone) = scope().post_message(&message) {
        drop(gone);
    }
}

/// Reads a frame of the owner, with its files.
pub(crate) fn read(data: &JsValue) -> Result<(ToRun, Vec<Blob>), String> {
    let (text, files) = match data.dyn_ref::<Array>() {
        Some(parts) => {
            let files = parts.iter().skip(1);
            (parts.get(0), files.filter_map(|part| part.dyn_into().ok()).collect())
        }
        None => (data.clone(), Vec::new()),
    };
    let text = text.as_string().ok_or("a frame is a string")?;
    let frame = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    Ok((frame, files))
}
