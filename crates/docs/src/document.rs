//! One resource's document, held in memory while somebody has it open.

use automerge::transaction::CommitOptions;
use automerge::{ActorId, Automerge, ChangeHash, ObjType, PatchLog, ROOT, ReadDoc, TextEncoding, Value as AmValue};
use serde_json::Value;
use tombolo_model::catalogue::{Description, describe};
use tombolo_model::{Id, Kind, RowId};

use crate::edit::{EditError, Writer};
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
}

impl Document {
    /// Makes the document of a new resource, with its first change.
    ///
    /// What the shape table calls secret or derived is left out.
    ///
    /// # Errors
    ///
    /// Returns [`EditError`] when the value is no object or Automerge refuses.
    pub fn create(
        kind: Kind,
        id: Id,
        value: &Value,
        author: &Author,
        row_ids: &mut dyn FnMut() -> RowId,
    ) -> Result<(Self, Chunk), EditError> {
        let am = empty();
        let mut document = Self { am, kind, id };
        let chunk = document.write(author, None, |writer| writer.first(value, row_ids))?;
        Ok((document, chunk.ok_or(EditError::Empty)?))
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

    /// Runs one transaction as the author; at older heads when given. Nothing written, no change.
    pub(crate) fn write(
        &mut self,
        author: &Author,
        at: Option<&[ChangeHash]>,
        work: impl FnOnce(&mut Writer<'_, '_>) -> Result<(), EditError>,
    ) -> Result<Option<Chunk>, EditError> {
        self.am.set_actor(ActorId::from(author.actor.as_slice()));
        let (kind, id, actor) = (self.kind, self.id, author.actor);
        let mut transaction = match at {
            None => self.am.transaction(),
            Some(heads) => self.am.transaction_at(PatchLog::inactive(), heads).map_err(EditError::automerge)?,
        };
        let done = work(&mut Writer { tx: &mut transaction, kind, id, actor });
        if let Err(error) = done {
            transaction.rollback();
            return Err(error);
        }
        let (hash, _) = transaction.commit_with(CommitOptions::default().with_time(author.time_ms));
        let Some(hash) = hash else { return Ok(None) };
        Ok(self.chunk(&hash.0))
    }

    /// One change's bytes.
    #[must_use]
    pub fn chunk(&self, hash: &Hash) -> Option<Chunk> {
        let wanted = ChangeHash(*hash);
        let deps = self.am.get_change_meta_by_hash(&wanted)?.deps.clone();
        self.am.get_changes(&deps).into_iter().find(|change| change.hash() == wanted).map(Chunk::of)
    }
}

/// An empty document that counts text as browsers do.
pub(crate) fn empty() -> Automerge {
    Automerge::new_with_encoding(TextEncoding::Utf16CodeUnit)
}
