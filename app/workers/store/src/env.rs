//! What the browser gives: time, chance, ids and timers. Nothing else in this crate asks for them.

use gloo_timers::future::TimeoutFuture;
use tombolo_model::{Id, RowId};
use wasm_bindgen::JsCast;
use web_sys::DedicatedWorkerGlobalScope;

/// The worker's global object.
pub(crate) fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Milliseconds since 1970.
#[expect(clippy::cast_possible_truncation, reason = "dates are whole numbers far below the limit")]
pub(crate) fn now_ms() -> i64 {
    js_sys::Date::now() as i64
}

/// The same for those who count up only.
pub(crate) fn now_unsigned_ms() -> u64 {
    u64::try_from(now_ms()).unwrap_or(0)
}

/// Random bytes. A browser without a source of randomness has no WebAssembly either.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if getrandom::fill(&mut bytes).is_err() {
        for byte in &mut bytes {
            *byte = (js_sys::Math::random().to_bits() >> 40 & 0xff) as u8;
        }
    }
    bytes
}

/// A new resource's id.
pub(crate) fn new_id() -> Id {
    let seconds = u32::try_from(now_ms() / 1000).unwrap_or(u32::MAX);
    Id::from_parts(seconds, random())
}

/// A new row's id: short, and unlike any other in its document.
pub(crate) fn new_row() -> RowId {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let bytes: [u8; 8] = random();
    bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect()
}

/// Random hexadecimal digits, for names of tabs and records.
pub(crate) fn new_name() -> String {
    let bytes: [u8; 12] = random();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Waits.
pub(crate) async fn pause(milliseconds: u32) {
    TimeoutFuture::new(milliseconds).await;
}
