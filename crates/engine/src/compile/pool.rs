//! A connection's settings to its queue.

use chrono::DateTime;
use serde_json::Value;
use tombolo_model::{Id, Kind, Problem};

use super::{path_at, text_at, whole_at};
use crate::bundle::Bundle;
use crate::plan::{Pool, RateLimit};
use crate::units::{MOST_CONCURRENCY, USUAL_CONCURRENCY};

pub(super) fn compile(bundle: &Bundle, id: Id, connection: &Value) -> Result<Pool, Vec<Problem>> {
    let lender = text_at(connection, "/_borrowConcurrencyFromConnectionId").and_then(|text| text.parse::<Id>().ok());
    // Who may not see the lender still shares its queue, at the level of the borrower.
    let counted = lender.and_then(|id| bundle.get(id, Kind::Connection)).unwrap_or(connection);
    let gap_ms = whole_at(counted, "/http/rateLimit/limit").and_then(|gap| u32::try_from(gap).ok()).unwrap_or(0);
    let level = |pointer: &str| {
        let level = whole_at(counted, pointer).and_then(|level| usize::try_from(level).ok());
        level.filter(|level| *level > 0).map(|level| level.min(MOST_CONCURRENCY))
    };
    let target = level("/http/targetConcurrencyLevel");
    let usual = level("/http/concurrencyLevel").or(target).unwrap_or(USUAL_CONCURRENCY);
    let (level, target) = if gap_ms > 0 { (1, 1) } else { (usual, target.unwrap_or(usual)) };
    let body = path_at(connection, "/http/rateLimit/failPath")?.map(|path| (path, values(connection)));
    let status = whole_at(connection, "/http/rateLimit/failStatusCode").and_then(|status| u16::try_from(status).ok());
    Ok(Pool {
        id: lender.unwrap_or(id),
        level: level.min(target),
        target,
        gap_ms,
        recovers: connection.get("autoRecoverRateLimitErrors").and_then(Value::as_bool) != Some(false),
        retry_header: text_at(connection, "/http/retryHeader").unwrap_or("retry-after").to_ascii_lowercase(),
        limit: RateLimit { status, body },
    })
}

/// Until when somebody looks at the requests of a connection, or of the export or import that uses it.
pub(super) fn debug_until_ms(connection: &Value, user: &Value) -> i64 {
    let dates = [(connection, "/debugDate"), (connection, "/debugUntil"), (user, "/debugUntil")];
    let times = dates.iter().filter_map(|(value, place)| DateTime::parse_from_rfc3339(text_at(value, place)?).ok());
    times.map(|time| time.timestamp_millis()).max().unwrap_or(0)
}

fn values(connection: &Value) -> Vec<String> {
    let values = connection.pointer("/http/rateLimit/failValues").and_then(Value::as_array);
    let texts = values.into_iter().flatten().map(|value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    texts.collect()
}
