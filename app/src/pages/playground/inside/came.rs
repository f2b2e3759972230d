//! What came to a listener last, as the records that a run makes of it.
//!
//! It is read where that takes no more than JSON and a path of plain names. Of all else there is nothing: an editor then
//! begins with its example rather than with a record that no run makes.

use serde_json::{Map, Value};
use tombolo_wire::rest::LastPayload;

/// As JSON, the most that all records together may get of what stands around them: the engine, which counts memory, refuses
/// far more only.
const MOST_WITH_PARENT: usize = 1024 * 1024;

/// The records; `webhook` is how the listener reads what comes.
pub(super) fn records_of(last: &LastPayload, webhook: &Value) -> Option<Vec<Value>> {
    // What stands in for bytes that are no text did not come.
    if last.cut || last.text.contains(char::REPLACEMENT_CHARACTER) {
        return None;
    }
    let text = last.text.strip_prefix('\u{feff}').unwrap_or(&last.text);
    if !is_json(webhook, &last.media_type, text) {
        return None;
    }
    let mut whole: Value = serde_json::from_str(text).ok()?;
    let written = text_at(webhook, "pathToRecords");
    if written.is_empty() {
        return Some(elements(whole).into_iter().map(Value::Object).collect());
    }
    let records = elements(taken(&mut whole, &names(written)?)?);
    if webhook.get("includeParentData").and_then(Value::as_bool) != Some(true) {
        return Some(records.into_iter().map(Value::Object).collect());
    }
    with_parent(records, &whole)
}

/// Whether the engine reads it as JSON: as the listener says, else as its sender does, else as it begins.
fn is_json(webhook: &Value, media_type: &str, text: &str) -> bool {
    match text_at(webhook, "requestMediaType") {
        "json" => return true,
        "" => {}
        _ => return false,
    }
    let name = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match name.as_str() {
        "" | "application/octet-stream" => text.trim_ascii_start().starts_with(['{', '[']),
        name => name.ends_with("/json") || name.ends_with("+json"),
    }
}

/// A text, or the first of a list of texts, as the engine takes it.
fn text_at<'v>(webhook: &'v Value, name: &str) -> &'v str {
    match webhook.get(name) {
        Some(Value::String(text)) => text,
        Some(Value::Array(texts)) => texts.first().and_then(Value::as_str).unwrap_or_default(),
        _ => "",
    }
}

/// The names of a path `a.b`, `$.a.b` or `/a/b`; nothing of one that has more than names.
fn names(written: &str) -> Option<Vec<&str>> {
    let (path, between) = match written.strip_prefix('/') {
        Some(rest) => (rest, '/'),
        None => (written.strip_prefix("$.").unwrap_or(written), '.'),
    };
    let is_plain = |name: &&str| {
        let mut chars = name.chars();
        // A number may be a place in a list.
        chars.next().is_some_and(|first| first.is_alphabetic() || first == '_')
            && chars.all(|one| one.is_alphanumeric() || matches!(one, '_' | '-'))
    };
    path.split(between).map(|name| Some(name).filter(is_plain)).collect()
}

/// Takes out what stands there.
fn taken(whole: &mut Value, names: &[&str]) -> Option<Value> {
    let (last, around) = names.split_last()?;
    let holder = around.iter().try_fold(whole, |at, name| at.get_mut(*name))?;
    holder.as_object_mut()?.remove(*last).filter(|found| !found.is_null())
}

/// Each element of a list is a record, and what is no list is one; what is no object a run refuses.
fn elements(value: Value) -> Vec<Map<String, Value>> {
    let all = match value {
        Value::Array(items) => items,
        other => vec![other],
    };
    let object = |one| match one {
        Value::Object(record) => Some(record),
        _ => None,
    };
    all.into_iter().filter_map(object).collect()
}

/// Puts what stands around the list into each record; what the record has of the same name stays.
fn with_parent(records: Vec<Map<String, Value>>, parent: &Value) -> Option<Vec<Value>> {
    if parent.to_string().len().saturating_mul(records.len()) > MOST_WITH_PARENT {
        return None;
    }
    let around = parent.as_object()?;
    let joined = |record: Map<String, Value>| {
        let mut joined = around.clone();
        joined.extend(record);
        Value::Object(joined)
    };
    Some(records.into_iter().map(joined).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn came(media_type: &str, text: &str) -> LastPayload {
        let media_type = media_type.to_owned();
        LastPayload { media_type, text: text.to_owned(), size_bytes: 9, cut: false, received_ms: 7 }
    }

    fn made(webhook: &Value, media_type: &str, text: &str) -> Option<Value> {
        records_of(&came(media_type, text), webhook).map(Value::Array)
    }

    #[test]
    fn what_came_is_taken_for_records_only_where_a_run_reads_json() {
        let one = Some(json!([{"a": 1}]));
        assert_eq!(made(&json!({}), "application/json", "{\"a\":1}"), one);
        assert_eq!(made(&json!({}), "application/vnd.api+JSON; charset=utf-8", "[{\"a\":1}]"), one);
        assert_eq!(made(&json!({}), "", "\u{feff} {\"a\":1}"), one);
        assert_eq!(made(&json!({"requestMediaType": "json"}), "text/plain", "{\"a\":1}"), one);
        for (said, media_type, text) in [
            ("", "text/csv", "sku,qty\nhp-2,4"),
            ("", "text/plain", "{\"a\":1}"),
            ("", "application/x-www-form-urlencoded", "a=1"),
            ("", "", "<a>1</a>"),
            ("", "image/png", "{\"a\":1}"),
            ("xml", "application/json", "{\"a\":1}"),
            ("plaintext", "application/json", "{\"a\":1}"),
            ("json", "", "sku,qty"),
            ("json", "", "{\"a\":\"\u{fffd}\"}"),
        ] {
            assert_eq!(
                made(&json!({ "requestMediaType": said }), media_type, text),
                None,
                "{said} {media_type} {text}"
            );
        }
        assert_eq!(made(&json!({}), "application/json", "[1,{\"a\":1},null]"), one, "a run refuses the others");
        let cut = LastPayload { cut: true, ..came("application/json", "{\"a\":1}") };
        assert_eq!(records_of(&cut, &json!({})), None);
    }

    #[test]
    fn records_stand_where_a_run_finds_them_with_what_is_around_them() {
        let body = r#"{"id":7,"data":{"n":2,"items":[{"a":1},{"id":8}]},"list":[[{"a":1}]]}"#;
        let at = |path: &str, parent: bool| {
            made(&json!({"pathToRecords": path, "includeParentData": parent}), "application/json", body)
        };
        for path in ["data.items", "$.data.items", "/data/items"] {
            assert_eq!(at(path, false), Some(json!([{"a": 1}, {"id": 8}])), "{path}");
        }
        let around = json!({"n": 2});
        let list = json!([[{"a": 1}]]);
        let with = json!([{"id": 7, "data": around, "list": list, "a": 1}, {"id": 8, "data": around, "list": list}]);
        assert_eq!(at("data.items", true), Some(with));
        assert_eq!(at("data", false), Some(json!([{"n": 2, "items": [{"a": 1}, {"id": 8}]}])));
        for path in ["none", "id.none", "list[0]", "list.0", "$", "$.data[*]", "data..items", "//data"] {
            assert_eq!(at(path, false), None, "{path}");
        }
        assert_eq!(made(&json!({"includeParentData": true}), "", "{\"a\":1}"), Some(json!([{"a": 1}])));
        let wide = json!({"around": "x".repeat(MOST_WITH_PARENT / 2), "items": [{}, {}, {}]}).to_string();
        assert_eq!(made(&json!({"pathToRecords": "items", "includeParentData": true}), "", &wide), None);
    }
}
