//! Who changed what, and when.

use std::collections::{BTreeMap, BTreeSet};

use automerge::legacy::{ObjectId, OpType};
use automerge::{ChangeHash, ObjType, ROOT, ReadDoc, ScalarValue, Value as AmValue};
use serde_json::Value;

use crate::{Document, Hash, Written, changes, inspect, key};

/// What a change that took the document out of the bin wrote, as a history says it: the key alone does not tell which
/// way it went.
const UNBINNED: &str = "unbin";

/// One change of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The change.
    pub hash: Hash,
    /// The changes that its author had seen.
    pub parents: Vec<Hash>,
    /// Who, as the hexadecimal actor.
    pub actor: String,
    /// Milliseconds since 1970, as the author's device said.
    pub time_ms: i64,
    /// The keys that it wrote, row marks among them; texts by their path.
    pub paths: BTreeSet<String>,
}

impl Document {
    /// All changes, oldest first.
    #[must_use]
    pub fn history(&self) -> Vec<Entry> {
        let texts = self.text_names();
        let entry = |mut change: automerge::Change| {
            let seen = inspect(&change.bytes()).ok();
            let mut paths: BTreeSet<String> = BTreeSet::new();
            for write in seen.iter().flat_map(|seen| &seen.writes) {
                let back = write.key == key::BIN && write.written == Written::Leaf(Value::Bool(false));
                if back {
                    paths.insert(UNBINNED.to_owned());
                } else if write.written != Written::NewText {
                    paths.insert(write.key.clone());
                }
            }
            for object in seen.iter().flat_map(|seen| &seen.texts) {
                paths.extend(texts.get(object).cloned());
            }
            Entry {
                hash: change.hash().0,
                parents: change.deps().iter().map(|hash| hash.0).collect(),
                actor: change.actor_id().to_hex_string(),
                time_ms: change.timestamp(),
                paths,
            }
        };
        self.am.get_changes(&[]).into_iter().map(entry).collect()
    }

    /// The resource as it was at a state of its history.
    #[must_use]
    pub fn at(&self, heads: &[Hash]) -> Option<Value> {
        let heads: Vec<ChangeHash> = heads.iter().map(|hash| ChangeHash(*hash)).collect();
        let am = self.am.fork_at(&heads).ok()?;
        Some(Self::of(am, self.kind, self.id).value())
    }

    /// What a change typed, by the path of the text, also when this document cannot apply it.
    #[must_use]
    pub fn typed(&self, change: &[u8]) -> BTreeMap<String, String> {
        let names = self.text_names();
        let mut typed: BTreeMap<String, String> = BTreeMap::new();
        let operations = changes::read(change).map(|change| change.decode().operations).unwrap_or_default();
        for op in operations.iter().filter(|op| op.insert) {
            if let (ObjectId::Id(object), OpType::Put(ScalarValue::Str(text))) = (&op.obj, &op.action)
                && let Some(name) = names.get(&object.to_string())
            {
                typed.entry(name.clone()).or_default().push_str(text);
            }
        }
        typed
    }

    fn text_names(&self) -> BTreeMap<String, String> {
        let texts = self
            .am
            .map_range(&ROOT, ..)
            .filter(|item| matches!(item.value.clone().into_value(), AmValue::Object(ObjType::Text)));
        texts.map(|item| (item.id().to_string(), item.key.into_owned())).collect()
    }
}
