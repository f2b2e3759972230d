//! "Try again" and "discard": the difference as intents, written anew as the person's own new change.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde_json::{Map, Value};
use tombolo_docs::Document;
use tombolo_model::{Intent, View};
use tombolo_wire::store::Difference;

use super::{ParkedRow, recount};
use crate::account::Account;
use crate::fault::Fault;
use crate::storage::{Batch, Store, text};
use crate::tabs::Say;
use crate::{documents, edit, env, writer};

/// The last parts of a row's own keys.
const POSITION: &str = "/~pos";
const DELETED: &str = "/~deleted";

/// What writes these differences anew. `refused` is the document as it was wanted.
pub(super) fn intents(differences: &[Difference], refused: &View) -> Vec<Intent> {
    let mut intents = Vec::new();
    let fresh: BTreeSet<&str> = differences
        .iter()
        .filter(|difference| difference.accepted.is_none() && difference.refused.is_some())
        .filter_map(|difference| difference.path.strip_suffix(POSITION))
        .collect();
    let inside = |path: &str| {
        fresh.iter().find(|row| path.strip_prefix(**row).is_some_and(|rest| rest.starts_with('/'))).copied()
    };
    let mut values: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for difference in differences {
        if let (Some(row), Some(value)) = (inside(&difference.path), &difference.refused) {
            let field = difference.path.get(row.len() + 1..).unwrap_or_default();
            if !field.starts_with('~') {
                // A nested field is written as such; only the first level makes the row's value.
                match field.contains('/') {
                    false => drop(values.entry(row).or_default().insert(field.to_owned(), value.clone())),
                    true => intents.push(set(&difference.path, value)),
                }
            }
        } else {
            intents.extend(single(difference, refused));
        }
    }
    let inserts = fresh.iter().filter_map(|row| insert(row, values.remove(row).unwrap_or_default(), refused));
    inserts.chain(intents.iter().cloned()).collect()
}

fn set(path: &str, value: &Value) -> Intent {
    Intent::Set { path: path.to_owned(), value: value.clone() }
}

fn insert(row: &str, value: Map<String, Value>, refused: &View) -> Option<Intent> {
    let (list, name) = row.rsplit_once('/')?;
    Some(Intent::InsertRow {
        list: list.to_owned(),
        row: name.to_owned(),
        after: before_it(list, name, refused),
        value: Value::Object(value),
    })
}

fn before_it(list: &str, row: &str, refused: &View) -> Option<String> {
    let rows = refused.rows.get(list)?;
    let at = rows.iter().position(|name| name == row)?;
    at.checked_sub(1).and_then(|at| rows.get(at)).cloned()
}

fn single(difference: &Difference, refused: &View) -> Option<Intent> {
    let path = difference.path.as_str();
    let on = difference.refused.as_ref().and_then(Value::as_bool).unwrap_or(false);
    if path == "bin" {
        return Some(if on { Intent::Bin } else { Intent::Unbin });
    }
    if let Some((list, row)) = path.strip_suffix(POSITION).and_then(|row| row.rsplit_once('/')) {
        return Some(Intent::MoveRow {
            list: list.to_owned(),
            row: row.to_owned(),
            after: before_it(list, row, refused),
        });
    }
    if let Some((list, row)) = path.strip_suffix(DELETED).and_then(|row| row.rsplit_once('/')) {
        let (list, row) = (list.to_owned(), row.to_owned());
        return Some(if on { Intent::DeleteRow { list, row } } else { Intent::RestoreRow { list, row } });
    }
    Some(match &difference.refused {
        Some(value) => set(path, value),
        None => Intent::Remove { path: path.to_owned() },
    })
}

/// Writes the difference anew; the row goes when that is stored.
pub(crate) async fn retry(account: &Rc<Account>, parked: &str) -> Result<(), Fault> {
    let key = text(parked);
    let row: Option<ParkedRow> = account.storage.get_json(Store::Parked, &key).await?;
    let row = row.ok_or_else(|| Fault::Invalid("This was taken care of already.".to_owned()))?;
    match &row.create {
        Some(value) => create(account, &row, value).await?,
        None if row.intents.is_empty() => {
            return Err(Fault::Invalid("This can only be exported or discarded: what it built on is gone.".to_owned()));
        }
        None => drop(edit::edit(account, row.parked.document, &row.intents).await?),
    }
    forget(account, &row).await
}

async fn create(account: &Rc<Account>, row: &ParkedRow, value: &Value) -> Result<(), Fault> {
    let id = row.parked.document;
    if account.catalogue.borrow().contains_key(&id) {
        return Err(Fault::Invalid("This resource is here again already.".to_owned()));
    }
    let (document, chunk) = Document::create(row.parked.kind, id, value, &account.author(), &mut env::new_row)?;
    account.documents.insert(document);
    documents::ensure(account, id).await?;
    let derived = documents::changed(account, id, true);
    let (batch, after) = edit::stage(account, id, &[chunk], derived);
    let written = writer::write(account, batch, 1, after).await;
    documents::release(account, id);
    Ok(written?)
}

/// Throws a parked change away.
pub(crate) async fn discard(account: &Rc<Account>, parked: &str) -> Result<(), Fault> {
    let row: Option<ParkedRow> = account.storage.get_json(Store::Parked, &text(parked)).await?;
    match row {
        Some(row) => forget(account, &row).await,
        None => Ok(()),
    }
}

async fn forget(account: &Rc<Account>, row: &ParkedRow) -> Result<(), Fault> {
    let mut batch = Batch::new();
    batch.delete(Store::Parked, &text(&row.parked.id));
    account.storage.write(&batch).await?;
    recount(account).await;
    account.say(&Say::ParkedMoved);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn difference(path: &str, accepted: Option<Value>, refused: Option<Value>) -> Difference {
        Difference { path: path.to_owned(), accepted, refused }
    }

    #[test]
    fn a_refused_new_row_is_inserted_again_after_the_row_it_followed() {
        let view = View {
            rows: BTreeMap::from([("/steps".to_owned(), vec!["a".to_owned(), "b".to_owned()])]),
            ..View::default()
        };
        let differences = [
            difference("/steps/b/name", None, Some(json!("New"))),
            difference("/steps/b/~pos", None, Some(json!("V"))),
            difference("/name", Some(json!("Old")), Some(json!("Other"))),
        ];
        let expected = vec![
            Intent::InsertRow {
                list: "/steps".to_owned(),
                row: "b".to_owned(),
                after: Some("a".to_owned()),
                value: json!({"name": "New"}),
            },
            set("/name", &json!("Other")),
        ];
        assert_eq!(intents(&differences, &view), expected);
    }

    #[test]
    fn a_refused_deletion_and_a_refused_removal_are_written_again() {
        let differences = [
            difference("/steps/a/~deleted", None, Some(json!(true))),
            difference("/description", Some(json!("x")), None),
            difference("bin", None, Some(json!(true))),
        ];
        let expected = vec![
            Intent::DeleteRow { list: "/steps".to_owned(), row: "a".to_owned() },
            Intent::Remove { path: "/description".to_owned() },
            Intent::Bin,
        ];
        assert_eq!(intents(&differences, &View::default()), expected);
    }
}
