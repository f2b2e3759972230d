//! Writes on their way into changes, none of them bigger than a server takes.
//!
//! A server counts a change's operations and bytes before anybody reads it (decision 16), and a text costs an operation
//! for each character. So a change that holds enough is committed, and the next one goes on from it.
//!
//! Invariant: all is done on a copy, so that of an edit that fails half way nothing is left.

use automerge::transaction::{CommitOptions, OwnedTransaction, Transactable};
use automerge::{ActorId, Automerge, ChangeHash, ObjId, ReadDoc};
use tombolo_model::{Id, Kind};

use crate::document::{Actor, empty};
use crate::typing::{Made, Stretch};
use crate::{Author, EditError};

/// How much goes into one change: far below the server's caps of 100,000 operations and 1 MiB.
const PART_OPS: usize = 16_384;
const PART_BYTES: usize = MOST_BYTES;

/// What one text, or one value, holds at most (decision 5); it travels with every copy of its document.
pub(crate) const MOST_BYTES: usize = 256 * 1024;

/// Into how many changes an edit may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parts {
    /// One, as big as a server takes it.
    One,
    /// As many as it needs.
    Many,
}

impl Parts {
    /// How many operations and how many bytes of long values go into one change.
    const fn most(self) -> (usize, usize) {
        match self {
            Self::One => (100_000, 1024 * 1024),
            Self::Many => (PART_OPS, PART_BYTES),
        }
    }
}

/// Writes into a copy of a document, one transaction after the other.
pub(crate) struct Writer {
    pub(crate) tx: OwnedTransaction,
    pub(crate) kind: Kind,
    pub(crate) id: Id,
    pub(crate) actor: Actor,
    time_ms: i64,
    /// The older heads at which it writes, when it does.
    at: Option<Vec<ChangeHash>>,
    parts: Parts,
    /// What the open transaction holds of long values.
    bytes: usize,
    /// What the open transaction types, and how many of its operations that is.
    typed: (Vec<Stretch>, usize),
    made: Vec<Made>,
}

impl Writer {
    pub(crate) fn new(
        mut am: Automerge,
        kind: Kind,
        id: Id,
        author: &Author,
        at: Option<&[ChangeHash]>,
        parts: Parts,
    ) -> Result<Self, EditError> {
        am.set_actor(ActorId::from(author.actor.as_slice()));
        let tx = am.into_transaction(None, at).map_err(EditError::automerge)?;
        Ok(Self {
            tx,
            kind,
            id,
            actor: author.actor,
            time_ms: author.time_ms,
            at: at.map(<[ChangeHash]>::to_vec),
            parts,
            bytes: 0,
            typed: (Vec::new(), 0),
            made: Vec::new(),
        })
    }

    /// Ends the last change; gives the document and the changes, oldest first.
    pub(crate) fn finish(mut self) -> Result<(Automerge, Vec<Made>), EditError> {
        let am = self.commit()?;
        Ok((am, self.made))
    }

    /// Makes room for a value of so many bytes, in the next change where the present one has enough.
    ///
    /// # Errors
    ///
    /// Returns [`EditError::TooLong`] when nothing that long is kept.
    pub(crate) fn make_room(&mut self, place: &str, bytes: usize) -> Result<(), EditError> {
        let whole = place.len() + bytes;
        let (most_ops, most_bytes) = self.parts.most();
        if whole > most_bytes {
            return Err(self.too_long(place, whole));
        }
        if self.tx.pending_ops() >= most_ops || self.bytes + whole > most_bytes {
            self.next_change()?;
        }
        self.bytes += whole;
        Ok(())
    }

    pub(crate) fn too_long(&self, place: &str, bytes: usize) -> EditError {
        let holder = if self.kind == Kind::Script && place == "/content" { "A script" } else { "A field" };
        EditError::TooLong { holder, bytes }
    }

    /// Replaces a stretch that is in the text.
    ///
    /// The new text goes in first, as Automerge does it itself: what is to go is behind it then.
    pub(crate) fn replace_stretch(
        &mut self,
        text: &ObjId,
        path: &str,
        mut at: usize,
        delete: usize,
        insert: &str,
    ) -> Result<(), EditError> {
        let mut rest = insert;
        while !rest.is_empty() {
            let end = rest.char_indices().nth(self.room()?).map_or(rest.len(), |(end, _)| end);
            let (part, behind) = rest.split_at(end);
            at += self.put(text, Stretch::new(path, at, "", part))?;
            rest = behind;
        }
        if delete == 0 {
            return Ok(());
        }
        let went: Vec<u16> = self.tx.text(text)?.encode_utf16().skip(at).take(delete).collect();
        let went = String::from_utf16_lossy(&went);
        let mut rest = went.as_str();
        while !rest.is_empty() {
            let end = rest.char_indices().nth(self.room()?).map_or(rest.len(), |(end, _)| end);
            let (part, behind) = rest.split_at(end);
            self.put(text, Stretch::new(path, at, part, ""))?;
            rest = behind;
        }
        Ok(())
    }

    /// Writes a stretch that fits into the open transaction; gives the length of what came.
    fn put(&mut self, text: &ObjId, stretch: Stretch) -> Result<usize, EditError> {
        let before = self.tx.pending_ops();
        let (delete, came) = (stretch.went.encode_utf16().count(), stretch.came.encode_utf16().count());
        let delete = isize::try_from(delete).map_err(EditError::automerge)?;
        self.tx.splice_text(text, stretch.at, delete, &stretch.came)?;
        self.typed.1 += self.tx.pending_ops() - before;
        self.typed.0.push(stretch);
        Ok(came)
    }

    /// How many characters still go into a change, the next one where the present one is full.
    fn room(&mut self) -> Result<usize, EditError> {
        let (most, _) = self.parts.most();
        if self.tx.pending_ops() >= most {
            self.next_change()?;
        }
        Ok(most.saturating_sub(self.tx.pending_ops()).max(1))
    }

    fn next_change(&mut self) -> Result<(), EditError> {
        if self.parts == Parts::One {
            return Err(EditError::ManyChanges);
        }
        let am = self.commit()?;
        self.open(am)
    }

    /// Commits what was written. An empty document keeps the place meanwhile.
    fn commit(&mut self) -> Result<Automerge, EditError> {
        let place = empty().into_transaction(None, None).map_err(EditError::automerge)?;
        let tx = std::mem::replace(&mut self.tx, place);
        let (typed, ops) = std::mem::take(&mut self.typed);
        let typed = (tx.pending_ops() == ops).then_some(typed);
        let (am, hash, _) = tx.commit_with(CommitOptions::default().with_time(self.time_ms));
        if let Some(hash) = hash {
            self.made.push(Made { hash: hash.0, typed });
            // What follows goes on from this change and not from everything.
            self.at = self.at.is_some().then(|| vec![hash]);
        }
        self.bytes = 0;
        Ok(am)
    }

    fn open(&mut self, am: Automerge) -> Result<(), EditError> {
        self.tx = am.into_transaction(None, self.at.as_deref()).map_err(EditError::automerge)?;
        Ok(())
    }
}
