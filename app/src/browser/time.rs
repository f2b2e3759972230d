//! The device's clock, for what is shown only: the server's clock decides everything else.

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "the browser's clock counts whole milliseconds")]
    let now = js_sys::Date::now() as i64;
    now
}

/// Day and time in the device's zone, exact to the second.
pub(crate) fn exact(ms: i64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "times fit a double for the next 280,000 years")]
    let date = js_sys::Date::new(&(ms as f64).into());
    date.to_locale_string("en-GB", &wasm_bindgen::JsValue::UNDEFINED).into()
}

/// `09:41:07` in the device's zone.
pub(crate) fn clock(ms: i64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "times fit a double for the next 280,000 years")]
    let date = js_sys::Date::new(&(ms as f64).into());
    date.to_locale_time_string("en-GB").into()
}
