//! Takes edits back, one person's without another's.
//!
//! An inverse names keys and what they held before. A key that somebody else wrote since is left alone and said; so is
//! a whole row that came with the change.

use std::collections::{BTreeMap, BTreeSet};

use automerge::transaction::Transactable;
use automerge::{ChangeHash, ObjId, ObjType, ROOT, ReadDoc, ScalarValue, Value as AmValue};
use tombolo_model::path;

use crate::apply::Splice;
use crate::parts::{Parts, Writer};
use crate::typing::Stretch;
use crate::{Actor, Author, Chunk, Document, EditError, Hash, inspect, key, texts};

/// How to take one change back.
#[derive(Debug, Clone, PartialEq)]
pub struct Inverse {
    keys: BTreeMap<String, Held>,
    /// The rows that came with the change.
    rows: Vec<String>,
    /// The stretches of texts that the change replaced, to be replaced back at the state after it.
    splices: Vec<Splice>,
    after: Vec<ChangeHash>,
    /// Whose change it was.
    actor: Vec<u8>,
}

/// What a key held.
#[derive(Debug, Clone, PartialEq)]
struct Held {
    before: Option<ScalarValue>,
    after: Option<ScalarValue>,
    /// The write of the change.
    write: Option<ObjId>,
}

/// What taking back did.
#[derive(Debug, Clone, PartialEq)]
pub struct Undone {
    /// The new changes; none when nothing was left to take back.
    pub chunks: Vec<Chunk>,
    /// How to take those back again, last first.
    pub inverses: Vec<Inverse>,
    /// The places that somebody else changed since, and that stayed.
    pub skipped: Vec<String>,
}

impl Document {
    /// How to take a change back that was just made here.
    #[must_use]
    pub fn inverse(&self, change: &Hash) -> Option<Inverse> {
        let hash = ChangeHash(*change);
        if let Some(typed) = self.just_typed(change) {
            let actor = self.am.get_change_meta_by_hash(&hash)?.actor.to_bytes().to_vec();
            let splices = typed.iter().rev().map(Stretch::back).collect();
            return Some(Inverse { keys: BTreeMap::new(), rows: Vec::new(), splices, after: vec![hash], actor });
        }
        let seen = inspect(&self.chunk(change)?.bytes).ok()?;
        let before: Vec<ChangeHash> = seen.deps.iter().map(|dep| ChangeHash(*dep)).collect();
        let scalar = |value: AmValue<'_>| match value {
            AmValue::Scalar(value) => Some(value.into_owned()),
            AmValue::Object(_) => None,
        };
        let (mut keys, mut rows) = (BTreeMap::new(), Vec::new());
        for write in seen.writes.iter().filter(|write| !write.key.is_empty()) {
            let held = self.am.get_at(ROOT, write.key.as_str(), &before).ok()?;
            if held.is_none() {
                rows.extend(key::row_marked(&write.key, key::POSITION).map(ToOwned::to_owned));
            }
            let (after, op) = self.am.get_at(ROOT, write.key.as_str(), &[hash]).ok()?.unzip();
            let before = held.and_then(|(value, _)| scalar(value));
            keys.insert(write.key.clone(), Held { before, after: after.and_then(scalar), write: op });
        }
        // A row that came with the change goes as a whole, and keeps its texts for whoever brings it back.
        let mut splices = self.between(&seen.deps, &[*change]).splices;
        splices.retain(|splice| !rows.iter().any(|row| path::within(&splice.path, row)));
        let splices = self.reversed(splices, &before);
        Some(Inverse { keys, rows, splices, after: vec![hash], actor: seen.actor })
    }

    /// Applies an inverse: all that nobody else changed since. A row that somebody else changed stays whole.
    ///
    /// # Errors
    ///
    /// Returns [`EditError`] when Automerge refuses.
    pub fn undo(&mut self, author: &Author, inverse: &Inverse) -> Result<Undone, EditError> {
        let own = [session(&inverse.actor), author.actor.as_slice()];
        let typed = if inverse.rows.is_empty() { BTreeSet::new() } else { self.typed_by_others(inverse, &own) };
        let mut skipped: Vec<String> =
            inverse.rows.iter().filter(|row| self.has_strangers(row, &own, &typed)).cloned().collect();
        let rows = skipped.clone();
        let mut writes = Vec::new();
        for (key, held) in &inverse.keys {
            if rows.iter().any(|row| path::within(key, row)) {
                continue;
            }
            let now = self.am.get(ROOT, key.as_str())?;
            if matches!(now, Some((AmValue::Object(_), _))) {
                continue;
            }
            if self.stands(now, held, &own) { writes.push((key, &held.before)) } else { skipped.push(key.clone()) }
        }
        // Where nothing came since, that state is the present one, at which a long stretch goes much faster.
        let is_present = self.am.get_heads() == inverse.after;
        let present = if is_present { None } else { self.at_present(&inverse.after, &inverse.splices)? };
        let older = !inverse.splices.is_empty() && !is_present && present.is_none();
        let at = older.then_some(inverse.after.as_slice());
        let splices = present.as_ref().unwrap_or(&inverse.splices);
        // Texts are spliced at the state after the change, so that Automerge finds the stretch wherever it is now.
        let mut chunks = self.write(author, at, Parts::Many, |writer| {
            for splice in splices {
                if let Some(text) = texts::object(&writer.tx, &splice.path)? {
                    texts::splice(writer, &text, &splice.path, splice.at, splice.delete, &splice.insert)?;
                }
            }
            if at.is_none() { restore(writer, &writes) } else { Ok(()) }
        })?;
        if at.is_some() && !writes.is_empty() {
            chunks.extend(self.write(author, None, Parts::Many, |writer| restore(writer, &writes))?);
        }
        let inverses = chunks.iter().rev().filter_map(|chunk| self.inverse(&chunk.hash)).collect();
        Ok(Undone { chunks, inverses, skipped })
    }

    /// Whether a key holds what the change wrote: by the write itself, or by one's own that came back to it.
    fn stands(&self, now: Option<(AmValue<'_>, ObjId)>, held: &Held, own: &[&[u8]]) -> bool {
        match now {
            None => held.write.is_none(),
            Some((_, op)) if Some(&op) == held.write.as_ref() => true,
            Some((AmValue::Scalar(value), op)) => Some(&*value) == held.after.as_ref() && self.is_by(&op, own),
            Some((AmValue::Object(_), _)) => false,
        }
    }

    /// Whether something of a row was written by anybody else, or `typed` in a text of it.
    fn has_strangers(&self, row: &str, own: &[&[u8]], typed: &BTreeSet<String>) -> bool {
        let foreign = |op: &ObjId| !self.is_by(op, own) || typed.contains(&op.to_string());
        self.am.map_range(&ROOT, key::below(row)).any(|item| foreign(&item.id()))
    }

    /// The texts, by their Automerge id, in which anybody else typed since the change.
    fn typed_by_others(&self, inverse: &Inverse, own: &[&[u8]]) -> BTreeSet<String> {
        let since = self.am.get_changes(&inverse.after);
        let foreign = since.into_iter().filter(|change| !own.contains(&session(change.actor_id().to_bytes())));
        foreign.filter_map(|mut change| inspect(&change.bytes()).ok()).flat_map(|seen| seen.texts).collect()
    }

    fn is_by(&self, op: &ObjId, own: &[&[u8]]) -> bool {
        let change = self.am.hash_for_opid(op).and_then(|hash| self.am.get_change_meta_by_hash(&hash));
        change.is_some_and(|change| own.contains(&session(change.actor.to_bytes())))
    }

    /// The splices that turn the text after into the text before, last first.
    fn reversed(&self, splices: Vec<Splice>, before: &[ChangeHash]) -> Vec<Splice> {
        let mut texts: BTreeMap<String, Vec<u16>> = BTreeMap::new();
        let mut back = Vec::new();
        for splice in splices {
            let text = texts.entry(splice.path.clone()).or_insert_with(|| self.text_before(&splice.path, before));
            let end = (splice.at + splice.delete).min(text.len());
            let start = splice.at.min(end);
            let came: Vec<u16> = splice.insert.encode_utf16().collect();
            let length = came.len();
            let went: Vec<u16> = text.splice(start..end, came).collect();
            back.push(Splice { path: splice.path, at: start, delete: length, insert: String::from_utf16_lossy(&went) });
        }
        back.reverse();
        back
    }

    fn text_before(&self, path: &str, before: &[ChangeHash]) -> Vec<u16> {
        match self.am.get_at(ROOT, path, before) {
            Ok(Some((AmValue::Object(ObjType::Text), text))) => {
                self.am.text_at(&text, before).unwrap_or_default().encode_utf16().collect()
            }
            _ => Vec::new(),
        }
    }
}

/// The session in an actor: Automerge derives actors for edits at older states, the last sixteen bytes stay.
fn session(actor: &[u8]) -> &[u8] {
    actor.len().checked_sub(size_of::<Actor>()).map_or(actor, |from| &actor[from..])
}

fn restore(writer: &mut Writer, writes: &[(&String, &Option<ScalarValue>)]) -> Result<(), EditError> {
    for (key, held) in writes {
        match held {
            Some(value) => writer.tx.put(ROOT, key.as_str(), value.clone())?,
            // A row that came with the change goes by its mark, so that somebody's edit of it would show.
            None if key.ends_with(key::POSITION) => {
                if let Some((list, row)) = key::row_marked(key, key::POSITION).and_then(|row| row.rsplit_once('/')) {
                    writer.tx.put(ROOT, key::deleted(list, row), true)?;
                }
            }
            None if writer.tx.get(ROOT, key.as_str())?.is_some() => writer.tx.delete(ROOT, key.as_str())?,
            None => {}
        }
    }
    Ok(())
}
