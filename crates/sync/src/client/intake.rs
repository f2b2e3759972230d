//! What came and is not on the device's disk yet: one transaction at a time, the next one gathers meanwhile.
//!
//! Invariant: the cursor of a transaction covers only what is in it or in an earlier one that was confirmed.

use tombolo_docs::Hash;
use tombolo_model::Id;
use tombolo_wire::sync::{Cursor, RunRows};

use super::runs::Sent;
use super::{Received, Store, Token};

/// The transaction that was asked for and not confirmed yet.
#[derive(Debug)]
struct Open {
    store: Store,
    /// Frames of the present connection that it contains; 0 once the connection is gone.
    frames: u32,
}

/// What a confirmation means.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Confirmed {
    pub(super) cursor: Option<Cursor>,
    pub(super) frames: u32,
}

/// The way from the socket to the disk.
#[derive(Debug, Default)]
pub(super) struct Intake {
    open: Option<Open>,
    next: Store,
    next_frames: u32,
    last_token: Token,
    /// After a failure: not before this time.
    retry_ms: Option<u64>,
}

impl Intake {
    pub(super) fn receive(&mut self, received: impl IntoIterator<Item = Received>) {
        for item in received {
            match self.next.received.last_mut() {
                Some(last) if last.document == item.document && last.user == item.user => {
                    last.chunks.extend(item.chunks);
                }
                _ => self.next.received.push(item),
            }
        }
    }

    pub(super) fn runs(&mut self, rows: RunRows) {
        self.next.runs.runs.extend(rows.runs);
        self.next.runs.errors.extend(rows.errors);
        self.next.runs.marks.extend(rows.marks);
    }

    pub(super) fn forget(&mut self, documents: &[Id]) {
        self.next.received.retain(|item| !documents.contains(&item.document));
        self.next.forget.extend_from_slice(documents);
    }

    pub(super) fn acked(&mut self, hashes: Vec<Hash>) {
        self.next.acked.extend(hashes);
    }

    pub(super) fn acked_runs(&mut self, sent: Sent) {
        self.next.acked_runs.extend(sent.runs);
        self.next.acked_errors.extend(sent.errors);
        self.next.acked_marks.extend(sent.marks);
    }

    /// A counted frame ends here; its cursor counts once it is stored.
    pub(super) const fn frame(&mut self, cursor: Option<Cursor>) {
        if cursor.is_some() {
            self.next.cursor = cursor;
        }
        self.next_frames += 1;
    }

    /// Everything that came is on disk.
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_none() && self.next_is_empty()
    }

    /// Nothing that came with an earlier connection is still on its way to the disk.
    pub(super) fn settled(&self) -> bool {
        let brings = |store: &Store| {
            !store.received.is_empty() || !store.runs.is_empty() || !store.forget.is_empty() || store.cursor.is_some()
        };
        !brings(&self.next) && self.open.as_ref().is_none_or(|open| !brings(&open.store))
    }

    /// When [`Intake::flush`] should be asked again after a failure.
    pub(super) const fn wake_ms(&self) -> Option<u64> {
        self.retry_ms
    }

    /// The next transaction, if none is open and there is something for it.
    pub(super) fn flush(&mut self, now_ms: u64) -> Option<Store> {
        if self.retry_ms.is_some_and(|at| at > now_ms) {
            return None;
        }
        // Also when nothing is left to try again: a time that has passed must not wake anybody.
        self.retry_ms = None;
        if self.open.is_some() || self.next_is_empty() {
            return None;
        }
        self.last_token += 1;
        let mut store = std::mem::take(&mut self.next);
        store.token = self.last_token;
        self.open = Some(Open { store: store.clone(), frames: std::mem::take(&mut self.next_frames) });
        Some(store)
    }

    /// The transaction is on disk.
    pub(super) fn stored(&mut self, token: Token) -> Option<Confirmed> {
        let open = self.open.take_if(|open| open.store.token == token)?;
        Some(Confirmed { cursor: open.store.cursor, frames: open.frames })
    }

    /// The transaction failed: all of it is tried again, together with what came since.
    pub(super) fn failed(&mut self, token: Token, retry_ms: u64) -> bool {
        let Some(open) = self.open.take_if(|open| open.store.token == token) else {
            return false;
        };
        let mut store = open.store;
        let next = std::mem::take(&mut self.next);
        store.received.retain(|item| !next.forget.contains(&item.document));
        store.received.extend(next.received);
        store.runs.runs.extend(next.runs.runs);
        store.runs.errors.extend(next.runs.errors);
        store.runs.marks.extend(next.runs.marks);
        store.forget.extend(next.forget);
        store.acked.extend(next.acked);
        store.acked_runs.extend(next.acked_runs);
        store.acked_errors.extend(next.acked_errors);
        store.acked_marks.extend(next.acked_marks);
        store.cursor = next.cursor.or(store.cursor);
        store.token = 0;
        self.next = store;
        self.next_frames += open.frames;
        self.retry_ms = Some(retry_ms);
        true
    }

    /// What came and is shown already is written all the same: what is in memory must not be ahead of the disk
    /// for longer than a transaction.
    pub(super) const fn disconnected(&mut self) {
        self.next_frames = 0;
        if let Some(open) = &mut self.open {
            open.frames = 0;
        }
    }

    /// The device is emptied: nothing of what came is written after that.
    pub(super) fn ended(&mut self) {
        self.next = Store::default();
        self.next_frames = 0;
        self.retry_ms = None;
        if let Some(open) = &mut self.open {
            open.store = Store { token: open.store.token, ..Store::default() };
        }
    }

    fn next_is_empty(&self) -> bool {
        self.next_frames == 0 && self.next == Store::default()
    }
}
