//! The device's clock, for what is shown only: the server's clock decides everything else.

use super::times::{chosen, figures, written};

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "the browser's clock counts whole milliseconds")]
    let now = js_sys::Date::now() as i64;
    now
}

/// A time as the REST API writes it: `2026-11-29T09:00:00.000Z`.
pub(crate) fn iso(ms: i64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "times fit a double for the next 280,000 years")]
    let date = js_sys::Date::new(&(ms as f64).into());
    date.to_iso_string().into()
}

/// Reads such a time; absent when it is none.
pub(crate) fn from_iso(text: &str) -> Option<i64> {
    let ms = js_sys::Date::parse(text);
    #[expect(clippy::cast_possible_truncation, reason = "a date is whole milliseconds, far below 2^53")]
    ms.is_finite().then_some(ms as i64)
}

/// Day and time as they are wanted on this device, exact to the second.
pub(crate) fn exact(ms: i64) -> String {
    let times = chosen();
    written(&figures(ms, &times.zone), &times, true)
}

/// `09:41:07`, as it is wanted on this device.
pub(crate) fn clock(ms: i64) -> String {
    let times = chosen();
    written(&figures(ms, &times.zone), &times, false)
}
