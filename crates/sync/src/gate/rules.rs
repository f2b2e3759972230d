//! The single rules, each with the words a person reads when it says no.

use std::collections::BTreeSet;

use serde_json::Value;
use tombolo_docs::{Inspected, KeyWrite, Written};
use tombolo_model::{Action, Home, Id, Kind, Rights, Shape, Shapes, path, shapes};

use super::Code;
use super::refusal::Denied;

/// A leaf above this size belongs into a blob (decision 5).
const MOST_LEAF_BYTES: usize = 256 * 1024;

/// Longer than any path that a form or an import makes.
const MOST_KEY_BYTES: usize = 4 * 1024;

/// The keys that only the first change writes.
const ENVELOPE: [&str; 3] = ["kind", "id", "schema"];

/// The kind of the document, from the table or from its first change.
pub(super) fn kind_of(document: Id, inspected: &Inspected, known: Option<Kind>) -> Result<Kind, Denied> {
    if let Some(kind) = known {
        return match inspected.writes.iter().find(|write| ENVELOPE.contains(&write.key.as_str())) {
            None => Ok(kind),
            Some(write) => Err(Denied::new(
                Code::Immutable,
                format!("The {} of a resource never changes. Make a copy instead.", write.key),
            )),
        };
    }
    let named = |key: &str| {
        let mut found = inspected.writes.iter().filter(|write| write.key == key);
        match (found.next(), found.next()) {
            (Some(KeyWrite { written: Written::Leaf(Value::String(text)), .. }), None) => Some(text.as_str()),
            _ => None,
        }
    };
    let kind = named("kind").and_then(Kind::from_name);
    let id = named("id").and_then(|id| id.parse::<Id>().ok());
    match (kind, id) {
        (Some(kind), Some(id)) if id == document && inspected.deps.is_empty() => Ok(kind),
        _ => Err(Denied::new(
            Code::Envelope,
            "The first change of a resource says which one it is, and this one does not.",
        )),
    }
}

/// The integration that owns the document once this change is in. Moving one asks for the right in both places.
pub(super) fn owner_after(document: Id, kind: Kind, inspected: &Inspected, before: Option<Id>) -> Option<Id> {
    if kind == Kind::Integration {
        return Some(document);
    }
    let named = inspected.writes.iter().rfind(|write| write.key == "/_integrationId");
    named.map_or(before, |write| match &write.written {
        Written::Leaf(value) => value.as_str().and_then(|id| id.parse().ok()),
        _ => None,
    })
}

/// Whether a change writes where the document belongs.
pub(super) fn moves(inspected: &Inspected) -> bool {
    inspected.writes.iter().any(|write| matches!(write.key.as_str(), "/_integrationId" | "/_registeredIntegrationIds"))
}

/// Checks the rights where the document belongs.
pub(super) fn may_write(rights: &Rights, kind: Kind, owner: Option<Id>) -> Result<(), Denied> {
    let home = Home { owner, registered: &[] };
    if rights.may(Action::Write, kind, home) {
        return Ok(());
    }
    let role = rights.role;
    Err(Denied::new(
        Code::Rights,
        format!(
            "Your role ({role}) does not allow changing this. Ask somebody who manages the account, then try again."
        ),
    ))
}

/// For a document that this person may not see; it says nothing of whether there is one.
pub(super) fn not_there() -> Denied {
    Denied::new(
        Code::Rights,
        "This resource is not there for you. Ask somebody who manages the account, then try again.",
    )
}

/// Checks every key that is written.
pub(super) fn keys(kind: Kind, inspected: &Inspected, hidden: &BTreeSet<Id>) -> Result<(), Denied> {
    let table = shapes(kind);
    inspected.writes.iter().try_for_each(|write| key(table, write, hidden))
}

fn key(table: &Shapes, write: &KeyWrite, hidden: &BTreeSet<Id>) -> Result<(), Denied> {
    let key = write.key.as_str();
    if key.len() > MOST_KEY_BYTES {
        return Err(Denied::new(Code::TooLarge, "The name of a field is too long."));
    }
    match (&write.written, key) {
        (Written::Foreign, _) => Err(shape("The change holds something that no resource holds.")),
        (Written::Leaf(_), key) if ENVELOPE.contains(&key) => Ok(()),
        (Written::Leaf(Value::Bool(_)) | Written::Nothing, "bin") => Ok(()),
        (written, key) if key.starts_with('/') => place(table, key, written, hidden),
        _ => Err(shape("The change writes outside of the resource.")),
    }
}

fn place(table: &Shapes, key: &str, written: &Written, hidden: &BTreeSet<Id>) -> Result<(), Denied> {
    let (place, mark) = match key.strip_suffix("/~pos").or_else(|| key.strip_suffix("/~deleted")) {
        Some(row) => (row, true),
        None => (key, false),
    };
    if table.protected(place) {
        return Err(protected(table, place));
    }
    match written {
        Written::NewText if mark || table.shape(place) != Shape::Text => {
            Err(shape("The change makes a text where there is none."))
        }
        Written::Leaf(value) if size(value) > MOST_LEAF_BYTES => {
            Err(Denied::new(Code::TooLarge, "A value is larger than 256 KiB. Keep it as a file instead."))
        }
        Written::Leaf(value) if !mark && matches!(table.shape(place), Shape::Reference(_)) => {
            match ids(value).find(|id| hidden.contains(id)) {
                None => Ok(()),
                // Which one is not said: the answer must not tell what exists.
                Some(_) => {
                    Err(Denied::new(Code::Reference, "The change refers to a resource that is not there for you."))
                }
            }
        }
        _ => Ok(()),
    }
}

fn protected(table: &Shapes, place: &str) -> Denied {
    let mut at = Some(place);
    while let Some(here) = at.filter(|here| !here.is_empty()) {
        if table.shape(here) == Shape::Secret {
            return Denied::new(
                Code::Secret,
                "A secret is kept in the vault and never in a resource. Enter it in the connection's form.",
            );
        }
        at = path::parent(here);
    }
    Denied::new(Code::Derived, "The change writes something that only the server sets.")
}

fn shape(message: &str) -> Denied {
    Denied::new(Code::Shape, message)
}

fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(_) | Value::Object(_) => value.to_string().len(),
        _ => 0,
    }
}

fn ids(value: &Value) -> impl Iterator<Item = Id> {
    let texts: Vec<&str> = match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    texts.into_iter().filter_map(|text| text.parse().ok())
}

/// Everything in a change that looks like an id, except its own: to be looked up before the kind is known.
pub(super) fn possible_references(inspected: &Inspected) -> Vec<Id> {
    inspected
        .writes
        .iter()
        .filter(|write| write.key.starts_with('/'))
        .filter_map(|write| match &write.written {
            Written::Leaf(value) => Some(ids(value)),
            _ => None,
        })
        .flatten()
        .collect()
}

pub(super) fn not_member() -> Denied {
    Denied::new(
        Code::NotMember,
        "You are no longer a member of this account. Export what was not accepted, or ask to be invited again.",
    )
}

pub(super) fn gone() -> Denied {
    Denied::new(Code::Gone, "This resource was deleted for good. Export the change, or make the resource anew.")
}

pub(super) fn depends_on_refused() -> Denied {
    Denied::new(Code::DependsOnRefused, "This change builds on one that was not accepted.")
}

pub(super) fn short_actor() -> Denied {
    Denied::new(Code::Malformed, "The change does not say which session made it.")
}

pub(super) fn foreign_actor() -> Denied {
    Denied::new(Code::Actor, "This change was made in somebody else's session, and only they can send it.")
}

pub(super) fn sequence() -> Denied {
    Denied::new(
        Code::Sequence,
        "The session that made this change has used its number for another one. Try again: it is then written anew.",
    )
}

pub(super) fn counter() -> Denied {
    Denied::new(Code::Malformed, "The change counts its operations from a number that the resource has not reached.")
}

pub(super) fn full() -> Denied {
    Denied::new(Code::Quota, "The history of this resource is full. Copy it and go on in the copy.")
}
