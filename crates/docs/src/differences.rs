//! A document without some of its changes, and what that changes: for what the server refused.

use std::collections::{BTreeMap, BTreeSet};

use automerge::{Change, ObjType, ROOT, ReadDoc, Value as AmValue};
use serde_json::Value;

use crate::document::empty;
use crate::load::{LoadError, identity};
use crate::{Chunk, Document, Hash, key, scalar};

/// One place at which two documents differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The place, rows by id.
    pub path: String,
    /// What is here.
    pub here: Option<Value>,
    /// What is there.
    pub there: Option<Value>,
}

impl Document {
    /// The document without these changes and everything that builds on them, and those changes' bytes.
    ///
    /// # Errors
    ///
    /// Returns [`LoadError`] when nothing that is a document remains: the first change was among them.
    pub fn without(&self, refused: &[Hash]) -> Result<(Self, Vec<Chunk>), (LoadError, Vec<Chunk>)> {
        let mut gone: BTreeSet<Hash> = refused.iter().copied().collect();
        let (mut kept, mut taken): (Vec<Change>, Vec<Chunk>) = (Vec::new(), Vec::new());
        for change in self.am.get_changes(&[]) {
            let builds_on_it = change.deps().iter().any(|dep| gone.contains(&dep.0));
            if builds_on_it || gone.contains(&change.hash().0) {
                gone.insert(change.hash().0);
                taken.push(Chunk::of(change));
            } else {
                kept.push(change);
            }
        }
        let mut am = empty();
        // They were applied before, in this order: applying them again cannot fail.
        if am.apply_changes(kept).is_err() {
            return Err((LoadError::NoBeginning, taken));
        }
        match identity(&am) {
            Ok((kind, id)) => Ok((Self::of(am, kind, id), taken)),
            Err(error) => Err((error, taken)),
        }
    }

    /// Where this document differs from another of the same resource.
    #[must_use]
    pub fn differences(&self, there: &Self) -> Vec<Difference> {
        let (here, there) = (self.flat(), there.flat());
        let places: BTreeSet<&String> = here.keys().chain(there.keys()).collect();
        let both = places.into_iter().map(|place| (place, here.get(place), there.get(place)));
        both.filter(|(_, here, there)| here != there)
            .map(|(place, here, there)| Difference { path: place.clone(), here: here.cloned(), there: there.cloned() })
            .collect()
    }

    /// The map as it is, without the document's own keys (but with the bin's) and without empty texts.
    #[must_use]
    pub fn flat(&self) -> BTreeMap<String, Value> {
        let mut flat = BTreeMap::new();
        for item in self.am.map_range(&ROOT, ..) {
            if !item.key.starts_with('/') && item.key != key::BIN {
                continue;
            }
            let value = match item.value.clone().into_value() {
                AmValue::Scalar(value) => scalar::to_json(&value),
                AmValue::Object(ObjType::Text) => Value::String(self.am.text(item.id()).unwrap_or_default()),
                AmValue::Object(_) => continue,
            };
            if value != Value::String(String::new()) {
                flat.insert(item.key.into_owned(), value);
            }
        }
        flat
    }
}
