//! Takes changes of others in and says what they changed.

use std::collections::BTreeSet;

use automerge::{Automerge, AutomergeError, ChangeHash, PatchAction, PatchLog, Prop, ReadDoc};

use crate::{Document, Hash, changes};

/// Why changes were not applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// A change cannot be read.
    #[error("change {index} is damaged: {reason}")]
    Damaged {
        /// Which.
        index: usize,
        /// Why.
        reason: String,
    },
    /// Automerge refused.
    #[error("the changes contradict the document")]
    Contradiction(#[source] AutomergeError),
}

/// A stretch of a text that changed; UTF-16 code units, each as the text was after the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Splice {
    /// The text.
    pub path: String,
    /// Where.
    pub at: usize,
    /// How many units went.
    pub delete: usize,
    /// What came.
    pub insert: String,
}

/// What changes did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// The keys that changed.
    pub paths: BTreeSet<String>,
    /// What happened to texts, in order.
    pub splices: Vec<Splice>,
    /// Changes that are missing before all can be applied.
    pub missing: Vec<Hash>,
}

impl Document {
    /// Applies changes in any order; those already here do nothing, those that build on missing ones wait.
    ///
    /// # Errors
    ///
    /// Returns [`ApplyError`] when one cannot be read or contradicts the document; then none is applied.
    pub fn apply<'a>(&mut self, changes: impl IntoIterator<Item = &'a [u8]>) -> Result<Applied, ApplyError> {
        let mut read = Vec::new();
        for (index, bytes) in changes.into_iter().enumerate() {
            read.push(changes::read(bytes).map_err(|reason| ApplyError::Damaged { index, reason })?);
        }
        let mut log = PatchLog::active();
        self.am.apply_changes_log_patches(read, &mut log).map_err(ApplyError::Contradiction)?;
        Ok(describe(&self.am, &mut log))
    }

    /// What happened between two states of this document.
    #[must_use]
    pub fn between(&self, before: &[Hash], after: &[Hash]) -> Applied {
        let heads = |hashes: &[Hash]| hashes.iter().map(|hash| ChangeHash(*hash)).collect::<Vec<_>>();
        let mut applied = Applied::default();
        for patch in self.am.diff(&heads(before), &heads(after)) {
            note(&mut applied, &patch.path, patch.action);
        }
        applied
    }
}

fn describe(am: &Automerge, log: &mut PatchLog) -> Applied {
    let mut applied =
        Applied { missing: am.get_missing_deps(&[]).into_iter().map(|hash| hash.0).collect(), ..Applied::default() };
    for patch in am.make_patches(log) {
        note(&mut applied, &patch.path, patch.action);
    }
    applied
}

fn note(applied: &mut Applied, path: &[(automerge::ObjId, Prop)], action: PatchAction) {
    let inside = path.last().and_then(|(_, prop)| match prop {
        Prop::Map(key) => Some(key.clone()),
        Prop::Seq(_) => None,
    });
    let splice = match (action, &inside) {
        (PatchAction::PutMap { key, .. } | PatchAction::DeleteMap { key }, None) => {
            applied.paths.insert(key);
            return;
        }
        (PatchAction::Conflict { prop: Prop::Map(key) }, None) => {
            applied.paths.insert(key);
            return;
        }
        (PatchAction::SpliceText { index, value, .. }, Some(path)) => {
            Splice { path: path.clone(), at: index, delete: 0, insert: value.make_string() }
        }
        (PatchAction::DeleteSeq { index, length }, Some(path)) => {
            Splice { path: path.clone(), at: index, delete: length, insert: String::new() }
        }
        _ => return,
    };
    applied.paths.insert(splice.path.clone());
    applied.splices.push(splice);
}
