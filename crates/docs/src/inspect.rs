//! What a change writes, read without its document: for the gate and for the history.

use std::collections::BTreeSet;

use automerge::ObjType;
use automerge::legacy::{Key, ObjectId, OpType};
use serde_json::Value;

use crate::{Hash, changes, scalar};

/// A change that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("not a change: {0}")]
pub struct InspectError(String);

/// What a change is and writes.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspected {
    /// Its hash.
    pub hash: Hash,
    /// Who wrote it.
    pub actor: Vec<u8>,
    /// Its number among that actor's changes of the document, from 1.
    pub seq: u64,
    /// The changes it builds on.
    pub deps: Vec<Hash>,
    /// Milliseconds since 1970, as the author's device said.
    pub time_ms: i64,
    /// The number of operations.
    pub ops: usize,
    /// Its writes to the one map.
    pub writes: Vec<KeyWrite>,
    /// The objects, by Automerge id, in which it wrote something: texts.
    pub texts: BTreeSet<String>,
}

/// One write to the one map.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyWrite {
    /// The key: a path with row ids, or one of the document's own.
    pub key: String,
    /// What was written.
    pub written: Written,
}

/// What a write does.
#[derive(Debug, Clone, PartialEq)]
pub enum Written {
    /// Sets a leaf.
    Leaf(Value),
    /// Takes the key away.
    Nothing,
    /// Makes a text.
    NewText,
    /// Makes a map or list, marks, increments: nothing that a document of ours holds.
    Foreign,
}

/// Reads a change. The caller has checked its size, inflated size and number of operations before.
///
/// # Errors
///
/// Returns [`InspectError`] when the bytes are no change.
pub fn inspect(bytes: &[u8]) -> Result<Inspected, InspectError> {
    let change = changes::read(bytes).map_err(InspectError)?;
    let expanded = change.decode();
    let (mut writes, mut texts) = (Vec::new(), BTreeSet::new());
    for op in &expanded.operations {
        match (&op.obj, &op.key) {
            (ObjectId::Root, Key::Map(key)) => {
                writes.push(KeyWrite { key: key.to_string(), written: written(&op.action) })
            }
            (ObjectId::Root, Key::Seq(_)) => writes.push(KeyWrite { key: String::new(), written: Written::Foreign }),
            (ObjectId::Id(object), key) => {
                texts.insert(object.to_string());
                let foreign = matches!(key, Key::Map(_)) || !matches!(op.action, OpType::Put(_) | OpType::Delete);
                if foreign {
                    writes.push(KeyWrite { key: String::new(), written: Written::Foreign });
                }
            }
        }
    }
    Ok(Inspected {
        hash: change.hash().0,
        actor: change.actor_id().to_bytes().to_vec(),
        seq: change.seq(),
        deps: change.deps().iter().map(|dep| dep.0).collect(),
        time_ms: change.timestamp(),
        ops: change.len(),
        writes,
        texts,
    })
}

fn written(action: &OpType) -> Written {
    match action {
        OpType::Put(value) => Written::Leaf(scalar::to_json(value)),
        OpType::Delete => Written::Nothing,
        OpType::Make(ObjType::Text) => Written::NewText,
        _ => Written::Foreign,
    }
}
