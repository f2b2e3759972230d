//! Texts that several people type in at once. Positions count UTF-16 code units.

use automerge::transaction::OwnedTransaction;
use automerge::{ObjId, ObjType, ROOT, ReadDoc, Value as AmValue};

use crate::EditError;
use crate::parts::{MOST_BYTES, Writer};

/// The text object at a place, when there is one.
pub(crate) fn object(tx: &OwnedTransaction, place: &str) -> Result<Option<ObjId>, EditError> {
    Ok(match tx.get(ROOT, place)? {
        Some((AmValue::Object(ObjType::Text), object)) => Some(object),
        _ => None,
    })
}

/// Replaces one stretch.
pub(crate) fn splice(
    writer: &mut Writer,
    text: &ObjId,
    path: &str,
    at: usize,
    delete: usize,
    insert: &str,
) -> Result<(), EditError> {
    let length = writer.tx.length(text);
    within(path, at, delete, length)?;
    fits(writer, text, path, Replaced { at, delete, length, insert })?;
    writer.replace_stretch(text, path, at, delete, insert)
}

/// What is replaced, in a text of this length.
#[derive(Clone, Copy)]
struct Replaced<'i> {
    at: usize,
    delete: usize,
    length: usize,
    insert: &'i str,
}

/// Refuses what makes a text longer than it may be. One that is too long already, because two people wrote at once, may
/// be made shorter.
fn fits(writer: &Writer, text: &ObjId, path: &str, replaced: Replaced<'_>) -> Result<(), EditError> {
    /// A code unit of a browser's text is so many bytes at most.
    const WIDEST: usize = 3;
    let Replaced { at, delete, length, insert } = replaced;
    // A key that is pressed must not cost a look at the whole text.
    if WIDEST * (length - delete) + insert.len() <= MOST_BYTES {
        return Ok(());
    }
    let have = writer.tx.text(text)?;
    let units: Vec<u16> = have.encode_utf16().skip(at).take(delete).collect();
    let will = have.len() - String::from_utf16_lossy(&units).len() + insert.len();
    if will > MOST_BYTES && will > have.len() { Err(writer.too_long(path, will)) } else { Ok(()) }
}

/// A text with one stretch replaced.
pub(crate) fn spliced(have: &str, path: &str, at: usize, delete: usize, insert: &str) -> Result<String, EditError> {
    let mut units: Vec<u16> = have.encode_utf16().collect();
    within(path, at, delete, units.len())?;
    units.splice(at..at + delete, insert.encode_utf16());
    Ok(String::from_utf16_lossy(&units))
}

pub(crate) fn within(path: &str, at: usize, delete: usize, length: usize) -> Result<(), EditError> {
    if at.checked_add(delete).is_none_or(|end| end > length) {
        return Err(EditError::OutOfText { path: path.to_owned(), at, delete, length });
    }
    Ok(())
}

/// Makes a text say something else by replacing the one stretch in which it differs.
pub(crate) fn write(writer: &mut Writer, text: &ObjId, path: &str, wanted: &str) -> Result<(), EditError> {
    let present = writer.tx.text(text)?;
    if wanted.len() > MOST_BYTES && wanted.len() > present.len() {
        return Err(writer.too_long(path, wanted.len()));
    }
    let have: Vec<u16> = present.encode_utf16().collect();
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
    writer.replace_stretch(text, path, start, delete, &String::from_utf16_lossy(insert))
}

fn is_high(unit: Option<&u16>) -> bool {
    unit.is_some_and(|unit| (0xd800..0xdc00).contains(unit))
}

fn is_low(unit: Option<&u16>) -> bool {
    unit.is_some_and(|unit| (0xdc00..0xe000).contains(unit))
}
