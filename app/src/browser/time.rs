//! The device's clock, for what is shown only: the server's clock decides everything else.

use super::times::{chosen, figures, written};

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "the browser's clock counts whole milliseconds")]
    let now = js_sys::Date::now() as i64;
    now
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
