//! The memory through which `integrator-api` is answered while the worker stands still.
//!
//! Two numbers and text: 1 once an answer is there, its length in bytes, and a frame.

use js_sys::{Atomics, Int32Array, Reflect, SharedArrayBuffer, Uint8Array};
use tombolo_wire::script_worker::{MAILBOX_HEADER_BYTES, ToScript};
use wasm_bindgen::{JsCast, JsValue};

/// What this worker was given to wait at.
pub(crate) struct Mailbox {
    numbers: Int32Array,
    text: Uint8Array,
}

impl Mailbox {
    /// The one that the worker's script has put among the globals; there is none in a browser that shares no memory.
    pub(crate) fn find() -> Option<Self> {
        let memory: SharedArrayBuffer =
            Reflect::get(&js_sys::global(), &JsValue::from_str("mailbox")).ok()?.dyn_into().ok()?;
        let header = u32::try_from(MAILBOX_HEADER_BYTES).ok()?;
        Some(Self {
            numbers: Int32Array::new_with_byte_offset_and_length(&memory, 0, 2),
            text: Uint8Array::new_with_byte_offset(&memory, header),
        })
    }

    /// Waits for the answer. The owner ends a worker that waits too long.
    pub(crate) fn wait(&self) -> Result<String, String> {
        let failed = |error: JsValue| format!("The answer of integrator-api could not be read: {error:?}.");
        while Atomics::load(&self.numbers, 0).map_err(failed)? == 0 {
            Atomics::wait(&self.numbers, 0, 0).map_err(failed)?;
        }
        let length = u32::try_from(Atomics::load(&self.numbers, 1).map_err(failed)?).unwrap_or(0);
        let bytes = self.text.subarray(0, length).to_vec();
        Atomics::store(&self.numbers, 0, 0).map_err(failed)?;
        match serde_json::from_slice(&bytes) {
            Ok(ToScript::Answer { answer }) => answer,
            _ => Err("The answer of integrator-api is not understood.".to_owned()),
        }
    }
}
