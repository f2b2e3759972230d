//! One resource's document, held in memory while somebody has it open.

use automerge::{Automerge, Change, ChangeHash, ObjType, ROOT, ReadDoc, TextEncoding, Value as AmValue};
use serde_json::Value;
use tombolo_model::catalogue::{Description, describe};
use tombolo_model::{Id, Kind, RowId};

use crate::edit::EditError;
use crate::parts::{Parts, Writer};
use crate::typing::LastEdit;
use crate::{Chunk, Hash, hash_to_hex, key};

/// A tab's session: random, bound by the server to the user who first pushes it.
pub type Actor = [u8; 16];

/// Who edits, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Author {
    /// The session.
    pub actor: Actor,
    /// Milliseconds since 1970.
    pub time_ms: i64,
}

/// A resource as an Automerge document.
#[derive(Debug, Clone)]
pub struct Document {
    pub(crate) am: Automerge,
    pub(crate) kind: Kind,
    pub(crate) id: Id,
    pub(crate) last_edit: LastEdit,
}

impl Document {
    pub(crate) fn of(am: Automerge, kind: Kind, id: Id) -> Self {
        Self { am, kind, id, last_edit: LastEdit::default() }
    }

    /// Makes the document of a new resource, in as many changes as a server takes it in.
    ///
    /// What the shape table calls secret or derived is left out.
    ///
    /// # Errors
    ///
    /// Returns [`EditError`] when the value is no object, is too long or Automerge refuses.
    pub fn create_in_parts(
        kind: Kind,
        id: Id,
        value: &Value,
        author: &Author,
        row_ids: &mut dyn FnMut() -> RowId,
    ) -> Result<(Self, Vec<Chunk>), EditError> {
        Self::make(kind, id, author, Parts::Many, |writer| writer.first(value, row_ids))
    }

    /// Makes the document of a new resource in one change, for who knows that it is short.
    ///
    /// # Errors
    ///
    /// Returns [`EditError`] as [`Self::create_in_parts`] does, and where one change does not hold all.
    pub fn create(
        kind: Kind,
        id: Id,
        value: &Value,
        author: &Author,
        row_ids: &mut dyn FnMut() -> RowId,
    ) -> Result<(Self, Chunk), EditError> {
        let made = Self::make(kind, id, author, Parts::One, |writer| writer.first(value, row_ids));
        let (document, mut chunks) = made?;
        Ok((document, chunks.pop().ok_or(EditError::Empty)?))
    }

    fn make(
        kind: Kind,
        id: Id,
        author: &Author,
        parts: Parts,
        work: impl FnOnce(&mut Writer) -> Result<(), EditError>,
    ) -> Result<(Self, Vec<Chunk>), EditError> {
        let mut document = Self::of(empty(), kind, id);
        let chunks = document.write(author, None, parts, work)?;
        Ok((document, chunks))
    }

    /// The kind of the resource.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The id of the resource.
    #[must_use]
    pub fn id(&self) -> Id {
        self.id
    }

    /// The newest changes, those that no other change builds on.
    #[must_use]
    pub fn heads(&self) -> Vec<Hash> {
        let mut heads: Vec<Hash> = self.am.get_heads().into_iter().map(|hash| hash.0).collect();
        heads.sort_unstable();
        heads
    }

    /// The heads as hexadecimal texts.
    #[must_use]
    pub fn heads_hex(&self) -> Vec<String> {
        self.heads().iter().map(hash_to_hex).collect()
    }

    /// Whether a change is applied.
    #[must_use]
    pub fn has(&self, hash: &Hash) -> bool {
        self.am.get_change_meta_by_hash(&ChangeHash(*hash)).is_some()
    }

    /// The changes that others lack who are at these heads, in an order in which each can be applied.
    #[must_use]
    pub fn chunks_since(&self, heads: &[Hash]) -> Vec<Chunk> {
        let heads: Vec<ChangeHash> = heads.iter().filter(|hash| self.has(hash)).map(|hash| ChangeHash(*hash)).collect();
        self.am.get_changes(&heads).into_iter().map(Chunk::of).collect()
    }

    /// The whole document as one compressed chunk.
    #[must_use]
    pub fn save(&self) -> Vec<u8> {
        self.am.save()
    }

    /// Whether the resource is in the recycle bin.
    #[must_use]
    pub fn binned(&self) -> bool {
        self.am.get(ROOT, key::BIN).ok().flatten().and_then(|(value, _)| value.as_bool()).unwrap_or(false)
    }

    /// Whether a text is at a place that several people may type in at once.
    #[must_use]
    pub fn is_text(&self, place: &str) -> bool {
        matches!(self.am.get(ROOT, place), Ok(Some((AmValue::Object(ObjType::Text), _))))
    }

    /// What lists, search and used-by show of the resource.
    #[must_use]
    pub fn describe(&self) -> Description {
        describe(self.kind, &self.value())
    }

    /// Writes as the author; at older heads when given. Nothing written, no change.
    pub(crate) fn write(
        &mut self,
        author: &Author,
        at: Option<&[ChangeHash]>,
        parts: Parts,
        work: impl FnOnce(&mut Writer) -> Result<(), EditError>,
    ) -> Result<Vec<Chunk>, EditError> {
        let before = self.heads();
        let mut writer = Writer::new(self.am.clone(), self.kind, self.id, author, at, parts)?;
        work(&mut writer)?;
        let (am, made) = writer.finish()?;
        self.am = am;
        let deps = made.first().and_then(|first| self.am.get_change_meta_by_hash(&ChangeHash(first.hash)));
        let Some(deps) = deps.map(|first| first.deps.clone()) else {
            return Ok(Vec::new());
        };
        let since = self.am.get_changes(&deps).into_iter();
        let is_new = |change: &Change| made.iter().any(|made| made.hash == change.hash().0);
        let chunks = since.filter(is_new).map(Chunk::of).collect();
        self.last_edit = LastEdit { before, made };
        Ok(chunks)
    }

    /// One change's bytes.
    #[must_use]
    pub fn chunk(&self, hash: &Hash) -> Option<Chunk> {
        self.am.get_change_by_hash(&ChangeHash(*hash)).map(Chunk::of)
    }
}

/// An empty document that counts text as browsers do.
pub(crate) fn empty() -> Automerge {
    Automerge::new_with_encoding(TextEncoding::Utf16CodeUnit)
}
