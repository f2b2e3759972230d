//! Takes edits back, one person's without another's.
//!
//! An inverse names keys and what they held before. A key that somebody wrote since is left alone and said.

use std::collections::BTreeMap;

use automerge::transaction::Transactable;
use automerge::{ChangeHash, ObjId, ObjType, ROOT, ReadDoc, ScalarValue, Value as AmValue};

use crate::apply::Splice;
use crate::{Author, Chunk, Document, EditError, Hash, inspect, texts};

/// How to take one change back.
#[derive(Debug, Clone, PartialEq)]
pub struct Inverse {
    /// For each key: what it held before, and the write that must still stand.
    keys: BTreeMap<String, (Option<ScalarValue>, Option<ObjId>)>,
    /// The stretches of texts that the change replaced, to be replaced back at the state after it.
    splices: Vec<Splice>,
    after: Vec<ChangeHash>,
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
        let seen = inspect(&self.chunk(change)?.bytes).ok()?;
        let before: Vec<ChangeHash> = seen.deps.iter().map(|dep| ChangeHash(*dep)).collect();
        let mut keys = BTreeMap::new();
        for write in seen.writes.iter().filter(|write| !write.key.is_empty()) {
            let held = match self.am.get_at(ROOT, write.key.as_str(), &before).ok()? {
                Some((AmValue::Scalar(value), _)) => Some(value.into_owned()),
                _ => None,
            };
            let now = self.am.get_at(ROOT, write.key.as_str(), &[hash]).ok()?.map(|(_, op)| op);
            keys.insert(write.key.clone(), (held, now));
        }
        let applied = self.between(&seen.deps, &[*change]);
        Some(Inverse { keys, splices: self.reversed(applied.splices, &before), after: vec![hash] })
    }

    /// Applies an inverse: all that nobody else changed since.
    ///
    /// # Errors
    ///
    /// Returns [`EditError`] when Automerge refuses.
    pub fn undo(&mut self, author: &Author, inverse: &Inverse) -> Result<Undone, EditError> {
        let mut skipped = Vec::new();
        let mut writes = Vec::new();
        for (key, (held, op)) in &inverse.keys {
            let now = self.am.get(ROOT, key.as_str())?;
            if matches!(now, Some((AmValue::Object(_), _))) {
                continue;
            }
            if now.map(|(_, op)| op) == *op { writes.push((key, held)) } else { skipped.push(key.clone()) }
        }
        let at = (!inverse.splices.is_empty()).then_some(inverse.after.as_slice());
        // Texts are spliced at the state after the change, so that Automerge finds the stretch wherever it is now.
        let spliced = self.write(author, at, |writer| {
            for splice in &inverse.splices {
                if let Some(text) = texts::object(writer.tx, &splice.path)? {
                    texts::splice(writer.tx, &text, &splice.path, splice.at, splice.delete, &splice.insert)?;
                }
            }
            if at.is_none() { restore(writer.tx, &writes) } else { Ok(()) }
        })?;
        let chunk = if at.is_some() && !writes.is_empty() {
            self.write(author, None, |writer| restore(writer.tx, &writes))?
        } else {
            None
        };
        let chunks: Vec<Chunk> = spliced.into_iter().chain(chunk).collect();
        let inverses = chunks.iter().rev().filter_map(|chunk| self.inverse(&chunk.hash)).collect();
        Ok(Undone { chunks, inverses, skipped })
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

fn restore(
    tx: &mut automerge::transaction::Transaction<'_>,
    writes: &[(&String, &Option<ScalarValue>)],
) -> Result<(), EditError> {
    for (key, held) in writes {
        match held {
            Some(value) => tx.put(ROOT, key.as_str(), value.clone())?,
            // A row that came with the change goes by its mark, so that somebody's edit of it would show.
            None if key.ends_with(crate::key::POSITION) => {
                let mark = key.replace(crate::key::POSITION, crate::key::DELETED);
                tx.put(ROOT, mark.as_str(), true)?;
            }
            None if tx.get(ROOT, key.as_str())?.is_some() => tx.delete(ROOT, key.as_str())?,
            None => {}
        }
    }
    Ok(())
}
