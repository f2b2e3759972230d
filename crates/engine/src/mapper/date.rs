//! Times as texts.

use chrono::DateTime;

/// A time as `2026-11-24T04:00:00.000Z`.
pub(crate) fn iso(ms: i64) -> String {
    DateTime::from_timestamp_millis(ms)
        .map(|time| time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
        .unwrap_or_default()
}
