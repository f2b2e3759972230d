//! The current values of what goes, as fresh documents with references that fit to the recipient.

use std::collections::BTreeMap;

use serde_json::Value;
use tombolo_docs::{Author, Document};
use tombolo_model::{Id, Intent, Kind, Shape, shapes};
use tombolo_sync::gate::Incoming;
use tombolo_wire::rest::TransferContents;

use super::TransferError;
use crate::app::App;
use crate::store::Arrival;
use crate::{clock, fresh, resources};

/// Reads everything that goes and writes it anew, each with a session of the server's own.
pub(super) async fn gather(
    app: &App,
    from: Id,
    to: Id,
    contents: &TransferContents,
) -> Result<Vec<Arrival>, TransferError> {
    let ids: Vec<Id> = contents.items.iter().map(|item| item.id).collect();
    let mut names: BTreeMap<Id, Id> = ids.iter().map(|id| (*id, *id)).collect();
    // Identity is (account, id): one that the recipient has, or had, in use gets a new one (decision 10).
    for taken in app.store.taken_ids(to, &ids).await? {
        names.insert(taken, fresh::id()?);
    }
    let chosen = contents.items.iter().find(|item| item.kind == Kind::Integration).map(|item| item.id);
    let integrations: Vec<Id> =
        contents.items.iter().filter(|item| item.kind == Kind::Integration).map(|item| item.id).collect();
    let mut arrivals = Vec::with_capacity(ids.len());
    for item in &contents.items {
        let Some(heads) = app.store.heads(from, item.id).await? else {
            continue;
        };
        let Some(found) = resources::read(&*app.store, from, item.id).await? else {
            continue;
        };
        let home = app.store.home(from, item.id).await?;
        let owner = home.as_ref().and_then(|home| home.owner).filter(|owner| integrations.contains(owner));
        let owner = owner.or(chosen);
        let mut value = found.value;
        rewrite(found.kind, &mut value, &mut String::new(), &names, &integrations);
        if found.kind == Kind::Flow
            && let Value::Object(fields) = &mut value
        {
            // Nothing of somebody else's runs by itself in an account before somebody there has looked at it.
            fields.insert("disabled".to_owned(), Value::Bool(true));
        }
        let to_owner = owner.and_then(|owner| names.get(&owner).copied());
        if found.kind != Kind::Integration
            && let (Value::Object(fields), Some(owner)) = (&mut value, to_owner)
        {
            fields.insert("_integrationId".to_owned(), owner.to_string().into());
        }
        let target = names.get(&item.id).copied().unwrap_or(item.id);
        arrivals.push(Arrival {
            from: item.id,
            to: target,
            kind: found.kind,
            owner: if found.kind == Kind::Integration { Some(target) } else { to_owner },
            registered: listed(&value),
            heads,
            copied: item.copied,
            files: files(&value),
            changes: write(found.kind, target, value, found.binned)?,
        });
    }
    Ok(arrivals)
}

/// References to what goes get the recipient's ids; those to integrations that stay are dropped, and all else is left as it
/// is, to be seen and chosen anew.
fn rewrite(kind: Kind, value: &mut Value, place: &mut String, names: &BTreeMap<Id, Id>, integrations: &[Id]) {
    let shape = shapes(kind).shape(place);
    match value {
        Value::String(text) if matches!(shape, Shape::Reference(_)) => {
            if let Some(new) = text.parse::<Id>().ok().and_then(|id| names.get(&id)) {
                *text = new.to_string();
            }
        }
        Value::Array(list) if matches!(shape, Shape::Reference(_)) => {
            if shape == Shape::Reference(Kind::Integration) {
                let goes = |id: &Value| {
                    id.as_str().and_then(|id| id.parse().ok()).is_some_and(|id| integrations.contains(&id))
                };
                list.retain(goes);
            }
            for item in list {
                if let Some(new) = item.as_str().and_then(|text| text.parse::<Id>().ok()).and_then(|id| names.get(&id))
                {
                    *item = new.to_string().into();
                }
            }
        }
        Value::Array(list) => {
            for (index, item) in list.iter_mut().enumerate() {
                below(kind, item, place, &index.to_string(), names, integrations);
            }
        }
        Value::Object(fields) => {
            for (key, item) in fields {
                below(kind, item, place, &tombolo_model::path::escape(key), names, integrations);
            }
        }
        _ => {}
    }
}

fn below(kind: Kind, value: &mut Value, place: &mut String, key: &str, names: &BTreeMap<Id, Id>, integrations: &[Id]) {
    let length = place.len();
    place.push('/');
    place.push_str(key);
    rewrite(kind, value, place, names, integrations);
    place.truncate(length);
}

fn listed(value: &Value) -> Vec<Id> {
    let list = value.get("_registeredIntegrationIds").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(|id| id.as_str()?.parse().ok()).collect()
}

fn files(value: &Value) -> Vec<[u8; 32]> {
    let name = value.get("rawData").and_then(Value::as_str);
    let parsed = name.and_then(|name| {
        let mut sha256 = [0; 32];
        hex::decode_to_slice(name, &mut sha256).ok().map(|()| sha256)
    });
    parsed.into_iter().collect()
}

fn write(kind: Kind, id: Id, mut value: Value, binned: bool) -> Result<Vec<Incoming>, TransferError> {
    if let Value::Object(fields) = &mut value {
        fields.retain(|key, _| !shapes(kind).protected(&format!("/{key}")));
    }
    let author = Author { actor: fresh::bytes()?, time_ms: clock::now_ms() };
    let mut row = 0_u32;
    let seed = hex::encode(fresh::bytes::<4>()?);
    let mut rows = move || {
        row += 1;
        format!("{seed}{row:x}")
    };
    let unwritable = || TransferError::Unwritable(kind, id);
    let (mut document, mut chunks) =
        Document::create_in_parts(kind, id, &value, &author, &mut rows).map_err(|_| unwritable())?;
    if binned {
        chunks.extend(document.edit(&author, &[Intent::Bin], &mut rows).map_err(|_| unwritable())?);
    }
    chunks.into_iter().map(|chunk| Incoming::read(chunk.bytes).map_err(|_| unwritable())).collect()
}
