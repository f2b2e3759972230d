//! What happens to the server's end of a socket.

use tombolo_docs::Hash;
use tombolo_model::{Id, Rights};
use tombolo_wire::store::Person;
use tombolo_wire::sync::{Entry, ManifestEntry, SnapshotPage};

use super::Request;
use crate::gate::Verdict;

/// Something that happened.
#[derive(Debug)]
pub enum Event {
    /// A binary message came.
    Frame(Vec<u8>),
    /// The answer to [`Effect::Begin`](super::Effect::Begin).
    Begun {
        /// The question.
        request: Request,
        /// Where the account stands; `None` when the user is no member.
        state: Option<AccountState>,
    },
    /// The answer to [`Effect::Commit`](super::Effect::Commit).
    Judged {
        /// The question.
        request: Request,
        /// What came of it; when it was accepted it is on disk.
        judged: Judged,
    },
    /// The answer to [`Effect::KeepRuns`](super::Effect::KeepRuns).
    RunsKept {
        /// The question.
        request: Request,
    },
    /// The answer to [`Effect::Read`](super::Effect::Read).
    Read {
        /// The question.
        request: Request,
        /// In the order of their numbers.
        entries: Vec<Numbered>,
        /// Up to where everything this user may see is in `entries` (at least the last entry's number,
        /// and the number asked for when there was nothing).
        upto: u64,
        /// There is more behind `upto`.
        more: bool,
    },
    /// The answer to [`Effect::Documents`](super::Effect::Documents), [`Effect::Fetch`](super::Effect::Fetch) and [`Effect::Runs`](super::Effect::Runs).
    Documents {
        /// The question.
        request: Request,
        /// Documents in the order of their ids; runs once, with the last page of a bootstrap.
        page: SnapshotPage,
        /// Nothing is left.
        complete: bool,
    },
    /// The answer to [`Effect::Manifest`](super::Effect::Manifest).
    Manifest {
        /// The question.
        request: Request,
        /// In the order of their ids.
        entries: Vec<ManifestEntry>,
        /// Nothing is left.
        complete: bool,
    },
    /// The storage could not answer a question.
    Failed {
        /// The question.
        request: Request,
        /// Why, without anything internal.
        message: String,
    },
    /// Something was committed in the account; its sequence is now (at least) this.
    Available {
        /// The sequence.
        sequence: u64,
    },
    /// The user's rights changed; `None`: no longer a member.
    RightsChanged {
        /// Now.
        rights: Option<Rights>,
    },
    /// What the user may see changed: the device must compare anew.
    SightChanged,
    /// The user signed out, or the session ended.
    SignedOut,
    /// Where somebody else is; also called for everybody present when this peer is welcomed.
    Person(Person),
    /// Somebody else's tab has gone.
    Left {
        /// Their session.
        session: String,
    },
    /// The server goes down in a moment.
    ShuttingDown,
    /// The time wished for has come.
    Wake,
    /// The socket is closed.
    Closed,
}

/// Where an account stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountState {
    /// The user's rights.
    pub rights: Rights,
    /// New after each restore from a backup.
    pub server_epoch: u64,
    /// Restored lately: only then may a device bring back what others wrote.
    pub restored: bool,
    /// New after each change of what this user may see.
    pub visibility_epoch: u64,
    /// The account's sequence.
    pub sequence: u64,
}

/// What came of a commit.
#[derive(Debug)]
pub enum Judged {
    /// The gate spoke, and what it accepted is on disk.
    Verdict(Verdict),
    /// The storage failed; nothing was stored. The message is for the person.
    Failed(String),
}

/// An entry of the account's sequence.
#[derive(Debug, Clone, PartialEq)]
pub struct Numbered {
    /// Its number.
    pub sequence: u64,
    /// The change's hash, so that a device is not sent its own.
    pub hash: Option<Hash>,
    /// The entry.
    pub entry: Entry,
}

impl Numbered {
    /// The document it is about, if it is about one.
    #[must_use]
    pub const fn document(&self) -> Option<Id> {
        match &self.entry {
            Entry::Change { document, .. } | Entry::Purged { document } => Some(*document),
            Entry::Run(_) | Entry::RunError(_) | Entry::RunMark(_) => None,
        }
    }
}
