//! JSON Patch (RFC 6902) on a resource, at the places that the API documents for it.

use serde_json::Value;
use tombolo_model::{Kind, path};
use tombolo_wire::rest::ErrorBody;

use super::error::entry;
use crate::nesting::is_deeper;

/// What may be patched in each kind of resource.
const COMMON: &[&str] =
    &["/name", "/description", "/settings", "/settings/**", "/settingsForm", "/externalId", "/aliases", "/aliases/**"];

const FLOW: &[&str] = &[
    "/schedule",
    "/timezone",
    "/disabled",
    "/runPageGeneratorsInParallel",
    "/pageGenerators/*/schedule",
    "/pageGenerators/*/skipRetries",
    "/routers/*/name",
    "/routers/*/branches/*/name",
    "/routers/*/branches/*/description",
];

const CONNECTION: &[&str] = &[
    "/debugDate",
    "/http/concurrencyLevel",
    "/http/ping/successPath",
    "/http/ping/successValues",
    "/http/ping/failPath",
    "/http/ping/failValues",
    "/http/auth/failStatusCode",
    "/http/auth/failPath",
    "/http/auth/failValues",
    "/rest/cookieAuth/successStatusCode",
];

/// The most operations of one patch.
const MOST: usize = 200;
/// How deep a patch may nest, as far as a body can.
const MOST_LEVELS: usize = 100;
/// What one patch may copy, as JSON: a place that is copied into itself doubles each time.
const MOST_COPIED_BYTES: usize = 256 * 1024;

/// The places of a kind that a patch may write to.
pub(crate) fn places(kind: Kind) -> impl Iterator<Item = &'static str> {
    let own: &[&str] = match kind {
        Kind::Flow => FLOW,
        Kind::Connection => CONNECTION,
        Kind::Api | Kind::Tool => &["/disabled"],
        Kind::Template => &["/published"],
        _ => &[],
    };
    COMMON.iter().chain(own).copied()
}

/// Applies a patch to a resource; the first thing that is wrong undoes all of it.
///
/// # Errors
///
/// Returns what is wrong.
pub(crate) fn apply(kind: Kind, value: &Value, patch: &Value) -> Result<Value, ErrorBody> {
    let operations = patch.as_array().ok_or_else(|| {
        entry(
            "invalid_patch",
            "A patch is a list of operations such as {\"op\": \"replace\", \"path\": \"/name\", \"value\": \"…\"}.",
            "",
        )
    })?;
    if operations.len() > MOST {
        return Err(entry("invalid_patch", format!("A patch has at most {MOST} operations."), ""));
    }
    let mut made = value.clone();
    let mut room = MOST_COPIED_BYTES;
    for operation in operations {
        one(kind, &mut made, operation, &mut room)?;
    }
    Ok(made)
}

fn one(kind: Kind, made: &mut Value, operation: &Value, room: &mut usize) -> Result<(), ErrorBody> {
    let text = |name: &str| {
        operation
            .get(name)
            .and_then(Value::as_str)
            .ok_or_else(|| entry("invalid_patch", format!("Each operation of a patch has a “{name}”."), name))
    };
    let value = || {
        operation
            .get("value")
            .cloned()
            .ok_or_else(|| entry("invalid_patch", "This operation needs a “value”.", "value"))
    };
    let (op, at) = (text("op")?, text("path")?);
    if op == "test" {
        let same = made.pointer(at) == Some(&value()?);
        return if same {
            Ok(())
        } else {
            Err(entry("patch_test_failed", "The value is not what the patch expects.", at))
        };
    }
    allowed(kind, at)?;
    match op {
        "add" => add(made, at, value()?),
        "replace" => {
            // The API has always taken a field that is not there yet.
            if made.pointer(at).is_some() {
                remove(made, at)?;
            }
            add(made, at, value()?)
        }
        "remove" => remove(made, at).map(drop),
        "copy" => {
            let from = text("from")?;
            let copied = made.pointer(from).ok_or_else(|| absent(from))?;
            *room = room.checked_sub(copied.to_string().len()).ok_or_else(|| {
                let message = format!(
                    "A patch copies {} KiB at most: send the whole resource with PUT.",
                    MOST_COPIED_BYTES / 1024
                );
                entry("too_large", message, from)
            })?;
            let copied = copied.clone();
            add(made, at, copied)
        }
        "move" => {
            let from = text("from")?;
            allowed(kind, from)?;
            let moved = remove(made, from)?;
            add(made, at, moved)
        }
        other => Err(entry("invalid_patch", format!("“{other}” is no operation of JSON Patch."), "op")),
    }
}

fn allowed(kind: Kind, at: &str) -> Result<(), ErrorBody> {
    if places(kind).any(|place| fits(place, at)) {
        return Ok(());
    }
    let known: Vec<&str> = places(kind).filter(|place| !place.ends_with("/**")).collect();
    let message = format!(
        "This field cannot be patched; send the whole resource with PUT. Patched can be: {}.",
        known.join(", ")
    );
    Err(entry("invalid_patch_path", message, at))
}

/// `*` stands for one segment, `**` at the end for any number.
fn fits(place: &str, at: &str) -> bool {
    let (mut wanted, mut have) = (path::segments(place), path::segments(at));
    loop {
        match (wanted.next(), have.next()) {
            (None, None) | (Some("**"), Some(_)) => return true,
            (Some(segment), Some(given)) if segment == "*" || segment == given => {}
            _ => return false,
        }
    }
}

fn absent(at: &str) -> ErrorBody {
    entry("invalid_patch_path", "There is nothing at this place.", at)
}

fn add(made: &mut Value, at: &str, value: Value) -> Result<(), ErrorBody> {
    let room = MOST_LEVELS.checked_sub(path::segments(at).count());
    if room.is_none_or(|room| is_deeper(&value, room)) {
        return Err(entry("too_deep", format!("A patch nests {MOST_LEVELS} levels at most."), at));
    }
    let (parent, last) = at.rsplit_once('/').ok_or_else(|| absent(at))?;
    let last = path::unescape(last).into_owned();
    match made.pointer_mut(parent).ok_or_else(|| absent(at))? {
        Value::Object(fields) => drop(fields.insert(last, value)),
        Value::Array(items) if last == "-" => items.push(value),
        Value::Array(items) => {
            let index = last.parse().ok().filter(|index| *index <= items.len()).ok_or_else(|| absent(at))?;
            items.insert(index, value);
        }
        _ => return Err(absent(at)),
    }
    Ok(())
}

fn remove(made: &mut Value, at: &str) -> Result<Value, ErrorBody> {
    let (parent, last) = at.rsplit_once('/').ok_or_else(|| absent(at))?;
    let last = path::unescape(last).into_owned();
    match made.pointer_mut(parent) {
        Some(Value::Object(fields)) => fields.shift_remove(&last).ok_or_else(|| absent(at)),
        Some(Value::Array(items)) => {
            let index = last.parse().ok().filter(|index| *index < items.len()).ok_or_else(|| absent(at))?;
            Ok(items.remove(index))
        }
        _ => Err(absent(at)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn flow() -> Value {
        json!({"name": "a", "routers": [{"name": "r", "branches": [{"name": "b"}]}], "pageGenerators": [{"_exportId": "x"}]})
    }

    #[test]
    fn documented_places_are_patched_and_a_patch_is_all_or_nothing() {
        let patch = json!([
            {"op": "replace", "path": "/name", "value": "new"},
            {"op": "replace", "path": "/disabled", "value": false},
            {"op": "add", "path": "/pageGenerators/0/schedule", "value": "? 5 9 ? * 1"},
            {"op": "test", "path": "/routers/0/name", "value": "r"},
            {"op": "replace", "path": "/routers/0/branches/0/name", "value": "c"},
        ]);
        let made = apply(Kind::Flow, &flow(), &patch).unwrap();
        assert_eq!((&made["name"], &made["disabled"]), (&json!("new"), &json!(false)));
        assert_eq!(made["routers"][0]["branches"][0]["name"], "c");
        assert_eq!(made["pageGenerators"][0]["schedule"], "? 5 9 ? * 1");
        let half = json!([{"op": "replace", "path": "/name", "value": "new"}, {"op": "remove", "path": "/schedule"}]);
        assert!(apply(Kind::Flow, &flow(), &half).is_err());
    }

    #[test]
    fn other_places_and_broken_patches_are_refused_with_a_code() {
        let code = |patch: Value| apply(Kind::Flow, &flow(), &patch).unwrap_err().code;
        for path in [
            "/pageGenerators/0/_exportId",
            "/_integrationId",
            "/pageGenerators",
            "",
            "name",
            "/routers/0/id",
            "/name/x",
        ] {
            assert_eq!(code(json!([{"op": "replace", "path": path, "value": 1}])), "invalid_patch_path", "{path}");
        }
        assert_eq!(code(json!([{"op": "move", "from": "/_integrationId", "path": "/name"}])), "invalid_patch_path");
        assert_eq!(code(json!([{"op": "test", "path": "/name", "value": "x"}])), "patch_test_failed");
        for broken in [
            json!({}),
            json!([{"op": "hop", "path": "/name"}]),
            json!([{"path": "/name"}]),
            json!([{"op": "add", "path": "/name"}]),
        ] {
            assert_eq!(code(broken), "invalid_patch");
        }
    }

    #[test]
    fn a_place_that_is_copied_into_itself_again_and_again_stays_small() {
        let patch: Vec<Value> =
            (0..MOST).map(|n| json!({"op": "copy", "from": "/settings", "path": format!("/settings/a{n}")})).collect();
        let flow = json!({"name": "a", "settings": {"x": "y".repeat(1000)}});
        assert_eq!(apply(Kind::Flow, &flow, &json!(patch)).unwrap_err().code, "too_large");
        let few = json!([{"op": "copy", "from": "/settings", "path": "/settings/a"}]);
        assert_eq!(apply(Kind::Flow, &flow, &few).unwrap()["settings"]["a"], flow["settings"]);
    }

    #[test]
    fn a_place_that_is_copied_into_its_own_depth_is_refused_before_it_is_too_deep() {
        let nested = (0..60).fold(json!(1), |inner, _| json!({ "a": inner }));
        let flow = json!({"name": "a", "settings": nested});
        let copy = |depth: usize| {
            let place = format!("/settings{}", "/a".repeat(depth));
            apply(Kind::Flow, &flow, &json!([{"op": "copy", "from": "/settings", "path": place}]))
        };
        assert_eq!(copy(60).unwrap_err().code, "too_deep");
        assert!(copy(20).is_ok());
    }

    #[test]
    fn no_secret_can_be_patched_or_copied_out() {
        for kind in Kind::ALL {
            for place in places(kind) {
                assert!(!tombolo_model::shapes(kind).protected(&place.replace("/**", "/x")), "{kind} {place}");
            }
        }
    }
}
