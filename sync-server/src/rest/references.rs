//! What resources refer to, and who refers to them.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use tombolo_model::{Action, Id, Kind, catalogue};
use tombolo_wire::rest::ErrorBody;

use super::acting::Acting;
use super::error::{RestError, entry};
use super::mirror::{self, Found};
use crate::app::App;

/// The places of a resource's references by what stands there.
fn places(kind: Kind, value: &Value) -> Vec<(String, Kind, Id)> {
    let mut found = Vec::new();
    catalogue::references(kind, value, &mut |place, target, text| {
        if let Ok(id) = text.parse() {
            found.push((place.to_owned(), target, id));
        }
    });
    found
}

/// Refuses references to what is not there for the caller; those that the resource had before stay good.
///
/// # Errors
///
/// Returns which they are.
pub(crate) async fn check(
    app: &App,
    acting: &Acting,
    kind: Kind,
    (old, new): (Option<&Value>, &Value),
) -> Result<(), RestError> {
    let had: Vec<Id> = old.map(|old| places(kind, old).into_iter().map(|(_, _, id)| id).collect()).unwrap_or_default();
    let mut problems: Vec<ErrorBody> = Vec::new();
    for (place, target, id) in places(kind, new) {
        if had.contains(&id) {
            continue;
        }
        let found = mirror::one(app, acting.account, id).await?;
        let fits = |found: &Found| found.row.kind == target && !found.seen.binned && acting.may_use(&found.row);
        if !found.as_ref().is_some_and(fits) {
            problems.push(entry("invalid_ref", format!("There is no {target} {id} here."), &place));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(RestError::invalid(problems)) }
}

/// The resources outside the bin that refer to one, with the places, as far as the caller sees them.
pub(crate) async fn users(app: &App, acting: &Acting, id: Id) -> Result<Vec<(Found, Vec<String>)>, RestError> {
    let all = mirror::all(app, acting.account, None).await?;
    let uses = |found: &Found| !found.seen.binned && found.row.id != id && found.seen.references.contains(&id);
    let with_places = |found: Found| {
        let places = places(found.row.kind, &found.seen.value);
        let here = places.into_iter().filter(|(_, _, at)| *at == id).map(|(place, _, _)| place).collect();
        (found, here)
    };
    Ok(all.into_iter().filter(uses).map(with_places).collect())
}

/// The same as the API answers it: by collection.
pub(crate) fn shown(acting: &Acting, users: &[(Found, Vec<String>)]) -> Value {
    let mut lists: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for (found, places) in users.iter().filter(|(found, _)| acting.may(Action::Read, &found.row)) {
        let name = found.seen.value.get("name").cloned().unwrap_or_default();
        let entry = json!({ "id": found.row.id, "name": name, "paths": places });
        lists.entry(found.row.kind.collection()).or_default().push(entry);
    }
    Value::Object(lists.into_iter().map(|(name, list)| (name.to_owned(), Value::Array(list))).collect::<Map<_, _>>())
}

/// Says that a resource cannot go because others need it, and which.
pub(crate) fn in_use(acting: &Acting, users: &[(Found, Vec<String>)]) -> RestError {
    const NAMED: usize = 5;
    let seen: Vec<&Found> =
        users.iter().map(|(found, _)| found).filter(|found| acting.may(Action::Read, &found.row)).collect();
    let name = |found: &&Found| {
        let name = found.seen.value.get("name").and_then(Value::as_str).unwrap_or_default();
        format!("the {} “{name}” ({})", found.row.kind, found.row.id)
    };
    let mut named: Vec<String> = seen.iter().take(NAMED).map(name).collect();
    let more = users.len() - named.len();
    if more > 0 {
        named.push(format!("{more} more"));
    }
    let message = format!("It is used by {}. Take it out there first.", named.join(", "));
    RestError::new(StatusCode::CONFLICT, "has_dependencies", message)
}
