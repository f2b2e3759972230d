//! What was typed, noted while it is written.
//!
//! Finding it afterwards, by comparing two states, walks over the whole text; and this is asked at every key.

use crate::{Document, Hash, Splice};

/// A stretch of a text that was replaced; positions count UTF-16 code units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) path: String,
    pub(crate) at: usize,
    pub(crate) went: String,
    pub(crate) came: String,
}

impl Stretch {
    pub(crate) fn new(path: &str, at: usize, went: &str, came: &str) -> Self {
        Self { path: path.to_owned(), at, went: went.to_owned(), came: came.to_owned() }
    }

    fn forward(&self) -> Splice {
        let delete = self.went.encode_utf16().count();
        Splice { path: self.path.clone(), at: self.at, delete, insert: self.came.clone() }
    }

    /// What takes it back.
    pub(crate) fn back(&self) -> Splice {
        let delete = self.came.encode_utf16().count();
        Splice { path: self.path.clone(), at: self.at, delete, insert: self.went.clone() }
    }
}

/// A change that was just made.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub(crate) hash: Hash,
    /// All that it did, in order, where it did nothing but typing.
    pub(crate) typed: Option<Vec<Stretch>>,
}

/// The last edit of a document.
#[derive(Debug, Clone, Default)]
pub(crate) struct LastEdit {
    /// The heads before it.
    pub(crate) before: Vec<Hash>,
    pub(crate) made: Vec<Made>,
}

impl Document {
    /// What happened to texts since a state of this document; positions as the text was after the splice before.
    #[must_use]
    pub fn splices_since(&self, before: &[Hash]) -> Vec<Splice> {
        let heads = self.heads();
        let last = &self.last_edit;
        // An edit at an older state leaves other heads beside its own.
        let is_next = last.before == before && last.made.last().is_some_and(|made| heads.as_slice() == [made.hash]);
        let typed: Option<Vec<&Vec<Stretch>>> = last.made.iter().map(|made| made.typed.as_ref()).collect();
        match typed.filter(|_| is_next) {
            Some(typed) => typed.into_iter().flatten().map(Stretch::forward).collect(),
            None => self.between(before, &heads).splices,
        }
    }

    /// What a change typed that was just made here, where it did nothing else.
    pub(crate) fn just_typed(&self, change: &Hash) -> Option<&[Stretch]> {
        self.last_edit.made.iter().find(|made| made.hash == *change)?.typed.as_deref()
    }
}
