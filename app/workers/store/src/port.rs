//! The way to this tab's screen. A frame is a JSON string; with files, an array that begins with it.

use js_sys::Array;
use tombolo_wire::store::{CallError, Event, Outgoing, Request};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Blob;

use crate::env;

/// What a call answers: JSON text, and perhaps a file.
pub(crate) struct Answer {
    pub(crate) value: String,
    pub(crate) file: Option<Blob>,
}

/// Sends a frame. A screen that is gone takes nothing, and that is no fault.
pub(crate) fn post(frame: &Outgoing, file: Option<&Blob>) {
    let Ok(text) = serde_json::to_string(frame) else {
        return;
    };
    let text = JsValue::from_str(&text);
    let message = match file {
        Some(file) => Array::of2(&text, file).into(),
        None => text,
    };
    if let Err(error) = env::scope().post_message(&message) {
        drop(error);
    }
}

/// Tells the screen that something changed.
pub(crate) fn event(event: Event) {
    post(&Outgoing::Event { event }, None);
}

/// Answers a request.
pub(crate) fn reply(id: u64, result: Result<Answer, CallError>) {
    let (result, file) = match result {
        Ok(answer) => (Ok(answer.value), answer.file),
        Err(error) => (Err(error), None),
    };
    post(&Outgoing::Reply { id, result }, file.as_ref());
}

/// Reads a frame of the screen, with its files.
pub(crate) fn read(data: &JsValue) -> Result<(Request, Vec<Blob>), String> {
    let (text, files) = match data.dyn_ref::<Array>() {
        Some(parts) => (parts.get(0), parts.iter().skip(1).filter_map(|part| part.dyn_into().ok()).collect()),
        None => (data.clone(), Vec::new()),
    };
    let text = text.as_string().ok_or("a frame is a string")?;
    let request = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    Ok((request, files))
}
