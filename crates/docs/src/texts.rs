//! Texts that several people type in at once. Positions count UTF-16 code units.

use automerge::transaction::{Transactable, Transaction};
use automerge::{ObjId, ObjType, ROOT, ReadDoc, Value as AmValue};

use crate::EditError;

/// The text object at a place, when there is one.
pub(crate) fn object(tx: &Transaction<'_>, place: &str) -> Result<Option<ObjId>, EditError> {
    Ok(match tx.get(ROOT, place)? {
        Some((AmValue::Object(ObjType::Text), object)) => Some(object),
        _ => None,
    })
}

/// Replaces one stretch.
pub(crate) fn splice(
    tx: &mut Transaction<'_>,
    text: &ObjId,
    path: &str,
    at: usize,
    delete: usize,
    insert: &str,
) -> Result<(), EditError> {
    within(path, at, delete, tx.length(text))?;
    let delete = isize::try_from(delete).map_err(EditError::automerge)?;
    Ok(tx.splice_text(text, at, delete, insert)?)
}

/// A text with one stretch replaced.
pub(crate) fn spliced(have: &str, path: &str, at: usize, delete: usize, insert: &str) -> Result<String, EditError> {
    let mut units: Vec<u16> = have.encode_utf16().collect();
    within(path, at, delete, units.len())?;
    units.splice(at..at + delete, insert.encode_utf16());
    Ok(String::from_utf16_lossy(&units))
}

fn within(path: &str, at: usize, delete: usize, length: usize) -> Result<(), EditError> {
    if at.checked_add(delete).is_none_or(|end| end > length) {
        return Err(EditError::OutOfText { path: path.to_owned(), at, delete, length });
    }
    Ok(())
}

/// Makes a text say something else by replacing the one stretch in which it differs.
pub(crate) fn write(tx: &mut Transaction<'_>, text: &ObjId, wanted: &str) -> Result<(), EditError> {
    let have: Vec<u16> = tx.text(text)?.encode_utf16().collect();
    let want: Vec<u16> = wanted.encode_utf16().collect();
    let mut start = have.iter().zip(&want).take_while(|(left, right)| left == right).count();
    // A stretch never begins or ends inside a surrogate pair.
    if start > 0 && is_high(want.get(start - 1).or_else(|| have.get(start - 1))) {
        start -= 1;
    }
    let most = have.len().min(want.len()) - start;
    let mut end = have.iter().rev().zip(want.iter().rev()).take(most).take_while(|(left, right)| left == right).count();
    if end > 0 && is_low(want.get(want.len() - end)) {
        end -= 1;
    }
    let (delete, insert) = (have.len() - start - end, &want[start..want.len() - end]);
    if delete == 0 && insert.is_empty() {
        return Ok(());
    }
    let delete = isize::try_from(delete).map_err(EditError::automerge)?;
    Ok(tx.splice_text(text, start, delete, &String::from_utf16_lossy(insert))?)
}

fn is_high(unit: Option<&u16>) -> bool {
    unit.is_some_and(|unit| (0xd800..0xdc00).contains(unit))
}

fn is_low(unit: Option<&u16>) -> bool {
    unit.is_some_and(|unit| (0xdc00..0xe000).contains(unit))
}
