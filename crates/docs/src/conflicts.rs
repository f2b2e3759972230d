//! Where two people wrote different things: shown with both values, never guessed away.

use std::collections::{BTreeMap, BTreeSet};

use automerge::{Change, ChangeHash, ObjId, ObjType, ROOT, ReadDoc, Value as AmValue};
use serde_json::Value;
use tombolo_model::{Candidate, Clash, Conflict, path};

use crate::{Document, inspect, key, scalar};

impl Document {
    /// Every clash that nobody settled yet.
    #[must_use]
    pub fn conflicts(&self) -> Vec<Conflict> {
        let mut found = Vec::new();
        let mut deleted = BTreeMap::new();
        for item in self.am.map_range(&ROOT, ..) {
            let name = item.key.as_ref();
            if let Some(row) = key::row_marked(name, key::DELETED) {
                if item.value.clone().into_value().as_bool() == Some(true) {
                    deleted.insert(row.to_owned(), item.id());
                }
            } else if item.conflict && name.starts_with('/') && !key::is_mark(name) {
                found.extend(self.values(name));
            }
        }
        found.retain(|conflict| {
            let mut above = std::iter::successors(Some(conflict.path.as_str()), |place| path::parent(place));
            !above.any(|place| deleted.contains_key(place))
        });
        found.extend(deleted.iter().filter_map(|(row, mark)| self.edited_since(row, Clash::DeletedRowEdited, mark)));
        if self.binned()
            && let Ok(Some((_, mark))) = self.am.get(ROOT, key::BIN)
        {
            found.extend(self.edited_since("", Clash::BinnedEdited, &mark));
        }
        found
    }

    fn values(&self, place: &str) -> Option<Conflict> {
        let mut all = self.am.get_all(ROOT, place).ok()?;
        // Automerge lists the winner last.
        all.reverse();
        let values: Vec<Candidate> = all.iter().map(|(value, op)| self.candidate(self.read(value, op), op)).collect();
        let differ = values.windows(2).any(|pair| pair[0].value != pair[1].value);
        differ.then(|| Conflict { path: place.to_owned(), clash: Clash::Values, values })
    }

    fn read(&self, value: &AmValue<'_>, op: &ObjId) -> Option<Value> {
        match value {
            AmValue::Scalar(value) => Some(scalar::to_json(value)),
            AmValue::Object(ObjType::Text) => self.am.text(op).ok().map(Value::String),
            AmValue::Object(_) => None,
        }
    }

    /// A clash when something below `place` was written by somebody who had not seen the mark.
    fn edited_since(&self, place: &str, clash: Clash, mark: &ObjId) -> Option<Conflict> {
        let marked = self.am.hash_for_opid(mark)?;
        let mut written = BTreeMap::new();
        for item in self.am.map_range(&ROOT, key::around(place)) {
            let name = item.key.as_ref();
            let inside = name.starts_with('/') && path::within(name, place) && !key::is_mark(name);
            if inside && let Some(op) = self.written_unseen(name, &[marked]) {
                written.insert(name.to_owned(), op);
            }
        }
        if written.is_empty() {
            return None;
        }
        // Whoever goes on writing into what they have put away contradicts nobody.
        let change = self.last_unaware(&written, marked)?;
        let edit = Candidate {
            value: self.node_value(place),
            actor: change.actor_id().to_hex_string(),
            time_ms: change.timestamp(),
        };
        Some(Conflict { path: place.to_owned(), clash, values: vec![self.candidate(None, mark), edit] })
    }

    /// The newest change of these keys, or in these texts, whose author had not seen the mark. A text itself only says
    /// who made it, and that was the row's author.
    fn last_unaware(&self, written: &BTreeMap<String, ObjId>, marked: ChangeHash) -> Option<Change> {
        let texts: BTreeSet<String> = written.values().map(ToString::to_string).collect();
        let mut aware = BTreeSet::from([marked]);
        let mut last: Option<Change> = None;
        for mut change in self.am.get_changes(&[marked]) {
            if change.deps().iter().any(|dep| aware.contains(dep)) {
                aware.insert(change.hash());
                continue;
            }
            // Of two at the same time every device picks the same, in whatever order they came.
            let age = (change.timestamp(), change.hash());
            let is_newer = last.as_ref().is_none_or(|last| (last.timestamp(), last.hash()) < age);
            let Some(seen) = is_newer.then(|| inspect(&change.bytes()).ok()).flatten() else {
                continue;
            };
            let wrote = seen.writes.iter().any(|write| written.contains_key(&write.key));
            if wrote || !seen.texts.is_disjoint(&texts) {
                last = Some(change);
            }
        }
        last
    }

    /// The write at a key that is not among what was seen; nothing when all was.
    fn written_unseen(&self, name: &str, seen: &[ChangeHash]) -> Option<ObjId> {
        let (value, op) = self.am.get(ROOT, name).ok()??;
        let then = self.am.get_all_at(ROOT, name, seen).ok()?;
        if !then.iter().any(|(_, have)| *have == op) {
            return Some(op);
        }
        let is_text = matches!(value, AmValue::Object(ObjType::Text));
        let same = !is_text || self.am.text(&op).ok() == self.am.text_at(&op, seen).ok();
        (!same).then_some(op)
    }

    fn candidate(&self, value: Option<Value>, op: &ObjId) -> Candidate {
        let change = self.am.hash_for_opid(op).and_then(|hash| self.am.get_change_meta_by_hash(&hash));
        Candidate {
            value,
            actor: change.as_ref().map(|change| change.actor.to_hex_string()).unwrap_or_default(),
            time_ms: change.map_or(0, |change| change.timestamp),
        }
    }
}
