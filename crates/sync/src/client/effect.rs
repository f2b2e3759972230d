//! What a device's end wants done.

use tombolo_docs::Hash;
use tombolo_model::{Id, Rights};
use tombolo_wire::store::{Access, Link, Person};
use tombolo_wire::sync::{Course, Cursor, ManifestEntry, RunRows};

/// Names a [`Store`]; its confirmation carries it.
pub type Token = u64;

/// Something for the caller to do, in this order.
#[derive(Debug)]
pub enum Effect {
    /// Open the socket → [`Event::Connected`](super::Event::Connected) or [`Event::Closed`](super::Event::Closed).
    Connect,
    /// Close the socket; no [`Event::Closed`](super::Event::Closed) needs to follow.
    Disconnect,
    /// Send this frame.
    Send(Vec<u8>),
    /// Call with [`Event::Wake`](super::Event::Wake) at this time, instead of any time wished before.
    WakeAt(u64),
    /// Apply these to documents that are open and tell the tabs, at once: what others type should not wait for
    /// the disk. The same chunks come again in a [`Store`].
    Show(Vec<Received>),
    /// Write all of it in one strict transaction → [`Event::Stored`](super::Event::Stored) or [`Event::StoreFailed`](super::Event::StoreFailed).
    /// The next one comes only after that.
    Store(Store),
    /// Take these changes and all that build on them out of their document (decision 14).
    Park(Park),
    /// The server has ended the person's access: take everything of the account off the device, strictly, but what is parked,
    /// and what is found in the outbox is parked first. The cursor goes too.
    Empty,
    /// Compare the manifest with what is strictly stored here ([`plan`](super::plan)); put what the server lacks into the
    /// outbox, strictly, give it as [`Event::Outbox`](super::Event::Outbox), and when the server was restored also all runs of this
    /// device as [`Event::Runs`](super::Event::Runs); then [`Event::Compared`](super::Event::Compared).
    Compare {
        /// What the server has; the whole list.
        manifest: Vec<ManifestEntry>,
        /// Why: [`Course::Restored`] or [`Course::Rights`].
        course: Course,
        /// Names the comparison; its answer carries the same.
        round: u64,
    },
    /// The server lacks these changes, which a push builds on: read them from the document and give them as
    /// [`Event::Outbox`](super::Event::Outbox), each after those it builds on; name those that are not there with
    /// [`Event::Absent`](super::Event::Absent).
    Supply {
        /// The document.
        document: Id,
        /// The changes.
        hashes: Vec<Hash>,
    },
    /// Something that came was not what it should be and was left out; tell the person.
    Damaged {
        /// The document.
        document: Id,
        /// What is wrong.
        reason: String,
    },
    /// The role, as the server says; keep it for [`OpenReply::writable`](tombolo_wire::store::OpenReply::writable).
    Rights(Rights),
    /// The state of the link changed.
    Status(Status),
}

/// Chunks of one document that came from the server; they passed the scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The document, perhaps a new one.
    pub document: Id,
    /// Changes, or saved documents.
    pub chunks: Vec<Vec<u8>>,
    /// Who pushed them, when they are changes of one person.
    pub user: Option<Id>,
}

/// What belongs into one strict transaction.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Store {
    /// To be confirmed.
    pub token: Token,
    /// Chunks, each appended under its hash; one that is there already stays.
    pub received: Vec<Received>,
    /// Runs and errors from elsewhere, each (run, n) once.
    pub runs: RunRows,
    /// Documents to be dropped, with catalogue row, chunks and outbox, before `received` is written: one may come back.
    pub forget: Vec<Id>,
    /// Changes that are on the server: their outbox rows go.
    pub acked: Vec<Hash>,
    /// Of a run's rows up to `n`: they are on the server, their outbox rows go.
    pub acked_runs: Vec<(Id, u64)>,
    /// Of a run's errors: they are on the server, their outbox rows go.
    pub acked_errors: Vec<(Id, u64)>,
    /// Decisions about errors, with their runs: they are on the server, their outbox rows go.
    pub acked_marks: Vec<(Id, Id)>,
    /// How far the device has got after this; absent: unchanged.
    pub cursor: Option<Cursor>,
}

/// Changes that the server did not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Park {
    /// The document.
    pub document: Id,
    /// The changes, those known to build on them included; the caller adds further descendants.
    pub hashes: Vec<Hash>,
    /// The gate's code.
    pub code: String,
    /// Why, for the person.
    pub message: String,
}

/// What the device knows of the link.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// Up or down.
    pub link: Link,
    /// Changes that are not on the server yet.
    pub waiting: usize,
    /// Whether the server has nothing more to send and all of it is stored.
    pub caught_up: bool,
    /// When the link is down: what is wrong, in words.
    pub reason: Option<String>,
    /// Whether the account has the person.
    pub access: Access,
    /// The other people here.
    pub people: Vec<Person>,
}
