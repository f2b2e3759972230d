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

const DAY_MS: i64 = 86_400_000;

/// When a day like `2026-11-30` begins in the zone in which times are shown; absent when it is none.
pub(crate) fn day_begins(day: &str) -> Option<i64> {
    let utc = from_iso(&format!("{day}T00:00:00.000Z"))?;
    let zone = chosen().zone;
    begins(utc, |ms| from_iso(&format!("{}Z", figures(ms, &zone).replace(' ', "T"))))
}

/// When it ends there.
pub(crate) fn day_ends(day: &str) -> Option<i64> {
    let utc = from_iso(&format!("{day}T00:00:00.000Z"))?;
    day_begins(iso(utc + DAY_MS).get(..10)?)
}

/// When a wall clock shows this time, written as if it were UTC. `shown` is what it shows at a time.
fn begins(wanted: i64, shown: impl Fn(i64) -> Option<i64>) -> Option<i64> {
    // The clock may be put forward or back between the two.
    let near = wanted - (shown(wanted)? - wanted);
    Some(near - (shown(near)? - wanted))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_when_the_wall_clock_says_so_also_where_the_clock_is_put_forward() {
        const HOUR: i64 = 3_600_000;
        // Two hours before UTC, and three from one hour before midnight on.
        let shown = |ms: i64| Some(ms + if ms < -HOUR - 2 * HOUR { 2 * HOUR } else { 3 * HOUR });
        assert_eq!(begins(0, shown), Some(-3 * HOUR));
        assert_eq!(begins(0, |ms| Some(ms - 5 * HOUR)), Some(5 * HOUR));
        assert_eq!(begins(0, |_| None), None);
    }
}
