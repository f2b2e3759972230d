//! Times from texts and as texts.

use chrono::DateTime;
use tombolo_template::moment::{Zone, parse};

/// Milliseconds since 1970 of a date in ISO 8601 or one of the other usual ways to write it; without a zone it is UTC.
pub(crate) fn epoch_ms(text: &str) -> Option<i64> {
    parse(text.trim(), None, Zone::UTC, 0)
}

/// A time as `2026-11-24T04:00:00.000Z`.
pub(crate) fn iso(ms: i64) -> String {
    DateTime::from_timestamp_millis(ms)
        .map(|time| time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
        .unwrap_or_default()
}
