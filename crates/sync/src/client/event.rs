//! What happens to a device's end.

use tombolo_docs::Hash;
use tombolo_model::Id;
use tombolo_wire::sync::{Place, RunRows};

use super::Token;

/// Something that happened.
#[derive(Debug)]
pub enum Event {
    /// This tab leads now and should have a link.
    Start,
    /// This tab gives the lead away, or the person signed out.
    Stop,
    /// The network is back, the tab came to the front: try at once instead of waiting.
    Nudge,
    /// The socket is open.
    Connected,
    /// The socket could not be opened, or closed.
    Closed {
        /// What happened, for the person.
        reason: String,
        /// Whether trying again can help; not when the sign-in has expired.
        retry: bool,
    },
    /// A binary message came.
    Frame(Vec<u8>),
    /// Rows of the outbox, strictly stored, each after those it builds on. Rows given before are known by their hash.
    Outbox(Vec<Outgoing>),
    /// Changes left the outbox without having been sent: parked or discarded by the caller.
    Withdrawn {
        /// The document.
        document: Id,
        /// The changes.
        hashes: Vec<Hash>,
    },
    /// These documents are damaged here: the server is asked for them whole, as soon as there is a link.
    Fetch(Vec<Id>),
    /// The document here does not have these changes either ([`Effect::Supply`](super::Effect::Supply)): what builds on them cannot
    /// be sent.
    Absent {
        /// The document.
        document: Id,
        /// The changes.
        hashes: Vec<Hash>,
    },
    /// The transaction of a [`Store`](super::Store) is strictly complete.
    Stored {
        /// Which.
        token: Token,
    },
    /// The transaction of a [`Store`](super::Store) failed; nothing of it was written.
    StoreFailed {
        /// Which.
        token: Token,
        /// What happened, for the person.
        reason: String,
    },
    /// The manifest was compared ([`Effect::Compare`](super::Effect::Compare)).
    Compared {
        /// Which comparison.
        round: u64,
        /// Documents to be sent whole.
        fetch: Vec<Id>,
        /// Documents that this person may not see any more.
        forget: Vec<Id>,
        /// Documents that the list lacks and that are pushed all the same ([`Plan::unlisted`](super::Plan::unlisted)).
        unlisted: Vec<Id>,
    },
    /// Runs and errors that the server does not have yet, strictly stored here.
    Runs(RunRows),
    /// Where a person at this device is.
    Presence {
        /// The tab.
        tab: String,
        /// Where; absent when the tab was closed.
        place: Option<Place>,
    },
    /// The time wished for has come.
    Wake,
}

/// A change that the server does not have yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Its document.
    pub document: Id,
    /// Its hash.
    pub hash: Hash,
    /// The raw change.
    pub bytes: Vec<u8>,
}
