//! "Try again" and "discard": the difference as intents, written anew as the person's own new change.
//!
//! Invariant: what is tried again is written and its row deleted in one transaction, so that it is written once.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde_json::{Map, Value};
use tombolo_docs::{Document, EditError, key};
use tombolo_model::{Intent, View, path};
use tombolo_wire::rest::OfferRefused;
use tombolo_wire::store::{Difference, Parked};

use super::{ParkedRow, recount};
use crate::account::Account;
use crate::fault::Fault;
use crate::locks::{self, Ask};
use crate::storage::{Batch, Store, text};
use crate::tabs::Say;
use crate::{documents, edit, env, undo, writer};

/// What writes these differences anew. `refused` is the document as it was wanted.
///
/// Rows are put where they stood in the order in which they stood, so that each finds the one it follows.
pub(super) fn intents(differences: &[Difference], refused: &View) -> Vec<Intent> {
    let fresh = Fresh::of(differences);
    let mut values: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    let (mut placed, mut others) = (Vec::new(), Vec::new());
    for difference in differences {
        let path = difference.path.as_str();
        let Some(row) = fresh.around(path) else {
            match moved(path, refused) {
                Some(Some(place)) => placed.push(place),
                Some(None) => {}
                None => others.extend(single(difference)),
            }
            continue;
        };
        let field = path.get(row.len() + 1..).unwrap_or_default();
        let Some(value) = difference.refused.as_ref().filter(|_| !field.starts_with('~') && !fresh.gone(path)) else {
            continue;
        };
        // A nested field is written as such; only the first level makes the row's value.
        if field.contains('/') {
            others.push(set(path, value));
        } else {
            values.entry(row).or_default().insert(path::unescape(field).into_owned(), value.clone());
        }
    }
    for row in fresh.rows.iter().filter(|row| !fresh.gone(row)) {
        placed.extend(insert(row, values.remove(row).unwrap_or_default(), refused));
    }
    placed.sort_by(|(left, _), (right, _)| left.cmp(right));
    placed.into_iter().map(|(_, intent)| intent).chain(others).collect()
}

/// The rows that came with the refused changes.
struct Fresh<'a> {
    rows: BTreeSet<&'a str>,
    /// Those of them that were deleted again: nothing of them is written.
    gone: BTreeSet<&'a str>,
}

impl<'a> Fresh<'a> {
    fn of(differences: &'a [Difference]) -> Self {
        let marked = |mark: &'static str| {
            let made = differences.iter().filter(|difference| difference.accepted.is_none());
            made.filter_map(move |difference| {
                Some((key::row_marked(&difference.path, mark)?, difference.refused.as_ref()?))
            })
        };
        let rows: BTreeSet<&str> = marked(key::POSITION).map(|(row, _)| row).collect();
        let gone = marked(key::DELETED).filter(|(row, on)| **on == Value::Bool(true) && rows.contains(row));
        let gone = gone.map(|(row, _)| row).collect();
        Self { rows, gone }
    }

    /// The innermost new row in which a place lies.
    fn around(&self, place: &str) -> Option<&'a str> {
        above(place).find_map(|above| self.rows.get(above)).copied()
    }

    /// Whether a place is or lies in a row that was deleted again.
    fn gone(&self, place: &str) -> bool {
        self.gone.contains(place) || above(place).any(|above| self.gone.contains(above))
    }
}

fn above(place: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(path::parent(place), |place| path::parent(place))
}

fn set(path: &str, value: &Value) -> Intent {
    Intent::Set { path: path.to_owned(), value: value.clone() }
}

/// A row's list and its number there.
type Place = (String, usize);

fn insert(row: &str, value: Map<String, Value>, refused: &View) -> Option<(Place, Intent)> {
    let (list, name) = row.rsplit_once('/')?;
    let (at, after) = stood(list, name, refused)?;
    let (list, row) = (list.to_owned(), name.to_owned());
    let intent = Intent::InsertRow { list: list.clone(), row, after, value: Value::Object(value) };
    Some(((list, at), intent))
}

/// The move that a position was, if it is one; nothing inside when the row is not there to be moved.
fn moved(path: &str, refused: &View) -> Option<Option<(Place, Intent)>> {
    let (list, row) = key::row_marked(path, key::POSITION)?.rsplit_once('/')?;
    Some(stood(list, row, refused).map(|(at, after)| {
        let (list, row) = (list.to_owned(), row.to_owned());
        ((list.clone(), at), Intent::MoveRow { list, row, after })
    }))
}

/// Where a row stood, and after which.
fn stood(list: &str, row: &str, refused: &View) -> Option<(usize, Option<String>)> {
    let rows = refused.rows.get(list)?;
    let at = rows.iter().position(|name| name == row)?;
    Some((at, at.checked_sub(1).and_then(|at| rows.get(at)).cloned()))
}

fn single(difference: &Difference) -> Option<Intent> {
    let path = difference.path.as_str();
    let on = difference.refused.as_ref().and_then(Value::as_bool).unwrap_or(false);
    if path == key::BIN {
        return Some(if on { Intent::Bin } else { Intent::Unbin });
    }
    if let Some((list, row)) = key::row_marked(path, key::DELETED).and_then(|row| row.rsplit_once('/')) {
        let (list, row) = (list.to_owned(), row.to_owned());
        return Some(if on { Intent::DeleteRow { list, row } } else { Intent::RestoreRow { list, row } });
    }
    Some(match &difference.refused {
        Some(value) => set(path, value),
        None => Intent::Remove { path: path.to_owned() },
    })
}

/// Writes the difference anew, and in the same transaction deletes the row: a text that is inserted a second time would
/// stand there twice.
pub(crate) async fn retry(account: &Rc<Account>, parked: &str) -> Result<(), Fault> {
    // Whoever presses again meanwhile, here or in another tab, finds the row gone.
    let _turn = locks::take(&format!("{}-parked", account.database()), Ask::InTurn, || ()).await;
    let row: Option<ParkedRow> = account.storage.get_json(Store::Parked, &text(parked)).await?;
    let row = row.ok_or_else(|| Fault::Invalid("This was taken care of already.".to_owned()))?;
    match &row.create {
        Some(value) => create(account, &row, value).await?,
        None if row.intents.is_empty() && row.texts.is_empty() => {
            return Err(Fault::Invalid("This can only be exported or discarded: what it built on is gone.".to_owned()));
        }
        None => write_again(account, &row).await?,
    }
    moved_on(account).await;
    Ok(())
}

async fn write_again(account: &Rc<Account>, row: &ParkedRow) -> Result<(), Fault> {
    documents::ensure(account, row.parked.document).await?;
    let written = match write_loaded(account, row, &row.texts).await {
        // The state at which it was typed was taken out since: then the whole text counts.
        Err(Fault::Edit(EditError::UnknownHeads(_))) => write_loaded(account, row, &whole_texts(row)).await,
        other => other,
    };
    documents::release(account);
    written
}

/// Applies both edits or neither, and writes them and the end of the row at once.
async fn write_loaded(account: &Rc<Account>, row: &ParkedRow, texts: &[Intent]) -> Result<(), Fault> {
    let (id, author) = (row.parked.document, account.author());
    let edited = account.documents.with(id, |opened| {
        // On a copy: of what fails half way, memory would keep a half that is on no disk.
        let mut document = opened.document.clone();
        let (mut chunks, mut inverses) = (Vec::new(), Vec::new());
        for intents in [&row.intents, texts].into_iter().filter(|intents| !intents.is_empty()) {
            let made = document.edit_in_parts(&author, intents, &mut env::new_row)?;
            inverses.splice(0..0, undo::inverses(&document, &made));
            chunks.extend(made);
        }
        opened.document = document;
        Ok::<_, Fault>((chunks, inverses))
    });
    let (chunks, inverses) = edited.ok_or(Fault::NotFound(id))??;
    if chunks.is_empty() {
        return Ok(account.storage.write(&gone(row)).await?);
    }
    let intents = [row.intents.as_slice(), texts].concat();
    account.undo.borrow_mut().of(id).done(&intents, author.time_ms, inverses);
    let derived = documents::changed(account, id, true);
    let (mut batch, after) = edit::stage(account, id, &chunks, derived);
    batch.extend(gone(row));
    Ok(writer::write(account, batch, chunks.len(), after).await?)
}

fn whole_texts(row: &ParkedRow) -> Vec<Intent> {
    let typed = |path: &str| row.texts.iter().any(|text| matches!(text, Intent::Splice { path: at, .. } if at == path));
    let texts = row.parked.differences.iter().filter(|difference| typed(&difference.path));
    texts.filter_map(single).collect()
}

async fn create(account: &Rc<Account>, row: &ParkedRow, value: &Value) -> Result<(), Fault> {
    let id = row.parked.document;
    if account.catalogue.borrow().contains_key(&id) {
        return Err(Fault::Invalid("This resource is here again already.".to_owned()));
    }
    let made = Document::create_in_parts(row.parked.kind, id, value, &account.author(), &mut env::new_row)?;
    let (document, chunks) = made;
    account.documents.insert(document);
    documents::ensure(account, id).await?;
    let derived = documents::changed(account, id, true);
    let (mut batch, after) = edit::stage(account, id, &chunks, derived);
    batch.extend(gone(row));
    let written = writer::write(account, batch, chunks.len(), after).await;
    documents::release(account);
    Ok(written?)
}

/// What an administrator needs to take a parked change over: the intents that would be written here. What was typed
/// counts as a whole, for the state at which it was typed may be on no other device.
pub(crate) async fn offer(account: &Rc<Account>, parked: &str) -> Result<OfferRefused, Fault> {
    let row: Option<ParkedRow> = account.storage.get_json(Store::Parked, &text(parked)).await?;
    let row = row.ok_or_else(|| Fault::Invalid("This was taken care of already.".to_owned()))?;
    offered(row)
        .ok_or_else(|| Fault::Invalid("This can only be exported or discarded: what it built on is gone.".to_owned()))
}

/// The offer of a row; absent when nothing would write it.
fn offered(row: ParkedRow) -> Option<OfferRefused> {
    let intents = match row.create {
        Some(_) => Vec::new(),
        None => [row.intents.as_slice(), &whole_texts(&row)].concat(),
    };
    if intents.is_empty() && row.create.is_none() {
        return None;
    }
    let Parked { id, document, kind, name, reason, time_ms, .. } = row.parked;
    Some(OfferRefused { parked: id, document, kind, name, reason, time_ms, intents, create: row.create })
}

/// Throws a parked change away.
pub(crate) async fn discard(account: &Rc<Account>, parked: &str) -> Result<(), Fault> {
    let row: Option<ParkedRow> = account.storage.get_json(Store::Parked, &text(parked)).await?;
    if let Some(row) = row {
        account.storage.write(&gone(&row)).await?;
        moved_on(account).await;
    }
    Ok(())
}

/// The end of a row.
fn gone(row: &ParkedRow) -> Batch {
    let mut batch = Batch::new();
    batch.delete(Store::Parked, &text(&row.parked.id));
    batch
}

async fn moved_on(account: &Rc<Account>) {
    account.say(&Say::ParkedMoved);
    recount(account).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn difference(path: &str, accepted: Option<Value>, refused: Option<Value>) -> Difference {
        Difference { path: path.to_owned(), accepted, refused }
    }

    #[test]
    fn what_was_typed_is_offered_as_a_whole_and_a_new_resource_as_one() {
        let mut row = ParkedRow::empty(Parked {
            id: "p".to_owned(),
            document: tombolo_model::Id::from_parts(1, [1; 8]),
            kind: tombolo_model::Kind::Script,
            name: "S".to_owned(),
            reason: "You may not.".to_owned(),
            time_ms: 1,
            differences: vec![difference("/content", Some(json!("ab")), Some(json!("abc")))],
        });
        assert!(offered(row.clone()).is_none(), "nothing writes it");
        row.intents = vec![set("/name", &json!("Mine"))];
        let heads = vec!["a state that is on no other device".to_owned()];
        let path = "/content".to_owned();
        row.texts = vec![Intent::Splice { path, at: 2, delete: 0, insert: "c".to_owned(), heads }];
        let offer = offered(row.clone()).unwrap();
        assert_eq!(offer.intents, [set("/name", &json!("Mine")), set("/content", &json!("abc"))]);
        row.create = Some(json!({ "name": "New" }));
        let offer = offered(row).unwrap();
        assert!(offer.intents.is_empty() && offer.create == Some(json!({ "name": "New" })));
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

    #[test]
    fn new_rows_are_inserted_in_their_order_and_deleted_ones_not_at_all() {
        let order = ["z", "y", "old", "a"].map(ToOwned::to_owned).to_vec();
        let view = View { rows: BTreeMap::from([("/steps".to_owned(), order)]), ..View::default() };
        let position = Some(json!("V"));
        let differences = [
            difference("/steps/a/~pos", None, position.clone()),
            difference("/steps/gone/name", None, Some(json!("Deleted"))),
            difference("/steps/gone/~deleted", None, Some(json!(true))),
            difference("/steps/gone/~pos", None, position.clone()),
            difference("/steps/old/~pos", Some(json!("1")), position.clone()),
            difference("/steps/y/a~1b", None, Some(json!(1))),
            difference("/steps/y/~pos", None, position.clone()),
            difference("/steps/z/~pos", None, position),
        ];
        let insert = |row: &str, after: Option<&str>, value: Value| Intent::InsertRow {
            list: "/steps".to_owned(),
            row: row.to_owned(),
            after: after.map(ToOwned::to_owned),
            value,
        };
        let expected = vec![
            insert("z", None, json!({})),
            insert("y", Some("z"), json!({"a/b": 1})),
            Intent::MoveRow { list: "/steps".to_owned(), row: "old".to_owned(), after: Some("y".to_owned()) },
            insert("a", Some("old"), json!({})),
        ];
        assert_eq!(intents(&differences, &view), expected);
    }
}
