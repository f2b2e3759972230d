//! The worker that runs one flow in the browser, or answers evaluations for a screen.
//!
//! Decides how the engine's outside looks in a browser: requests by `fetch`, files as `Blob`s, scripts in
//! workers of their own. Which flow runs with
//! what is its owner's business, the store worker's; so is what becomes of rows, errors and files.
//!
//! Invariant: every run that was started ends with a row whose status is an end, after a panic too. A job that cannot
//! be read has no row; it is thrown, which the owner hears as an error of the worker.

mod evaluate;
mod fetch;
mod files;
mod host;
mod log;
mod port;
mod scripts;
mod worker;

use js_sys::Reflect;
use wasm_bindgen::JsValue;

/// What the script that loaded this module wants of it, in a property of the global scope.
const PURPOSE: &str = "purpose";

/// Runs one flow, or answers evaluations where that is the purpose.
pub fn start() {
    let purpose = Reflect::get(&js_sys::global(), &JsValue::from_str(PURPOSE));
    match purpose.ok().and_then(|purpose| purpose.as_string()).as_deref() {
        Some("evaluate") => evaluate::start(),
        _ => worker::start(),
    }
}
